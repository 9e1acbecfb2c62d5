"""Read published figures for one territory, within the scope of the reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from evaluation.indicators import VERSION
from evaluation.models import Level, Report, ReportQuerySet, Status
from evaluation.periods import PeriodKind, period_end
from orientation.scope import Scope

_FRANCE = "FR"
_LEVELS = {Level.REGION: "REGION", Level.DEPARTEMENT: "DEPARTEMENT"}


@dataclass(frozen=True)
class Choice:
    """A territory that the reader may open. `key` stands in addresses: FR, REGION-93…"""

    key: str
    label: str
    level: Level
    region: str
    departement: str


@dataclass(frozen=True)
class Line:
    """The figures of one territory for one period, by indicator."""

    label: str
    status: Status
    start: date
    figures: dict[str, Report]

    def count(self, indicator: str) -> int | None:
        """The count of an indicator; None when masked or absent."""
        figure = self.figures.get(indicator)
        return figure.numerator if figure else None

    @property
    def provisional(self) -> bool:
        return self.status == Status.PROVISIONAL


def _published(scope: Scope) -> ReportQuerySet:
    return Report.objects.visible_to(scope).in_force().filter(version=VERSION)


def territories(scope: Scope) -> list[Choice]:
    """Territories with figures that the reader may open, the largest first, then by name."""
    found = (
        _published(scope)
        .filter(level__in=[Level.NATION, Level.REGION, Level.DEPARTEMENT])
        .values_list("level", "region_id", "region__name", "departement_id", "departement__name")
        .order_by()
        .distinct()
    )
    choices = [_choice(*row) for row in found]
    order = {Level.NATION: 0, Level.REGION: 1, Level.DEPARTEMENT: 2}
    return sorted(choices, key=lambda choice: (order[choice.level], choice.label))


def _choice(
    level: str,
    region: str | None,
    region_name: str | None,
    departement: str | None,
    departement_name: str | None,
) -> Choice:
    if level == Level.NATION:
        return Choice(_FRANCE, "France", Level.NATION, "", "")
    if level == Level.REGION:
        return Choice(f"REGION-{region}", str(region_name), Level.REGION, str(region), "")
    return Choice(
        f"DEPARTEMENT-{departement}",
        f"{departement_name} ({departement})",
        Level.DEPARTEMENT,
        str(region),
        str(departement),
    )


def _own(place: Choice) -> Q:
    own = Q(level=place.level)
    if place.level == Level.REGION:
        own &= Q(region=place.region)
    if place.level == Level.DEPARTEMENT:
        own &= Q(departement=place.departement)
    return own


def _inside(place: Choice) -> Q:
    """Territories just below: regions, departments, then CPTS and communes without one."""
    if place.level == Level.NATION:
        return Q(level=Level.REGION)
    if place.level == Level.REGION:
        return Q(level=Level.DEPARTEMENT, region=place.region)
    return Q(level__in=[Level.CPTS, Level.NO_CPTS], departement=place.departement)


def months(scope: Scope, place: Choice) -> list[date]:
    """First days of the months published for a territory, the latest first."""
    return list(
        _published(scope)
        .filter(_own(place), period_kind=PeriodKind.MONTH)
        .values_list("period_start", flat=True)
        .order_by("-period_start")
        .distinct()
    )


def month_to_show(published: list[date], today: date) -> date | None:
    """The last month that is over, else the current one; None before any."""
    over = [m for m in published if period_end(PeriodKind.MONTH, m) <= today]
    return (over or published or [None])[0]


def weeks(scope: Scope, place: Choice, indicators: Iterable[str], most: int) -> list[Line]:
    """The last weeks of a territory, oldest first, at most `most`."""
    rows = list(
        _published(scope)
        .filter(_own(place), period_kind=PeriodKind.WEEK, indicator__in=list(indicators))
        .order_by("period_start")
    )
    by_week: dict[date, list[Report]] = {}
    for row in rows:
        by_week.setdefault(row.period_start, []).append(row)
    return [_line("", found) for found in list(by_week.values())[-most:]]


def month_lines(scope: Scope, place: Choice, month: date) -> tuple[Line | None, list[Line]]:
    """The figures of a territory for a month, and those of the territories inside it, by name."""
    rows = (
        _published(scope)
        .filter(_own(place) | _inside(place), period_kind=PeriodKind.MONTH, period_start=month)
        .select_related("region", "departement", "cpts")
    )
    by_place: dict[tuple, list[Report]] = {}
    for row in rows:
        key = (row.level, row.region_id, row.departement_id, row.cpts_id)
        by_place.setdefault(key, []).append(row)
    own, inside = None, []
    for (level, *_codes), found in by_place.items():
        if level == place.level:
            own = _line(place.label, found)
        else:
            inside.append(_line(_name(found[0]), found))
    return own, sorted(inside, key=lambda line: line.label)


def _name(row: Report) -> str:
    match row.level:
        case Level.REGION:
            return str(row.region)
        case Level.DEPARTEMENT:
            return f"{row.departement.name} ({row.departement_id})"  # type: ignore[union-attr]
        case Level.CPTS:
            return str(row.cpts)
    return "Communes sans CPTS"


def _line(label: str, found: list[Report]) -> Line:
    return Line(
        label=label,
        status=Status(found[0].status),
        start=found[0].period_start,
        figures={row.indicator: row for row in found},
    )
