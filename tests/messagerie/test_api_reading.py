"""A page without a socket reads on by plain HTTP: what it misses, and how far it says it is."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from comptes.models import Act, JournalEntry, User
from messagerie import actions, delivery
from messagerie.actions import reading
from messagerie.live.epoch import current_epoch
from messagerie.models import Conversation
from messagerie.states import Outcome, State
from tests import factories
from tests.messagerie.acting import by, post, reread, signed_in

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory"),
]
SAID = "Bonjour, depuis quand ?"


@pytest.fixture
def lucie() -> User:
    factories.open_region()
    return factories.professional(factories.StructureFactory(), first_name="Lucie")


@pytest.fixture
def talk(lucie) -> Conversation:
    """A conversation that Lucie holds; she has written its third line."""
    found = factories.taken_conversation(lucie)
    post(found, lucie, SAID)
    return reread(found)


def read_on(user: User, talk: Conversation, **place: object):
    address = reverse("api:lecture", args=[talk.pk])
    return signed_in(user).post(address, place, content_type="application/json")


def openings(talk: Conversation, user: User) -> int:
    read = JournalEntry.objects.filter(act=Act.CONVERSATION_READ, conversation_id=talk.pk)
    return read.filter(actor_id=user.pk).count()


def test_it_gives_the_lines_after_the_cursor_and_the_state(talk):
    answer = read_on(talk.patient, talk, cursor=2, epoch=current_epoch())
    said = answer.json()
    assert answer.status_code == 200
    assert [(line["seq"], line["body"]) for line in said["lines"]] == [(3, SAID)]
    assert (said["state"], said["last_seq"], said["more"]) == (State.IN_PROGRESS, 3, False)
    assert read_on(talk.patient, talk, cursor=3).json()["lines"] == []


def test_it_tells_how_far_the_page_is(talk, django_capture_on_commit_callbacks, monkeypatch):
    told: list[delivery.Hints] = []
    monkeypatch.setattr(delivery.Hints, "send", lambda hints: told.append(hints))
    with django_capture_on_commit_callbacks(execute=True):
        said = read_on(talk.patient, talk, cursor=2).json()
    assert said["patient"] == {"delivered": 2, "opened": 0}
    assert [hints.conversations for hints in told] == [{talk.pk: 0}]
    said = read_on(talk.patient, talk, cursor=3, opened=True).json()
    assert said["patient"] == {"delivered": 3, "opened": 3}


def test_it_never_counts_more_lines_than_there_are_nor_goes_back(talk):
    read_on(talk.patient, talk, cursor=2**31 - 1, opened=True)
    said = read_on(talk.patient, talk, cursor=0).json()
    assert said["patient"] == {"delivered": 3, "opened": 3}


def test_who_looks_before_taking_moves_nobodys_receipt(lucie):
    waiting = factories.conversation()
    said = read_on(lucie, waiting, cursor=1, opened=True).json()
    assert said["professional"] == {"delivered": 0, "opened": 0}
    assert openings(waiting, lucie) == 1


def test_its_openings_are_journaled_once_each_ten_minutes(talk):
    before = openings(talk, talk.patient)
    read_on(talk.patient, talk, cursor=1)
    read_on(talk.patient, talk, cursor=2)
    assert openings(talk, talk.patient) == before + 1


def test_another_epoch_is_refused(talk):
    before = openings(talk, talk.patient)
    answer = read_on(talk.patient, talk, cursor=3, opened=True, epoch="0" * 16)
    assert (answer.status_code, answer.json()["code"]) == (409, "OTHER_EPOCH")
    talk.refresh_from_db()
    assert (openings(talk, talk.patient), talk.patient_opened_seq) == (before, 0)


def test_an_erased_conversation_is_gone(talk, lucie):
    actions.close(talk.pk, **by(lucie), outcome=Outcome.RESOLVED, summary="Un conseil.")
    assert actions.erase_at_term(talk.pk, closed_before=timezone.now() + timedelta(days=1))
    answer = read_on(talk.patient, talk, cursor=0)
    assert (answer.status_code, answer.json()["code"]) == (410, "ERASED")


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"cursor": -1},
        {"cursor": 2**31},
        {"cursor": "x"},
        {"cursor": True},
        {"cursor": None},
        {"cursor": [1]},
        {"cursor": 1, "opened": "peut-être"},
        {"cursor": 1, "epoch": "é" * 65},
        {"cursor": 1, "epoch": {}},
    ],
)
def test_what_cannot_be_read_is_refused_and_changes_nothing(talk, place):
    before = openings(talk, talk.patient)
    answer = read_on(talk.patient, talk, **place)
    assert answer.status_code == 400
    assert answer.json()["retry"] is False
    assert openings(talk, talk.patient) == before


@pytest.mark.parametrize("lines", [1, 15])
def test_a_reading_costs_the_same_whatever_it_reads(talk, lucie, lines, django_assert_num_queries):
    """Nothing new to note: no lock either."""
    for number in range(lines):
        post(talk, lucie, f"Ligne {number}.")
    client = signed_in(talk.patient)
    address = reverse("api:lecture", args=[talk.pk])
    place = {"cursor": 3, "opened": True, "epoch": current_epoch()}
    client.post(address, place, content_type="application/json")
    with django_assert_num_queries(10) as queries:
        answer = client.post(address, place, content_type="application/json")
    assert len(answer.json()["lines"]) == lines
    assert not [one for one in queries.captured_queries if "FOR NO KEY UPDATE" in one["sql"]]


def test_who_loses_the_right_while_it_waits_reads_nothing(lucie, monkeypatch):
    """Somebody takes the conversation while the receipts of whoever reads it wait for the row."""
    held = factories.taken_conversation(lucie)
    colleague = factories.professional(held.structure)
    advance = reading.advance

    def late(seen, **options):
        Conversation.objects.filter(pk=held.pk).update(professional=colleague)
        return advance(seen, **options)

    monkeypatch.setattr(reading, "advance", late)
    answer = read_on(lucie, held, cursor=2)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
