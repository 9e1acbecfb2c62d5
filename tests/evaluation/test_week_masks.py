"""A masked week is never alone: months less the weeks shown would give it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from evaluation.models import Level, Report
from evaluation.periods import PeriodKind
from evaluation.report import REQUESTS, publish
from evaluation.tally import recount_day

pytestmark = pytest.mark.django_db

FIRST = date(2026, 6, 1)  # a Monday: weeks and months begin together
NOW = datetime(2026, 12, 1, 4, 10, tzinfo=UTC)


def weeks_shown(conversations, counts: list[int]) -> list[int | None]:
    """The requests published for each week; None where masked."""
    weeks = [FIRST + timedelta(weeks=rank) for rank in range(len(counts))]
    for week, number in zip(weeks, counts, strict=True):
        conversations(number, day=week)
        recount_day(week)
    for _ in range(2):
        for week in weeks:
            publish(PeriodKind.WEEK, week, NOW)
    rows = Report.objects.in_force().filter(
        period_kind=PeriodKind.WEEK,
        level=Level.DEPARTEMENT,
        departement="13",
        indicator=REQUESTS,
    )
    assert set(rows.values_list("revision", flat=True)) == {1}
    return [row.numerator for row in rows.order_by("period_start")]


def test_the_week_after_a_small_one_is_masked_too(conversations):
    assert weeks_shown(conversations, [5, 40, 41, 42]) == [None, None, 41, 42]


def test_two_small_weeks_need_a_third(conversations):
    assert weeks_shown(conversations, [4, 5, 40, 41]) == [None, None, None, 41]


def test_two_small_weeks_that_hold_enough_cover_each_other(conversations):
    assert weeks_shown(conversations, [6, 7, 40, 41]) == [None, None, 40, 41]


def test_large_weeks_are_shown(conversations):
    assert weeks_shown(conversations, [40, 41]) == [40, 41]
