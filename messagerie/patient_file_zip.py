"""« Mon dossier » as one ZIP archive: the PDF, the JSON, and every file that was joined.

It is handed over while it is made. One file is in memory at a time, and nothing clear is written
on a disk. The files come first: what could not be joined is known when the JSON, which says where
each one is, and the note, which says which ones lack, are written.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from asgiref.sync import sync_to_async
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.connections import give_back_connections
from comptes.models import User
from messagerie import actions
from messagerie.archive import Archive
from messagerie.attachments.record import clean_name
from messagerie.contents import erased_sentence
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Attachment, Conversation
from messagerie.patient_file import ConversationFile, Message, PatientFile, as_json
from messagerie.patient_file_note import NOTE, Missing, note
from messagerie.patient_file_pdf import as_pdf
from messagerie.printing import CannotMakePdf
from orientation.scope import Scope

logger = logging.getLogger(__name__)

FOLDER = "fichiers"
# What somebody waits in all for a store that does not answer; then it is asked no more.
PATIENCE_SECONDS = 30.0
# A browser that takes little by little holds a file in memory for as long.
LONGEST_SECONDS = 30 * 60
AT_ONCE = 4  # archives that one process makes, one for each account
_under_way: set[int] = set()


def refuse_another(patient: User) -> None:
    """Raises Refused BUSY when this account's archive is being made, or too many are."""
    if patient.pk in _under_way:
        sentence = _("Votre archive se télécharge déjà. Attendez la fin, puis réessayez.")
    elif len(_under_way) >= AT_ONCE:
        sentence = _("Beaucoup d'archives se préparent en ce moment. Réessayez dans une minute.")
    else:
        return
    raise Refused(RefusalCode.BUSY, sentence, status=503, retry=True, after=60)


@dataclass(frozen=True)
class Joined:
    """A file to put in the archive. `folder` is the one of its conversation."""

    conversation_id: UUID
    attachment_id: UUID
    number: int
    at: datetime
    media: str
    folder: str


def joined_files(scope: Scope, conversations: Iterable[Conversation]) -> list[Joined]:
    """The files of these conversations that the scope may see, in the order of conversations and
    lines, whatever their state. One query."""
    rows = {row.pk: row for row in conversations}
    folders = _folders(rows.values())
    order = {pk: rank for rank, pk in enumerate(rows)}
    found = Attachment.objects.visible_to(scope).filter(conversation__in=list(rows))
    files = [
        Joined(
            conversation_id=of,
            attachment_id=pk,
            number=number,
            at=timezone.localtime(at, ZoneInfo(rows[of].time_zone)),
            media=media,
            folder=folders[of],
        )
        for pk, of, number, at, media in found.order_by().values_list(
            "pk", "conversation_id", "message__seq", "message__created_at", "media"
        )
    ]
    return sorted(files, key=lambda file: (order[file.conversation_id], file.number))


def _folders(rows: Iterable[Conversation]) -> dict[UUID, str]:
    """A folder for each conversation: its local day and the beginning of its number, or the whole
    number when two begin alike."""
    folders: dict[UUID, str] = {}
    for row in rows:
        day = timezone.localdate(row.opened_at, ZoneInfo(row.time_zone))
        short = f"{FOLDER}/{day}-{row.pk.hex[:8]}"
        folders[row.pk] = short if short not in folders.values() else f"{FOLDER}/{day}-{row.pk.hex}"
    return folders


async def archive(
    made: PatientFile, files: Iterable[Joined], *, patient: User, scope: Scope, name: str
) -> AsyncIterator[bytes]:
    """The archive, piece by piece. `files`: asked for before `made` was; `name`: of the PDF and
    the JSON, without extension. Each file that is opened goes to the journal.

    The caller has checked that all is the patient's, and journals the download. Nothing is kept
    between two pieces but memory: a browser that leaves at any moment leaves nothing behind.

    Raises:
        django.db.Error: the database does not answer; the archive is cut, and shows it.
    """
    packing = _Packing(made, patient, scope, name)
    until = time.monotonic() + LONGEST_SECONDS
    _under_way.add(patient.pk)
    try:
        for file in files:
            await _in_thread(packing.add_file, file)
            for piece in packing.archive.take():
                yield piece
            if time.monotonic() > until:
                return  # cut, and it shows: an archive without its end does not open
        for step in (packing.add_pdf, packing.add_json, packing.end):
            await _in_thread(step)
            for piece in packing.archive.take():
                yield piece
    finally:
        _under_way.discard(patient.pk)


async def _in_thread(step: Callable[..., None], *given: Joined) -> None:
    """One step in the thread of the request: the connections that the view left there go back to
    the pool too. In another thread they would be kept for as long as a slow browser takes."""

    def work() -> None:
        give_back_connections()
        try:
            step(*given)
        finally:
            give_back_connections()

    await sync_to_async(work)()


class _Packing:
    """An archive being filled, one step after the other."""

    def __init__(self, made: PatientFile, patient: User, scope: Scope, name: str) -> None:
        self.archive = Archive()
        self._made = made
        self._patient = patient
        self._scope = scope
        self._name = name
        self._at = timezone.localtime(made.made_at)
        self._names = {
            (row.number, message.number): message.file.name
            for row in made.conversations
            for message in row.messages
            if message.file
        }
        self._erased = {row.number for row in made.conversations if row.erased}
        self._paths: dict[tuple[str, int], str] = {}
        self._missing: list[Missing] = []
        self._seen: set[tuple[str, int]] = set()
        self._waited = 0.0

    def add_file(self, file: Joined) -> None:
        """One file, or a line of the note that says why not."""
        of = str(file.conversation_id)
        self._seen.add((of, file.number))
        if of in self._erased:
            self._miss(file.folder, RefusalCode.ERASED)
            return
        # The number of its line makes it unique, and keeps it from being a name that Windows
        # reserves. Names are cleaned when they are joined: once more costs nothing.
        name = clean_name(self._names.get((of, file.number), ""), file.media)
        path = f"{file.folder}/{file.number:02}-{name}"
        if self._waited > PATIENCE_SECONDS:
            self._miss(path, RefusalCode.BUSY)
            return
        if not User.objects.filter(pk=self._patient.pk, is_active=True).exists():
            self._miss(path, RefusalCode.NOT_FOUND)  # disabled since the download began
            return
        began = time.monotonic()
        try:
            opened = actions.open_file(
                file.conversation_id,
                file.attachment_id,
                reader=self._patient,
                scope=self._scope,
            )
        except Refused as refused:
            if refused.code == RefusalCode.BUSY:
                self._waited += time.monotonic() - began
            self._miss(path, refused.code)
            return
        self.archive.add(path, opened.content, file.at)
        self._paths[of, file.number] = path

    def _miss(self, path: str, code: RefusalCode) -> None:
        missing = Missing(path, code)
        if missing not in self._missing:  # a conversation that is erased is said once
            self._missing.append(missing)

    def add_pdf(self) -> None:
        """The PDF, which says where each file is; without it the archive is still worth having."""
        self._made = _with_paths(_without_erased(self._made), self._paths)
        try:
            self.archive.add(self._pdf, as_pdf(self._made), self._at)
        except CannotMakePdf as why:
            logger.warning("patient file not made as a PDF: %s", why)
            self._missing.insert(0, Missing(self._pdf, None))

    def add_json(self) -> None:
        self.archive.add(self._json, as_json(self._made), self._at, is_text=True)

    def end(self) -> None:
        """The note, and what closes the archive."""
        for (of, number), name in self._names.items():
            # It came while the archive began: it is in the text alone.
            if (of, number) not in self._seen and of not in self._erased:
                self._miss(name, RefusalCode.BUSY)
        told = note(
            self._at,
            service=self._made.service,
            pdf="" if Missing(self._pdf, None) in self._missing else self._pdf,
            json=self._json,
            files=len(self._paths),
            folder=FOLDER,
            missing=self._missing,
        )
        self.archive.add(NOTE, told, self._at, is_text=True)
        self.archive.end()

    @property
    def _pdf(self) -> str:
        return f"{self._name}.pdf"

    @property
    def _json(self) -> str:
        return f"{self._name}.json"


def _without_erased(made: PatientFile) -> PatientFile:
    """The same, without what was erased while the archive was on its way."""
    gone = dict(
        Conversation.objects.filter(
            pk__in=[row.number for row in made.conversations if not row.erased],
            erased_at__isnull=False,
        ).values_list("pk", "erased_at")
    )

    def of(row: ConversationFile) -> ConversationFile:
        at = gone.get(UUID(row.number))
        if at is None:
            return row
        with timezone.override(ZoneInfo(row.time_zone)):
            erased = erased_sentence(at)
        return msgspec.structs.replace(
            row, erased=erased, motive="", person=None, told=None, messages=()
        )

    return msgspec.structs.replace(made, conversations=tuple(map(of, made.conversations)))


def _with_paths(made: PatientFile, paths: dict[tuple[str, int], str]) -> PatientFile:
    """The same, each file with its place in the archive."""

    def of_message(row: ConversationFile, message: Message) -> Message:
        path = paths.get((row.number, message.number))
        if message.file is None or path is None:
            return message
        return msgspec.structs.replace(
            message, file=msgspec.structs.replace(message.file, path=path)
        )

    return msgspec.structs.replace(
        made,
        conversations=tuple(
            msgspec.structs.replace(
                row, messages=tuple(of_message(row, message) for message in row.messages)
            )
            for row in made.conversations
        ),
    )
