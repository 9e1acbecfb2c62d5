"""Properties of the rules over the whole vocabulary, also rules that nobody may keep."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orientation.motives import Motive
from orientation.rules import (
    DEFAULT_RULES,
    LAST_RESORT,
    Condition,
    Destination,
    Directory,
    MedecinTraitant,
    Place,
    RuleError,
    RuleSpec,
    Situation,
    Verdict,
    check_rule,
    propose,
)
from tests.orientation.test_rules import BOB, FULL, SAS, TUESDAY_10H, TUESDAY_22H, parameters

# What follows proves that a motive can never by itself lead to a number or to the SAS.

SITUATIONS = st.builds(
    Situation,
    commune_code=st.sampled_from(["13201", "01165"]),
    departement_code=st.just("13"),
    asked_at=st.just(TUESDAY_10H["asked_at"]),
    local_time=st.sampled_from([TUESDAY_10H["local_time"], TUESDAY_22H["local_time"]]),
    medecin_traitant=st.sampled_from(MedecinTraitant),
    medecin_traitant_reachable=st.sampled_from([True, False, None]),
    ald=st.sampled_from([True, False, None]),
    age=st.one_of(st.none(), st.integers(0, 110)),
    motive=st.sampled_from(["", *(code.value for code in Motive)]),
    declared_signs=st.sampled_from([(), ("RF01",)]),
    sign_number=st.sampled_from(["", "15", "3114"]),
    public_holiday=st.booleans(),
    within_service_hours=st.booleans(),
)
PLACES = st.lists(
    st.builds(Place, st.integers(1, 9), st.just("Lieu"), st.booleans()), max_size=3
).map(tuple)
DIRECTORIES = st.builds(Directory, cpts=PLACES, others=PLACES, sas=st.sampled_from([None, SAS]))
# Any rule at all, also those that an administrator is refused.
ANY_RULES = st.lists(
    st.builds(
        lambda condition, destination, position: RuleSpec(
            f"R{position}", position, condition, destination, parameters(condition)
        ),
        st.sampled_from(Condition),
        st.sampled_from(Destination),
        st.integers(1, 60),
    ),
    max_size=8,
    unique_by=lambda rule: rule.position,
)


@given(SITUATIONS, ANY_RULES, DIRECTORIES)
def test_there_is_always_a_proposal_and_it_is_complete(asked, rule_set, directory):
    proposal = propose(asked, rule_set, directory, "v")
    assert proposal.trace[-1].verdict == Verdict.RETENUE
    assert all(step.verdict == Verdict.ECARTEE for step in proposal.trace[:-1])
    assert proposal.trace[-1].rule_id == proposal.rule_id
    assert (proposal.destination == Destination.NUMBER) == bool(proposal.number)
    wanted = {Destination.CPTS, Destination.SAS, Destination.OTHER_PROFESSIONAL}
    assert (proposal.structure_id is not None) == (proposal.destination in wanted)
    assert proposal == propose(asked, list(reversed(rule_set)), directory, "v")


@given(SITUATIONS, ANY_RULES, DIRECTORIES)
def test_a_declared_sign_always_gives_its_number(asked, rule_set, directory):
    if asked.declared_signs:
        proposal = propose(asked, rule_set, directory)
        assert proposal.destination == Destination.NUMBER
        assert proposal.number == (asked.sign_number or "15")


@given(SITUATIONS, ANY_RULES, DIRECTORIES)
def test_no_rule_on_the_motive_leads_to_a_number_or_to_the_sas(asked, rule_set, directory):
    proposal = propose(asked, rule_set, directory)
    retained = {rule.id: rule for rule in rule_set}.get(proposal.rule_id)
    if retained is not None and retained.condition == Condition.MOTIVE_IN:
        assert proposal.destination not in {Destination.NUMBER, Destination.SAS}


@given(SITUATIONS, DIRECTORIES, st.sampled_from(Motive), st.sampled_from(Motive))
def test_by_default_the_motive_changes_nothing(asked, directory, one, other):
    first = propose(replace(asked, motive=one.value), DEFAULT_RULES, directory)
    second = propose(replace(asked, motive=other.value), DEFAULT_RULES, directory)
    assert first == second


def test_over_the_whole_vocabulary_a_motive_is_refused_as_a_way_to_15_or_sas():
    for motive in Motive:
        for destination in (Destination.NUMBER, Destination.SAS):
            rule = RuleSpec("m", 1, Condition.MOTIVE_IN, destination, {"motives": [motive.value]})
            with pytest.raises(RuleError):
                check_rule(rule)
            asked = replace(BOB, motive=motive.value)
            proposal = propose(asked, [rule, *DEFAULT_RULES], FULL)
            assert proposal.rule_id == "AUTRE_MEDECIN"
            # A set made of that single rule gives what no rule at all gives.
            alone = propose(asked, [rule], FULL)
            assert alone.rule_id == LAST_RESORT
            assert alone.destination == propose(asked, [], FULL).destination


@given(SITUATIONS)
def test_a_situation_survives_its_json_form(asked):
    assert Situation.from_data(asked.as_data()) == asked
