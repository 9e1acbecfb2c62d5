"""Each act: what it changes, what it refuses, and what it leaves as it was."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.actions.orienting import OrientRequest
from messagerie.actions.safety import Transmission, open_transmission
from messagerie.contents import CareDetails
from messagerie.errors import RefusalCode, Refused
from messagerie.models import (
    Conversation,
    DoorPassage,
    Message,
    MessageKind,
    Notice,
    NoticeKind,
    Side,
    Transition,
)
from messagerie.states import Outcome, State
from orientation.models import Decision, Duty, Structure
from orientation.scope import scope_for
from tests import factories

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


def by(user: User) -> dict[str, object]:
    return {"professional": user, "scope": scope_for(user)}


def of(user: User) -> dict[str, object]:
    return {"patient": user, "scope": scope_for(user)}


def post(conversation: Conversation, author: User, body: str = "Bonjour.", **more: object):
    more.setdefault("client_id", uuid.uuid4())
    return actions.post(conversation.pk, author=author, scope=scope_for(author), body=body, **more)


def refused(code: RefusalCode):
    """The act below is refused, with this code and a sentence."""
    return pytest.raises(Refused, check=lambda error: error.code == code and bool(error.sentence))


def numbers(conversation: Conversation) -> list[int]:
    return list(conversation.messages.order_by("seq").values_list("seq", flat=True))


def passages(conversation: Conversation) -> list[tuple[str, str, str]]:
    rows = conversation.transitions.order_by("pk")
    return list(rows.values_list("from_state", "to_state", "act"))


def reread(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


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


# --- Close, withdraw, reopen, expire


def test_closing_for_good_needs_its_summary(held, lucie):
    with refused(RefusalCode.EMPTY):
        actions.close(held.pk, outcome=Outcome.RESOLVED, **by(lucie))
    actions.close(held.pk, outcome=Outcome.RESOLVED, summary="Le matin.", **by(lucie))
    closed = reread(held)
    assert (closed.state, closed.outcome) == (State.CLOSED, Outcome.RESOLVED)
    assert closed.reopen_until > closed.closed_at
    row = Transition.objects.filter(conversation=held).latest("pk")
    assert (row.to_state, row.outcome, row.actor) == (State.CLOSED, Outcome.RESOLVED, lucie)


@pytest.mark.parametrize("outcome", [Outcome.REFERRED_CPTS, Outcome.EXPIRED])
def test_outcomes_of_other_acts_are_refused(held, lucie, outcome):
    with refused(RefusalCode.BAD_CHOICE):
        actions.close(held.pk, outcome=outcome, summary="x", **by(lucie))
    assert reread(held).state == State.IN_PROGRESS


def test_nothing_is_done_to_a_closed_conversation(held, lucie, camille):
    actions.close(held.pk, outcome=Outcome.RESOLVED, summary="Le matin.", **by(lucie))
    before = numbers(held), passages(held)
    told = Transmission(phone="06", place="ici", age="", sign_codes=(), samu_line="")
    for act in (
        lambda: post(held, lucie),
        lambda: post(held, camille),
        lambda: actions.close(held.pk, outcome=Outcome.RESOLVED, summary="x", **by(lucie)),
        lambda: actions.hand_back(held.pk, **by(lucie)),
        lambda: actions.orient(held.pk, request=OrientRequest(accept=True), **by(lucie)),
        lambda: actions.transmit_to_15(held.pk, transmission=told, **by(lucie)),
        lambda: actions.declare_worsening(held.pk, sign_codes=("RF01",), **of(camille)),
    ):
        with pytest.raises(Refused) as error:
            act()
        assert (error.value.code, error.value.status) == (RefusalCode.CLOSED, 409)
    assert (numbers(held), passages(held)) == before


def test_withdrawing_twice_closes_once(held, camille):
    actions.withdraw(held.pk, **of(camille))
    actions.withdraw(held.pk, **of(camille))
    assert reread(held).outcome == Outcome.ABANDONED
    assert [passage[1] for passage in passages(held)].count(State.CLOSED) == 1


def test_reopening_waits_again_with_its_past(held, lucie, camille):
    actions.close(held.pk, outcome=Outcome.RESOLVED, summary="Le matin.", **by(lucie))
    actions.reopen(held.pk, **of(camille))
    again = reread(held)
    assert (again.state, again.outcome, again.professional) == (State.WAITING, "", None)
    assert numbers(again) == [1, 2, 3, 4]


def test_reopening_too_late_is_refused(held, lucie, camille):
    actions.close(held.pk, outcome=Outcome.RESOLVED, summary="Le matin.", **by(lucie))
    late = reread(held).reopen_until + timedelta(seconds=1)
    with refused(RefusalCode.TOO_LATE):
        actions.reopen(held.pk, now=late, **of(camille))


@pytest.mark.parametrize(
    ("answered", "outcome"), [(True, Outcome.ABANDONED), (False, Outcome.EXPIRED)]
)
def test_silence_closes_once_and_says_who_was_silent(held, lucie, answered, outcome):
    if answered:
        post(held, lucie)
    later = timezone.now() + timedelta(days=20)
    assert actions.expire(held.pk, silent_since=later - timedelta(days=14), now=later)
    assert not actions.expire(held.pk, silent_since=later - timedelta(days=14), now=later)
    assert reread(held).outcome == outcome


def test_a_recent_word_keeps_it_open(held):
    assert not actions.expire(held.pk, silent_since=timezone.now() - timedelta(days=14))
    assert reread(held).state == State.IN_PROGRESS


# --- Orient


def test_following_the_proposal_keeps_the_decision(held, lucie, cpts):
    actions.orient(held.pk, request=OrientRequest(accept=True, when="demain"), **by(lucie))
    decision = Decision.objects.get(conversation_id=held.pk)
    assert (decision.choice, decision.proposed_structure, decision.chosen_structure) == (
        "ACCEPTED",
        cpts,
        cpts,
    )
    assert decision.trace[-1]["verdict"] == "RETENUE"
    assert reread(held).outcome == Outcome.REFERRED_CPTS
    assert held.messages.latest("seq").kind == MessageKind.ORIENTATION


def test_another_place_is_kept_with_its_reason(held, lucie):
    request = OrientRequest(
        accept=False, destination="MEDECIN_TRAITANT", override_reason="PATIENT_PREFERS"
    )
    card = actions.orient(held.pk, request=request, **by(lucie))
    assert (card.destination, card.accepted) == ("MEDECIN_TRAITANT", False)
    decision = Decision.objects.get()
    assert (decision.choice, decision.override_reason) == ("OVERRIDDEN", "PATIENT_PREFERS")
    assert reread(held).outcome == Outcome.REFERRED_MEDECIN_TRAITANT


@pytest.mark.parametrize(
    "request_",
    [
        OrientRequest(accept=False, destination="MEDECIN_TRAITANT"),
        OrientRequest(accept=False, override_reason="CLOSER"),
        OrientRequest(accept=False, destination="ZZZ", override_reason="CLOSER"),
        OrientRequest(accept=False, structure_id=0, override_reason="CLOSER"),
        OrientRequest(accept=True, shown="SAS:0"),
    ],
    ids=["no reason", "no place", "unknown place", "foreign structure", "another proposal"],
)
def test_an_orientation_that_lacks_something_changes_nothing(held, lucie, request_):
    with refused(RefusalCode.BAD_CHOICE):
        actions.orient(held.pk, request=request_, **by(lucie))
    assert not Decision.objects.exists()
    assert reread(held).state == State.IN_PROGRESS


def test_a_declared_sign_goes_first_unless_dismissed(lucie, camille, cpts):
    told = CareDetails(sign_codes=("RF01",), sign_answer="CALLED")
    standing = factories.taken_conversation(lucie, camille, details=told)
    proposal = actions.proposal_for(standing, timezone.now()).proposal
    assert (proposal.destination, proposal.number) == ("NUMBER", "15")
    told = CareDetails(sign_codes=("RF01",), sign_answer="DISMISSED")
    dismissed = factories.taken_conversation(lucie, camille, details=told)
    assert actions.proposal_for(dismissed, timezone.now()).proposal.structure_id == cpts.pk


# --- Danger


def test_a_worsening_is_counted_and_goes_first(held, camille):
    actions.declare_worsening(held.pk, sign_codes=("RF01", "RF03"), phone="06 39", **of(camille))
    assert reread(held).declared_sign
    assert sorted(DoorPassage.objects.values_list("sign_code", flat=True)) == ["RF01", "RF03"]
    assert set(DoorPassage.objects.values_list("during_conversation", flat=True)) == {True}


@pytest.mark.parametrize("codes", [(), ("ZZZ",), ("RF01", "ZZZ")])
def test_signs_out_of_the_list_are_refused(held, camille, codes):
    with refused(RefusalCode.BAD_CHOICE):
        actions.declare_worsening(held.pk, sign_codes=codes, **of(camille))
    assert not DoorPassage.objects.exists()


def test_a_transmission_is_sealed_and_leaves_the_conversation_open(held, lucie):
    told = Transmission(
        phone="06 39 98 00 11",
        place="12 rue des Essais",
        age="4 ans",
        sign_codes=("RF01", "ZZZ"),
        samu_line="04 91 00 00 00",
    )
    sent = actions.transmit_to_15(held.pk, transmission=told, **by(lucie))
    kept = open_transmission(sent)
    assert (kept.phone, kept.sign_codes, kept.samu_line) == (
        "06 39 98 00 11",
        ("RF01",),
        "04 91 00 00 00",
    )
    assert b"06 39" not in bytes(sent.sealed)
    assert reread(held).state == State.IN_PROGRESS
    assert passages(held)[-1][2] == Act.EMERGENCY_TRANSMITTED


@pytest.mark.parametrize("missing", ["phone", "place"])
def test_a_transmission_needs_where_and_how_to_call(held, lucie, missing):
    values = {"phone": "06", "place": "ici"} | {missing: " "}
    told = Transmission(**values, age="", sign_codes=(), samu_line="")
    with refused(RefusalCode.EMPTY):
        actions.transmit_to_15(held.pk, transmission=told, **by(lucie))


# --- Notices


def test_one_mail_is_planned_however_many_lines(held, lucie, camille):
    for _ in range(3):
        post(held, lucie)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.sent_at) == (camille, NoticeKind.ANSWER, None)


def test_the_patient_is_not_told_of_their_own_acts(held, camille):
    post(held, camille)
    actions.withdraw(held.pk, **of(camille))
    assert not Notice.objects.exists()


def test_the_end_is_told_apart(held, lucie):
    post(held, lucie)
    actions.close(held.pk, outcome=Outcome.RESOLVED, summary="Le matin.", **by(lucie))
    assert sorted(Notice.objects.values_list("kind", flat=True)) == ["ANSWER", "CLOSED"]


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
