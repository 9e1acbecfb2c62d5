"""Quiet hours, pure: until when a notice waits so that no mail rings at night."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Rule(Protocol):
    """See config.settings.notices.QuietHours."""

    since: object
    starts: time
    ends: time


def quiet_until(now: datetime, time_zone: str, rules: Sequence[Rule]) -> datetime | None:
    """The moment when the quiet hours of now end, or None outside them.

    Args:
        now: an aware moment.
        time_zone: where the patient is.
        rules: dated, oldest first; the last that began on the local day counts.
    """
    local = now.astimezone(ZoneInfo(time_zone))
    begun = [rule for rule in rules if rule.since <= local.date()]
    if not begun or begun[-1].starts == begun[-1].ends:
        return None
    starts, ends = begun[-1].starts, begun[-1].ends
    at = local.time()
    if starts < ends:
        return _at(local, ends) if starts <= at < ends else None
    if at >= starts:
        return _at(local + timedelta(days=1), ends)
    return _at(local, ends) if at < ends else None


def _at(day: datetime, at: time) -> datetime:
    """That hour of a local day; the zone finds the offset of that day, summer or winter."""
    return datetime.combine(day.date(), at, tzinfo=day.tzinfo)
