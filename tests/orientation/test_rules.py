"""The orientation rules: order of doors, trace, totality, and what a motive can never do."""

import ast
import inspect
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from orientation import motives, rule_specs, rules, situation
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
    describe,
    findings,
    propose,
)
from orientation.wording import patient_sentence

PARIS = ZoneInfo("Europe/Paris")


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> dict:
    local = datetime(year, month, day, hour, minute, tzinfo=PARIS)
    return {"asked_at": local.astimezone(UTC), "local_time": local}


TUESDAY_10H = at(2026, 10, 6, 10)
TUESDAY_22H = at(2026, 10, 6, 22)

ALICE = Situation(
    commune_code="13201",
    departement_code="13",
    medecin_traitant=MedecinTraitant.DECLARED,
    medecin_traitant_reachable=True,
    age=34,
    **TUESDAY_10H,
)
# Bob has no GP.
BOB = replace(ALICE, medecin_traitant=MedecinTraitant.NONE, medecin_traitant_reachable=None)

CPTS = Place(7, "CPTS du Vieux-Port")
CLOSED_CPTS = Place(8, "CPTS fermée", is_open=False)
SURGERY = Place(9, "Cabinet de la Plaine")
SAS = Place(3, "SAS des Bouches-du-Rhône")
FULL = Directory(cpts=(CPTS,), others=(SURGERY,), sas=SAS)


def door(asked: Situation, directory: Directory = FULL) -> tuple[Destination, str]:
    proposal = propose(asked, DEFAULT_RULES, directory, "national-1")
    return proposal.destination, proposal.rule_id


def test_the_order_of_doors_by_default():
    signs = replace(ALICE, declared_signs=("RF07",), sign_number="3114")
    assert door(signs) == (Destination.NUMBER, "SIGNE")
    assert door(ALICE) == (Destination.MEDECIN_TRAITANT, "MEDECIN_TRAITANT")
    assert door(BOB) == (Destination.OTHER_PROFESSIONAL, "AUTRE_MEDECIN")
    assert door(BOB, Directory(cpts=(CPTS,), sas=SAS)) == (Destination.CPTS, "CPTS")
    assert door(BOB, Directory(cpts=(CLOSED_CPTS,), sas=SAS)) == (Destination.SAS, "SAS")
    assert door(BOB, Directory()) == (Destination.NUMBER, LAST_RESORT)


def test_a_declared_sign_gives_its_own_number():
    signs = replace(ALICE, declared_signs=("RF20",), sign_number="119")
    assert propose(signs, DEFAULT_RULES, FULL).number == "119"
    unnamed = replace(signs, sign_number="")
    assert propose(unnamed, DEFAULT_RULES, FULL).number == "15"


@pytest.mark.parametrize(
    ("reachable", "instant", "holiday", "expected"),
    [
        (True, TUESDAY_22H, False, Destination.MEDECIN_TRAITANT),
        (False, TUESDAY_10H, False, Destination.OTHER_PROFESSIONAL),
        (None, TUESDAY_10H, False, Destination.MEDECIN_TRAITANT),
        (None, TUESDAY_10H, True, Destination.OTHER_PROFESSIONAL),
        (None, TUESDAY_22H, False, Destination.OTHER_PROFESSIONAL),
        (None, at(2026, 10, 10, 11, 59), False, Destination.MEDECIN_TRAITANT),
        (None, at(2026, 10, 10, 12, 0), False, Destination.OTHER_PROFESSIONAL),
        (None, at(2026, 10, 11, 10), False, Destination.OTHER_PROFESSIONAL),
        (None, at(2026, 10, 6, 8), False, Destination.MEDECIN_TRAITANT),
        (None, at(2026, 10, 6, 20), False, Destination.OTHER_PROFESSIONAL),
    ],
)
def test_the_declared_gp_must_be_open_and_reachable(reachable, instant, holiday, expected):
    asked = replace(ALICE, medecin_traitant_reachable=reachable, public_holiday=holiday, **instant)
    assert door(asked)[0] == expected


def test_the_clock_is_the_one_of_the_territory():
    reunion = ZoneInfo("Indian/Reunion")
    instant = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)  # 9 h in Saint-Denis, 7 h in Paris
    asked = replace(
        ALICE,
        medecin_traitant_reachable=None,
        asked_at=instant,
        local_time=instant.astimezone(reunion),
    )
    assert door(asked)[0] == Destination.MEDECIN_TRAITANT
    in_paris = replace(asked, local_time=instant.astimezone(PARIS))
    assert door(in_paris)[0] == Destination.OTHER_PROFESSIONAL


def test_the_trace_keeps_the_branches_refused_and_ends_with_the_rule_retained():
    proposal = propose(BOB, DEFAULT_RULES, Directory(cpts=(CPTS,), sas=SAS), "national-1")
    assert [step.rule_id for step in proposal.trace] == [
        "SIGNE",
        "MEDECIN_TRAITANT",
        "AUTRE_MEDECIN",
        "CPTS",
    ]
    assert [step.verdict for step in proposal.trace] == [Verdict.ECARTEE] * 3 + [Verdict.RETENUE]
    assert proposal.trace[1].reason == "médecin traitant : aucun"
    assert proposal.sentence == ("CPTS (CPTS du Vieux-Port) : une CPTS ouverte couvre la commune.")
    assert (proposal.structure_id, proposal.structure_name) == (7, "CPTS du Vieux-Port")
    assert proposal.rule_set_version == "national-1"
    assert proposal.trace_data()[3]["verdict"] == "RETENUE"


def test_several_cpts_are_drawn_by_the_instant_of_the_request_and_replayed_alike():
    several = Directory(cpts=(CPTS, Place(11, "CPTS des Calanques"), CLOSED_CPTS), sas=SAS)
    drawn = set()
    for minute in range(40):
        asked = replace(BOB, **at(2026, 10, 6, 10, minute))
        first = propose(asked, DEFAULT_RULES, several)
        again = propose(asked, tuple(reversed(DEFAULT_RULES)), several)
        assert first == again
        drawn.add(first.structure_id)
    assert drawn == {7, 11}


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            DEFAULT_RULES[0],
            "Si un signe de danger est déclaré, donner le numéro de ce signe.",
        ),
        (
            DEFAULT_RULES[1],
            "Si le patient a un médecin traitant, ouvert et joignable,"
            " proposer le médecin traitant.",
        ),
        (
            DEFAULT_RULES[4],
            "Dans tous les autres cas, proposer le service d'accès aux soins du département.",
        ),
        (
            RuleSpec("a", 1, Condition.AGE_UNDER, Destination.CPTS, {"years": 6}),
            "Si la personne a moins de 6 ans, proposer la CPTS du territoire.",
        ),
        (
            RuleSpec("m", 1, Condition.MOTIVE_IN, Destination.CPTS, {"motives": ["CERTIFICAT"]}),
            "Si le motif est « Un certificat ou un papier », proposer la CPTS du territoire.",
        ),
    ],
)
def test_each_rule_says_itself(rule, sentence):
    assert describe(rule) == sentence


def parameters(condition: Condition) -> dict:
    match condition:
        case Condition.AGE_UNDER | Condition.AGE_AT_LEAST:
            return {"years": 40}
        case Condition.MOTIVE_IN:
            return {"motives": [code.value for code in Motive]}
        case Condition.COMMUNE_IN:
            return {"communes": ["13201"]}
    return {}


def test_every_condition_and_destination_has_a_sentence():
    for condition in Condition:
        for destination in Destination:
            rule = RuleSpec("r", 1, condition, destination, parameters(condition))
            sentence = describe(rule)
            assert sentence.endswith(".") and ", " in sentence


@pytest.mark.parametrize(
    ("condition", "params"),
    [
        (Condition.AGE_UNDER, {}),
        (Condition.AGE_UNDER, {"years": "6"}),
        (Condition.AGE_UNDER, {"years": True}),
        (Condition.AGE_AT_LEAST, {"years": 131}),
        (Condition.MOTIVE_IN, {"motives": []}),
        (Condition.MOTIVE_IN, {"motives": ["DOULEUR"]}),
        (Condition.MOTIVE_IN, {"motives": "CERTIFICAT"}),
        (Condition.COMMUNE_IN, {"communes": [""]}),
        (Condition.ALWAYS, {"years": 6}),
    ],
)
def test_wrong_parameters_are_refused_in_french(condition, params):
    with pytest.raises(RuleError) as refused:
        check_rule(RuleSpec("r", 1, condition, Destination.CPTS, params))
    assert str(refused.value).endswith(".")


def test_a_number_answers_a_declared_sign_and_nothing_else():
    for condition in Condition:
        rule = RuleSpec("r", 1, condition, Destination.NUMBER, parameters(condition))
        if condition == Condition.DECLARED_SIGN:
            check_rule(rule)
        else:
            with pytest.raises(RuleError):
                check_rule(rule)


def test_the_default_rules_are_sound():
    assert findings(DEFAULT_RULES) == ()
    for rule in DEFAULT_RULES:
        check_rule(rule)


def test_findings_say_what_is_wrong_with_a_set():
    odd = [
        RuleSpec("a", 1, Condition.ALWAYS, Destination.SAS),
        RuleSpec("b", 1, Condition.AGE_UNDER, Destination.CPTS, {}),
    ]
    found = " ".join(findings(odd))
    for part in ("âge", "même place", "signe déclaré", "dernière règle", "jamais servir"):
        assert part in found


def test_motives_are_administrative_words():
    assert set(motives.LABELS) == set(Motive)
    assert 6 <= len(Motive) <= 9
    forbidden = ("douleur", "mal ", "fièvre", "urgent", "grave", "symptôme", "saign", "toux")
    for label in motives.LABELS.values():
        assert not any(word in label.lower() for word in forbidden), label


@pytest.mark.parametrize("destination", list(Destination))
def test_the_patient_is_told_where_and_why(destination):
    proposal = replace(
        propose(BOB, DEFAULT_RULES, FULL),
        destination=destination,
        number="15" if destination == Destination.NUMBER else "",
    )
    said = patient_sentence(proposal)
    assert said.count(".") == 2
    chosen = patient_sentence(proposal, chosen_by_professional=True)
    assert chosen.startswith(said) and "a choisi ce lieu" in chosen
    if destination in {Destination.CPTS, Destination.OTHER_PROFESSIONAL, Destination.SAS}:
        assert proposal.structure_name in said


def test_the_rules_are_pure():
    for module in (rules, rule_specs, situation, motives):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                assert node.module.split(".")[0] != "django", module.__name__
                assert not node.module.startswith("orientation.models"), module.__name__
