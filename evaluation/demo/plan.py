"""The history of the demonstration, decided before anything is written: who asks what, when, and
how it ends.

Pure and deterministic: the same day over the same territory always gives the same requests, with
the same identifiers, whenever it is planned; only the last week of a history ends faster, because
nothing may happen after its end. Instants are aware, in UTC; days are local to each territory.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from evaluation.demo import rates
from evaluation.demo.planned import PlannedRequest, PlannedVisit, Population, rng_of
from evaluation.demo.story import tell, tell_visit

DAYS = 90
REQUESTS_PER_DAY = 71.0


@dataclass(frozen=True)
class PlannedDay:
    day: date
    requests: tuple[PlannedRequest, ...]
    visits: tuple[PlannedVisit, ...]


def days_of(end: date, days: int = DAYS) -> tuple[date, ...]:
    """The days of a history that ends on `end`, included."""
    return tuple(end - timedelta(days=back) for back in range(days - 1, -1, -1))


def plan_day(
    day: date, population: Population, *, end: date, per_day: float = REQUESTS_PER_DAY
) -> PlannedDay:
    """Everything that begins on a local day. `end`: last day of the history."""
    rng = rng_of(day)
    count = round(per_day * rates.WEEKDAYS[day.weekday()] * rng.gauss(1, 0.06))
    left = (end - day).days
    requests = tuple(tell(day, rank, population, left) for rank in range(max(1, count)))
    emergencies = round(len(requests) * rates.DOOR_EMERGENCIES_PER_REQUEST * rng.uniform(0.6, 1.4))
    visits = tuple(tell_visit(day, rank, population, left) for rank in range(emergencies))
    return PlannedDay(day, requests, visits)


def plan(
    population: Population, *, end: date, days: int = DAYS, per_day: float = REQUESTS_PER_DAY
) -> Iterator[PlannedDay]:
    """The whole history, day after day."""
    for day in days_of(end, days):
        yield plan_day(day, population, end=end, per_day=per_day)


def true_rates(planned: Sequence[PlannedDay]) -> Counter[tuple[date, str, str]]:
    """Exact number of requests by local day, department and outcome."""
    return Counter(
        (request.day, request.patient.place.departement, request.outcome)
        for day in planned
        for request in day.requests
    )
