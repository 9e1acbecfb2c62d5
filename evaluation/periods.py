"""Weeks, months and days of the evaluation, and when a period is frozen. Pure, no database.

A day is local to its territory, half-open [00:00, 24:00): it lasts 23 or 25 hours when clocks
change. A period stays provisional until late answers and follow-ups are in.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# A period is frozen at its end + 48 h for late data, + the horizon of the primary follow-up (7
# days), + 72 h to answer it.
SETTLING = timedelta(hours=48) + timedelta(days=7) + timedelta(hours=72)


class PeriodKind(StrEnum):
    """The two published periods."""

    WEEK = "WEEK"
    MONTH = "MONTH"


def local_day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First instant of a local day and of the next one, in UTC. `zone` is an IANA name; raises
    ZoneInfoNotFoundError for an unknown one."""
    place = ZoneInfo(zone)
    start = datetime.combine(day, time(0), tzinfo=place)
    end = datetime.combine(day + timedelta(days=1), time(0), tzinfo=place)
    return start.astimezone(UTC), end.astimezone(UTC)


def period_start(kind: PeriodKind, day: date) -> date:
    """First day of the period of a day: the Monday of its ISO week, or the 1st of its month."""
    if kind == PeriodKind.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)


def period_end(kind: PeriodKind, start: date) -> date:
    """First day after the period."""
    if kind == PeriodKind.WEEK:
        return start + timedelta(days=7)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1)


def is_frozen(kind: PeriodKind, start: date, now: datetime) -> bool:
    """Whether a period may no longer change without a new version. `now` is aware.

    The end is read in the westernmost zone (UTC−12 covers every French territory), so that one
    instant freezes the period everywhere.
    """
    end = datetime.combine(period_end(kind, start), time(12), tzinfo=UTC)
    return now >= end + SETTLING
