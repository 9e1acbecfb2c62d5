"""Import CPTS from a CSV file: read, check every line, then write all or nothing.

Columns: name, finess, communes (INSEE codes of today or former ones, separated by | or space),
source, date. French headings are accepted. Every sentence of the report is French.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from comptes.journal import record
from comptes.models import Act, User
from orientation.models import (
    AncienneCommune,
    Commune,
    CommuneCoverage,
    Cpts,
    Structure,
    StructureKind,
)
from orientation.scope import Scope

LARGEST_FILE = 2 * 1024 * 1024
MOST_LINES = 2000
FINESS = re.compile(r"^[0-9][0-9AB][0-9]{7}$")
HEADINGS = {
    "name": "name",
    "nom": "name",
    "finess": "finess",
    "communes": "communes",
    "codes": "communes",
    "source": "source",
    "date": "date",
}
COLUMNS = ("name", "finess", "communes", "source", "date")
LONGEST = {"name": 160, "source": 120}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


class FileRefused(Exception):
    """A file that cannot be read at all. The message is French, for the administrator."""


@dataclass(frozen=True)
class Row:
    """One line of the file, as text. `number` counts from the headings' line, which is 1."""

    number: int
    name: str
    finess: str
    communes: tuple[str, ...]
    source: str
    date: str


@dataclass
class Checked:
    """A line after the checks: what it would do, what is wrong, what deserves a look."""

    row: Row
    departement: str = ""
    communes: list[str] = field(default_factory=list)
    source_date: date | None = None
    update_of: int | None = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def act(self) -> str:
        if self.errors:
            return "refusée"
        return "mise à jour" if self.update_of else "ajout"

    @property
    def shown_name(self) -> str:
        """The name, safe to open in a spreadsheet if the report is copied there."""
        return neutralised(self.row.name)


@dataclass(frozen=True)
class Report:
    lines: list[Checked]

    @property
    def accepted(self) -> bool:
        return bool(self.lines) and not any(line.errors for line in self.lines)

    @property
    def errors(self) -> int:
        return sum(bool(line.errors) for line in self.lines)


def neutralised(text: str) -> str:
    """A cell that a spreadsheet reads as text, even if it begins like a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


# --- Reading, without the database


def read_file(content: bytes) -> list[Row]:
    """The lines of a CSV file in UTF-8, with or without BOM, with `;` or `,`.

    Raises:
        FileRefused: too large, not text, no heading, or nothing below it.
    """
    if len(content) > LARGEST_FILE:
        raise FileRefused("Ce fichier est trop gros : 2 Mo au plus.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileRefused(
            f"Ce fichier n'est pas en UTF-8 (ligne {line}). Enregistrez-le en « CSV UTF-8 »."
        ) from None
    if "\0" in text:
        raise FileRefused("Ce fichier n'est pas un fichier de texte.")
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") >= first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error:
        raise FileRefused(
            f"Ligne {reader.line_num} : ce fichier est mal formé (guillemets ?)."
        ) from None
    if not lines:
        raise FileRefused("Ce fichier est vide.")
    columns = _columns(lines[0][1])
    rows = [_row(number, cells, columns) for number, cells in lines[1:] if any(cells)]
    if not rows:
        raise FileRefused("Ce fichier n'a aucune ligne sous les titres.")
    if len(rows) > MOST_LINES:
        raise FileRefused(f"Ce fichier a trop de lignes : {MOST_LINES} au plus.")
    return rows


def _columns(headings: list[str]) -> dict[str, int]:
    found = {
        HEADINGS[key]: index
        for index, heading in enumerate(headings)
        if (key := heading.strip().casefold()) in HEADINGS
    }
    if missing := [name for name in COLUMNS if name not in found]:
        raise FileRefused(
            f"Colonnes absentes : {', '.join(missing)}. Il faut : {', '.join(COLUMNS)}."
        )
    return found


def _row(number: int, cells: list[str], columns: dict[str, int]) -> Row:
    def cell(name: str) -> str:
        index = columns[name]
        return cells[index].strip() if index < len(cells) else ""

    codes = re.split(r"[|\s]+", cell("communes").upper())
    return Row(
        number=number,
        name=cell("name"),
        finess=cell("finess").upper().replace(" ", ""),
        communes=tuple(dict.fromkeys(code for code in codes if code)),
        source=cell("source"),
        date=cell("date"),
    )


# --- Checking, in a few queries whatever the number of lines


@dataclass(frozen=True)
class Known:
    """What the base knows of the codes of a file."""

    communes: dict[str, Commune]
    former: dict[str, str]
    structures: dict[str, Structure]
    covered: dict[str, list[Structure]]


def check(rows: Iterable[Row], scope: Scope) -> Report:
    """Check each line against the territory and the scope; writes nothing."""
    rows = list(rows)
    known = _known(rows)
    first_lines: dict[str, int] = {}
    lines = []
    for row in rows:
        line = Checked(row)
        _check_words(line)
        if row.finess in first_lines:
            line.errors.append(
                f"Le numéro FINESS {row.finess} est déjà à la ligne {first_lines[row.finess]}."
            )
        first_lines.setdefault(row.finess, row.number)
        _check_communes(line, known)
        _check_territory(line, known, scope)
        lines.append(line)
    _warn_of_overlaps(lines, known, scope)
    return Report(lines)


def _known(rows: list[Row]) -> Known:
    codes = {code for row in rows for code in row.communes}
    communes = {
        commune.pk: commune
        for commune in Commune.objects.filter(pk__in=codes, in_force=True).select_related(
            "departement"
        )
    }
    links = AncienneCommune.objects.filter(
        code_ancien__in=codes - communes.keys(), commune__in_force=True
    )
    # A delegated or associated commune says where the place is now: it comes last, and wins.
    ranked = sorted(links, key=lambda link: link.nature != AncienneCommune.Nature.FORMER)
    former = {link.code_ancien: link.commune_id for link in ranked}
    present = Commune.objects.filter(pk__in=former.values()).select_related("departement")
    communes |= {commune.pk: commune for commune in present}
    structures = Structure.objects.filter(identifier__in=[row.finess for row in rows])
    covered: dict[str, list[Structure]] = {}
    for coverage in CommuneCoverage.objects.filter(
        commune__in=communes, structure__in=Cpts.objects.filter(closed_on__isnull=True)
    ).select_related("structure"):
        covered.setdefault(coverage.commune_id, []).append(coverage.structure)
    return Known(communes, former, {row.identifier: row for row in structures}, covered)


def _check_words(line: Checked) -> None:
    row = line.row
    for name, value in (("nom", row.name), ("source", row.source)):
        if not value:
            line.errors.append(f"Il manque : {name}.")
    for field_name, limit in LONGEST.items():
        if len(getattr(row, field_name)) > limit:
            line.errors.append(f"Texte trop long : {limit} caractères au plus.")
    if not FINESS.match(row.finess):
        line.errors.append(f"Numéro FINESS faux : « {neutralised(row.finess[:20])} ».")
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            line.source_date = datetime.strptime(row.date, pattern).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
    if line.source_date is None:
        line.errors.append("Date fausse : écrivez 2026-11-30 ou 30/11/2026.")


def _check_communes(line: Checked, known: Known) -> None:
    if not line.row.communes:
        line.errors.append("Il manque : communes.")
    for code in line.row.communes:
        present = code if code in known.communes else known.former.get(code)
        if present is None:
            line.errors.append(f"Code de commune inconnu : {neutralised(code[:20])}.")
            continue
        if present != code:
            label = known.communes[present].label
            line.warnings.append(f"{code} est un ancien code : {present} {label}.")
        if present not in line.communes:
            line.communes.append(present)


def _check_territory(line: Checked, known: Known, scope: Scope) -> None:
    """Every commune is one's own; the department is the one with most of the population."""
    weight: dict[str, int] = {}
    for code in line.communes:
        commune = known.communes[code]
        weight[commune.departement_id] = weight.get(commune.departement_id, 0) + commune.population
    if weight:
        line.departement = max(sorted(weight), key=lambda code: weight[code])
    if not scope.is_national:
        foreign = [
            c
            for c in line.communes
            if known.communes[c].departement_id not in scope.departement_codes
        ]
        if foreign:
            line.errors.append(f"Hors de votre territoire : {', '.join(foreign)}.")
    existing = known.structures.get(line.row.finess)
    if existing is None:
        return
    if existing.kind != StructureKind.CPTS:
        line.errors.append("Ce numéro FINESS est celui d'une structure qui n'est pas une CPTS.")
    elif not scope.is_national and existing.departement_id not in scope.departement_codes:
        line.errors.append("Ce numéro FINESS est celui d'une structure d'un autre territoire.")
    else:
        line.update_of = existing.pk
        if existing.closed_on:
            line.warnings.append(f"Cette CPTS est fermée le {existing.closed_on:%d/%m/%Y}.")


def _warn_of_overlaps(lines: list[Checked], known: Known, scope: Scope) -> None:
    """Communes that another CPTS, of the base or of the file, covers too.

    A CPTS of another territory is not named.
    """
    replaced = {line.update_of for line in lines}
    first_lines: dict[str, int] = {}
    for line in lines:
        for code in line.communes:
            if code in first_lines:
                line.warnings.append(f"{code} est aussi à la ligne {first_lines[code]}.")
            first_lines.setdefault(code, line.row.number)
            for structure in known.covered.get(code, []):
                if structure.pk in replaced:
                    continue
                own = scope.is_national or structure.departement_id in scope.departement_codes
                holder = structure.name if own else "une CPTS d'un autre territoire"
                line.warnings.append(f"{code} est déjà couverte par {holder}.")


# --- Writing


@transaction.atomic
def write(rows: Iterable[Row], *, scope: Scope, by: User) -> Report:
    """Check again, then write every line; nothing at all if one line is refused."""
    report = check(rows, scope)
    if not report.accepted:
        return report
    for line in report.lines:
        values = {
            "name": line.row.name,
            "departement_id": line.departement,
            "source": line.row.source,
            "source_date": line.source_date,
        }
        structure, _ = Structure.objects.update_or_create(
            identifier=line.row.finess,
            defaults=values,
            create_defaults=values | {"kind": StructureKind.CPTS},
        )
        CommuneCoverage.objects.filter(structure=structure).exclude(
            commune__in=line.communes
        ).delete()
        CommuneCoverage.objects.bulk_create(
            [CommuneCoverage(structure=structure, commune_id=code) for code in line.communes],
            ignore_conflicts=True,
        )
    record(Act.CPTS_IMPORTED, actor=by, reason=f"{len(report.lines)} lignes")
    return report
