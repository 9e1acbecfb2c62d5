"""« Mon dossier » as one archive: everything in it, nothing of others, what it lacks said."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from comptes.keys import cipher
from comptes.models import Act, JournalEntry
from messagerie import patient_file_zip, printing
from messagerie.attachments import store
from messagerie.attachments.record import read_record, write_record
from messagerie.contents import open_body, seal_body
from messagerie.models import Attachment, AttachmentState, Message
from tests import factories
from tests.evaluation.pdf_text import PdfText, squeezed
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.archives import NOTE, Got, collected, download, joined, openings
from tests.messagerie.attachments.conftest import form, send

pytestmark = pytest.mark.django_db(transaction=True)


def renamed(file: Attachment, name: str) -> None:
    """As if nothing had cleaned the name that a browser gave."""
    line = file.message
    record = msgspec.structs.replace(read_record(open_body(line)), name=name)
    sealed = seal_body(line.conversation_id, line.sender_id, line.client_id, write_record(record))
    Message.objects.filter(pk=line.pk).update(body_sealed=sealed)


def content_of(client: Client, file: Attachment) -> bytes:
    url = reverse("api:piece_fichier", args=[file.conversation_id, file.pk])
    return client.get(url).content


def path_of(file: Attachment) -> Path:
    return Path(storages[store.ALIAS].path(file.stored_file))


# --- What is in it


def test_it_holds_everything_of_a_conversation(talk):
    photo = joined(talk, "été à la mer.jpg")
    said = send(talk.console, talk.conversation, form(samples.pdf(), "ordonnance.pdf")).json()
    sheet = Attachment.objects.select_related("message").get(pk=said["attachment"])
    answer = talk.phone.get(reverse("dossier:conversation_zip", args=[talk.conversation.pk]))
    assert answer.status_code == 200
    assert answer.streaming and answer.is_async
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="conversation-')
    assert answer["Content-Disposition"].endswith('.zip"')
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Accel-Buffering"] == "no"
    assert openings(talk) == []
    got = Got(collected(answer.streaming_content))
    assert openings(talk) == [f"attachment:{photo.pk}", f"attachment:{sheet.pk}"]
    day = answer["Content-Disposition"].split("conversation-")[1].removesuffix('.zip"')
    folder = f"fichiers/{day}-{talk.conversation.pk.hex[:8]}"
    numbers = [f"{file.message.seq:02}" for file in (photo, sheet)]
    paths = [
        f"{folder}/{numbers[0]}-été à la mer.jpg",
        f"{folder}/{numbers[1]}-ordonnance.pdf",
    ]
    assert got.names == [*paths, f"conversation-{day}.pdf", f"conversation-{day}.json", NOTE]
    for file, path in zip((photo, sheet), paths, strict=True):
        assert got.zip.read(path) == content_of(talk.phone, file)
    assert got.missing == ["Rien : tout y est."]
    assert "2 photos et documents" in got.note
    (row,) = got.made.conversations
    assert got.made.version == "1.1"
    assert got.made.remembered is None
    assert [(m.number, m.file.path) for m in row.messages if m.file] == [
        (file.message.seq, path) for file, path in zip((photo, sheet), paths, strict=True)
    ]
    text = PdfText(got.zip.read(f"conversation-{day}.pdf")).whole
    assert squeezed(f"Dans l'archive : {paths[1]}") in text


def test_the_whole_file_has_each_conversation_and_nobody_elses(talk):
    first = joined(talk)
    second = factories.conversation(talk.patient, body="Ma seconde question.")
    send(talk.phone, second, form(samples.png(), "bras.png"))
    stranger = factories.conversation(factories.patient(), body="La question d'un autre.")
    send(talk.browser(stranger.patient), stranger, form(name="secret.jpg"))
    got = download(talk.phone)
    made = got.made
    assert [row.number for row in made.conversations] == [
        str(second.pk),
        str(talk.conversation.pk),
    ]
    assert [name.split("/")[1][-8:] for name in got.files] == [
        second.pk.hex[:8],
        talk.conversation.pk.hex[:8],
    ]
    assert got.zip.read(got.files[1]) == content_of(talk.phone, first)
    assert made.remembered is not None
    assert "La question d'un autre." not in got.zip.read("mon-dossier.json").decode()
    assert not [name for name in got.names if "secret" in name]
    lines = JournalEntry.objects.filter(act=Act.FILE_DOWNLOADED)
    assert [(line.conversation_id, line.reason) for line in lines] == [(None, "zip")]


def test_the_other_documents_have_no_path(talk):
    joined(talk)
    url = reverse("dossier:conversation_json", args=[talk.conversation.pk])
    messages = json.loads(talk.phone.get(url).content)["conversations"][0]["messages"]
    (file,) = [message["file"] for message in messages if "file" in message]
    assert set(file) == {"name", "media", "size"}
    url = reverse("dossier:conversation_pdf", args=[talk.conversation.pk])
    text = PdfText(talk.phone.get(url).content).whole
    assert squeezed("Fichier joint : bras.jpg") in text
    assert "fichiers/" not in text


HOSTILE = (
    "../../../etc/passwd",
    "..\\..\\Windows\\System32\\CON.jpg",
    "/absolu.jpg",
    'C:\\a:b*c?d<e>f|g"h.jpg',
    "fin. . .",
    "\u202egpj.exe",
    "ligne\r\nautre\x00\x1b[31m.jpg",
    "NUL",
    "",
    "é" * 300,
)


def test_names_are_unique_and_safe_whatever_was_typed(talk):
    files = [joined(talk, "photo.jpg") for _ in range(2)]
    files += [joined(talk) for _ in HOSTILE]
    for file, name in zip(files[2:], HOSTILE, strict=True):
        renamed(file, name)
    got = download(talk.phone, talk.conversation.pk)
    assert len(got.files) == len(files)
    assert got.files[0].endswith("-photo.jpg") and got.files[1].endswith("-photo.jpg")
    for path, file in zip(got.files, files, strict=True):
        top, folder, name = path.split("/")
        assert (top, folder[10]) == ("fichiers", "-")
        assert name.startswith(f"{file.message.seq:02}-") and name.endswith(".jpg")
        assert len(name) < 100
        assert not set(name) & set('\\:*?"<>|') and name.isprintable()
    assert [m.file.path for m in got.made.conversations[0].messages if m.file] == got.files


def test_two_conversations_that_begin_alike_have_two_folders(talk):
    rows = [talk.conversation, factories.conversation(talk.patient)]
    rows[1].pk = UUID(rows[0].pk.hex[:8] + uuid4().hex[8:])
    folders = patient_file_zip._folders(rows)
    assert len(set(folders.values())) == 2


def test_entries_say_the_hour_of_the_place(talk):
    file = joined(talk)
    type(talk.conversation).objects.filter(pk=talk.conversation.pk).update(
        time_zone="Indian/Reunion"
    )
    got = download(talk.phone, talk.conversation.pk)
    at = file.message.created_at
    assert got.zip.getinfo(got.files[0]).date_time[3] == (at.hour + 4) % 24


def test_somebody_without_a_conversation_has_an_archive(territory):
    browser = Client()
    browser.force_login(factories.patient())
    got = download(browser)
    assert got.names == ["mon-dossier.pdf", "mon-dossier.json", NOTE]
    assert got.made.conversations == ()
    assert "fichiers" not in got.note


# --- Who


def test_only_the_patient_has_it(talk):
    joined(talk)
    one = reverse("dossier:conversation_zip", args=[talk.conversation.pk])
    assert talk.browser(factories.patient()).get(one).status_code == 404
    for url in (one, reverse("dossier:complet_zip")):
        assert talk.console.get(url).status_code == 403
        assert Client().get(url).status_code == 302
        assert talk.phone.post(url).status_code == 405
    assert not JournalEntry.objects.filter(act=Act.FILE_DOWNLOADED).exists()


# --- What it lacks, and says


def test_what_cannot_be_in_it_is_said_and_the_rest_is_there(talk):
    waiting, infected, gone, altered, lost, kept = (
        joined(talk, f"{name}.jpg")
        for name in ("attente", "infecte", "efface", "abime", "perdu", "garde")
    )
    Attachment.objects.filter(pk=waiting.pk).update(
        state=AttachmentState.EN_ANALYSE, settled_at=None, stored_source="a"
    )
    Attachment.objects.filter(pk=infected.pk).update(state=AttachmentState.REFUSE)
    Attachment.objects.filter(pk=gone.pk).update(state=AttachmentState.EFFACE)
    path_of(altered).write_bytes(path_of(kept).read_bytes())
    path_of(lost).unlink()
    got = download(talk.phone, talk.conversation.pk)
    assert [path.split("-")[-1] for path in got.files] == ["garde.jpg"]
    assert got.zip.read(got.files[0]) == content_of(talk.phone, kept)
    folder = got.files[0].rsplit("/", 1)[0]
    assert got.missing == [
        f"- {folder}/{file.message.seq:02}-{name}.jpg : {why}"
        for file, name, why in (
            (waiting, "attente", "l'antivirus regarde encore ce fichier. "
             "Réessayez dans quelques minutes."),
            (infected, "infecte", "ce fichier a été refusé par l'antivirus et effacé."),
            (gone, "efface", "ce fichier a été effacé."),
            (altered, "abime", "ce fichier est abîmé : il ne peut plus être lu."),
            (lost, "perdu", "ce fichier ne peut pas être lu pour l'instant. "
             "Réessayez plus tard."),
        )
    ]  # fmt: skip
    paths = [m.file.path for m in got.made.conversations[0].messages if m.file]
    assert paths == ["", "", "", "", "", got.files[0]]
    assert openings(talk)[:1] == [f"attachment:{kept.pk}"]


def test_a_store_that_is_away_is_not_asked_for_ever(talk, monkeypatch):
    for _ in range(3):
        joined(talk)
    asked = []

    def away(name):
        asked.append(name)
        raise store.StoreAway("get")

    monkeypatch.setattr(store, "get", away)
    monkeypatch.setattr(patient_file_zip, "PATIENCE_SECONDS", 0.0)
    got = download(talk.phone)
    assert len(asked) == 1
    assert got.files == []
    assert ["Réessayez plus tard." in line for line in got.missing] == [True] * 3
    assert len(got.made.conversations) == 1


def test_an_erased_conversation_stays_as_a_sentence(talk):
    for _ in range(2):
        joined(talk)
    open_one = factories.conversation(talk.patient)
    send(talk.phone, open_one, form())
    cipher.destroy_key(talk.conversation.pk)
    got = download(talk.phone)
    assert len(got.files) == 1
    assert "a été effacé le" in got.made.conversations[1].erased
    assert squeezed("a été effacé le") in PdfText(got.zip.read("mon-dossier.pdf")).whole
    (line,) = got.missing
    assert talk.conversation.pk.hex[:8] in line
    assert line.endswith("cette conversation a été effacée, avec ses fichiers.")


def test_without_its_pdf_it_is_given_all_the_same(talk, monkeypatch):
    joined(talk)
    monkeypatch.setattr(printing, "MOST_BYTES_IN", 10)
    got = download(talk.phone)
    assert [name for name in got.names if "/" not in name] == ["mon-dossier.json", NOTE]
    assert len(got.files) == 1
    assert got.missing == ["- mon-dossier.pdf : ce PDF n'a pas pu être préparé. "
                           "Réessayez plus tard."]  # fmt: skip
    assert "mon-dossier.pdf : tout" not in got.note


def test_a_file_erased_while_it_goes_is_said(talk):
    first, second = joined(talk), joined(talk)
    answer = talk.phone.get(reverse("dossier:complet_zip"))
    Attachment.objects.filter(pk=second.pk).update(state=AttachmentState.EFFACE)
    got = Got(collected(answer.streaming_content))
    assert len(got.files) == 1 and f"{first.message.seq:02}-" in got.files[0]
    assert got.missing[0].endswith("ce fichier a été effacé.")


# --- The page


def test_the_page_offers_it_when_there_is_a_file(talk):
    whole = reverse("dossier:complet_zip")
    one = reverse("dossier:conversation_zip", args=[talk.conversation.pk])
    page = reverse("dossier:page")
    said = talk.phone.get(page).content.decode()
    assert whole not in said and one not in said
    file = joined(talk)
    said = talk.phone.get(page).content.decode()
    assert whole in said and one in said
    assert "Tout, avec les photos et les documents (ZIP)" in said
    Attachment.objects.filter(pk=file.pk).update(state=AttachmentState.REFUSE)
    assert whole not in talk.phone.get(page).content.decode()
