"""The acts that end a conversation or send it elsewhere, danger, and the mails they plan."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comptes.models import Act, User
from messagerie import actions
from messagerie.actions.orienting import OrientRequest
from messagerie.actions.safety import Transmission, open_transmission
from messagerie.contents import CareDetails
from messagerie.errors import RefusalCode, Refused
from messagerie.models import (
    Conversation,
    DoorPassage,
    MessageKind,
    Notice,
    NoticeKind,
    Transition,
)
from messagerie.states import Outcome, State
from orientation import engine
from orientation.models import Decision, Structure
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
    assert engine.open_decision(decision).trace[-1]["verdict"] == "RETENUE"
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
