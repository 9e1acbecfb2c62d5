"""A held conversation, its two people, and their browsers."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from comptes.models import User
from messagerie.attachments import store
from messagerie.models import Conversation
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.door_walk import walk_to


@dataclass
class Talk:
    """Camille asked, Lucie holds the conversation."""

    conversation: Conversation
    patient: User
    professional: User

    def browser(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    @property
    def phone(self) -> Client:
        return self.browser(self.patient)

    @property
    def console(self) -> Client:
        return self.browser(self.professional)


@pytest.fixture
def own_store(settings, tmp_path) -> Path:
    """A folder for the sealed files of one test."""
    folder = tmp_path / "pieces"
    entry = settings.STORAGES["attachments"]
    options = entry["OPTIONS"] | {"location": str(folder)}
    settings.STORAGES = settings.STORAGES | {"attachments": entry | {"OPTIONS": options}}
    return folder


@pytest.fixture
def talk(territory, own_store) -> Talk:
    factories.open_region()
    cpts = factories.StructureFactory(name="CPTS du Vieux-Port")
    lucie = factories.professional(cpts, first_name="Lucie")
    camille = factories.patient()
    return Talk(factories.taken_conversation(lucie, camille), camille, lucie)


@pytest.fixture
def at_the_question(client, lucie) -> Client:
    walk_to(client)
    return client


def form(
    content: bytes | None = None, name: str = "bras.jpg", client_id: object = None
) -> dict[str, object]:
    """A form as a page sends it."""
    content = samples.jpeg() if content is None else content
    return {"id": str(client_id or uuid.uuid4()), "file": SimpleUploadedFile(name, content)}


def send(client: Client, conversation: Conversation, data: dict[str, object] | None = None):
    return client.post(reverse("api:pieces", args=[conversation.pk]), data or form())


def address(joined: dict[str, object], conversation: Conversation, name: str = "piece") -> str:
    return reverse(f"api:{name}", args=[conversation.pk, joined["attachment"]])


def refusal(response) -> tuple[int, str, bool]:
    said = response.json()
    assert said["message"].endswith(".")
    return response.status_code, said["code"], said["retry"]


def stored() -> set[str]:
    """Every name in the store."""
    found: set[str] = set()

    def walk(folder: str) -> None:
        folders, names = storages[store.ALIAS].listdir(folder)
        found.update(f"{folder}/{name}".lstrip("/") for name in names)
        for inner in folders:
            walk(f"{folder}/{inner}".lstrip("/"))

    try:
        walk("")
    except FileNotFoundError:
        return set()
    return found
