"""Quiet hours, by themselves: local time, midnight, change of clock, dated rules."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings.notices import NOTICE_QUIET_HOURS, QuietHours
from messagerie.quiet import quiet_until

RULES = (QuietHours(date(2026, 11, 1), time(22), time(7, 30)),)
PARIS = "Europe/Paris"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-11-21T20:59:59", PARIS, None),
        ("2026-11-21T21:00:00", PARIS, "2026-11-22T06:30:00"),
        ("2026-11-22T00:00:00", PARIS, "2026-11-22T06:30:00"),
        ("2026-11-22T06:29:59", PARIS, "2026-11-22T06:30:00"),
        ("2026-11-22T06:30:00", PARIS, None),
        # The same moment elsewhere: afternoon in Martinique, night in La Réunion.
        ("2026-11-21T18:30:00", "America/Martinique", None),
        ("2026-11-21T18:30:00", "Indian/Reunion", "2026-11-22T03:30:00"),
        # The night when the clock goes back, and the one when it goes forward.
        ("2027-10-30T21:00:00", PARIS, "2027-10-31T06:30:00"),
        ("2027-03-27T22:00:00", PARIS, "2027-03-28T05:30:00"),
        # Before the rule counts.
        ("2026-10-15T23:00:00", PARIS, None),
    ],
)
def test_the_night_of_where_the_patient_is(now, zone, until):
    assert quiet_until(at(now), zone, RULES) == (at(until) if until else None)


def test_the_last_rule_that_began_counts():
    rules = (*RULES, QuietHours(date(2027, 1, 1), time(13), time(14)))
    assert quiet_until(at("2026-12-31T22:30:00"), PARIS, rules) is not None
    assert quiet_until(at("2027-01-01T22:30:00"), PARIS, rules) is None
    assert quiet_until(at("2027-01-01T12:30:00"), PARIS, rules) == at("2027-01-01T13:00:00")


def test_equal_hours_are_never_quiet():
    rules = (QuietHours(date(2026, 1, 1), time(22), time(22)),)
    assert quiet_until(at("2026-11-21T23:00:00"), PARIS, rules) is None
    assert quiet_until(at("2026-11-21T23:00:00"), PARIS, ()) is None


@given(
    now=st.datetimes(datetime(2026, 11, 1), datetime(2028, 1, 1)),
    zone=st.sampled_from([PARIS, "America/Martinique", "Indian/Reunion", "America/Cayenne"]),
)
def test_waiting_ends_in_the_morning_and_is_never_long(now, zone):
    now = now.replace(tzinfo=UTC)
    until = quiet_until(now, zone, NOTICE_QUIET_HOURS)
    if until is not None:
        assert now < until
        assert (until - now).total_seconds() <= 10.5 * 3600
        assert until.astimezone(ZoneInfo(zone)).time() == time(7, 30)
        assert quiet_until(until, zone, NOTICE_QUIET_HOURS) is None
