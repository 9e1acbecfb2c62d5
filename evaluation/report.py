"""Publish the fixed short list of tables: week by department, month by CPTS, with their totals.

Reads the daily counts, masks small cells across the whole table, and writes figures. Publishing
again gives the same rows. A frozen period is never written over: when its figures would change,
a new revision is added and the old one stays.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Min
from django.db.models import Sum as SumOf

from evaluation.indicators import SHARE_CODES, VERSION, wilson
from evaluation.masking import SMALLEST_SHOWN, Sum, masked_cells, rate_is_masked
from evaluation.models import DailyTally, Dimension, Level, Report, Status
from evaluation.periods import PeriodKind, is_frozen, period_end, period_start
from evaluation.tally import DELAY_CODES, DOOR_CODES, PROMISE_CODES
from orientation.models import Departement

REQUESTS = "REQUESTS"  # N, by intention to treat
ORIENTATION = "ORIENTATION"  # GP or SAS
_OTHER = "NOT_ORIENTATION"  # never published: what N minus the orientations would give away
# Never published: requests without any answer that carried no promise. Mostly 0, so a reader takes
# « Sans réponse » of the delays for « Sans réponse » of the promise: both are masked, or none.
_NO_PROMISE_NO_ANSWER = "NO_PROMISE_NO_ANSWER"

# Published codes of each dimension; the prefix keeps them apart in one column.
PREFIX = {Dimension.DELAY: "DELAY_", Dimension.PROMISE: "PROMISE_", Dimension.DOOR: "DOOR_"}
DELAY_INDICATORS = tuple(f"DELAY_{code}" for code in DELAY_CODES)
PROMISE_INDICATORS = tuple(f"PROMISE_{code}" for code in PROMISE_CODES)
DOOR_INDICATORS = tuple(f"DOOR_{code}" for code in DOOR_CODES)
ORIENTATION_PARTS = ("REFERRED_MEDECIN_TRAITANT", "REFERRED_SAS")
OF_REQUESTS = (*SHARE_CODES, ORIENTATION, *DELAY_INDICATORS, *PROMISE_INDICATORS)
INDICATORS = (REQUESTS, *OF_REQUESTS, *DOOR_INDICATORS)

_LOCK_CLASS = 0x7A12


@dataclass(frozen=True)
class Territory:
    """A line of a table. Codes are empty, or None for the CPTS, where the level has none."""

    level: Level
    region: str = ""
    departement: str = ""
    cpts: int | None = None


NATION = Territory(Level.NATION)
Cell = tuple[Territory, str]


def _leaf(kind: PeriodKind, region: str, departement: str, cpts: int | None) -> Territory:
    if kind == PeriodKind.WEEK:
        return Territory(Level.DEPARTEMENT, region, departement)
    level = Level.CPTS if cpts else Level.NO_CPTS
    return Territory(level, region, departement, cpts)


def _parent(place: Territory) -> Territory | None:
    match place.level:
        case Level.CPTS | Level.NO_CPTS:
            return Territory(Level.DEPARTEMENT, place.region, place.departement)
        case Level.DEPARTEMENT:
            return Territory(Level.REGION, place.region)
        case Level.REGION:
            return NATION
    return None


def _published_codes(dimension: str, code: str) -> tuple[str, ...]:
    """The published cells that a daily count adds to."""
    if dimension == Dimension.OUTCOME:
        if code not in SHARE_CODES:
            return ()
        extra = (ORIENTATION,) if code in ORIENTATION_PARTS else ()
        return (code, REQUESTS, *extra)
    if dimension in PREFIX:
        return (PREFIX[Dimension(dimension)] + code,)
    return ()


def _table(kind: PeriodKind, start: date) -> dict[Cell, int]:
    """Counts of a period for every territory that has some, zeros included."""
    regions = dict(Departement.objects.values_list("code", "region_id"))
    counts: dict[Cell, int] = defaultdict(int)
    found = (
        DailyTally.objects.filter(version=VERSION, day__gte=start, day__lt=period_end(kind, start))
        .exclude(dimension=Dimension.ALTERNATIVE)
        .values_list("departement_id", "cpts_id", "dimension", "code")
        .annotate(total=SumOf("count"))
        .order_by("departement_id", "cpts_id", "dimension", "code")
    )
    for departement, cpts, dimension, code, total in found:
        place: Territory | None = _leaf(kind, regions[departement], departement, cpts)
        if dimension == Dimension.DOOR and place and place.level == Level.NO_CPTS:
            place = _parent(place)  # the door knows the department, not the CPTS
        while place is not None:
            for published in _published_codes(dimension, code):
                counts[place, published] += total
            place = _parent(place)
    territories = sorted({place for place, _code in counts}, key=_order)
    cells = {
        (place, code): counts.get((place, code), 0)
        for place in territories
        for code in _codes_of(place)
    }
    for place in territories:
        cells[place, _OTHER] = cells[place, REQUESTS] - cells[place, ORIENTATION]
        cells[place, _NO_PROMISE_NO_ANSWER] = (
            cells[place, "DELAY_NO_ANSWER"] - cells[place, "PROMISE_UNANSWERED"]
        )
    return cells


def _order(place: Territory) -> tuple[int, str, str, int]:
    return (list(Level).index(place.level), place.region, place.departement, place.cpts or 0)


def _codes_of(place: Territory) -> tuple[str, ...]:
    """The door has no figure below the department."""
    inside = place.level in (Level.CPTS, Level.NO_CPTS)
    return tuple(code for code in INDICATORS if not (inside and code in DOOR_INDICATORS))


def _equations(cells: dict[Cell, int]) -> list[Sum[Cell]]:
    """What a reader can add up: codes within a territory, and territories within a larger one."""
    children: dict[Territory, list[Territory]] = defaultdict(list)
    territories = list(dict.fromkeys(place for place, _code in cells))
    for place in territories:
        parent = _parent(place)
        if parent is not None:
            children[parent].append(place)
    sums: list[Sum[Cell]] = []
    for place in territories:
        for total, parts in (
            (REQUESTS, SHARE_CODES),
            (REQUESTS, DELAY_INDICATORS),
            (REQUESTS, PROMISE_INDICATORS),
            (ORIENTATION, ORIENTATION_PARTS),
            (REQUESTS, (ORIENTATION, _OTHER)),
            ("DELAY_NO_ANSWER", ("PROMISE_UNANSWERED", _NO_PROMISE_NO_ANSWER)),
        ):
            sums.append(Sum((place, total), tuple((place, code) for code in parts)))
        for code in _codes_of(place):
            parts_of = tuple((child, code) for child in children[place] if (child, code) in cells)
            if parts_of:
                sums.append(Sum((place, code), parts_of))
    return sums


def _masks(cells: dict[Cell, int], also: Iterable[Cell] = ()) -> frozenset[Cell]:
    return masked_cells(cells, _equations(cells), also)


def _week_masks(start: date) -> frozenset[Cell]:
    """What a week masks, by itself and for the weeks before it.

    Months and weeks cover the same days whenever both begin together, as they do when the service
    opens: the months less the weeks shown would give a week masked alone. So each masked week is
    followed by another one masked in the same cell, until those masked together hold 11 or more.
    Read from the counts alone, so that three runs mask the same cells.
    """
    first = DailyTally.objects.filter(version=VERSION).aggregate(day=Min("day"))["day"]
    week = min(start, period_start(PeriodKind.WEEK, first)) if first else start
    owed: dict[Cell, int] = {}  # cell -> requests masked so far that nothing covers yet
    while True:
        cells = _table(PeriodKind.WEEK, week)
        masked = _masks(cells, {cell for cell in owed if cells.get(cell, 0) > 0})
        if week >= start:
            return masked
        for cell in masked:
            lone = cell not in owed
            hidden = owed.pop(cell, 0) + cells[cell]
            if lone or hidden < SMALLEST_SHOWN:
                owed[cell] = hidden
        week = period_end(PeriodKind.WEEK, week)


def _figures(kind: PeriodKind, start: date, status: Status) -> list[Report]:
    cells = _table(kind, start)
    masked = _week_masks(start) if kind == PeriodKind.WEEK else _masks(cells)
    figures = []
    for (place, code), count in cells.items():
        if code not in INDICATORS:
            continue
        figure = Report(
            period_kind=kind,
            period_start=start,
            level=place.level,
            region_id=place.region or None,
            departement_id=place.departement or None,
            cpts_id=place.cpts,
            indicator=code,
            masked=(place, code) in masked,
            status=status,
            version=VERSION,
        )
        if not figure.masked:
            figure.numerator = count
            if code in OF_REQUESTS and (place, REQUESTS) not in masked:
                _add_rate(figure, count, cells[place, REQUESTS])
        figures.append(figure)
    return figures


def _add_rate(figure: Report, count: int, total: int) -> None:
    if total and not rate_is_masked(count, total):
        bounds = wilson(count, total)
        figure.denominator = total
        figure.low, figure.high = bounds.low, bounds.high


_KEY = ("level", "region_id", "departement_id", "cpts_id", "indicator")
_VALUES = ("numerator", "denominator", "low", "high", "masked", "status")


def _content(figures: Iterable[Report]) -> dict[tuple, tuple]:
    return {
        tuple(getattr(row, name) for name in _KEY): tuple(getattr(row, name) for name in _VALUES)
        for row in figures
    }


def publish(kind: PeriodKind, start: date, now: datetime) -> bool:
    """Publish one period; whether a row changed.

    start: first day of the period. now: aware; decides whether the period is provisional or
    frozen. A provisional period is rewritten in place; a frozen one gets a new revision when its
    figures differ, and nothing otherwise.
    """
    status = Status.FROZEN if is_frozen(kind, start, now) else Status.PROVISIONAL
    with transaction.atomic():
        with connection.cursor() as cursor:
            key = start.toordinal() * 2 + (kind == PeriodKind.MONTH)
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, key])
        period = Report.objects.filter(period_kind=kind, period_start=start, version=VERSION)
        current = list(period.filter(superseded=False))
        fresh = _figures(kind, start, status)
        if _content(current) == _content(fresh):
            return False
        revision = max((row.revision for row in current), default=1)
        if any(row.status == Status.FROZEN for row in current):
            revision += 1
            period.filter(superseded=False).update(superseded=True)
        else:
            period.filter(superseded=False).delete()
        for row in fresh:
            row.revision = revision
        Report.objects.bulk_create(fresh)
    return True


def publish_around(days: Iterable[date], now: datetime) -> int:
    """Publish every week and month that holds one of these days; how many periods changed."""
    periods = {
        (kind, period_start(kind, day))
        for day in days
        for kind in (PeriodKind.WEEK, PeriodKind.MONTH)
    }
    return sum(publish(kind, start, now) for kind, start in sorted(periods))
