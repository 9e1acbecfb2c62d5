"""States of a conversation, its outcomes, and the table of what may follow what.

Pure: no database, no clock. `messagerie.actions` is the only caller that writes; it asks here
first, then does one compare-and-set on the old state.

The nine outcomes are the one source of the resolution and orientation rates: every conversation
that counts ends with exactly one of them, so their shares sum to 100 %.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import TextChoices


class State(TextChoices):
    """Where a conversation stands."""

    WAITING = "WAITING", "En attente"
    IN_PROGRESS = "IN_PROGRESS", "En cours"
    CLOSED = "CLOSED", "Terminée"


class Outcome(TextChoices):
    """How a closed conversation ended."""

    RESOLVED = "RESOLVED", "Réponse donnée, demande résolue"
    REFERRED_MEDECIN_TRAITANT = "REFERRED_MEDECIN_TRAITANT", "Orientée vers le médecin traitant"
    REFERRED_CPTS = "REFERRED_CPTS", "Orientée vers une CPTS"
    REFERRED_SAS = "REFERRED_SAS", "Orientée vers le service d'accès aux soins"
    REFERRED_OTHER = "REFERRED_OTHER", "Orientée vers un autre professionnel"
    EMERGENCY = "EMERGENCY", "Urgence : numéro d'urgence donné"
    ABANDONED = "ABANDONED", "Abandonnée par le patient"
    EXPIRED = "EXPIRED", "Sans réponse dans le délai"
    TECHNICAL_TEST = "TECHNICAL_TEST", "Essai technique, non compté"


class Act(TextChoices):
    """What may be done to a conversation that changes, or asks for, a state."""

    TAKE = "TAKE", "Prise en charge"
    HAND_BACK = "HAND_BACK", "Remise en attente"
    HAND_OVER = "HAND_OVER", "Passage à un autre professionnel"
    CLOSE = "CLOSE", "Clôture par le professionnel"
    DECLARE_EMERGENCY = "DECLARE_EMERGENCY", "Urgence"
    WITHDRAW = "WITHDRAW", "Retrait par le patient"
    EXPIRE = "EXPIRE", "Fin du délai"
    REOPEN = "REOPEN", "Réouverture par le patient"
    RESUME = "RESUME", "Reprise par le professionnel"


class TransitionRefused(Exception):
    """An act that cannot be done. `code` is stable and English; `message` is French, for people."""

    code = "TRANSITION_REFUSED"
    message = "Cette action n'est pas possible."

    def __init__(self) -> None:
        super().__init__(self.message)


class AlreadyTaken(TransitionRefused):
    code = "ALREADY_TAKEN"
    message = "Un professionnel a déjà pris cette conversation."


class NotTaken(TransitionRefused):
    code = "NOT_TAKEN"
    message = "Cette conversation attend encore un professionnel. Prenez-la d'abord."


class AlreadyClosed(TransitionRefused):
    code = "ALREADY_CLOSED"
    message = "Cette conversation est terminée."


class NotClosed(TransitionRefused):
    code = "NOT_CLOSED"
    message = "Cette conversation n'est pas terminée : il n'y a rien à rouvrir."


class OutcomeRequired(TransitionRefused):
    code = "OUTCOME_REQUIRED"
    message = "Choisissez comment la demande se termine."


class OutcomeNotAllowed(TransitionRefused):
    code = "OUTCOME_NOT_ALLOWED"
    message = "Cette fin ne va pas avec cette action."


class ReopenTooLate(TransitionRefused):
    code = "REOPEN_TOO_LATE"
    message = "Le délai pour rouvrir cette conversation est passé. Posez une nouvelle question."


TRANSITIONS: dict[tuple[State, Act], State] = {
    (State.WAITING, Act.TAKE): State.IN_PROGRESS,
    (State.WAITING, Act.DECLARE_EMERGENCY): State.CLOSED,
    (State.WAITING, Act.WITHDRAW): State.CLOSED,
    (State.WAITING, Act.EXPIRE): State.CLOSED,
    (State.IN_PROGRESS, Act.HAND_BACK): State.WAITING,
    (State.IN_PROGRESS, Act.HAND_OVER): State.IN_PROGRESS,
    (State.IN_PROGRESS, Act.CLOSE): State.CLOSED,
    (State.IN_PROGRESS, Act.DECLARE_EMERGENCY): State.CLOSED,
    (State.IN_PROGRESS, Act.WITHDRAW): State.CLOSED,
    (State.IN_PROGRESS, Act.EXPIRE): State.CLOSED,
    (State.CLOSED, Act.REOPEN): State.WAITING,
    (State.CLOSED, Act.RESUME): State.IN_PROGRESS,
}

# Outcomes that each closing act may set. An act with a single outcome needs no choice.
OUTCOMES_OF_ACT: dict[Act, tuple[Outcome, ...]] = {
    Act.CLOSE: (
        Outcome.RESOLVED,
        Outcome.REFERRED_MEDECIN_TRAITANT,
        Outcome.REFERRED_CPTS,
        Outcome.REFERRED_SAS,
        Outcome.REFERRED_OTHER,
        Outcome.EMERGENCY,
        Outcome.ABANDONED,
        Outcome.TECHNICAL_TEST,
    ),
    Act.DECLARE_EMERGENCY: (Outcome.EMERGENCY,),
    Act.WITHDRAW: (Outcome.ABANDONED,),
    Act.EXPIRE: (Outcome.EXPIRED,),
}

# How long after its closing a conversation may be reopened, in elapsed time.
REOPEN_DELAY = timedelta(days=7)


@dataclass(frozen=True)
class Passage:
    """A permitted change: the state before, the act, the state after, and the outcome held
    after it (None unless the new state is CLOSED)."""

    old: State
    act: Act
    new: State
    outcome: Outcome | None


def check_transition(old: State, act: Act, outcome: Outcome | None = None) -> Passage:
    """The permitted change, or a typed refusal.

    old: state read under the row lock, or the one a compare-and-set expects. outcome: required
    for CLOSE; may be left out when the act has a single outcome. Raises a TransitionRefused whose
    message says, in French, what stands in the way.
    """
    new = TRANSITIONS.get((old, act))
    if new is None:
        raise _refusal(old, act)
    allowed = OUTCOMES_OF_ACT.get(act, ())
    if outcome is None and len(allowed) == 1:
        outcome = allowed[0]
    if allowed and outcome is None:
        raise OutcomeRequired
    if outcome is not None and outcome not in allowed:
        raise OutcomeNotAllowed
    return Passage(old, act, new, outcome)


def _refusal(old: State, act: Act) -> TransitionRefused:
    if act in (Act.REOPEN, Act.RESUME):
        return NotClosed()
    if old == State.CLOSED:
        return AlreadyClosed()
    if old == State.WAITING:
        return NotTaken()
    return AlreadyTaken()


def check_reopen_delay(closed_at: datetime, now: datetime, delay: timedelta = REOPEN_DELAY) -> None:
    """Raise ReopenTooLate when more than `delay` has elapsed. Both instants are aware; the delay
    is elapsed time, so a change of clocks does not shorten it."""
    if now.astimezone(UTC) - closed_at.astimezone(UTC) > delay:
        raise ReopenTooLate
