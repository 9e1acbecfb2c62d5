"""Archives of « Mon dossier », downloaded and verified; files to find in them."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import msgspec
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from comptes.models import Act, JournalEntry
from messagerie.models import Attachment
from messagerie.patient_file import PatientFile
from tests.messagerie.attachments.conftest import Talk, form, send

NOTE = "A-LIRE.txt"


@dataclass
class Got:
    """An archive that was downloaded, verified."""

    content: bytes

    def __post_init__(self) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(self.content))
        assert self.zip.testzip() is None
        self.names = self.zip.namelist()
        assert len({name.casefold() for name in self.names}) == len(self.names)

    @property
    def files(self) -> list[str]:
        return [name for name in self.names if name.startswith("fichiers/")]

    @property
    def note(self) -> str:
        return self.zip.read(NOTE).decode("utf-8-sig")

    @property
    def missing(self) -> list[str]:
        return self.note.split("CE QUI MANQUE\r\n")[1].splitlines()

    @property
    def made(self) -> PatientFile:
        name = next(name for name in self.names if name.endswith(".json"))
        return msgspec.json.decode(self.zip.read(name), type=PatientFile, strict=True)


def collected(pieces: AsyncIterator[bytes]) -> bytes:
    async def all_of_them() -> list[bytes]:
        return [piece async for piece in pieces]

    return b"".join(async_to_sync(all_of_them)())


def download(client: Client, *conversation: UUID) -> Got:
    name = "conversation_zip" if conversation else "complet_zip"
    answer = client.get(reverse(f"dossier:{name}", args=conversation))
    assert answer.status_code == 200
    return Got(collected(answer.streaming_content))


def joined(talk: Talk, name: str = "bras.jpg", content: bytes | None = None) -> Attachment:
    said = send(talk.phone, talk.conversation, form(content, name)).json()
    return Attachment.objects.select_related("message").get(pk=said["attachment"])


def openings(talk: Talk) -> list[str]:
    lines = JournalEntry.objects.filter(act=Act.ATTACHMENT_READ, actor_id=talk.patient.pk)
    return [line.object_ref for line in lines.order_by("pk")]
