"""Load the rules in force for a place, ask them, and keep each decision."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone

from comptes.keys.cipher import seal, unseal
from comptes.keys.provider import KeyUnavailable
from comptes.models import User
from orientation.models import (
    Commune,
    Cpts,
    Decision,
    DecisionChoice,
    Departement,
    OverrideReason,
    RuleSet,
    RuleSetState,
    Sas,
    Structure,
    StructureKind,
)
from orientation.openings import is_holiday, opening_for, service_status
from orientation.rules import (
    DEFAULT_RULES,
    Destination,
    Directory,
    MedecinTraitant,
    Place,
    Proposal,
    RuleSpec,
    Situation,
    propose,
)

SEALED_AS = "decision"
DEFAULT_VERSION = "nationales par défaut"
OTHER_KINDS = (StructureKind.MAISON_SANTE, StructureKind.CENTRE_SANTE, StructureKind.CABINET)


@dataclass(frozen=True)
class Facts:
    """What the conversation knows, in codes: the engine adds the place and the clock.

    asked_at: when the question came. decided_at: when the proposal is made; its hour is the one
    that rules look at.
    """

    commune: Commune
    medecin_traitant: str
    medecin_traitant_reachable: bool | None
    ald: bool | None
    age: int | None
    motive: str
    declared_signs: tuple[str, ...]
    sign_number: str
    asked_at: datetime
    decided_at: datetime


@dataclass(frozen=True)
class Choice:
    """What the professional decided, after the proposal."""

    destination: Destination
    structure: Structure | None
    override_reason: OverrideReason | None

    @property
    def accepted(self) -> bool:
        return self.override_reason is None


def rule_set_in_force(departement: Departement, at: datetime) -> RuleSet | None:
    """The published set of the department, else of its region, else of the nation."""
    return (
        RuleSet.objects.filter(state=RuleSetState.PUBLISHED, effective_from__lte=at)
        .filter(
            Q(departement=departement)
            | Q(region_id=departement.region_id)
            | Q(departement__isnull=True, region__isnull=True)
        )
        .annotate(
            nearness=Case(
                When(departement__isnull=False, then=Value(0)),
                When(region__isnull=False, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("nearness", "-effective_from", "-version")
        .first()
    )


def version_in_force(departement: Departement, at: datetime) -> str:
    """The name under which a decision, or an opening, keeps the version of its rules."""
    found = rule_set_in_force(departement, at)
    return version_label(found)


def version_label(rule_set: RuleSet | None) -> str:
    return f"{rule_set.pk}.{rule_set.version}" if rule_set else DEFAULT_VERSION


def rules_of(rule_set: RuleSet | None) -> tuple[RuleSpec, ...]:
    return (
        tuple(rule.spec() for rule in rule_set.rules.order_by("position"))
        if rule_set
        else DEFAULT_RULES
    )


def directory_of(commune: Commune, departement: Departement, at: datetime) -> Directory:
    """The structures that serve a commune on that day."""
    day = timezone.localdate(at, ZoneInfo(departement.time_zone))
    covering = Structure.objects.filter(coverages__commune=commune).open_on(day)
    sas = (
        Sas.objects.filter(departement=departement, accepts_orientations=True).open_on(day).first()
    )
    return Directory(
        cpts=tuple(
            Place(row.pk, row.name, row.accepts_orientations)
            for row in Cpts.objects.filter(coverages__commune=commune).open_on(day).order_by("pk")
        ),
        others=tuple(
            Place(row.pk, row.name, row.accepts_orientations)
            for row in covering.filter(kind__in=OTHER_KINDS).order_by("pk")
        ),
        sas=Place(sas.pk, sas.name, True) if sas else None,
    )


def situation_of(facts: Facts, departement: Departement) -> Situation:
    """The situation that the rules read, with the clock of the territory."""
    local = facts.decided_at.astimezone(ZoneInfo(departement.time_zone))
    opening = opening_for(departement, local.date())
    return Situation(
        commune_code=facts.commune.pk,
        departement_code=departement.pk,
        asked_at=facts.asked_at,
        local_time=local,
        medecin_traitant=MedecinTraitant(facts.medecin_traitant),
        medecin_traitant_reachable=facts.medecin_traitant_reachable,
        ald=facts.ald,
        age=facts.age,
        motive=facts.motive,
        declared_signs=facts.declared_signs,
        sign_number=facts.sign_number,
        public_holiday=is_holiday(departement, local.date()),
        within_service_hours=bool(
            opening and service_status(opening, departement, facts.decided_at).open_now
        ),
    )


@dataclass(frozen=True)
class Proposed:
    """A proposal with what it was made from, ready to be kept as a decision."""

    situation: Situation
    proposal: Proposal
    rule_set: RuleSet | None
    departement: Departement


def propose_for(facts: Facts) -> Proposed:
    """Ask the rules in force for the place and the moment."""
    departement = Departement.objects.get(pk=facts.commune.departement_id)
    rule_set = rule_set_in_force(departement, facts.decided_at)
    situation = situation_of(facts, departement)
    return Proposed(
        situation=situation,
        proposal=propose(
            situation,
            rules_of(rule_set),
            directory_of(facts.commune, departement, facts.decided_at),
            version_label(rule_set),
        ),
        rule_set=rule_set,
        departement=departement,
    )


def choices_for(commune: Commune, at: datetime) -> list[Structure]:
    """The structures that a professional may choose instead of the proposal."""
    departement = Departement.objects.get(pk=commune.departement_id)
    day = timezone.localdate(at, ZoneInfo(departement.time_zone))
    near = Structure.objects.filter(
        Q(coverages__commune=commune) | Q(departement=departement, kind=StructureKind.SAS)
    )
    return list(
        near.open_on(day).filter(accepts_orientations=True).distinct().order_by("kind", "name")
    )


def keep_decision(
    conversation_id: UUID, proposed: Proposed, choice: Choice, *, by: User, at: datetime
) -> Decision:
    """Keep one decision: inputs, proposal, trace, choice. Inside the caller's transaction."""
    decision = decision_row(conversation_id, proposed, choice, by=by, at=at)
    decision.save(force_insert=True)
    return decision


def decision_row(
    conversation_id: UUID, proposed: Proposed, choice: Choice, *, by: User, at: datetime
) -> Decision:
    """The decision as a row that is not written yet; the conversation's key must exist."""
    proposal = proposed.proposal
    return Decision(
        conversation_id=conversation_id,
        commune_id=proposed.situation.commune_code,
        departement=proposed.departement,
        rule_set=proposed.rule_set,
        rule_set_version=proposal.rule_set_version,
        rule_id=proposal.rule_id,
        proposed_destination=proposal.destination,
        proposed_structure_id=proposal.structure_id,
        sealed=seal(
            conversation_id,
            SEALED_AS,
            json.dumps(
                {
                    "situation": proposed.situation.as_data(),
                    "sentence": proposal.sentence,
                    "trace": proposal.trace_data(),
                }
            ),
        ),
        choice=DecisionChoice.ACCEPTED if choice.accepted else DecisionChoice.OVERRIDDEN,
        chosen_destination=choice.destination,
        chosen_structure=choice.structure,
        override_reason=choice.override_reason or "",
        decided_by=by,
        decided_at=at,
    )


@dataclass(frozen=True)
class Explanation:
    """What a decision was made from, opened: for replay and for answering "why"."""

    situation: Situation
    sentence: str
    trace: tuple[dict[str, str], ...]


def forget_why(conversation_id: UUID) -> None:
    """Empty the sealed part of a conversation's decisions; where each led stays, for figures."""
    Decision.objects.filter(conversation_id=conversation_id).update(sealed=b"")


def open_decision(decision: Decision) -> Explanation:
    """Open the sealed part of a decision.

    Raises:
        KeyUnavailable: the conversation was erased, and its reasons with it.
    """
    if not decision.sealed:
        raise KeyUnavailable("les raisons de cette décision sont effacées")
    held = json.loads(unseal(decision.conversation_id, SEALED_AS, decision.sealed))
    return Explanation(
        situation=Situation.from_data(held["situation"]),
        sentence=held["sentence"],
        trace=tuple(held["trace"]),
    )
