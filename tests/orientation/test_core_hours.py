"""The promise of an answer counts elapsed time, also on the nights when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from orientation.openings import service_status
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]

PARIS = ZoneInfo("Europe/Paris")
NIGHT_AND_DAY = [(day, time(0), time(23, 59, 59)) for day in range(8)]


@pytest.mark.parametrize(
    "asked",
    [
        datetime(2027, 3, 28, 0, 0, tzinfo=PARIS),
        datetime(2027, 3, 28, 1, 59, tzinfo=PARIS),
        datetime(2027, 10, 31, 0, 0, tzinfo=PARIS),
        datetime(2027, 10, 31, 2, 30, tzinfo=PARIS),
        datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=PARIS),
        datetime(2027, 6, 1, 12, 0, tzinfo=PARIS),
    ],
)
def test_four_hours_promised_are_four_hours(asked):
    opening = factories.open_region(promise_minutes=240, hours=NIGHT_AND_DAY)
    status = service_status(opening, factories.departement(), asked)
    assert status.open_now
    assert status.promised_before.astimezone(UTC) - asked.astimezone(UTC) == timedelta(hours=4)


def test_a_promise_made_before_the_service_starts_counts_from_its_start():
    """28 March: service from midnight to 6, five hours long that night."""
    opening = factories.open_region(promise_minutes=330, hours=[(6, time(0), time(6))])
    asked = datetime(2027, 3, 27, 22, 0, tzinfo=PARIS)
    status = service_status(opening, factories.departement(), asked)
    # Five hours on the 28th, the last half hour on Sunday 4 April.
    assert status.promised_before == datetime(2027, 4, 4, 0, 30, tzinfo=PARIS)


def test_hours_inside_the_hour_that_does_not_exist_are_no_service():
    opening = factories.open_region(
        promise_minutes=30, hours=[(6, time(2, 30), time(3)), (6, time(10), time(11))]
    )
    asked = datetime(2027, 3, 28, 1, 0, tzinfo=PARIS)
    status = service_status(opening, factories.departement(), asked)
    assert status.next_opening == datetime(2027, 3, 28, 10, 0, tzinfo=PARIS)
    assert status.promised_before == datetime(2027, 3, 28, 10, 30, tzinfo=PARIS)


def test_nothing_is_promised_after_the_last_day_of_the_experiment():
    opening = factories.open_region(
        closes_on=date(2027, 6, 4), hours=[(day, time(9), time(18)) for day in range(5)]
    )
    friday_evening = datetime(2027, 6, 4, 19, 0, tzinfo=PARIS)
    status = service_status(opening, factories.departement(), friday_evening)
    assert (status.open_now, status.next_opening, status.promised_before) == (False, None, None)


def test_the_hours_are_those_of_the_territory():
    reunion = factories.departement("974")
    opening = factories.open_departement("974", hours=[(0, time(8), time(12))])
    at_eight = datetime(2027, 6, 7, 4, 0, tzinfo=UTC)  # 8 h at Saint-Denis
    assert service_status(opening, reunion, at_eight).open_now
    assert not service_status(opening, reunion, at_eight + timedelta(hours=4)).open_now
