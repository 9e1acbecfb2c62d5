"""Where the demonstration takes place: three regions, fictitious structures, who is on duty.

Everything here is found again by its identifier or address: run twice, it changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from comptes.models import User
from evaluation.demo.people import (
    CAST,
    CLAIRE,
    GWEN,
    HUGO,
    INES,
    JOSEE,
    NADIA,
    PAUL,
    add_accounts,
    colleague,
)
from evaluation.demo.places import BRETAGNE, PACA, REGIONS, REUNION, add_structures, cpts_covering
from evaluation.demo.planned import CREW
from orientation.models import (
    Departement,
    Duty,
    FinancingSetting,
    Membership,
    Opening,
    Region,
    Role,
    Rule,
    RuleSet,
    RuleSetState,
    ServiceHours,
    Structure,
    StructureKind,
    Weekday,
)
from orientation.rules import Condition, Destination

HISTORY_DAYS = 90
MARSEILLE_1 = "13201"  # 13001: where visitors are invited to write from
DECREE = "Décret fictif de démonstration (aucun texte réel)"
SERVICE_STARTS, SERVICE_ENDS = time(8), time(20)


@dataclass(frozen=True)
class World:
    """What the rest of the demonstration works with."""

    people: dict[str, User]
    departements: tuple[str, ...]


def build(regions: Iterable[str], *, today: date) -> World:
    """Make what is missing of these regions: openings, structures, rules, people, duties.

    The territory must be loaded. One transaction: all of it, or nothing.
    """
    regions = tuple(regions)
    with transaction.atomic():
        since = today - timedelta(days=HISTORY_DAYS + 30)
        for region in Region.objects.filter(pk__in=regions):
            _open(region, since)
            _publish_rules(region, since)
        add_structures(regions, since)
        people = add_accounts(CAST, may_sign_in=True)
        _give_roles(people, regions, since)
        departements = tuple(
            Departement.objects.filter(region__in=regions)
            .order_by("code")
            .values_list("code", flat=True)
        )
        _staff(departements, since)
    return World(people=people, departements=departements)


# --- Openings and rules


def _open(region: Region, since: date) -> None:
    """Every day from 8:00 to 20:00, public holidays included: a visitor mostly finds it open."""
    if Opening.objects.filter(region=region).exists():
        return
    opening = Opening.objects.create(
        region=region,
        opens_on=since,
        closes_on=since + timedelta(days=2 * 365),
        decree_reference=DECREE,
        promise_minutes=120,
    )
    ServiceHours.objects.bulk_create(
        [
            ServiceHours(
                opening=opening, weekday=day, starts_at=SERVICE_STARTS, ends_at=SERVICE_ENDS
            )
            for day in Weekday
        ]
    )
    FinancingSetting.objects.bulk_create(
        [
            FinancingSetting(
                opening=opening, key=key, value=value, applies_from=since, reference=DECREE
            )
            for key, value in (
                ("FUND", "Enveloppe fictive de démonstration"),
                ("HOURLY_RATE_EUR", "60"),
                ("STRUCTURE_GRANT_EUR", "12000"),
            )
        ]
    )


def _publish_rules(region: Region, since: date) -> None:
    """The national order of doors, and the SAS outside the usual hours of surgeries."""
    if RuleSet.objects.filter(region=region).exists():
        return
    starts = datetime.combine(since, time(0), tzinfo=ZoneInfo("Europe/Paris"))
    rule_set = RuleSet.objects.create(
        name=f"Règles de démonstration, {region.name}", region=region, version=1
    )
    doors = (
        (Condition.DECLARED_SIGN, Destination.NUMBER),
        (Condition.MEDECIN_TRAITANT_REACHABLE, Destination.MEDECIN_TRAITANT),
        (Condition.SURGERIES_CLOSED, Destination.SAS),
        (Condition.OTHER_OPEN, Destination.OTHER_PROFESSIONAL),
        (Condition.CPTS_OPEN, Destination.CPTS),
        (Condition.ALWAYS, Destination.SAS),
    )
    Rule.objects.bulk_create(
        [
            Rule(
                rule_set=rule_set,
                position=10 * place,
                condition=condition.value,
                destination=destination.value,
            )
            for place, (condition, destination) in enumerate(doors, start=1)
        ]
    )
    rule_set.state = RuleSetState.PUBLISHED
    rule_set.effective_from = starts
    rule_set.published_at = starts
    rule_set.save()


# --- Roles and duties


def _give_roles(people: dict[str, User], regions: tuple[str, ...], since: date) -> None:
    marseille = cpts_covering(MARSEILLE_1)
    roles = [
        Membership(user=people[INES.email], role=Role.PROFESSIONAL, structure=marseille),
        Membership(user=people[PAUL.email], role=Role.COORDINATOR, structure=marseille),
        Membership(user=people[CLAIRE.email], role=Role.NATIONAL_ADMIN),
        Membership(user=people[HUGO.email], role=Role.EVALUATOR),
    ]
    roles += [
        Membership(user=people[person.email], role=Role.REGIONAL_ADMIN, region_id=region)
        for person, region in ((NADIA, PACA), (GWEN, BRETAGNE), (JOSEE, REUNION))
        if region in regions
    ]
    _keep(roles, since)
    _first_duty(people[INES.email], marseille)


def _keep(roles: list[Membership], since: date) -> None:
    """Add the roles that their person does not hold yet, whatever their dates."""
    held = set(
        Membership.objects.filter(user__in=[row.user_id for row in roles]).values_list(
            "user_id", "role", "structure_id", "region_id"
        )
    )
    for row in roles:
        row.starts_on = since
    Membership.objects.bulk_create(
        [
            row
            for row in roles
            if (row.user_id, row.role, row.structure_id, row.region_id) not in held
        ]
    )


def _first_duty(user: User, structure: Structure) -> None:
    """On duty from the first start on; a visitor who ends it finds it ended."""
    if not Duty.objects.filter(user=user).exists():
        Duty.objects.create(user=user, structure=structure, started_at=timezone.now())


@dataclass(frozen=True)
class Member:
    """A professional and the structure of their duties."""

    user: User
    structure: Structure


def crews(departements: Iterable[str]) -> dict[str, list[Member]]:
    """The colleagues of each department, in its SAS and its two first CPTS; accounts are made."""
    ranks = {code: rank for rank, code in enumerate(_all_departements())}
    people = {
        code: [colleague(ranks[code] * CREW + n) for n in range(CREW)] for code in departements
    }
    accounts = add_accounts(
        [person for crew in people.values() for person in crew], may_sign_in=True
    )
    places = _places_of_duty(people)
    return {
        code: [
            Member(accounts[person.email], places[code][n % len(places[code])])
            for n, person in enumerate(crew)
        ]
        for code, crew in people.items()
    }


def _all_departements() -> list[str]:
    return list(
        Departement.objects.filter(region__in=REGIONS)
        .order_by("code")
        .values_list("code", flat=True)
    )


def _places_of_duty(departements: Iterable[str]) -> dict[str, list[Structure]]:
    found: dict[str, list[Structure]] = {code: [] for code in departements}
    rows = Structure.objects.filter(
        departement__in=found, is_fictitious=True, kind__in=(StructureKind.SAS, StructureKind.CPTS)
    ).order_by("-kind", "pk")
    for row in rows:
        if len(found[row.departement_id]) < 3:
            found[row.departement_id].append(row)
    return found


def _staff(departements: Iterable[str], since: date) -> None:
    """Give the crews their roles; the first of each department is on duty."""
    by_departement = crews(departements)
    _keep(
        [
            Membership(user=member.user, role=Role.PROFESSIONAL, structure=member.structure)
            for crew in by_departement.values()
            for member in crew
        ],
        since,
    )
    for crew in by_departement.values():
        _first_duty(crew[0].user, crew[0].structure)
