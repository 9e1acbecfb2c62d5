"""The engine: which rules apply where, with which places, and what is kept of a decision."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from comptes.keys.cipher import ensure_key
from orientation import engine
from orientation.engine import Choice, Facts
from orientation.models import (
    Commune,
    Decision,
    Departement,
    OverrideReason,
    Rule,
    RuleSet,
    RuleSetState,
    Structure,
    StructureKind,
)
from orientation.rules import Condition, Destination
from tests import factories as make

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _territory(territory):
    pass


def facts(**changes: object) -> Facts:
    values = Facts(
        commune=Commune.objects.get(pk=make.MARSEILLE_1),
        medecin_traitant="NONE",
        medecin_traitant_reachable=None,
        ald=None,
        age=40,
        motive="SUIVI",
        declared_signs=(),
        sign_number="",
        asked_at=AT,
        decided_at=AT,
    )
    return replace(values, **changes)


def published(effective: datetime, **place: object) -> RuleSet:
    version = RuleSet.objects.count() + 1
    rule_set = RuleSet.objects.create(name="Essai", version=version, **place)
    Rule.objects.create(
        rule_set=rule_set,
        position=10,
        condition=Condition.ALWAYS,
        destination=Destination.SAS,
    )
    RuleSet.objects.filter(pk=rule_set.pk).update(
        state=RuleSetState.PUBLISHED, effective_from=effective, published_at=effective
    )
    return rule_set


def test_the_nearest_published_set_applies_then_the_latest():
    departement = Departement.objects.get(pk="13")
    before = AT - timedelta(days=10)
    nation = published(before)
    assert engine.rule_set_in_force(departement, AT) == nation
    region = published(before, region_id="93")
    assert engine.rule_set_in_force(departement, AT) == region
    later = published(AT - timedelta(days=1), region_id="93")
    assert engine.rule_set_in_force(departement, AT) == later
    assert engine.rule_set_in_force(departement, AT - timedelta(days=2)) == region
    local = published(before, departement_id="13")
    assert engine.rule_set_in_force(departement, AT) == local
    RuleSet.objects.create(name="Brouillon", departement_id="13", version=9)
    published(AT + timedelta(hours=1), departement_id="13")
    assert engine.rule_set_in_force(departement, AT) == local
    assert engine.version_in_force(departement, AT) == f"{local.pk}.{local.version}"
    assert engine.rule_set_in_force(Departement.objects.get(pk="35"), AT) == nation


def test_the_directory_holds_open_places_of_the_commune():
    cpts = make.StructureFactory()
    make.StructureFactory(closed_on=date(2026, 11, 1))
    make.StructureFactory(in_rennes=True)
    clinic = make.StructureFactory(kind=StructureKind.CENTRE_SANTE, accepts_orientations=False)
    sas = make.StructureFactory(sas=True)
    found = engine.directory_of(facts().commune, Departement.objects.get(pk="13"), AT)
    assert [place.structure_id for place in found.cpts] == [cpts.pk]
    assert [(place.structure_id, place.is_open) for place in found.others] == [(clinic.pk, False)]
    assert found.sas.structure_id == sas.pk


@pytest.mark.parametrize(
    ("changes", "destination"),
    [
        ({"declared_signs": ("S1",), "sign_number": "114"}, Destination.NUMBER),
        (
            {"medecin_traitant": "DECLARED", "medecin_traitant_reachable": True},
            Destination.MEDECIN_TRAITANT,
        ),
        ({}, Destination.CPTS),
    ],
)
def test_the_default_order_of_doors(changes, destination):
    make.StructureFactory()
    make.StructureFactory(sas=True)
    proposed = engine.propose_for(facts(**changes))
    assert proposed.proposal.destination == destination
    assert proposed.proposal.trace[-1].verdict == "RETENUE"
    assert proposed.proposal.sentence


def test_without_cpts_it_is_the_sas_and_without_sas_the_15():
    assert engine.propose_for(facts()).proposal.number == "15"
    sas = make.StructureFactory(sas=True)
    assert engine.propose_for(facts()).proposal.structure_id == sas.pk


def test_the_situation_is_on_the_clock_of_the_territory():
    commune = Commune.objects.get(pk="97415")  # Saint-Paul, La Réunion
    departement = Departement.objects.get(pk="974")
    found = engine.situation_of(facts(commune=commune), departement)
    assert found.local_time.hour == 14
    assert found.public_holiday is False
    assert not found.within_service_hours, "no opening there"


def choose(proposed, structure, reason=None) -> Decision:
    choice = Choice(Destination.CPTS, structure, reason)
    by = make.professional()
    conversation_id = uuid.uuid4()
    ensure_key(conversation_id)
    return engine.keep_decision(conversation_id, proposed, choice, by=by, at=AT)


def test_a_decision_can_be_replayed_from_what_is_kept():
    cpts = make.StructureFactory()
    proposed = engine.propose_for(facts())
    decision = choose(proposed, cpts)
    decision.refresh_from_db()
    assert (decision.choice, decision.chosen_structure) == ("ACCEPTED", cpts)
    opened = engine.open_decision(decision)
    assert opened.situation == proposed.situation
    assert opened.trace[-1]["verdict"] == "RETENUE"
    assert opened.sentence == proposed.proposal.sentence
    assert decision.rule_set_version == proposed.proposal.rule_set_version


def test_an_override_has_its_reason_from_a_closed_list():
    cpts = make.StructureFactory()
    proposed = engine.propose_for(facts())
    decision = choose(proposed, cpts, OverrideReason.CLOSER)
    assert (decision.choice, decision.override_reason) == ("OVERRIDDEN", "CLOSER")
    rows = Decision.objects.filter(pk=decision.pk)
    with pytest.raises(IntegrityError, match="override_has_reason"), transaction.atomic():
        rows.update(override_reason="")


def test_choices_are_open_places_near_the_person():
    cpts, sas = make.StructureFactory(), make.StructureFactory(sas=True)
    make.StructureFactory(accepts_orientations=False)
    make.StructureFactory(in_rennes=True)
    make.StructureFactory(closed_on=date(2026, 11, 1))
    assert engine.choices_for(facts().commune, AT) == [cpts, sas]
    assert isinstance(cpts, Structure)
