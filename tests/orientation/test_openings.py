"""Service hours and promises on the clock and the calendar of each territory."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from orientation.models import Departement, Opening, ServiceHours, Weekday
from orientation.openings import is_holiday, next_opening_for, opening_for, service_status
from tests import factories as make

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
OFFICE = [(day, time(9), time(19)) for day in range(5)]


@pytest.fixture(autouse=True)
def _territory(territory):
    pass


def place(code: str) -> Departement:
    return Departement.objects.get(pk=code)


def status(departement: str, at: datetime, hours=OFFICE, **fields: object):
    opening = make.open_departement(departement, hours=hours, **fields)
    return service_status(opening, place(departement), at)


def test_inside_the_hours_the_promise_runs_at_once():
    said = status("13", datetime(2026, 11, 23, 10, tzinfo=PARIS))  # a Monday
    assert said.open_now
    assert said.next_opening is None
    assert said.promised_before == datetime(2026, 11, 23, 14, tzinfo=PARIS)


def test_the_promise_counts_service_time_only():
    said = status("13", datetime(2026, 11, 20, 18, tzinfo=PARIS))  # a Friday
    assert said.open_now
    assert said.promised_before == datetime(2026, 11, 23, 12, tzinfo=PARIS)


def test_outside_the_hours_the_next_opening_is_said():
    said = status("13", datetime(2026, 11, 21, 12, tzinfo=PARIS))
    assert not said.open_now
    assert said.next_opening == datetime(2026, 11, 23, 9, tzinfo=PARIS)
    assert said.promised_before == datetime(2026, 11, 23, 13, tzinfo=PARIS)


def test_the_end_of_a_span_is_outside():
    assert not status("13", datetime(2026, 11, 23, 19, tzinfo=PARIS)).open_now


def test_without_hours_nothing_is_promised():
    said = status("13", datetime(2026, 11, 23, 10, tzinfo=PARIS), hours=())
    assert (said.open_now, said.next_opening, said.promised_before) == (False, None, None)


def test_each_territory_has_its_own_clock():
    instant = datetime(2026, 11, 23, 6, 30, tzinfo=PARIS)  # 9:30 in La Réunion
    assert status("974", instant).open_now
    assert not status("13", instant).open_now
    promised = status("974", instant, opens_on=date(2026, 2, 1)).promised_before
    assert promised == datetime(2026, 11, 23, 13, 30, tzinfo=REUNION)


@pytest.mark.parametrize(
    ("departement", "day", "holiday"),
    [
        ("13", date(2026, 5, 1), True),
        ("13", date(2026, 12, 26), False),
        ("57", date(2026, 12, 26), True),
        ("67", date(2026, 12, 26), True),
        ("68", date(2026, 4, 3), True),
        ("54", date(2026, 4, 3), False),
        ("974", date(2026, 12, 20), True),
        ("972", date(2026, 5, 22), True),
        ("13", date(2026, 5, 22), False),
    ],
)
def test_holidays_are_those_of_the_place(departement, day, holiday):
    assert is_holiday(place(departement), day) is holiday


def test_a_public_holiday_has_its_own_hours():
    hours = [*OFFICE, (Weekday.HOLIDAY, time(10), time(12))]
    monday = datetime(2026, 4, 6, 9, 30, tzinfo=PARIS)  # Easter Monday
    said = status("13", monday, hours=hours)
    assert not said.open_now
    assert said.next_opening == datetime(2026, 4, 6, 10, tzinfo=PARIS)
    assert not status("84", monday).open_now, "without hours for holidays, it is closed"


@pytest.mark.parametrize(("day", "hours"), [(29, 7), (25, 9)])
def test_the_nights_when_the_clock_changes_count_real_time(day, hours):
    """29 March 2026 skips an hour, 25 October 2026 repeats one."""
    month = 3 if day == 29 else 10
    at = datetime(2026, month, day, 0, tzinfo=PARIS)
    said = status(
        "13", at, hours=[(6, time(0), time(23))], promise_minutes=hours * 60, opens_on=make.SINCE
    )
    assert said.promised_before == datetime(2026, month, day, 8, tzinfo=PARIS)


# --- Which opening


def test_the_department_wins_over_its_region_and_dates_are_whole_days():
    region = make.open_region("93", opens_on=date(2026, 3, 1), closes_on=date(2026, 3, 31))
    local = make.open_departement("13", opens_on=date(2026, 3, 10))
    assert opening_for(place("13"), date(2026, 2, 28)) is None
    assert opening_for(place("13"), date(2026, 3, 1)) == region
    assert opening_for(place("13"), date(2026, 3, 10)) == local
    assert opening_for(place("84"), date(2026, 3, 31)) == region
    assert opening_for(place("84"), date(2026, 4, 1)) is None
    assert opening_for(place("35"), date(2026, 3, 10)) is None
    assert next_opening_for(place("13"), date(2026, 2, 28)) == region
    assert next_opening_for(place("13"), date(2026, 3, 1)) == local


@pytest.mark.parametrize(
    ("opens", "closes", "clash"),
    [
        (date(2026, 1, 1), date(2026, 2, 28), False),
        (date(2026, 2, 1), date(2026, 3, 1), True),
        (date(2026, 3, 31), None, True),
        (date(2026, 4, 1), None, False),
        (date(2026, 1, 1), None, True),
    ],
)
def test_two_openings_of_one_territory_do_not_overlap(opens, closes, clash):
    make.open_region("93", opens_on=date(2026, 3, 1), closes_on=date(2026, 3, 31))
    other = Opening(region_id="93", opens_on=opens, closes_on=closes, decree_reference="D")
    if clash:
        with pytest.raises(ValidationError, match="déjà une ouverture"):
            other.full_clean()
    else:
        other.full_clean()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("opening_one_territory", {"departement_id": "13"}),
        ("opening_one_territory", {"region_id": None}),
        ("opening_dates_in_order", {"closes_on": date(2025, 1, 1)}),
        ("opening_promise_bounded", {"promise_minutes": 1}),
    ],
)
def test_the_base_refuses_an_opening_that_makes_no_sense(name, fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make.open_region(**{"region": "93"} | {"hours": ()}, **fields) if (
            "region_id" not in fields
        ) else Opening.objects.create(opens_on=make.SINCE, decree_reference="D")


def test_hours_are_in_order():
    opening = make.open_region("93", hours=())
    with pytest.raises(IntegrityError, match="in_order"), transaction.atomic():
        ServiceHours.objects.create(opening=opening, weekday=0, starts_at=time(12), ends_at=time(8))
