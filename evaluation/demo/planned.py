"""The parts of the planned history: its places, its patients, its requests and their acts. Pure."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import accumulate

from evaluation.demo import rates

SEED = "demonstration-1"
NAMESPACE = uuid.UUID("3b0c7f0e-58b2-5a55-9d0b-3e5f2f6f6a10")
PATIENTS = 3600
CREW = 4  # professionals of each department


@dataclass(frozen=True)
class Place:
    """A commune or arrondissement where people live. has_other: a maison de santé covers it."""

    code: str
    departement: str
    region: str
    population: int
    time_zone: str
    has_other: bool = False


@dataclass(frozen=True)
class PlannedPatient:
    """A patient of the history. number: names the account. medecin_traitant: as the door asks."""

    number: int
    place: Place
    age: int
    medecin_traitant: str
    ald: bool


class StepKind(StrEnum):
    """An act of the conversation; each is one act of `messagerie.actions`."""

    TAKE = "TAKE"
    HAND_BACK = "HAND_BACK"
    PATIENT_SAYS = "PATIENT_SAYS"
    PROFESSIONAL_SAYS = "PROFESSIONAL_SAYS"
    WORSENING = "WORSENING"
    TRANSMIT = "TRANSMIT"
    ORIENT = "ORIENT"
    CLOSE = "CLOSE"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"
    REOPEN = "REOPEN"


@dataclass(frozen=True)
class Step:
    """One act. text: what is written, or the note of an orientation. crew: which professional of
    the department acts. outcome: for CLOSE and ORIENT. when, reason, reachable: for ORIENT, the
    delay, the reason if it is not the proposal, and whether the GP can be reached. signs: for
    WORSENING and TRANSMIT."""

    kind: StepKind
    at: datetime
    text: str = ""
    crew: int = 0
    outcome: str = ""
    when: str = ""
    reason: str = ""
    reachable: bool | None = None
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedRequest:
    """One request. day: local to its territory. outcome: how it ends, its true one."""

    id: uuid.UUID
    day: date
    patient: PlannedPatient
    relation: str
    name: str
    age: int
    motive: str
    alternative: str
    medecin_traitant: str
    ald: bool
    signs: tuple[str, ...]
    sign_answer: str
    opened_at: datetime
    body: str
    steps: tuple[Step, ...]
    outcome: str

    def client_id(self, rank: int) -> uuid.UUID:
        """Identifier of the line of a rank; 0 is the question."""
        return uuid.uuid5(self.id, f"line:{rank}")

    @property
    def visit(self) -> uuid.UUID | None:
        """The passage through the door where signs were declared."""
        return uuid.uuid5(self.id, "visit") if self.signs else None


@dataclass(frozen=True)
class PlannedVisit:
    """Signs declared at the door by somebody who then sent no question."""

    id: uuid.UUID
    day: date
    place: Place
    at: datetime
    signs: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Population:
    """Whom and where the draws choose from."""

    patients: tuple[PlannedPatient, ...]
    places: tuple[Place, ...]
    cumulated: tuple[int, ...]

    def draw_place(self, rng: random.Random) -> Place:
        return rng.choices(self.places, cum_weights=self.cumulated)[0]


def rng_of(*names: object) -> random.Random:
    """A generator that always starts alike for the same names."""
    return random.Random(":".join(map(str, (SEED, *names))))  # noqa: S311 - meant to repeat


def populate(places: Sequence[Place], patients: int = PATIENTS) -> Population:
    """Patients spread over the places by population. Raises ValueError without an inhabitant."""
    places = tuple(sorted((p for p in places if p.population > 0), key=lambda place: place.code))
    if not places:
        raise ValueError("no inhabited place")
    cumulated = tuple(accumulate(place.population for place in places))
    rng = rng_of("patients")
    people = []
    for number, place in enumerate(rng.choices(places, cum_weights=cumulated, k=patients)):
        declared = rng.random()
        if declared < rates.SHARE_DECLARED_GP:
            gp = "DECLARED"
        elif declared < rates.SHARE_DECLARED_GP + rates.SHARE_WITHOUT_GP:
            gp = "NONE"
        else:
            gp = "UNKNOWN"
        age = min(92, max(18, round(rng.gauss(47, 17))))
        ald = rng.random() < rates.SHARE_ALD * (1.8 if age > 60 else 0.6)
        people.append(PlannedPatient(number, place, age, gp, ald))
    return Population(tuple(people), places, cumulated)


def as_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
