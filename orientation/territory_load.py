"""Loads the reference territory of ``orientation/data`` into the database.

One transaction, safe to repeat, safe when two processes start together. A vintage that is
already in the database costs one query. Rows are updated in place: nothing that points at a
commune, a department or an intercommunal body is broken by a new vintage.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, models, transaction
from psycopg.sql import SQL, Identifier

from orientation.models.territory import (
    AncienneCommune,
    CodePostal,
    CodePostalOutreMer,
    CollectiviteOutreMer,
    Commune,
    Departement,
    Epci,
    Region,
    TerritoryVintage,
)
from orientation.place_names import search_key

DATA = Path(__file__).parent / "data"
SOURCE = "@etalab/decoupage-administratif 6.0.0"
VINTAGE = "2026"
# Raise it when what is computed from the files changes (search names, labels, time zones).
RECIPE = "1"
FILES = (
    "regions.csv",
    "departements.csv",
    "epci.csv",
    "communes.csv",
    "arrondissements_municipaux.csv",
    "codes_postaux.csv",
    "communes_anciens_codes.csv",
    "collectivites_outre_mer.csv",
)
TIME_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "976": "Indian/Mayotte",
}
NATURES = {
    "ancien-code": AncienneCommune.Nature.FORMER,
    "deleguee": AncienneCommune.Nature.DELEGATED,
    "associee": AncienneCommune.Nature.ASSOCIATED,
}
# Nothing outside these tables points at their rows: a loading replaces them whole.
REPLACED = (CodePostal, AncienneCommune, CollectiviteOutreMer, CodePostalOutreMer)
PREPARE_REPLACED = "DELETE FROM {table}"
PREPARE_UPDATED = """
DROP TABLE IF EXISTS {new};
CREATE TEMPORARY TABLE {new} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA
"""
UPDATE = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM {new}
ON CONFLICT ({key}) DO UPDATE SET ({columns}) = ROW ({theirs})
WHERE ({ours}) IS DISTINCT FROM ({theirs})
"""
RETIRE = """
UPDATE {table} SET in_force = false WHERE in_force AND {key} NOT IN (SELECT {key} FROM {new})
"""
LOCK = 7_206_113  # advisory lock: one loading at a time in a database

Row = dict[str, str]


@dataclass(frozen=True)
class Loaded:
    """What a loading did: `rows` by table name in French, empty when nothing had to be done."""

    done: bool
    sha256: str
    rows: dict[str, int]


def read(folder: Path, name: str) -> list[Row]:
    """The rows of a CSV file of the territory, every value as text."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fingerprint(folder: Path, vintage: str) -> str:
    """SHA-256 of the recipe, the vintage and the bytes of every file, in a fixed order."""
    digest = hashlib.sha256(f"{RECIPE}\n{SOURCE}\n{vintage}\n".encode())
    for name in FILES:
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def load_territory(
    folder: Path = DATA, vintage: str = VINTAGE, say: Callable[[str], None] = lambda line: None
) -> Loaded:
    """Brings the territory tables to what the files of `folder` say. `say` receives progress."""
    sha256 = fingerprint(folder, vintage)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        latest = TerritoryVintage.objects.order_by("-loaded_at", "-pk").first()
        if latest and latest.sha256 == sha256:
            say(f"Territoire {vintage} : déjà en place ({latest.rows} lignes).")
            return Loaded(done=False, sha256=sha256, rows={})
        say(f"Territoire {vintage} : chargement…")
        rows = {}
        for label, model, values in _tables(folder):
            rows[label] = _write(cursor, model, values)
            say(f"  {label} : {rows[label]}")
        TerritoryVintage.objects.create(
            source=SOURCE, vintage=vintage, sha256=sha256, rows=sum(rows.values())
        )
    with connection.cursor() as cursor:
        # Without fresh statistics the first searches would scan whole tables.
        for model in (Commune, CodePostal, AncienneCommune):
            cursor.execute(SQL("ANALYZE {}").format(Identifier(model._meta.db_table)))
    say(f"Territoire {vintage} : {sum(rows.values())} lignes en place.")
    return Loaded(done=True, sha256=sha256, rows=rows)


def _tables(folder: Path) -> Iterator[tuple[str, type[models.Model], list[dict]]]:
    """Label, model and rows of each table to write."""
    departements = read(folder, "departements.csv")
    communes = read(folder, "communes.csv")
    outre_mer = read(folder, "collectivites_outre_mer.csv")
    overseas = {row["code_insee"] for row in outre_mer}
    epci = {row["code_insee"]: row["siren_epci"] for row in communes}
    yield "régions", Region, [_region(row) for row in read(folder, "regions.csv")]
    yield "départements", Departement, [_departement(row) for row in departements]
    yield (
        "intercommunalités",
        Epci,
        [{"siren": row["siren"], "name": row["nom"]} for row in read(folder, "epci.csv")],
    )
    yield (
        "communes et arrondissements",
        Commune,
        [
            *_communes(communes, {row["code"]: row["nom"] for row in departements}),
            *(_arrondissement(row, epci) for row in read(folder, "arrondissements_municipaux.csv")),
        ],
    )
    yield (
        "codes postaux",
        CodePostal,
        [
            {"code_postal": row["code_postal"], "commune_id": row["code_insee"]}
            for row in read(folder, "codes_postaux.csv")
            if row["code_insee"] not in overseas
        ],
    )
    yield (
        "anciennes communes",
        AncienneCommune,
        [_ancienne(row) for row in read(folder, "communes_anciens_codes.csv")],
    )
    yield "communes non couvertes", CollectiviteOutreMer, [_outre_mer(row) for row in outre_mer]
    yield (
        "codes postaux non couverts",
        CodePostalOutreMer,
        [
            {"code_postal": code, "collectivite_id": row["code_insee"]}
            for row in outre_mer
            for code in row["codes_postaux"].split("|")
            if code
        ],
    )


def _region(row: Row) -> dict:
    return {
        "code": row["code"],
        "name": row["nom"],
        "search_name": search_key(row["nom"]),
        "population": int(row["population"]),
    }


def _departement(row: Row) -> dict:
    return {
        "code": row["code"],
        "name": row["nom"],
        "search_name": search_key(row["nom"]),
        "region_id": row["code_region"],
        "population": int(row["population"]),
        "time_zone": TIME_ZONES.get(row["code"], "Europe/Paris"),
        "holiday_subdivision": row["subdivision_jours_feries"],
        "lat": float(row["lat_pond"]),
        "lon": float(row["lon_pond"]),
    }


def _communes(communes: list[Row], departement_names: dict[str, str]) -> Iterator[dict]:
    """Rows of COM; the label names the department when several communes read alike."""
    keys = [search_key(row["nom"]) for row in communes]
    count = Counter(keys)
    for row, key in zip(communes, keys, strict=True):
        alike = f"{row['nom']} ({departement_names[row['code_departement']]})"
        yield {
            "code_insee": row["code_insee"],
            "name": row["nom"],
            "label": alike if count[key] > 1 else row["nom"],
            "kind": Commune.Kind.COM.value,
            "parent_id": None,
            "departement_id": row["code_departement"],
            "epci_id": row["siren_epci"] or None,
            "population": int(row["population"] or 0),
            "lat": float(row["lat"]) if row["lat"] else None,
            "lon": float(row["lon"]) if row["lon"] else None,
            "search_name": key,
            "in_force": True,
        }


def _arrondissement(row: Row, epci: dict[str, str]) -> dict:
    return {
        "code_insee": row["code_insee"],
        "name": row["nom"],
        "label": row["nom"].removesuffix(" Arrondissement"),
        "kind": Commune.Kind.ARM.value,
        "parent_id": row["code_commune"],
        "departement_id": row["code_departement"],
        "epci_id": epci.get(row["code_commune"]) or None,
        "population": int(row["population"]),
        "lat": float(row["lat"]),
        "lon": float(row["lon"]),
        "search_name": search_key(row["nom"]),
        "in_force": True,
    }


def _ancienne(row: Row) -> dict:
    return {
        "code_ancien": row["code_ancien"],
        "name": row["nom_ancien"],
        "nature": NATURES[row["nature"]].value,
        "commune_id": row["code_actuel"],
        "still_active": row["code_ancien_encore_actif"] == "oui",
        "search_name": search_key(row["nom_ancien"]),
    }


def _outre_mer(row: Row) -> dict:
    return {
        "code_insee": row["code_insee"],
        "name": row["nom"],
        "code_collectivite": row["code_collectivite"],
        "search_name": search_key(row["nom"]),
    }


def _write(cursor, model: type[models.Model], values: list[dict]) -> int:
    """Puts `values` into the model's table and returns how many there were.

    Rows with a code of their own are updated in place, and only where something changed. Tables
    that nothing outside them points at are replaced.
    """
    table = Identifier(model._meta.db_table)
    fields = [Identifier(model._meta.get_field(name).column) for name in values[0]]
    names = {
        "table": table,
        "new": table if model in REPLACED else Identifier("territory_new"),
        "key": Identifier(model._meta.pk.column),
        "columns": SQL(", ").join(fields),
        "ours": SQL(", ").join(SQL("{}.{}").format(table, field) for field in fields),
        "theirs": SQL(", ").join(SQL("EXCLUDED.{}").format(field) for field in fields),
    }
    cursor.execute(SQL(PREPARE_REPLACED if model in REPLACED else PREPARE_UPDATED).format(**names))
    with cursor.copy(SQL("COPY {new} ({columns}) FROM STDIN").format(**names)) as copy:
        for row in values:
            copy.write_row(tuple(row.values()))
    if model not in REPLACED:
        cursor.execute(SQL(UPDATE).format(**names))
    if model is Commune:
        cursor.execute(SQL(RETIRE).format(**names))
    return len(values)
