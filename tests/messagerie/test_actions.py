"""Each act: what it changes, what it refuses, and what it leaves as it was."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.errors import RefusalCode, Refused
from messagerie.models import (
    Conversation,
    Message,
    Side,
)
from messagerie.states import Outcome, State
from orientation.models import Duty, Structure
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import by, numbers, of, passages, post, refused, reread

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory"),
]


@pytest.fixture
def cpts() -> Structure:
    factories.open_region()
    return factories.StructureFactory(name="CPTS du Vieux-Port")


@pytest.fixture
def lucie(cpts) -> User:
    return factories.professional(cpts, first_name="Lucie")


@pytest.fixture
def camille(cpts) -> User:
    return factories.patient()


@pytest.fixture
def waiting(camille) -> Conversation:
    return factories.conversation(camille)


@pytest.fixture
def held(camille, lucie) -> Conversation:
    return factories.taken_conversation(lucie, camille)


# --- Open


def test_opening_writes_one_line_one_passage_and_one_line_of_journal(waiting, camille):
    assert waiting.state == State.WAITING
    assert numbers(waiting) == [1]
    assert passages(waiting) == [("", State.WAITING, Act.CONVERSATION_OPENED)]
    entry = JournalEntry.objects.get(act=Act.CONVERSATION_OPENED)
    assert (entry.actor_id, entry.conversation_id) == (camille.pk, waiting.pk)


def test_a_second_send_of_the_door_meets_the_first(camille):
    request = factories.open_request()
    first = actions.open_conversation(request, patient=camille)
    second = actions.open_conversation(request, patient=camille)
    assert (first.created, second.created) == (True, False)
    assert second.conversation.pk == first.conversation.pk
    assert numbers(first.conversation) == [1]


def test_somebody_elses_draft_is_not_found(camille):
    request = factories.open_request()
    actions.open_conversation(request, patient=camille)
    with refused(RefusalCode.NOT_FOUND):
        actions.open_conversation(request, patient=factories.patient())


def test_a_closed_territory_refuses(camille):
    with refused(RefusalCode.TERRITORY_CLOSED):
        factories.conversation(camille, commune=factories.RENNES)


def test_a_professional_asks_nothing(lucie):
    with refused(RefusalCode.NOT_YOURS):
        factories.conversation(lucie)


# --- Take and hand back


def test_taking_says_who_answers(waiting, lucie, cpts):
    actions.take(waiting.pk, **by(lucie))
    taken = reread(waiting)
    assert (taken.state, taken.professional, taken.structure) == (State.IN_PROGRESS, lucie, cpts)
    assert numbers(taken) == [1, 2]
    assert passages(taken)[-1] == (State.WAITING, State.IN_PROGRESS, Act.CONVERSATION_TAKEN)


def test_taking_again_what_one_holds_changes_nothing(held, lucie):
    actions.take(held.pk, **by(lucie))
    assert numbers(held) == [1, 2]


def test_the_second_is_told_the_name_of_the_first(held, cpts):
    marc = factories.professional(cpts, first_name="Marc")
    with pytest.raises(Refused) as error:
        actions.take(held.pk, **by(marc))
    assert error.value.code == RefusalCode.ALREADY_TAKEN
    assert error.value.status == 409
    assert "Lucie, infirmier" in error.value.sentence


def test_nobody_takes_without_a_duty(waiting, cpts):
    with refused(RefusalCode.NOT_ON_DUTY):
        actions.take(waiting.pk, **by(factories.professional(cpts, on_duty=False)))


def test_nobody_takes_in_another_territory(waiting):
    elsewhere = factories.professional(factories.StructureFactory(in_rennes=True))
    with refused(RefusalCode.NOT_FOUND):
        actions.take(waiting.pk, **by(elsewhere))
    with refused(RefusalCode.NOT_FOUND):
        actions.take(uuid.uuid4(), **by(elsewhere))
    assert reread(waiting).state == State.WAITING


def test_a_closed_conversation_is_not_taken(waiting, camille, lucie):
    actions.withdraw(waiting.pk, **of(camille))
    with refused(RefusalCode.CLOSED):
        actions.take(waiting.pk, **by(lucie))


def test_handing_back_keeps_the_place_in_the_queue(held, lucie):
    actions.hand_back(held.pk, **by(lucie))
    back = reread(held)
    assert (back.state, back.professional, back.structure) == (State.WAITING, None, None)
    assert back.waiting_since == held.waiting_since
    assert passages(back)[-1] == (State.IN_PROGRESS, State.WAITING, Act.CONVERSATION_RETURNED)


def test_only_the_holder_hands_back(held, cpts, lucie):
    with refused(RefusalCode.NOT_FOUND):
        actions.hand_back(held.pk, **by(factories.professional(cpts)))
    actions.hand_back(held.pk, **by(lucie))
    with refused(RefusalCode.NOT_YOURS):
        actions.hand_back(held.pk, **by(lucie))


# --- Write


def test_lines_are_numbered_without_holes_whoever_writes(held, lucie, camille):
    said = [post(held, author).seq for author in (lucie, camille, lucie, camille, camille)]
    assert said == [3, 4, 5, 6, 7]
    assert numbers(held) == list(range(1, 8))
    assert reread(held).last_seq == 7


def test_a_resend_is_the_same_line(held, lucie):
    client_id = uuid.uuid4()
    first = post(held, lucie, client_id=client_id)
    second = post(held, lucie, client_id=client_id)
    assert (first.created, second.created, second.seq) == (True, False, first.seq)
    assert second.at == first.at
    assert numbers(held) == [1, 2, 3]


def test_the_same_id_with_another_text_is_refused(held, lucie):
    client_id = uuid.uuid4()
    post(held, lucie, client_id=client_id)
    with refused(RefusalCode.SAME_ID_OTHER_TEXT):
        post(held, lucie, "Autre chose.", client_id=client_id)
    assert numbers(held) == [1, 2, 3]


def test_the_same_id_of_another_person_is_another_line(held, lucie, camille):
    client_id = uuid.uuid4()
    assert post(held, lucie, client_id=client_id).created
    assert post(held, camille, "Merci.", client_id=client_id).created


def test_a_resend_is_answered_after_the_end_too(held, lucie, camille):
    """The page did not hear the acknowledgement: it must, or it would try for ever."""
    client_id = uuid.uuid4()
    first = post(held, camille, client_id=client_id)
    actions.close(held.pk, outcome=Outcome.ABANDONED, **by(lucie))
    assert post(held, camille, client_id=client_id).seq == first.seq
    with refused(RefusalCode.CLOSED):
        post(held, camille)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", RefusalCode.EMPTY),
        (" \n\t ", RefusalCode.EMPTY),
        ("\u200b\u200d\ufeff\u2060", RefusalCode.EMPTY),
        ("a\x00b", RefusalCode.UNREADABLE),
        ("\ud83d", RefusalCode.UNREADABLE),
        ("x" * 20_000, RefusalCode.TOO_LONG),
        ("x" * 5_001, RefusalCode.TOO_LONG),
    ],
)
def test_what_is_no_text_is_not_kept(held, lucie, body, code):
    with refused(code):
        post(held, lucie, body)
    assert numbers(held) == [1, 2]


def test_the_longest_text_is_kept(held, lucie):
    assert post(held, lucie, "é" * 5_000).created


def test_others_do_not_write(held, waiting, cpts, lucie):
    marc = factories.professional(cpts)
    for stranger in (factories.patient(), marc):
        with refused(RefusalCode.NOT_FOUND):
            post(held, stranger)
    with refused(RefusalCode.NOT_YOURS):  # it waits, and Lucie may read it, but nobody holds it
        post(waiting, lucie)
    assert numbers(held) == [1, 2]


def test_two_lines_never_share_a_number(held, lucie):
    post(held, lucie)
    row = Message.objects.filter(conversation=held, seq=3).get()
    row.pk, row.client_id = None, uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# --- Receipts


def receipts(conversation: Conversation) -> tuple[int, int, int, int]:
    row = reread(conversation)
    return (
        row.patient_delivered_seq,
        row.patient_opened_seq,
        row.professional_delivered_seq,
        row.professional_opened_seq,
    )


def test_receipts_never_go_back_nor_beyond_the_last_line(held, lucie, camille):
    reader = {"reader": camille, "scope": scope_for(camille)}
    actions.mark_delivered(held.pk, seq=2, **reader)
    assert receipts(held) == (2, 0, 0, 0)
    actions.mark_delivered(held.pk, seq=1, **reader)
    assert receipts(held) == (2, 0, 0, 0)
    actions.mark_opened(held.pk, seq=1, **reader)
    assert receipts(held) == (2, 1, 0, 0)
    actions.mark_opened(held.pk, seq=999, **reader)
    assert receipts(held) == (2, 2, 0, 0)
    actions.mark_opened(held.pk, seq=2, reader=lucie, scope=scope_for(lucie))
    assert receipts(held) == (2, 2, 2, 2)


def test_looking_before_taking_moves_no_receipt(waiting, lucie):
    actions.mark_opened(waiting.pk, seq=1, reader=lucie, scope=scope_for(lucie))
    assert receipts(waiting) == (0, 0, 0, 0)


def test_receipts_of_others_are_not_found(held):
    stranger = factories.patient()
    with refused(RefusalCode.NOT_FOUND):
        actions.mark_opened(held.pk, seq=1, reader=stranger, scope=scope_for(stranger))


# --- Rights that end


def test_the_end_of_a_duty_hides_the_queue_and_leaves_what_is_held(held, waiting, lucie):
    Duty.objects.update(ended_at=timezone.now() + timedelta(seconds=1))
    scope = scope_for(lucie)
    assert list(Conversation.objects.visible_to(scope)) == [held]
    assert post(held, lucie).created


def test_no_administrator_sees_a_conversation(held, waiting):
    for user in (
        factories.regional_administrator("93"),
        factories.national_administrator(),
        factories.evaluator(),
        factories.coordinator(held.structure),
    ):
        assert not Conversation.objects.visible_to(scope_for(user)).exists()


def test_lines_of_the_service_have_no_author(held):
    line = held.messages.get(seq=2)
    assert (line.side, line.sender) == (Side.SERVICE, None)
