"""The three regions of the demonstration and their fictitious structures."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from orientation.demo_territory import FictitiousCpts, Town, fictitious_cpts, of_departement
from orientation.models import Commune, CommuneCoverage, Departement, Structure, StructureKind

PACA, BRETAGNE, REUNION = "93", "53", "04"
REGIONS = (PACA, BRETAGNE, REUNION)
SOURCE = "Démonstration : lieu fictif"
MAISONS_PER_DEPARTEMENT = 3
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


def add_structures(regions: tuple[str, ...], since: date) -> None:
    """A CPTS for each territory, maisons de santé in the largest, a SAS for each department."""
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
        samu_line=_phone(departement.region_id, 3000 + number),
        opening_note="Tous les jours, à toute heure.",
        latitude=departement.lat,
        longitude=departement.lon,
        is_fictitious=True,
        source=SOURCE,
        source_date=since,
    )


def cpts_covering(commune: str) -> Structure:
    """The CPTS of a commune of the demonstration."""
    return Structure.objects.filter(kind=StructureKind.CPTS, coverages__commune=commune).order_by(
        "pk"
    )[0]


def covered_by_others() -> frozenset[str]:
    """Communes where a fictitious maison de santé receives people."""
    return frozenset(
        CommuneCoverage.objects.filter(
            structure__kind=StructureKind.MAISON_SANTE, structure__is_fictitious=True
        ).values_list("commune_id", flat=True)
    )
