"""The night clock of the evaluation. Tasks carry no argument but a day, and nothing of a person."""

from datetime import UTC, date, datetime, timedelta

from celery import shared_task
from django.utils import timezone

from evaluation.report import publish_around
from evaluation.tally import (
    days_between,
    days_touched_since,
    first_day,
    last_counted_day,
    recount_day,
)

# Nights looked back over, so that a failed night is made up for by the next one.
LOOK_BACK = timedelta(days=8)


def last_finished_day(now: datetime) -> date:
    """The last day that is over in every territory when the night clock strikes (04:10 UTC:
    00:10 in Martinique, the westernmost but Saint-Pierre, which is ahead of it)."""
    return (now.astimezone(UTC) - timedelta(hours=28)).date()


def recount_since(now: datetime) -> tuple[int, int]:
    """Recount what may have changed: the days not counted yet, the last week, and older days
    whose requests changed state since. Returns how many days were counted and how many periods
    changed."""
    last = last_finished_day(now)
    begin = first_day()
    if begin is None:
        return 0, 0
    counted = last_counted_day()
    start = begin if counted is None else max(begin, min(counted, last - LOOK_BACK))
    days = set(days_between(start, last))
    days |= {day for day in days_touched_since(now - LOOK_BACK) if day <= last}
    for day in sorted(days):
        recount_day(day)
    return len(days), publish_around(days, now)


@shared_task(name="evaluation.tasks.recount_yesterday")
def recount_yesterday() -> None:
    """Every night: yesterday, and what changed since. Running it again changes nothing."""
    recount_since(timezone.now())
