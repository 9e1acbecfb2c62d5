"""The table of transitions: what may follow what, and which outcome each act may set."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messagerie import states
from messagerie.states import Act, Outcome, State, check_transition

ALL_STATES = st.sampled_from(State)
ALL_ACTS = st.sampled_from(Act)
ALL_OUTCOMES = st.one_of(st.none(), st.sampled_from(Outcome))


@pytest.mark.parametrize(
    ("old", "act", "outcome", "new", "held"),
    [
        (State.WAITING, Act.TAKE, None, State.IN_PROGRESS, None),
        (State.WAITING, Act.WITHDRAW, None, State.CLOSED, Outcome.ABANDONED),
        (State.WAITING, Act.EXPIRE, None, State.CLOSED, Outcome.EXPIRED),
        (State.WAITING, Act.DECLARE_EMERGENCY, None, State.CLOSED, Outcome.EMERGENCY),
        (State.IN_PROGRESS, Act.HAND_BACK, None, State.WAITING, None),
        (State.IN_PROGRESS, Act.HAND_OVER, None, State.IN_PROGRESS, None),
        (State.IN_PROGRESS, Act.CLOSE, Outcome.RESOLVED, State.CLOSED, Outcome.RESOLVED),
        (State.IN_PROGRESS, Act.CLOSE, Outcome.REFERRED_SAS, State.CLOSED, Outcome.REFERRED_SAS),
        (State.CLOSED, Act.REOPEN, None, State.WAITING, None),
        (State.CLOSED, Act.RESUME, None, State.IN_PROGRESS, None),
    ],
)
def test_permitted_changes(old, act, outcome, new, held):
    passage = check_transition(old, act, outcome)
    assert (passage.old, passage.act, passage.new, passage.outcome) == (old, act, new, held)


@pytest.mark.parametrize(
    ("old", "act", "outcome", "refusal"),
    [
        (State.IN_PROGRESS, Act.TAKE, None, states.AlreadyTaken),
        (State.CLOSED, Act.TAKE, None, states.AlreadyClosed),
        (State.WAITING, Act.CLOSE, Outcome.RESOLVED, states.NotTaken),
        (State.WAITING, Act.HAND_BACK, None, states.NotTaken),
        (State.WAITING, Act.REOPEN, None, states.NotClosed),
        (State.IN_PROGRESS, Act.RESUME, None, states.NotClosed),
        (State.CLOSED, Act.CLOSE, Outcome.RESOLVED, states.AlreadyClosed),
        (State.IN_PROGRESS, Act.CLOSE, None, states.OutcomeRequired),
        (State.IN_PROGRESS, Act.CLOSE, Outcome.EXPIRED, states.OutcomeNotAllowed),
        (State.WAITING, Act.WITHDRAW, Outcome.RESOLVED, states.OutcomeNotAllowed),
        (State.WAITING, Act.TAKE, Outcome.RESOLVED, states.OutcomeNotAllowed),
    ],
)
def test_refusals_are_typed_and_french(old, act, outcome, refusal):
    with pytest.raises(refusal) as refused:
        check_transition(old, act, outcome)
    assert str(refused.value) == refusal.message
    assert refusal.message.endswith(".")


@given(ALL_STATES, ALL_ACTS, ALL_OUTCOMES)
def test_an_outcome_is_held_exactly_when_closed(old, act, outcome):
    try:
        passage = check_transition(old, act, outcome)
    except states.TransitionRefused:
        return
    assert (passage.outcome is not None) == (passage.new == State.CLOSED)


@given(st.lists(st.tuples(ALL_ACTS, ALL_OUTCOMES), max_size=30))
def test_any_sequence_of_acts_keeps_a_known_state_and_one_winner(steps):
    state = State.WAITING
    for act, outcome in steps:
        try:
            passage = check_transition(state, act, outcome)
        except states.TransitionRefused:
            continue
        assert passage.old == state
        if act == Act.TAKE:
            # Who takes second always finds IN_PROGRESS, and is refused.
            with pytest.raises(states.AlreadyTaken):
                check_transition(passage.new, Act.TAKE)
        state = passage.new
    assert state in State


def test_every_state_can_be_reached_and_left():
    for state in State:
        assert any(old == state for old, _act in states.TRANSITIONS)
        assert state in states.TRANSITIONS.values()


def test_every_outcome_can_be_set_by_an_act():
    settable = {outcome for allowed in states.OUTCOMES_OF_ACT.values() for outcome in allowed}
    assert settable == set(Outcome)
    closing = {act for (_old, act), new in states.TRANSITIONS.items() if new == State.CLOSED}
    assert closing == set(states.OUTCOMES_OF_ACT)


def test_the_codes_of_refusals_are_distinct():
    refusals = states.TransitionRefused.__subclasses__()
    assert len({refusal.code for refusal in refusals}) == len(refusals) == 7


def test_reopening_is_allowed_up_to_the_delay_included():
    closed = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
    states.check_reopen_delay(closed, closed + states.REOPEN_DELAY)
    with pytest.raises(states.ReopenTooLate):
        states.check_reopen_delay(closed, closed + states.REOPEN_DELAY + timedelta(seconds=1))


def test_the_delay_is_elapsed_time_across_a_change_of_clocks():
    paris = ZoneInfo("Europe/Paris")
    closed = datetime(2026, 10, 20, 12, 0, tzinfo=paris)
    # Same hour on the clock a week later is 169 hours: the clocks went back on 25 October.
    same_hour = datetime(2026, 10, 27, 12, 0, tzinfo=paris)
    with pytest.raises(states.ReopenTooLate):
        states.check_reopen_delay(closed, same_hour)
