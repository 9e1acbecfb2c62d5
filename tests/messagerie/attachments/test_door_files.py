"""Photos and documents at the door: kept before there is an account, moved on *Envoyer*."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comptes.keys.cipher import key_lives
from comptes.models import Act, JournalEntry
from messagerie import actions
from messagerie.attachments import store, tasks
from messagerie.errors import RefusalCode, Refused
from messagerie.line_check import verify_messages
from messagerie.models import (
    Attachment,
    AttachmentState,
    Conversation,
    DoorDraft,
    DoorFile,
    Message,
)
from messagerie.tasks import purge_drafts
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.conftest import stored
from tests.messagerie.attachments.door import JOIN, PAGE, SEND, by_script, in_form, sent_by, upload
from tests.messagerie.door_walk import QUESTION, SENTINEL, text_of, walk_to

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory", "own_store"),
]

# --- The whole way


def test_a_photo_of_the_form_goes_along_with_the_question(at_the_question):
    client = at_the_question
    assert client.post(PAGE, in_form()).url == SEND
    assert "bras.jpg" in text_of(client.get(SEND))
    kept = DoorFile.objects.get()
    conversation = sent_by(client)

    lines = list(Message.objects.filter(conversation=conversation).values_list("seq", "kind"))
    assert lines == [(1, "TEXT"), (2, "FILE")] and conversation.last_seq == 2
    attachment = Attachment.objects.get()
    assert (attachment.pk, attachment.state) == (kept.pk, AttachmentState.PRET)
    assert not DoorFile.objects.exists() and len(stored()) == 2
    assert not list(verify_messages())
    assert JournalEntry.objects.filter(
        act=Act.ATTACHMENT_ADDED, conversation_id=conversation.pk, seq=2
    ).exists()
    page = text_of(client.get(f"/conversations/{conversation.pk}/"))
    assert SENTINEL in page and "bras.jpg" in page
    opened = actions.open_file(
        conversation.pk,
        attachment.pk,
        reader=conversation.patient,
        scope=scope_for(conversation.patient),
    )
    assert opened.content.startswith(b"\xff\xd8\xff") and opened.name == "bras.jpg"


def test_the_team_on_duty_opens_it_like_any_other(at_the_question, lucie):
    by_script(at_the_question)
    at_the_question.post(PAGE, QUESTION)
    conversation = sent_by(at_the_question)
    actions.take(conversation.pk, professional=lucie, scope=scope_for(lucie))
    attachment = Attachment.objects.get()
    opened = actions.open_file(
        conversation.pk, attachment.pk, reader=lucie, scope=scope_for(lucie), preview=True
    )
    assert opened.content.startswith(b"\xff\xd8\xff")


def test_several_come_one_by_one_and_keep_their_order(at_the_question):
    for name in ("un.jpg", "deux.jpg", "trois.jpg"):
        answer = by_script(at_the_question, file=upload(name=name))
        assert answer.status_code == 201 and name in answer.json()["html"]
    at_the_question.post(PAGE, QUESTION)
    conversation = sent_by(at_the_question)
    page = text_of(at_the_question.get(f"/conversations/{conversation.pk}/"))
    assert page.index("un.jpg") < page.index("deux.jpg") < page.index("trois.jpg")


def test_a_double_send_makes_one_conversation_with_one_photo(at_the_question):
    client = at_the_question
    client.force_login(factories.patient())
    form = in_form()
    first = client.post(PAGE, form)
    form["fichier"] = upload()
    again = client.post(PAGE, form)
    assert first.url == again.url
    assert Attachment.objects.count() == 1 and len(stored()) == 2


def test_the_same_photo_sent_twice_is_kept_once(at_the_question):
    number = str(uuid.uuid4())
    first, second = (by_script(at_the_question, id=number).json() for _ in range(2))
    assert first["attachment"] == second["attachment"]
    assert DoorFile.objects.count() == 1 and len(stored()) == 2
    other = by_script(at_the_question, samples.png(), id=number)
    assert (other.status_code, other.json()["code"]) == (409, "SAME_ID_OTHER_TEXT")


# --- What does not pass keeps the rest


def test_a_photo_survives_a_form_that_does_not_pass(at_the_question):
    answer = at_the_question.post(PAGE, in_form(motive=""))
    page = text_of(answer)
    assert answer.status_code == 400
    assert "bras.jpg" in page and SENTINEL in page and "Choisissez le sujet" in page
    at_the_question.post(PAGE, QUESTION)
    sent_by(at_the_question)
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize("where", [PAGE, JOIN])
def test_a_text_survives_a_photo_that_does_not_pass(at_the_question, where):
    answer = at_the_question.post(where, in_form(fichier=upload(b"<svg>", "dessin.svg")))
    page = text_of(answer)
    assert answer.status_code == 415
    assert SENTINEL in page and "Ce type de fichier n'est pas accepté" in page
    assert re.search(r'value="SUIVI"[^>]*selected', page)
    assert not DoorFile.objects.exists() and not stored()


@pytest.mark.parametrize(
    ("posted", "code"),
    [
        ({"file": upload(b"")}, "FILE_EMPTY"),
        ({"file": upload(b"not a picture")}, "FILE_WRONG_TYPE"),
        ({"file": upload(b"\xff\xd8\xff then nothing")}, "FILE_UNREADABLE"),
        ({"file": ""}, "FILE_MISSING"),
        ({"id": "17"}, "BAD_ID"),
    ],
)
def test_bad_input_gets_a_typed_answer(at_the_question, posted, code):
    answer = by_script(at_the_question, **posted)
    said = answer.json()
    assert 400 <= answer.status_code < 500 and said["code"] == code
    assert said["message"].endswith(".")
    assert not DoorFile.objects.exists() and not stored()


def test_without_a_script_the_button_keeps_the_photo_and_the_text(
    at_the_question, django_capture_on_commit_callbacks
):
    answer = at_the_question.post(JOIN, in_form(motive=""))
    page = text_of(answer)
    assert answer.status_code == 200 and "bras.jpg" in page and SENTINEL in page
    assert "ms-erreurs" not in page
    number = re.search(r'name="retirer" value="([^"]+)"', page).group(1)
    with django_capture_on_commit_callbacks(execute=True):
        gone = at_the_question.post(PAGE, QUESTION | {"retirer": number})
    assert SENTINEL in text_of(gone) and "« bras.jpg » est retiré." in text_of(gone)
    assert "ms-fichiers__un" not in text_of(gone)
    assert not DoorFile.objects.exists() and not stored()
    assert not Conversation.objects.exists()


def test_a_photo_sent_after_the_session_ended_waits_in_a_new_draft(client, lucie):
    answer = client.post(PAGE, in_form())
    assert answer.url == "/demande/"
    walk_to(client, "question")
    assert "bras.jpg" in text_of(client.get(PAGE))


# --- Who sees it


def test_another_browser_sees_nothing_and_takes_nothing_off(at_the_question):
    by_script(at_the_question)
    kept = DoorFile.objects.get()
    preview = f"/demande/question/apercu/{kept.pk}/"
    mine = at_the_question.get(preview)
    assert mine.content.startswith(b"\xff\xd8\xff") and "no-store" in mine["Cache-Control"]
    assert "sandbox" in mine["Content-Security-Policy"]
    stranger = Client()
    assert stranger.get(preview).status_code == 404
    walk_to(stranger)
    assert stranger.get(preview).status_code == 404
    stranger.post(PAGE, QUESTION | {"retirer": str(kept.pk)})
    assert DoorFile.objects.filter(pk=kept.pk).exists()


def test_nothing_of_it_is_in_clear(at_the_question):
    content = samples.jpeg()
    by_script(at_the_question, content, file=upload(content, "Zwybelqux.jpg"))
    row = DoorFile.objects.get()
    assert b"Zwybelqux" not in bytes(row.record_sealed)
    for name in (row.stored_file, row.stored_preview):
        assert b"JFIF" not in store.get(name)


def test_with_an_antivirus_nothing_is_shown_before_its_verdict(at_the_question, settings):
    settings.CLAMAV_ADDRESS = ("127.0.0.1", 1)
    by_script(at_the_question)
    kept = DoorFile.objects.get()
    assert "<img" not in at_the_question.get(PAGE).content.decode().split("ms-fichiers__un")[1]
    assert at_the_question.get(f"/demande/question/apercu/{kept.pk}/").status_code == 404
    at_the_question.post(PAGE, QUESTION)
    conversation = sent_by(at_the_question)
    attachment = Attachment.objects.get()
    assert attachment.state == AttachmentState.EN_ANALYSE and attachment.stored_source
    with pytest.raises(Refused) as refusal:
        actions.open_file(
            conversation.pk,
            attachment.pk,
            reader=conversation.patient,
            scope=scope_for(conversation.patient),
        )
    assert refusal.value.code == RefusalCode.FILE_IN_ANALYSIS


# --- What is not sent is forgotten


def test_an_erased_draft_leaves_nothing(at_the_question, django_capture_on_commit_callbacks):
    by_script(at_the_question)
    draft_id = DoorDraft.objects.get().pk
    with django_capture_on_commit_callbacks(execute=True):
        at_the_question.post("/demande/", {"effacer": "1"})
    assert not DoorDraft.objects.exists() and not DoorFile.objects.exists()
    assert not stored() and not key_lives(draft_id)


def test_an_old_draft_is_purged_with_its_photos(
    at_the_question, django_capture_on_commit_callbacks
):
    by_script(at_the_question)
    assert purge_drafts() == 0
    draft_id = DoorDraft.objects.get().pk
    DoorDraft.objects.update(updated_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert purge_drafts() == 1
    assert not stored() and not key_lives(draft_id)
    answer = by_script(at_the_question)  # the session still names it
    assert answer.status_code == 201 and DoorDraft.objects.get().pk != draft_id


def test_a_photo_is_a_change_of_its_draft(at_the_question):
    DoorDraft.objects.update(updated_at=timezone.now() - timedelta(hours=25))
    by_script(at_the_question)
    assert purge_drafts() == 0


def test_the_sweep_leaves_what_waits_at_the_door(at_the_question, monkeypatch):
    by_script(at_the_question)
    monkeypatch.setattr(tasks, "ORPHAN_AGE", timedelta(0))
    orphan = store.put(b"sealed")
    assert tasks.sweep_store() == 1
    assert orphan not in stored() and len(stored()) == 2


def test_a_photo_that_comes_after_the_send_is_refused_and_cleared(at_the_question):
    at_the_question.post(PAGE, QUESTION)
    conversation = sent_by(at_the_question)
    with pytest.raises(Refused) as refusal:
        actions.keep_at_door(
            conversation.pk, client_id=uuid.uuid4(), name="a.jpg", content=samples.jpeg()
        )
    assert refusal.value.code == RefusalCode.TOO_LATE
    assert not stored()
