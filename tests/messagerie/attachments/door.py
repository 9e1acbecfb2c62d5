"""Joining a file at the door, as the page of the question does it."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from messagerie.models import Conversation
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.door_walk import QUESTION

PAGE, JOIN, SEND = "/demande/question/", "/demande/question/joindre/", "/demande/envoyer/"


def upload(content: bytes | None = None, name: str = "bras.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, samples.jpeg() if content is None else content)


def in_form(**more: object) -> dict[str, object]:
    """The whole form, with a file chosen."""
    return QUESTION | {"fichier": upload(), "fichier_id": str(uuid.uuid4())} | more


def by_script(client: Client, content: bytes | None = None, **more: object):
    posted = {"file": upload(content), "id": str(uuid.uuid4())} | more
    return client.post(JOIN, posted, headers={"Accept": "application/json"})


def sent_by(client: Client, patient=None) -> Conversation:
    client.force_login(patient or factories.patient())
    assert client.post(SEND).url.startswith("/conversations/")
    return Conversation.objects.get()
