"""What a rule may look at, and what it may propose: the types of the orientation rules. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any


class MedecinTraitant(StrEnum):
    """Whether the person has a declared GP."""

    DECLARED = "DECLARED"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


class Destination(StrEnum):
    """Where a proposal leads."""

    NUMBER = "NUMBER"
    MEDECIN_TRAITANT = "MEDECIN_TRAITANT"
    OTHER_PROFESSIONAL = "OTHER_PROFESSIONAL"
    CPTS = "CPTS"
    SAS = "SAS"


# Usual hours of surgeries, in local time: weekdays 8-20 h, Saturday until noon, no public holiday
# (outside them the continuity of ambulatory care applies).
_SURGERY_OPENS = time(8)
_SURGERY_CLOSES = time(20)
_SATURDAY_CLOSES = time(12)


@dataclass(frozen=True)
class Situation:
    """Facts that rules read: codes and instants, no text of the patient.

    commune_code, departement_code: official codes. medecin_traitant: `MedecinTraitant`.
    medecin_traitant_reachable: True or False when somebody checked, None when not known.
    ald, age (years): None when not told. motive: code of `orientation.motives`, "" when not told.
    declared_signs: codes of signs declared and not dismissed; sign_number: the number that the
    door gives for them. asked_at: instant of the question, which draws one of several places
    and so must not move while a proposal is read. local_time: instant of the proposal on the clock
    of the territory. public_holiday: in that territory. within_service_hours: of this service.
    """

    commune_code: str
    departement_code: str
    asked_at: datetime
    local_time: datetime
    medecin_traitant: MedecinTraitant = MedecinTraitant.UNKNOWN
    medecin_traitant_reachable: bool | None = None
    ald: bool | None = None
    age: int | None = None
    motive: str = ""
    declared_signs: tuple[str, ...] = ()
    sign_number: str = ""
    public_holiday: bool = False
    within_service_hours: bool = True

    @property
    def surgeries_open(self) -> bool:
        """The instant falls in the usual hours of surgeries."""
        day, clock = self.local_time.weekday(), self.local_time.time()
        if self.public_holiday or day == 6:
            return False
        return _SURGERY_OPENS <= clock < (_SATURDAY_CLOSES if day == 5 else _SURGERY_CLOSES)

    def as_data(self) -> dict[str, Any]:
        """JSON form, kept with the decision so that a draft can be replayed on it."""
        data = asdict(self)
        data["asked_at"] = self.asked_at.isoformat()
        data["local_time"] = self.local_time.isoformat()
        data["medecin_traitant"] = self.medecin_traitant.value
        data["declared_signs"] = list(self.declared_signs)
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Situation":
        """The situation of `as_data`. Raises KeyError, TypeError or ValueError if it is not one."""
        values = dict(data)
        values["asked_at"] = datetime.fromisoformat(values["asked_at"])
        values["local_time"] = datetime.fromisoformat(values["local_time"])
        values["medecin_traitant"] = MedecinTraitant(values["medecin_traitant"])
        values["declared_signs"] = tuple(values["declared_signs"])
        return cls(**values)


@dataclass(frozen=True)
class Place:
    """A structure of the directory: its id, its name, and whether it takes people now."""

    structure_id: int
    name: str
    is_open: bool = True


@dataclass(frozen=True)
class Directory:
    """Structures that serve the commune: the CPTS covering it, other surgeries of the territory,
    and the SAS of the department (None when none is recorded)."""

    cpts: tuple[Place, ...] = ()
    others: tuple[Place, ...] = ()
    sas: Place | None = None


class Verdict(StrEnum):
    """What became of a rule."""

    RETENUE = "RETENUE"
    ECARTEE = "ECARTEE"


@dataclass(frozen=True)
class TraceStep:
    """One rule examined: what it says, what became of it, and why, in French."""

    rule_id: str
    sentence: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Proposal:
    """Where to send the person, and why.

    structure_id and structure_name: None and "" when the destination is no structure of the
    directory. number: code of the number to call, "" unless the destination is NUMBER. rule_id:
    the rule retained. sentence: the reason in one French sentence, for the professional. trace:
    rules examined, in order; the last one is the rule retained.
    """

    destination: Destination
    structure_id: int | None
    structure_name: str
    number: str
    rule_id: str
    rule_set_version: str
    sentence: str
    trace: tuple[TraceStep, ...] = field(default=())

    def trace_data(self) -> list[dict[str, str]]:
        """JSON form of the trace, kept with the decision."""
        return [
            {
                "rule_id": step.rule_id,
                "sentence": step.sentence,
                "verdict": step.verdict.value,
                "reason": step.reason,
            }
            for step in self.trace
        ]
