"""The report as a PDF: its content in plain data; messagerie.printing sets it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from evaluation.tables import Table
from evaluation.words import day_name

TEMPLATE = "evaluation/rapport.typ"


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
