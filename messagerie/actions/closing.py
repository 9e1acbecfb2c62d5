"""End a conversation: answered for good, withdrawn, or out of time; and reopen it."""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.keys.cipher import key_lives
from comptes.models import Act, User
from messagerie import sentences, states
from messagerie.actions.handling import refuse_not_holder
from messagerie.actions.talk import notify_patient
from messagerie.actions.writing import announce, append, locked, note_passage, permitted, say
from messagerie.contents import refuse_erased
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, MessageKind, NoticeKind, Side
from messagerie.states import Outcome, State
from messagerie.texts import clean_text
from orientation.models import Opening
from orientation.openings import departement_of, local_day, opening_for, service_status
from orientation.scope import Scope

# Outcomes that a professional sets without a place to go to; the others come from `orient`.
PLAIN_OUTCOMES = frozenset(
    {Outcome.RESOLVED, Outcome.EMERGENCY, Outcome.ABANDONED, Outcome.TECHNICAL_TEST}
)


def close(
    conversation_id: UUID,
    *,
    professional: User,
    scope: Scope,
    outcome: Outcome,
    summary: str = "",
    now: datetime | None = None,
) -> Conversation:
    """Close with an outcome and, for the patient, the advice summed up.

    A conversation answered for good needs its summary: it is what the patient keeps.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED, BAD_CHOICE, or what `clean_text` says.
    """
    now = now or timezone.now()
    if outcome not in PLAIN_OUTCOMES:
        raise Refused(RefusalCode.BAD_CHOICE, "Choisissez comment finit cette conversation.")
    text = ""
    if summary.strip() or outcome == Outcome.RESOLVED:
        text = clean_text(summary, what="Le résumé du conseil")
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_holder(conversation, professional)
        permitted(conversation, states.Act.CLOSE, outcome)
        append(
            conversation,
            sender=professional,
            side=Side.PROFESSIONAL,
            kind=MessageKind.CLOSING,
            client_id=uuid.uuid4(),
            body=text or "La conversation est close.",
            now=now,
        )
        end(conversation, outcome, professional, Act.CONVERSATION_CLOSED, now)
    return conversation


def end(
    conversation: Conversation, outcome: Outcome, actor: User | None, act: Act, now: datetime
) -> None:
    """Set the final columns of a locked conversation, note the passage and announce."""
    was = conversation.state
    conversation.state = State.CLOSED
    conversation.outcome = outcome
    conversation.closed_at = now
    conversation.reopen_until = now + reopen_delay(conversation, now)
    conversation.save(
        update_fields=[
            "state",
            "outcome",
            "closed_at",
            "reopen_until",
            "last_seq",
            "last_professional_at",
            "first_answer_at",
        ]
    )
    note_passage(conversation, from_state=was, act=act, actor=actor, now=now, outcome=outcome)
    if actor is None or actor.pk != conversation.patient_id:
        notify_patient(conversation, NoticeKind.CLOSED, now)
    announce(conversation, queue=was == State.WAITING)


def reopen_delay(conversation: Conversation, now: datetime) -> timedelta:
    """How long the patient may reopen: the setting of the territory's opening."""
    opening = _opening_of(conversation, now)
    return timedelta(days=opening.reopen_days) if opening else states.REOPEN_DELAY


def _opening_of(conversation: Conversation, now: datetime) -> Opening | None:
    departement = departement_of(conversation.commune)
    return opening_for(departement, local_day(departement, now))


def reopen(
    conversation_id: UUID, *, patient: User, scope: Scope, now: datetime | None = None
) -> Conversation:
    """The patient reopens within the delay: the conversation waits again, its past kept.

    Raises:
        Refused: NOT_FOUND, TOO_LATE, NOT_YOURS, TERRITORY_CLOSED (nobody is there to answer).
    """
    now = now or timezone.now()
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_patient(conversation, patient)
        if conversation.state != State.CLOSED:
            return conversation
        refuse_erased(conversation)
        permitted(conversation, states.Act.REOPEN)
        if conversation.reopen_until is None or now > conversation.reopen_until:
            raise Refused(RefusalCode.TOO_LATE, str(states.ReopenTooLate.message), status=409)
        opening = _opening_of(conversation, now)
        if opening is None:
            raise Refused(
                RefusalCode.TERRITORY_CLOSED,
                _("Le service n'est plus ouvert dans votre département."),
                status=409,
            )
        status = service_status(opening, departement_of(conversation.commune), now)
        conversation.promised_before = status.promised_before
        conversation.state = State.WAITING
        conversation.outcome = ""
        conversation.closed_at = None
        conversation.professional = None
        conversation.structure = None
        conversation.waiting_since = now
        say(conversation, sentences.REOPENED, now)
        conversation.save(
            update_fields=[
                "state",
                "outcome",
                "closed_at",
                "professional",
                "structure",
                "waiting_since",
                "promised_before",
                "last_seq",
            ]
        )
        note_passage(
            conversation,
            from_state=State.CLOSED,
            act=Act.CONVERSATION_REOPENED,
            actor=patient,
            now=now,
        )
        announce(conversation, queue=True)
    return conversation


def refuse_not_patient(conversation: Conversation, patient: User) -> None:
    if conversation.patient_id != patient.pk:
        raise Refused(
            RefusalCode.NOT_YOURS, _("Seule la personne qui a écrit peut le faire."), status=403
        )


def withdraw(
    conversation_id: UUID, *, patient: User, scope: Scope, now: datetime | None = None
) -> Conversation:
    """The patient no longer needs an answer. Closing twice does nothing more.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS.
    """
    now = now or timezone.now()
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_patient(conversation, patient)
        if conversation.state == State.CLOSED:
            return conversation
        permitted(conversation, states.Act.WITHDRAW)
        say(conversation, sentences.WITHDRAWN, now)
        end(conversation, Outcome.ABANDONED, patient, Act.CONVERSATION_CLOSED, now)
    return conversation


def expire(conversation_id: UUID, *, silent_since: datetime, now: datetime | None = None) -> bool:
    """Close a conversation that nobody has moved since a date; True if this call did.

    Being sent, reopened or taken counts as a move. The outcome says who was silent: EXPIRED when
    the patient waited for us, ABANDONED when we waited for the patient. Nothing is said in a
    conversation whose key is gone: it is closed and marked as erased.
    """
    now = now or timezone.now()
    lives = key_lives(conversation_id)
    with transaction.atomic():
        conversation = (
            Conversation.objects.select_for_update(of=("self",), skip_locked=True)
            .exclude(state=State.CLOSED)
            .filter(pk=conversation_id)
            .first()
        )
        if conversation is None:
            return False
        asked = max(at for at in (conversation.last_patient_at, conversation.waiting_since) if at)
        answered, taken = conversation.last_professional_at, conversation.taken_at
        if max(at for at in (asked, answered, taken) if at) > silent_since:
            return False
        patient_silent = bool(answered and answered >= asked)
        outcome = Outcome.ABANDONED if patient_silent else Outcome.EXPIRED
        if lives:
            say(conversation, sentences.SILENT, now)
        end(conversation, outcome, None, Act.CONVERSATION_EXPIRED, now)
        if not lives:
            conversation.erased_at = now
            conversation.save(update_fields=["erased_at"])
    return True
