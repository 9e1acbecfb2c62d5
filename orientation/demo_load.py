"""Writes the fictitious CPTS and SAS of a demonstration. Safe to repeat; real structures stay."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from orientation.demo_territory import FictitiousCpts, Town, fictitious_cpts, of_departement
from orientation.models.structures import CommuneCoverage, Structure, StructureKind
from orientation.models.territory import Commune, Departement, TerritoryVintage
from orientation.place_names import CITIES_WITH_ARRONDISSEMENTS

# Raise it when what is written changes: databases of an older recipe are then brought up to date.
RECIPE = "1"
# What follows the map. A telephone or hours that somebody filled in stay as they are.
WRITTEN = ["kind", "name", "departement", "latitude", "longitude", "source", "source_date"]
# Other fictitious structures may exist: only these two series are ours.
OURS = Q(is_fictitious=True) & (
    Q(identifier__startswith="SYN-CPTS-") | Q(identifier__startswith="SYN-SAS-")
)
# A number kept by the numbering plan for fiction: it never rings anywhere.
NOBODYS_PHONE = "01 99 00 00 00"


@dataclass(frozen=True)
class Written:
    """What was written: numbers of structures and of covered communes."""

    done: bool
    cpts: int = 0
    sas: int = 0
    communes: int = 0


def load_demo_territory(say: Callable[[str], None] = lambda line: None) -> Written:
    """Brings the fictitious structures to what the loaded territory gives."""
    vintage = TerritoryVintage.objects.latest()
    source = f"Exemple fictif, territoire {vintage.vintage} ({RECIPE}-{vintage.sha256[:12]})"
    with transaction.atomic():
        if Structure.objects.filter(OURS, source=source).exists():
            say("Structures fictives : déjà en place.")
            return Written(done=False)
        say("Structures fictives : préparation…")
        territories = fictitious_cpts(towns())
        structures = [_cpts(territory, source) for territory in territories]
        structures += _sas(source)
        Structure.objects.bulk_create(
            structures,
            update_conflicts=True,
            unique_fields=["identifier"],
            update_fields=WRITTEN,
        )
        stale = Structure.objects.filter(OURS).exclude(source=source)
        stale.filter(closed_on__isnull=True).update(closed_on=vintage.loaded_at.date())
        communes = _cover(territories)
    written = Written(True, len(territories), len(structures) - len(territories), communes)
    say(f"  {written.cpts} CPTS, {written.sas} SAS, {written.communes} communes couvertes")
    return written


def towns() -> list[Town]:
    """Every commune of today with a point; arrondissements in place of Paris, Lyon, Marseille."""
    rows = (
        Commune.objects.filter(in_force=True, lat__isnull=False)
        .exclude(Q(kind=Commune.Kind.COM) & Q(search_name__in=CITIES_WITH_ARRONDISSEMENTS))
        .order_by("code_insee")
        .values_list(
            "code_insee", "label", "departement_id", "epci_id", "kind", "population", "lat", "lon"
        )
    )
    return [
        Town(code, label, departement, epci or "" if kind == "COM" else "", population, lat, lon)
        for code, label, departement, epci, kind, population, lat, lon in rows
    ]


def _cpts(territory: FictitiousCpts, source: str) -> Structure:
    return Structure(
        kind=StructureKind.CPTS,
        name=territory.name,
        identifier=territory.identifier,
        departement_id=territory.departement,
        latitude=territory.lat,
        longitude=territory.lon,
        phone=NOBODYS_PHONE,
        opening_note="Sur rendez-vous, du lundi au vendredi de 8 h à 19 h (exemple)",
        is_fictitious=True,
        source=source,
        source_date=date(2026, 1, 1),
    )


def _sas(source: str) -> list[Structure]:
    """One SAS per department that has no real open one."""
    served = Structure.objects.filter(
        kind=StructureKind.SAS, closed_on__isnull=True, is_fictitious=False
    ).values("departement")
    return [
        Structure(
            kind=StructureKind.SAS,
            name=f"SAS fictif {of_departement(departement.code, departement.name)}",
            identifier=f"SYN-SAS-{departement.code}",
            departement=departement,
            latitude=departement.lat,
            longitude=departement.lon,
            phone=NOBODYS_PHONE,
            opening_note="Tous les jours, jour et nuit (exemple)",
            is_fictitious=True,
            source=source,
            source_date=date(2026, 1, 1),
        )
        for departement in Departement.objects.exclude(pk__in=served)
    ]


def _cover(territories: list[FictitiousCpts]) -> int:
    """Makes the coverage of fictitious CPTS what `territories` say; returns its size."""
    numbers = dict(
        Structure.objects.filter(OURS, kind=StructureKind.CPTS).values_list("identifier", "pk")
    )
    wanted = {
        (numbers[territory.identifier], commune)
        for territory in territories
        for commune in territory.communes
    }
    ours = CommuneCoverage.objects.filter(structure__in=numbers.values())
    rows = ours.values_list("pk", "structure_id", "commune_id")
    present = {(structure, commune): pk for pk, structure, commune in rows}
    gone = [pk for pair, pk in present.items() if pair not in wanted]
    CommuneCoverage.objects.filter(pk__in=gone).delete()
    CommuneCoverage.objects.bulk_create(
        (
            CommuneCoverage(structure_id=structure, commune_id=commune)
            for structure, commune in sorted(wanted - present.keys())
        ),
        batch_size=5_000,
    )
    return len(wanted)
