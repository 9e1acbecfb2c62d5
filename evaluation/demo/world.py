"""Where the demonstration takes place: three regions, fictitious structures, who is on duty.

Everything here is found again by its identifier or address: run twice, it changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
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
from evaluation.demo.planned import CREW
from orientation.demo_territory import FictitiousCpts, Town, fictitious_cpts, of_departement
from orientation.models import (
    Commune,
    CommuneCoverage,
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

PACA, BRETAGNE, REUNION = "93", "53", "04"
REGIONS = (PACA, BRETAGNE, REUNION)
HISTORY_DAYS = 90
MARSEILLE_1 = "13201"  # 13001: where visitors are invited to write from
SOURCE = "Démonstration : lieu fictif"
DECREE = "Décret fictif de démonstration (aucun texte réel)"
SERVICE_STARTS, SERVICE_ENDS = time(8), time(20)
# Numbers that the numbering plan keeps for works of fiction.
_PHONE = {PACA: "04 65 71", BRETAGNE: "02 61 91", REUNION: "02 61 91"}
_STREETS = (
    "rue des Amandiers",
    "place du Lavoir",
    "avenue des Platanes",
    "rue de l'École",
    "chemin de la Source",
    "place du Marché",
    "rue des Tilleuls",
    "allée des Mimosas",
)
MAISONS_PER_DEPARTEMENT = 3


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
        _add_structures(regions, since)
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


# --- Structures


def towns(regions: Iterable[str]) -> list[Town]:
    """The inhabited places of these regions; the whole of Marseille counts by arrondissement."""
    rows = (
        Commune.objects.filter(departement__region__in=regions, in_force=True, lat__isnull=False)
        .filter(arrondissements__isnull=True)
        .order_by("code_insee")
    )
    return [
        Town(
            code_insee=row.code_insee,
            label=row.label,
            departement=row.departement_id,
            epci="" if row.kind == Commune.Kind.ARM else row.epci_id or "",
            population=row.population,
            lat=row.lat,
            lon=row.lon,
        )
        for row in rows
    ]


def _add_structures(regions: tuple[str, ...], since: date) -> None:
    territories = fictitious_cpts(towns(regions))
    region_of = dict(
        Departement.objects.filter(region__in=regions).values_list("code", "region_id")
    )
    communes: dict[str, tuple[str, ...]] = {row.identifier: row.communes for row in territories}
    rows = [_cpts(row, region_of[row.departement], n, since) for n, row in enumerate(territories)]
    for code, group in groupby(territories, key=lambda row: row.departement):
        largest = sorted(group, key=lambda row: (-row.population, row.identifier))
        for row in largest[:MAISONS_PER_DEPARTEMENT]:
            maison = _maison(row, region_of[code], len(rows), since)
            communes[maison.identifier] = row.communes
            rows.append(maison)
    for departement in Departement.objects.filter(region__in=regions).order_by("code"):
        rows.append(_sas(departement, len(rows), since))
    held = set(
        Structure.objects.filter(identifier__startswith="SYN-").values_list("identifier", flat=True)
    )
    with_sas = set(
        Structure.objects.filter(kind=StructureKind.SAS, closed_on__isnull=True).values_list(
            "departement_id", flat=True
        )
    )
    new = Structure.objects.bulk_create(
        [
            row
            for row in rows
            if row.identifier not in held
            and not (row.kind == StructureKind.SAS and row.departement_id in with_sas)
        ]
    )
    CommuneCoverage.objects.bulk_create(
        [
            CommuneCoverage(structure=row, commune_id=code)
            for row in new
            for code in communes.get(row.identifier, ())
        ],
        batch_size=2000,
    )


def _phone(region: str, number: int) -> str:
    return f"{_PHONE[region]} {number // 100 % 100:02d} {number % 100:02d}"


def _address(number: int, town: str) -> str:
    return f"{number % 40 + 1} {_STREETS[number % len(_STREETS)]}, {town} (adresse fictive)"


def _cpts(row: FictitiousCpts, region: str, number: int, since: date) -> Structure:
    return Structure(
        kind=StructureKind.CPTS,
        name=row.name,
        identifier=row.identifier,
        departement_id=row.departement,
        address=_address(number, row.name.removeprefix("CPTS fictive ")),
        phone=_phone(region, number),
        opening_note="Du lundi au vendredi, de 8 h à 20 h. Le samedi, de 8 h à 12 h.",
        latitude=row.lat,
        longitude=row.lon,
        is_fictitious=True,
        source=SOURCE,
        source_date=since,
    )


def _maison(row: FictitiousCpts, region: str, number: int, since: date) -> Structure:
    town = row.name.removeprefix("CPTS fictive ")
    return Structure(
        kind=StructureKind.MAISON_SANTE,
        name=f"Maison de santé fictive {town}",
        identifier=row.identifier.replace("SYN-CPTS", "SYN-MSP"),
        departement_id=row.departement,
        address=_address(number, town),
        phone=_phone(region, 1000 + number),
        opening_note="Du lundi au vendredi, de 9 h à 19 h, sur rendez-vous.",
        latitude=row.lat,
        longitude=row.lon,
        is_fictitious=True,
        source=SOURCE,
        source_date=since,
    )


def _sas(departement: Departement, number: int, since: date) -> Structure:
    return Structure(
        kind=StructureKind.SAS,
        name=f"SAS fictif {of_departement(departement.code, departement.name)}",
        identifier=f"SYN-SAS-{departement.code}",
        departement=departement,
        phone=_phone(departement.region_id, 2000 + number),
        opening_note="Tous les jours, à toute heure.",
        latitude=departement.lat,
        longitude=departement.lon,
        is_fictitious=True,
        source=SOURCE,
        source_date=since,
    )


# --- Roles and duties


def cpts_covering(commune: str) -> Structure:
    """The CPTS of a commune of the demonstration."""
    return Structure.objects.filter(kind=StructureKind.CPTS, coverages__commune=commune).order_by(
        "pk"
    )[0]


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


def covered_by_others() -> frozenset[str]:
    """Communes where a fictitious maison de santé receives people."""
    return frozenset(
        CommuneCoverage.objects.filter(
            structure__kind=StructureKind.MAISON_SANTE, structure__is_fictitious=True
        ).values_list("commune_id", flat=True)
    )
