"""Write the planned history, one local day at a time.

A day is one transaction: its requests, its passages at the door, its duties and its counts are
all there, or none. Identifiers come from the plan, so a day found in the database is done: played
twice, or killed at any moment and started again, the history is the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from comptes.keys.cipher import ensure_keys
from comptes.models import User
from evaluation.demo.atlas import Atlas
from evaluation.demo.compose import Composer
from evaluation.demo.people import add_accounts, history_patient
from evaluation.demo.places import REGIONS, covered_by_others, towns
from evaluation.demo.plan import DAYS, REQUESTS_PER_DAY, PlannedDay, days_of, plan_day
from evaluation.demo.planned import PATIENTS, Place, Population, populate
from evaluation.demo.rows import Rows, signs_declared
from evaluation.demo.world import Member, crews
from evaluation.models import Report
from evaluation.periods import PeriodKind, period_start
from evaluation.report import publish_around
from evaluation.tally import recount_day
from messagerie.models import Conversation
from orientation.models import Departement, Duty

DUTY_STARTS, DUTY_ENDS = time(8), time(20, 30)


@dataclass(frozen=True)
class Progress:
    """How far the history is: days done, of how many, and the requests in them."""

    done: int
    total: int
    requests: int


def population(regions: Sequence[str] = REGIONS, patients: int = PATIENTS) -> Population:
    """The patients of the history over the loaded territory."""
    zones = {row.code: row for row in Departement.objects.filter(region__in=regions)}
    covered = covered_by_others()
    return populate(
        [
            Place(
                code=town.code_insee,
                departement=town.departement,
                region=zones[town.departement].region_id,
                population=town.population,
                time_zone=zones[town.departement].time_zone,
                has_other=town.code_insee in covered,
            )
            for town in towns(regions)
        ],
        patients,
    )


class History:
    """Plays the days that are missing."""

    def __init__(
        self,
        *,
        end: date,
        days: int = DAYS,
        per_day: float = REQUESTS_PER_DAY,
        people: Population | None = None,
    ) -> None:
        self.end = end
        self.per_day = per_day
        self.people = people or population()
        self.days = days_of(end, days)

    def progress(self) -> Progress:
        """Read what is done; writes nothing."""
        return self._progress(self._done())

    def play(self) -> Iterator[Progress]:
        """Play each missing day, oldest first; yields after each."""
        done = self._done()
        missing = [day for day in self.days if day not in done]
        if not missing:
            return
        composer = Composer(Atlas(), self.accounts(), crews(self.departements()))
        so_far = self._progress(done)
        for day in missing:
            planned = self._plan(day)
            play_day(planned, composer)
            so_far = Progress(
                so_far.done + 1, so_far.total, so_far.requests + len(planned.requests)
            )
            yield so_far

    def _done(self) -> set[date]:
        """The days that are in the database: a day is all there or not at all, so that its first
        request tells."""
        first = {self._plan(day).requests[0].id: day for day in self.days}
        held = Conversation.objects.filter(pk__in=first).values_list("pk", flat=True)
        return {first[pk] for pk in held}

    def _progress(self, done: set[date]) -> Progress:
        requests = sum(len(self._plan(day).requests) for day in done)
        return Progress(len(done), len(self.days), requests)

    def _plan(self, day: date) -> PlannedDay:
        return plan_day(day, self.people, end=self.end, per_day=self.per_day)

    def departements(self) -> list[str]:
        return sorted({place.departement for place in self.people.places})

    def accounts(self) -> dict[int, User]:
        """The patients' accounts by number; those missing are made."""
        people = {p.number: history_patient(p.number) for p in self.people.patients}
        held = add_accounts(people.values(), may_sign_in=False)
        return {number: held[person.email] for number, person in people.items()}


def play_day(planned: PlannedDay, composer: Composer) -> None:
    """Write one day, whole or not at all."""
    ensure_keys(composer.key_owners(planned.requests))
    rows = Rows()
    for visit in planned.visits:
        rows.passages += signs_declared(
            visit.id,
            at=visit.at,
            commune=visit.place.code,
            departement=visit.place.departement,
            signs=visit.signs,
            answer=visit.answer,
        )
    for request in planned.requests:
        composer.add(request, rows)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # What a crash of the server would take away is played again.
            cursor.execute("SET LOCAL synchronous_commit = off")
        rows.insert()
        Duty.objects.bulk_create(_duties(planned.day, composer.crews))
        recount_day(planned.day)


def _duties(day: date, crews_by_departement: Mapping[str, list[Member]]) -> Iterator[Duty]:
    """The duties of that day, ended, as those who answered have had them."""
    zones = dict(Departement.objects.values_list("code", "time_zone"))
    for code, crew in crews_by_departement.items():
        zone = ZoneInfo(zones[code])
        for member in crew:
            yield Duty(
                user=member.user,
                structure=member.structure,
                started_at=datetime.combine(day, DUTY_STARTS, tzinfo=zone),
                ended_at=datetime.combine(day, DUTY_ENDS, tzinfo=zone),
            )


def publish_missing(days: Sequence[date], now: datetime, *, again: bool) -> int:
    """Publish the figures of these days; how many periods changed.

    again: even when every period is already published, because days were added.
    """
    wanted = {(kind, period_start(kind, day)) for kind in PeriodKind for day in days}
    held = set(
        Report.objects.in_force().values_list("period_kind", "period_start").distinct().order_by()
    )
    if not again and wanted <= held:
        return 0
    return publish_around(days, now)
