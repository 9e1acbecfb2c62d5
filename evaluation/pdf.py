"""The report as a PDF: its content in plain data, then a bounded child process that sets it.

What comes from the database goes to the template as data, never as Typst source: a name full of
Typst syntax is printed as it is. The child has no Django, no settings, no network to use.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from evaluation.tables import Table
from evaluation.words import day_name

TEMPLATE = Path("templates") / "evaluation" / "rapport.typ"
CHILD = Path(__file__).with_name("pdf_child.py")
SECONDS = 20
MOST_BYTES_IN = 2_000_000
MOST_BYTES_OUT = 10_000_000
_TURNS = BoundedSemaphore(2)  # processes at the same time, for one server process


class CannotMakePdf(Exception):
    """No PDF this time. Its text says why, without any content of the report."""


def document(content: Mapping[str, Any], place: str, today: date) -> dict[str, Any]:
    """The data of the template, from the content of the report page."""
    drawn = {"width": content["width"], "height": content["height"]}
    funnel = content["funnel"]
    return {
        "service": settings.SERVICE_NAME,
        "prepared": day_name(today),
        "place": place,
        "month": content["month"],
        "title": content["title"],
        "details": content["details"],
        "provisional": content["provisional"],
        "version": content["version"],
        "cited_label": content["cited_label"],
        "weeks": _drawing({**drawn, "weeks": content["weeks"]}),
        "provisional_weeks": content["weeks"].any_provisional,
        "week_table": _table(content["week_table"]),
        "indicators": _table(content["indicators"]),
        "outcomes": _parts(content["outcomes_table"]),
        "delays": _parts(content["delays_table"]),
        "promises": _parts(content["promises_table"]),
        "funnel": _drawing({**drawn, "funnel": funnel}) if funnel else None,
        "points": [
            {"number": point.number, "label": point.label, "outside": point.outside}
            for point in (funnel.points if funnel else ())
        ],
        "hidden_places": content["hidden_places"],
        "place_table": _table(content["place_table"]),
        "door": _table(content["door"]),
    }


def _drawing(context: dict[str, Any]) -> str:
    """The SVG of a picture: coordinates, dates and numbers, no name."""
    return render_to_string("evaluation/dessin.svg", context)


def _table(table: Table) -> dict[str, Any]:
    return {"caption": table.caption, "header": table.header, "rows": table.rows}


def _parts(table: Table) -> list[dict[str, Any]]:
    """The parts of a bar with their numbers as on the page; `share` is a proportion."""
    return [
        {"label": row[0], "count": row[1], "words": row[2], "share": raw[2]}
        for row, raw in zip(table.rows, table.raw, strict=False)  # the total has no raw row
    ]


def compile_pdf(data: Mapping[str, Any]) -> bytes:
    """The PDF. Raises CannotMakePdf past the bounds of size, time and turns, or on an error."""
    given = json.dumps(data, ensure_ascii=False).encode()
    if len(given) > MOST_BYTES_IN:
        raise CannotMakePdf("too much to print")
    if not _TURNS.acquire(timeout=SECONDS):
        raise CannotMakePdf("too many at the same time")
    try:
        return _run(given)
    finally:
        _TURNS.release()


def _run(given: bytes) -> bytes:
    with TemporaryDirectory() as empty:
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(CHILD), str(settings.BASE_DIR / TEMPLATE)],
                input=given,
                capture_output=True,
                cwd=empty,
                env={"RAYON_NUM_THREADS": "1"},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotMakePdf("too long") from None
        except OSError as error:
            raise CannotMakePdf(f"not started: {type(error).__name__}") from None
    if done.returncode != 0:
        raise CannotMakePdf(f"child ended with {done.returncode}")
    if len(done.stdout) > MOST_BYTES_OUT or not done.stdout.startswith(b"%PDF-"):
        raise CannotMakePdf("not a PDF of a reasonable size")
    return done.stdout
