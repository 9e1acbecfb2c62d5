"""Files at the door: what bounds strangers, what never holds up a question, what is forgotten."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from comptes.keys.provider import KeyUnavailable
from messagerie.actions import door_files
from messagerie.attachments import store, tasks, workshop
from messagerie.attachments.workshop import Places, places
from messagerie.errors import Refused
from messagerie.models import Attachment, Conversation, DoorDraft, DoorFile
from messagerie.tasks import purge_drafts
from tests import factories
from tests.messagerie.attachments.conftest import stored
from tests.messagerie.attachments.door import JOIN, PAGE, SEND, by_script, in_form, sent_by, upload
from tests.messagerie.door_walk import QUESTION, text_of, walk_to

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory", "own_store"),
]


# --- How many, how often, how long


def test_five_at_most(at_the_question):
    for _ in range(5):
        assert by_script(at_the_question).status_code == 201
    sixth = by_script(at_the_question)
    assert (sixth.status_code, sixth.json()["code"]) == (409, "TOO_MANY_FILES")
    page = text_of(at_the_question.get(PAGE))
    assert "Vous avez joint 5 fichiers" in page and 'type="file"' not in page
    assert len(stored()) == 10


def test_a_bound_reached_while_waiting_for_a_place_is_seen(at_the_question, monkeypatch):
    """Many at once on one draft: those too many are not decoded at all."""
    draft = DoorDraft.objects.get()

    def fill(media: str, content: bytes):
        raise AssertionError("decoded")

    def others_came() -> None:
        for _ in range(5):
            DoorFile.objects.create(
                draft=draft,
                client_id=uuid.uuid4(),
                content_mac=b"m",
                record_sealed=b"r",
                stored_file="f",
                stored_preview="p",
                created_at=timezone.now(),
            )

    monkeypatch.setattr(workshop, "_run", fill)
    monkeypatch.setattr(Places, "_is_free", lambda self, person: others_came() or True)
    assert by_script(at_the_question).json()["code"] == "TOO_MANY_FILES"


def test_a_full_door_takes_no_more(at_the_question, settings):
    settings.DOOR_FILES_AT_MOST = 1
    assert by_script(at_the_question).status_code == 201
    refused = by_script(at_the_question)
    assert (refused.status_code, refused.json()["code"]) == (503, "BUSY")


def test_one_address_cannot_fill_the_store(at_the_question, settings):
    settings.ACCOUNT_RATE_LIMITS = {"door_file": "1/h/ip"}
    number = str(uuid.uuid4())
    assert by_script(at_the_question, id=number).status_code == 201
    refused = by_script(at_the_question)
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE")
    # The one that is kept already costs nothing, however often it comes.
    assert by_script(at_the_question, id=number).status_code == 201


def test_a_busy_service_is_not_counted_against_the_sender(at_the_question, settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = {"door_file": "1/h/ip"}
    monkeypatch.setattr(workshop, "WAIT_SECONDS", 0.01)
    with places.one(door_files.NOBODY):
        for _ in range(2):
            assert by_script(at_the_question).json()["code"] == "BUSY"
    assert by_script(at_the_question).status_code == 201


def test_what_is_refused_for_itself_is_counted(at_the_question, settings):
    settings.ACCOUNT_RATE_LIMITS = {"door_file": "1/h/ip"}
    assert by_script(at_the_question, b"\xff\xd8\xff broken").json()["code"] == "FILE_UNREADABLE"
    assert by_script(at_the_question).json()["code"] == "RATE"


@pytest.mark.parametrize("bound", ["full", "often", "busy"])
def test_no_bound_holds_up_a_question(at_the_question, settings, monkeypatch, bound):
    monkeypatch.setattr(workshop, "WAIT_SECONDS", 0.01)
    if bound == "full":
        settings.DOOR_FILES_AT_MOST = 0
    if bound == "often":
        settings.ACCOUNT_RATE_LIMITS = {"door_file": "0/h/ip"}
    if bound == "busy":
        with places.one(door_files.NOBODY):
            answer = at_the_question.post(PAGE, in_form())
    else:
        answer = at_the_question.post(PAGE, in_form())
    assert answer.url == SEND
    page = text_of(at_the_question.get(SEND))
    assert "Votre fichier n'est pas joint." in page and "dans la conversation" in page


# --- The workshop


def test_strangers_share_one_place_of_the_workshop(at_the_question, monkeypatch):
    monkeypatch.setattr(workshop, "WAIT_SECONDS", 0.01)
    with places.one(door_files.NOBODY):
        assert by_script(at_the_question).json()["code"] == "BUSY"
        at_the_question.force_login(factories.patient())
        assert by_script(at_the_question).status_code == 201


def test_few_wait_for_it_the_others_are_told_at_once():
    shop = Places()
    told: list[str] = []
    done = threading.Event()

    def come() -> None:
        try:
            with shop.one(door_files.NOBODY):
                done.wait(30)
        except Refused as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=come) for _ in range(1 + workshop.WAITING_AT_MOST + 3)]
    for thread in threads:
        thread.start()
    for _ in range(3000):
        if len(told) == 3:
            break
        threading.Event().wait(0.01)
    assert told == ["BUSY"] * 3
    done.set()
    for thread in threads:
        thread.join(30)
    assert len(told) == 3


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_no_connection_is_held_while_a_file_is_worked_on(at_the_question, monkeypatch):
    held = []
    real = workshop._run

    def run(media: str, content: bytes):
        held.append(connection.connection is not None)
        return real(media, content)

    monkeypatch.setattr(workshop, "_run", run)
    assert by_script(at_the_question).status_code == 201
    assert held == [False]


# --- Pages of other questions, other people


def test_the_page_of_another_question_joins_nothing(at_the_question):
    """Still open in another tab; the question of this one is about somebody else."""
    client = at_the_question
    first = str(DoorDraft.objects.get().pk)
    client.post(PAGE, QUESTION)
    sent_by(client)
    walk_to(client)
    late = by_script(client, brouillon=first)
    assert (late.status_code, late.json()["code"]) == (409, "TOO_LATE")
    for where in (PAGE, JOIN):
        answer = client.post(where, in_form(brouillon=first))
        assert answer.status_code == 409 and QUESTION["body"] in text_of(answer)
    assert not DoorFile.objects.exists() and Conversation.objects.count() == 1
    second = DoorDraft.objects.get(sent_at=None)
    assert by_script(client, brouillon=str(second.pk)).status_code == 201


def test_a_file_alone_makes_no_draft_when_the_session_is_over(at_the_question):
    """The page was left open overnight: its text still comes with « Envoyer », and is kept."""
    first = str(DoorDraft.objects.get().pk)
    later = Client()
    alone = by_script(later, brouillon=first)
    assert (alone.status_code, alone.json()["code"]) == (409, "TOO_LATE")
    assert DoorDraft.objects.count() == 1
    assert later.post(PAGE, in_form(brouillon=first)).url == "/demande/"
    walk_to(later, "question")
    page = text_of(later.get(PAGE))
    assert QUESTION["body"] in page and "bras.jpg" in page


def test_the_script_is_answered_in_its_language(at_the_question, lucie):
    client = at_the_question
    client.post(PAGE, QUESTION)
    sent_by(client)
    assert by_script(client).json()["code"] == "TOO_LATE"
    stranger = Client()
    walk_to(stranger)
    by_script(stranger)
    kept = DoorFile.objects.get()
    stranger.force_login(lucie)
    assert (by_script(stranger).status_code, by_script(stranger).json()["code"]) == (
        403,
        "NOT_YOURS",
    )
    assert stranger.get(f"/demande/question/apercu/{kept.pk}/").status_code == 404


# --- What cannot be read any more


def test_a_file_that_was_altered_can_be_taken_off(
    at_the_question, django_capture_on_commit_callbacks
):
    client = at_the_question
    by_script(client)
    client.post(PAGE, QUESTION)
    DoorFile.objects.update(record_sealed=b"\x01" + b"0" * 300)
    client.force_login(factories.patient())
    refused = client.post(SEND)
    assert refused.status_code == 409 and "Un fichier joint est abîmé" in text_of(refused)
    assert "fichier abîmé" in text_of(refused)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(PAGE, QUESTION | {"retirer": str(DoorFile.objects.get().pk)})
    assert client.post(PAGE, QUESTION).url.startswith("/conversations/")
    assert not Attachment.objects.exists() and not stored()


def test_a_key_that_goes_meanwhile_is_a_refusal(at_the_question, monkeypatch):
    def gone(*args: object, **more: object) -> bytes:
        raise KeyUnavailable("clé détruite")

    for name in ("content_mac", "seal"):
        with monkeypatch.context() as patch:
            patch.setattr(door_files, name, gone)
            assert by_script(at_the_question).json()["code"] == "TOO_LATE"
    assert not stored()


# --- What is not sent is forgotten


def test_a_draft_that_changes_every_day_is_forgotten_all_the_same(
    at_the_question, django_capture_on_commit_callbacks
):
    by_script(at_the_question)
    DoorDraft.objects.update(created_at=timezone.now() - timedelta(hours=47))
    assert purge_drafts() == 0
    DoorDraft.objects.update(created_at=timezone.now() - timedelta(hours=49))
    with django_capture_on_commit_callbacks(execute=True):
        assert purge_drafts() == 1
    assert not stored()


def test_what_the_store_cannot_delete_now_the_sweep_finds(
    at_the_question, monkeypatch, django_capture_on_commit_callbacks
):
    """The oldest file that a draft can have is taken off while the store is away."""
    folder = store._folder
    oldest = (timezone.now() - timedelta(days=2)).date()
    with monkeypatch.context() as patch:
        patch.setattr(store, "_folder", lambda day: folder(oldest))
        by_script(at_the_question)

    def away(name: str) -> None:
        raise store.StoreAway("delete")

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", away)
        with django_capture_on_commit_callbacks(execute=True):
            at_the_question.post(PAGE, QUESTION | {"retirer": str(DoorFile.objects.get().pk)})
    assert len(stored()) == 2
    monkeypatch.setattr(tasks, "ORPHAN_AGE", timedelta(0))
    tasks.sweep_store()
    assert not stored()


def test_a_file_chosen_when_another_is_taken_off_is_kept(at_the_question):
    by_script(at_the_question)
    first = DoorFile.objects.get()
    answer = at_the_question.post(
        PAGE, in_form(retirer=str(first.pk), fichier=upload(name="dos.jpg"))
    )
    page = text_of(answer)
    assert "« bras.jpg » est retiré." in page and "dos.jpg" in page
    assert DoorFile.objects.get().pk != first.pk
