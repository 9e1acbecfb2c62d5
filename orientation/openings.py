"""Is the service open for this place, now? When will an answer come? Local time throughout."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.db.models import Q

from orientation.models import Commune, Departement
from orientation.models.opening import Opening, ServiceHours, Weekday

HORIZON_DAYS = 15  # how far ahead the next span of service is looked for


@dataclass(frozen=True)
class Span:
    """One span of service, as instants in UTC: their differences are elapsed time, also on the
    nights when clocks change."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class ServiceStatus:
    """What the door says of the service at one moment.

    Attributes:
        open_now: whether the moment is inside the service hours.
        next_opening: the start of the next span when it is not; None if none is planned.
        promised_before: when an answer is promised, for a question sent at that moment.
    """

    open_now: bool
    next_opening: datetime | None
    promised_before: datetime | None


def local_day(departement: Departement, at: datetime) -> date:
    """The date of an instant on the calendar of the territory."""
    return at.astimezone(ZoneInfo(departement.time_zone)).date()


def opening_for(departement: Departement, day: date) -> Opening | None:
    """The opening in force on a day; one of the department wins over one of its region."""
    return (
        Opening.objects.filter(Q(departement=departement) | Q(region=departement.region_id))
        .filter(opens_on__lte=day)
        .filter(Q(closes_on__isnull=True) | Q(closes_on__gte=day))
        # PostgreSQL puts NULL last: a department's own comes first
        .order_by("departement_id", "-opens_on")
        .first()
    )


def next_opening_for(departement: Departement, day: date) -> Opening | None:
    """The first opening planned after a day, if any."""
    return (
        Opening.objects.filter(Q(departement=departement) | Q(region=departement.region_id))
        .filter(opens_on__gt=day)
        .order_by("opens_on")
        .first()
    )


@lru_cache(maxsize=256)
def _holidays_of(subdivision: str, year: int) -> frozenset[date]:
    return frozenset(holidays.France(subdiv=subdivision or None, years=year).keys())


def is_holiday(departement: Departement, day: date) -> bool:
    """Public holiday in that department (Alsace-Moselle and overseas have their own)."""
    return day in _holidays_of(departement.holiday_subdivision, day.year)


def _spans(
    hours: list[ServiceHours], departement: Departement, first: date, days: int
) -> list[Span]:
    zone = ZoneInfo(departement.time_zone)
    found = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        kind = Weekday.HOLIDAY if is_holiday(departement, day) else Weekday(day.weekday())
        for span in hours:
            if span.weekday == kind:
                starts, ends = _at(day, span.starts_at, zone), _at(day, span.ends_at, zone)
                if starts < ends:  # a span inside the hour that a night of March skips is nothing
                    found.append(Span(starts, ends))
    return sorted(found, key=lambda span: span.starts)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def service_status(opening: Opening, departement: Departement, at: datetime) -> ServiceStatus:
    """Where `at` falls in the service hours, and by when an answer is promised.

    The promise counts service time only: 4 h promised at 18:00 with service until 19:00 ends
    3 h after the next span starts.
    """
    at = at.astimezone(UTC)
    hours = list(opening.service_hours.all())
    today = local_day(departement, at)
    days = HORIZON_DAYS
    if opening.closes_on is not None:
        days = min(days, (opening.closes_on - today).days + 1)
    spans = [s for s in _spans(hours, departement, today, days) if s.ends > at]
    open_now = bool(spans) and spans[0].starts <= at
    left = timedelta(minutes=opening.promise_minutes)
    promised = None
    for span in spans:
        start = max(span.starts, at)
        if span.ends - start >= left:
            promised = start + left
            break
        left -= span.ends - start
    return ServiceStatus(
        open_now=open_now,
        next_opening=None if open_now or not spans else spans[0].starts,
        promised_before=promised,
    )


def departement_of(commune: Commune) -> Departement:
    """The department of a commune with its region, in one query at most."""
    return Departement.objects.select_related("region").get(pk=commune.departement_id)
