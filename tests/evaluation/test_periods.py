"""Local days, ISO weeks, months, and the moment a period is frozen."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.periods import (
    PeriodKind,
    is_frozen,
    local_day_bounds,
    period_end,
    period_start,
)

DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
ZONES = st.sampled_from(
    [
        "Europe/Paris",
        "Indian/Reunion",
        "Indian/Mayotte",
        "America/Martinique",
        "America/Cayenne",
        "America/Miquelon",
    ]
)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Paris", 23),
        (date(2026, 10, 25), "Europe/Paris", 25),
        (date(2026, 10, 25), "Indian/Reunion", 24),
        (date(2026, 10, 24), "Europe/Paris", 24),
    ],
)
def test_a_local_day_follows_the_clocks(day, zone, hours):
    start, end = local_day_bounds(day, zone)
    assert end - start == timedelta(hours=hours)


def test_the_same_instant_is_another_day_elsewhere():
    instant = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    for zone, day in (
        ("Europe/Paris", date(2027, 1, 1)),
        ("Indian/Reunion", date(2027, 1, 1)),
        ("America/Martinique", date(2026, 12, 31)),
    ):
        start, end = local_day_bounds(day, zone)
        assert start <= instant < end
        assert period_start(PeriodKind.WEEK, day) == date(2026, 12, 28)  # ISO week 2026-W53


@given(DAYS, ZONES)
def test_days_follow_one_another_without_hole_or_overlap(day, zone):
    assert local_day_bounds(day, zone)[1] == local_day_bounds(day + timedelta(days=1), zone)[0]


@given(DAYS, st.sampled_from(PeriodKind))
def test_each_day_is_in_exactly_one_period(day, kind):
    start = period_start(kind, day)
    end = period_end(kind, start)
    assert start <= day < end
    assert period_start(kind, start) == start
    assert period_start(kind, end) == end
    assert period_start(kind, end - timedelta(days=1)) == start


def test_a_period_is_frozen_twelve_days_after_its_end():
    start = date(2026, 10, 5)
    end = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
    frozen_at = end + timedelta(days=12)
    assert not is_frozen(PeriodKind.WEEK, start, frozen_at - timedelta(seconds=1))
    assert is_frozen(PeriodKind.WEEK, start, frozen_at)
