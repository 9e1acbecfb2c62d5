"""The story of one request of the history: its person, its words, its acts and its end. Pure."""

import random
import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from evaluation.demo import rates, texts
from evaluation.demo.names import patient_first_name
from evaluation.demo.planned import (
    CREW,
    NAMESPACE,
    PlannedPatient,
    PlannedRequest,
    PlannedVisit,
    Population,
    Step,
    StepKind,
    as_utc,
    rng_of,
)
from evaluation.demo.theme import CHILD, HELPED, SELF, Theme
from messagerie.states import Outcome

SERVICE_STARTS, SERVICE_ENDS = time(8), time(20)
SILENCE = timedelta(days=14)  # after which the service closes a conversation, as it does by default
# Days that must be left before the end of the history for what takes long.
DAYS_FOR_SILENCE, DAYS_FOR_REOPENING = 16, 6
LAST_HOUR_OF_THE_LAST_DAY = 18
OVERRIDES = ("NO_SLOT", "CLINICAL", "PATIENT_PREFERS", "CLOSER", "CLOSED")
ANSWERED = (
    Outcome.RESOLVED,
    Outcome.REFERRED_MEDECIN_TRAITANT,
    Outcome.REFERRED_CPTS,
)


def tell(day: date, rank: int, population: Population, left: int) -> PlannedRequest:
    """The request of a rank on a local day. left: days until the end of the history."""
    return _Story(day, rank, population, left).request()


def tell_visit(day: date, rank: int, population: Population, left: int) -> PlannedVisit:
    """A passage through the door that stops there."""
    rng = rng_of(day, "visit", rank)
    place = population.draw_place(rng)
    signs = tuple(sorted(rng.sample(rates.SIGNS, rng.choice((1, 1, 1, 2)))))
    return PlannedVisit(
        id=uuid.uuid5(NAMESPACE, f"{day}:visit:{rank}"),
        day=day,
        place=place,
        at=as_utc(_moment(rng, day, place.time_zone, left)),
        signs=signs,
        answer=rates.draw(rng, {"DECLARED": 55, "CALLED": 30, "DISMISSED": 15}),
    )


def _moment(rng: random.Random, day: date, zone: str, left: int) -> datetime:
    """A local instant of the day, by the profile of the hours."""
    hours = list(rates.HOURS)
    if left == 0:
        hours = [n if hour <= LAST_HOUR_OF_THE_LAST_DAY else 0 for hour, n in enumerate(hours)]
    hour = rng.choices(range(24), hours)[0]
    clock = time(hour, rng.randrange(60), rng.randrange(60))
    return datetime.combine(day, clock, tzinfo=ZoneInfo(zone))


def surgeries_open(local: datetime) -> bool:
    """The usual hours of surgeries, public holidays aside."""
    ends = {5: time(12), 6: time(8)}.get(local.weekday(), time(20))
    return time(8) <= local.time() < ends


class _Story:
    """Draws one request in order; each helper adds the steps of one stretch."""

    def __init__(self, day: date, rank: int, population: Population, left: int) -> None:
        self.rng = rng_of(day, "request", rank)
        self.day = day
        self.left = left
        self.id = uuid.uuid5(NAMESPACE, f"{day}:{rank}")
        self.patient: PlannedPatient = self.rng.choice(population.patients)
        self.place = self.patient.place
        self.zone = ZoneInfo(self.place.time_zone)
        self.opened = _moment(self.rng, day, self.place.time_zone, left)
        self.now = self.opened
        self.steps: list[Step] = []
        self.crew = self.rng.randrange(CREW)
        self.relation, self.age, self.theme, self.name = self._person()

    def _person(self) -> tuple[str, int, Theme, str]:
        rng = self.rng
        shared = rng.random()
        if shared < rates.SHARE_OF_CHILDREN:
            relation, age = CHILD, rng.choice((0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 14))
        elif shared < rates.SHARE_OF_CHILDREN + rates.SHARE_OF_HELPED:
            relation, age = HELPED, rng.randint(70, 95)
        else:
            relation, age = SELF, self.patient.age
        own = patient_first_name(self.patient.number)
        fitting = [
            theme
            for theme in texts.themes_for(relation, age)
            if relation != SELF or not theme.names or own in theme.names
        ]
        theme = rng.choice(fitting)
        return relation, age, theme, own if relation == SELF else rng.choice(theme.names)

    # --- Steps

    def add(self, kind: StepKind, minutes: float = 0, **fields: object) -> None:
        """One more act, some minutes after the one before."""
        self.now += timedelta(seconds=round(60 * minutes))
        step = Step(kind=kind, at=as_utc(self.now), crew=self.crew, **fields)  # type: ignore[arg-type]
        self.steps.append(step)

    def say(self, text: str, low: float = 1, high: float = 4) -> None:
        self.add(StepKind.PROFESSIONAL_SAYS, self.rng.uniform(low, high), text=text)

    def hear(self, text: str) -> None:
        minutes = min(40.0, self.rng.lognormvariate(1.4, 0.7))
        self.add(StepKind.PATIENT_SAYS, minutes, text=text)

    def take(self) -> None:
        """Wait for the service, then for a professional."""
        starts = self._in_service(self.now)
        longest = 30.0 if self.left == 0 else 280.0
        wait = min(longest, self.rng.lognormvariate(2.5, 0.9))
        taken = starts + timedelta(minutes=wait)
        if taken.time() > SERVICE_ENDS and self.left:
            taken = self._in_service(taken) + timedelta(minutes=self.rng.uniform(2, 25))
        self.now = taken
        self.add(StepKind.TAKE)
        if self.rng.random() < rates.SHARE_HANDED_BACK:
            self.add(StepKind.HAND_BACK, self.rng.uniform(2, 6))
            self.crew = (self.crew + 1) % CREW
            self.add(StepKind.TAKE, self.rng.uniform(1, 10))

    def _in_service(self, local: datetime) -> datetime:
        """The instant itself, or the next opening of the service."""
        if local.time() < SERVICE_STARTS:
            return datetime.combine(local.date(), SERVICE_STARTS, tzinfo=self.zone)
        if local.time() >= SERVICE_ENDS:
            following = local.date() + timedelta(days=1)
            return datetime.combine(following, SERVICE_STARTS, tzinfo=self.zone)
        return local

    def exchange(self) -> None:
        """Most often one question and its answer; sometimes none, sometimes a second turn."""
        if self.rng.random() < 0.12:
            return
        self.say(texts.ask(self.rng, self.theme, self.name))
        self.hear(texts.reply(self.rng, self.theme, self.name))

    # --- Ends

    def request(self) -> PlannedRequest:
        outcome = self._end()
        signs, answer = self._signs(outcome)
        return PlannedRequest(
            id=self.id,
            day=self.day,
            patient=self.patient,
            relation=self.relation,
            name=self.name,
            age=self.age,
            motive=self.theme.motive,
            alternative=rates.draw(self.rng, rates.ALTERNATIVES),
            medecin_traitant=self.patient.medecin_traitant,
            ald=self.patient.ald if self.relation != CHILD else False,
            signs=signs,
            sign_answer=answer,
            opened_at=as_utc(self.opened),
            body=self._body(outcome),
            steps=tuple(self.steps),
            outcome=outcome,
        )

    def _body(self, outcome: str) -> str:
        if outcome == Outcome.TECHNICAL_TEST:
            return texts.technical_test()
        return texts.first_words(self.rng, self.theme, self.name)

    def _signs(self, outcome: str) -> tuple[tuple[str, ...], str]:
        """Signs declared at the door: kept before some emergencies, dismissed otherwise."""
        kept = outcome == Outcome.EMERGENCY and self.rng.random() < 0.5
        if kept:
            return (self.rng.choice(rates.SIGNS),), self.rng.choice(("DECLARED", "CALLED"))
        if self.rng.random() < rates.SHARE_DISMISSED_SIGN:
            return (self.rng.choice(rates.SIGNS),), "DISMISSED"
        return (), ""

    def _end(self) -> str:
        """Draw the outcome, tell how it comes, and return it."""
        weights = rates.expected(self.place.region, self.place.departement)
        drawn = rates.draw(self.rng, weights)
        if drawn == Outcome.REFERRED_OTHER and not self.place.has_other:
            drawn = Outcome.REFERRED_CPTS
        if drawn == Outcome.ABANDONED:
            return self._abandon()
        if drawn == Outcome.EXPIRED:
            return self._expire()
        self.take()
        if drawn == Outcome.TECHNICAL_TEST:
            self.add(StepKind.CLOSE, 2, outcome=drawn)
            return drawn
        if drawn == Outcome.EMERGENCY:
            return self._emergency()
        if drawn == rates.ORIENTED:
            drawn = self._gp_or_sas()
        if drawn in ANSWERED and self._reopens():
            self._resolve()
            self._reopen()
        if drawn == Outcome.RESOLVED:
            self._resolve()
        else:
            self._orient(drawn)
        return drawn

    def _resolve(self) -> None:
        self.exchange()
        advice = texts.advice(self.theme, self.name)
        if self.rng.random() < 0.4:
            self.say(advice, 2, 6)
            self.hear(texts.last_words(self.rng))
        self.add(StepKind.CLOSE, self.rng.uniform(1, 5), outcome=str(Outcome.RESOLVED), text=advice)

    def _reopens(self) -> bool:
        drawn = self.rng.random() < rates.SHARE_REOPENED
        return drawn and self.left >= DAYS_FOR_REOPENING

    def _reopen(self) -> None:
        """One or two days later, the patient comes back; somebody takes it again."""
        self.now += timedelta(hours=self.rng.uniform(20, 50))
        self.add(StepKind.REOPEN)
        self.add(StepKind.PATIENT_SAYS, 1, text=texts.back_again(self.rng))
        self.take()

    def _gp_or_sas(self) -> str:
        if self.patient.medecin_traitant != "DECLARED":
            return str(Outcome.REFERRED_SAS)
        is_open = surgeries_open(self.now)
        share = rates.SAS_WHEN_OPEN if is_open else rates.SAS_WHEN_CLOSED
        sas = self.rng.random() < share
        return str(Outcome.REFERRED_SAS if sas else Outcome.REFERRED_MEDECIN_TRAITANT)

    def _orient(self, outcome: str) -> None:
        self.exchange()
        if self.rng.random() < 0.5:
            self.say(texts.oriented(self.rng), 1, 3)
        to_gp = outcome == Outcome.REFERRED_MEDECIN_TRAITANT
        self.add(
            StepKind.ORIENT,
            self.rng.uniform(1, 4),
            outcome=str(outcome),
            when=self.rng.choice(texts.WHEN),
            reason=self.rng.choice(OVERRIDES),
            reachable=to_gp or self.rng.random() < 0.12,
            text=texts.elsewhere(self.theme, self.name) if self.rng.random() < 0.7 else "",
        )

    def _emergency(self) -> str:
        signs = (self.rng.choice(rates.SIGNS),)
        self.say(texts.ask(self.rng, self.theme, self.name))
        if self.rng.random() < 0.4:
            self.add(StepKind.WORSENING, self.rng.uniform(1, 8), signs=signs)
        else:
            self.hear(texts.reply(self.rng, self.theme, self.name))
        self.say(texts.emergency(self.rng), 0.5, 2)
        self.add(StepKind.TRANSMIT, 1, signs=signs)
        self.add(StepKind.CLOSE, self.rng.uniform(2, 6), outcome=str(Outcome.EMERGENCY))
        return str(Outcome.EMERGENCY)

    def _abandon(self) -> str:
        """Withdrawn while waiting, or silent after the professional's question."""
        if self.left < DAYS_FOR_SILENCE or self.rng.random() < 0.5:
            self.add(StepKind.WITHDRAW, self.rng.uniform(3, 50))
            return str(Outcome.ABANDONED)
        self.take()
        self.say(texts.ask(self.rng, self.theme, self.name))
        if self.rng.random() < 0.5:
            self.now = self._in_service(self.now + timedelta(hours=self.rng.uniform(2, 12)))
            self.say(texts.still_there(self.rng))
        self._silence()
        self.add(StepKind.EXPIRE)
        return str(Outcome.ABANDONED)

    def _silence(self) -> None:
        """Nobody writes for the whole delay, in elapsed time."""
        elapsed = SILENCE + timedelta(minutes=self.rng.uniform(1, 30))
        self.now = (as_utc(self.now) + elapsed).astimezone(self.zone)

    def _expire(self) -> str:
        """Nobody came; near the end of the history, the patient gives up before."""
        if self.left < DAYS_FOR_SILENCE:
            self.add(StepKind.WITHDRAW, self.rng.uniform(20, 90))
            return str(Outcome.ABANDONED)
        self._silence()
        self.add(StepKind.EXPIRE)
        return str(Outcome.EXPIRED)
