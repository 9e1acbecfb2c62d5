"""The plain forms and links of both sides: the text typed stays, whatever becomes of the file."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from messagerie.models import Attachment, AttachmentState
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.conftest import form, send

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
TYPED = "Voici la photo de ce matin."


def join(talk, side: str, content: bytes | None = samples.jpeg(), **more: object):
    """The form of a page, with what was typed in it."""
    client, key = (talk.phone, "client_id") if side == "patient" else (talk.console, "id")
    data = {key: str(uuid.uuid4()), "body": TYPED} | more
    if content is not None:
        data["fichier"] = SimpleUploadedFile("bras.jpg", content)
    return client.post(reverse(f"{side}:joindre", args=[talk.conversation.pk]), data, follow=True)


SIDES = ("patient", "console")


@pytest.mark.parametrize("side", SIDES)
def test_a_file_goes_and_the_text_stays(talk, side):
    page = join(talk, side)
    assert page.status_code == 200
    text = page.content.decode()
    assert "bras.jpg" in text and TYPED in text
    row = Attachment.objects.get()
    assert reverse(f"{side}:piece", args=[talk.conversation.pk, row.pk]) in text
    assert reverse("api:piece_apercu", args=[talk.conversation.pk, row.pk]) in text


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (None, 400, "Choisissez d&#x27;abord"),
        (b"", 400, "vide"),
        (samples.SVG, 415, "pas accepté"),
        (samples.HEIC, 415, "Le plus compatible"),
        (samples.bomb_png(), 413, "trop grande"),
    ],
    ids=["missing", "empty", "svg", "heic", "bomb"],
)
def test_a_refused_file_keeps_the_text(talk, side, content, status, words):
    page = join(talk, side, content)
    assert page.status_code == status
    text = page.content.decode()
    assert words in text and TYPED in text
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("side", SIDES)
def test_a_form_without_its_number_keeps_the_text(talk, side):
    page = join(talk, side, **{"client_id" if side == "patient" else "id": "zz"})
    assert page.status_code == 400
    assert TYPED in page.content.decode()
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("side", SIDES)
def test_a_link_opens_the_file_and_says_why_it_does_not(talk, side):
    said = send(talk.phone, talk.conversation, form()).json()
    client = talk.phone if side == "patient" else talk.console
    url = reverse(f"{side}:piece", args=[talk.conversation.pk, said["attachment"]])
    opened = client.get(url)
    assert opened["Content-Disposition"] == 'attachment; filename="bras.jpg"'
    assert opened["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in opened["Cache-Control"]
    Attachment.objects.update(state=AttachmentState.EFFACE)
    gone = client.get(url)
    assert gone.status_code == 410
    assert "Ce fichier a été effacé." in gone.content.decode()
    page = client.get(reverse(f"{side}:conversation", args=[talk.conversation.pk]))
    assert "Fichier effacé" in page.content.decode() and url not in page.content.decode()


def test_what_waits_for_the_antivirus_says_so_without_a_link(talk, settings):
    settings.CLAMAV_ADDRESS = "127.0.0.1:9"
    said = send(talk.phone, talk.conversation, form()).json()
    page = talk.phone.get(reverse("patient:conversation", args=[talk.conversation.pk]))
    text = page.content.decode()
    assert "en analyse par l&#x27;antivirus" in text or "en analyse par l'antivirus" in text
    preview = reverse("api:piece_apercu", args=[talk.conversation.pk, said["attachment"]])
    assert f'data-src="{preview}"' in text
    assert f' src="{preview}"' not in text


def test_a_file_of_the_thread_is_drawn_for_the_live_page(talk):
    said = send(talk.console, talk.conversation, form(samples.pdf(2), "avis.pdf")).json()
    parts = talk.phone.get(
        reverse("patient:vivant", args=[talk.conversation.pk]), {"apres": said["seq"] - 1}
    )
    assert "avis.pdf" in parts.content.decode()
    assert "Document PDF, 2 pages" in parts.content.decode()


def test_nobody_else_joins_by_a_page(talk):
    other = talk.browser(factories.patient())
    answer = other.post(
        reverse("patient:joindre", args=[talk.conversation.pk]),
        {
            "client_id": str(uuid.uuid4()),
            "body": TYPED,
            "fichier": SimpleUploadedFile("bras.jpg", samples.jpeg()),
        },
    )
    assert answer.status_code == 404
    assert TYPED in answer.content.decode()  # their own words, to copy
