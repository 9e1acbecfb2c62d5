"""Take a waiting conversation, or hand it back to the queue."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comptes.models import Act, User
from messagerie import sentences
from messagerie.actions.writing import announce, locked, note_passage, say
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.models import Conversation
from messagerie.states import State
from orientation.models import Duty, Membership, Role, Structure
from orientation.scope import Scope

# How long a patient waits for somebody who has gone before the team gets the question back.
LEFT_WAITING = timedelta(hours=2)


def take(
    conversation_id: UUID, *, professional: User, scope: Scope, now: datetime | None = None
) -> Conversation:
    """Take a conversation of the queue: one compare-and-set, so that one person wins.

    Taking again what one already holds does nothing.

    Raises:
        Refused: NOT_ON_DUTY, ALREADY_TAKEN (saying by whom), NOT_FOUND.
    """
    now = now or timezone.now()
    if not scope.duty_structure_ids:
        raise Refused(
            RefusalCode.NOT_ON_DUTY,
            "Prenez d'abord votre garde pour prendre une conversation.",
            status=409,
        )
    with transaction.atomic():
        row = Conversation.objects.filter(pk=conversation_id).only("departement_id").first()
        structure = _structure_for(row, scope)
        won = (
            Conversation.objects.visible_to(scope)
            .filter(pk=conversation_id, state=State.WAITING)
            .update(
                state=State.IN_PROGRESS,
                professional=professional,
                structure=structure,
                taken_at=now,
            )
        )
        if not won:
            return _held_or_refused(conversation_id, professional, now)
        conversation = locked(conversation_id, scope)
        say(
            conversation,
            sentences.taken(professional.professional.public_name, structure.name),
            now,
        )
        conversation.save(update_fields=["last_seq"])
        note_passage(
            conversation,
            from_state=State.WAITING,
            act=Act.CONVERSATION_TAKEN,
            actor=professional,
            now=now,
        )
        announce(conversation, queue=True)
    return conversation


def _structure_for(row: Conversation | None, scope: Scope) -> Structure:
    """The structure of the duty under which the conversation is taken; hides what is foreign."""
    if row is None:
        raise not_found()
    structure = (
        Structure.objects.filter(pk__in=scope.duty_structure_ids, departement_id=row.departement_id)
        .order_by("pk")
        .first()
    )
    if structure is None:
        raise not_found()
    return structure


def _held_or_refused(conversation_id: UUID, professional: User, now: datetime) -> Conversation:
    conversation = Conversation.objects.select_related("professional__professional").get(
        pk=conversation_id
    )
    if conversation.state == State.IN_PROGRESS:
        if conversation.professional_id == professional.pk:
            return conversation
        holder = conversation.professional.professional.public_name
        raise Refused(
            RefusalCode.ALREADY_TAKEN,
            f"{holder} a pris cette conversation juste avant vous.",
            status=409,
        )
    raise Refused(
        RefusalCode.CLOSED,
        "Cette conversation n'est plus en attente : elle est close.",
        status=409,
    )


def hand_back(
    conversation_id: UUID, *, professional: User, scope: Scope, now: datetime | None = None
) -> Conversation:
    """Put a conversation back in the queue, at the place of its first waiting.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED.
    """
    now = now or timezone.now()
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_holder(conversation, professional)
        _requeue(conversation, actor=professional, now=now)
    return conversation


def release(conversation_id: UUID, *, now: datetime | None = None) -> bool:
    """The machine hands back what nobody answers for any more; True if this call did.

    Two cases: the holder may no longer act there (disabled, or out of the structure), or they
    left their duty while the patient waits, `LEFT_WAITING` after the patient's last line.
    """
    now = now or timezone.now()
    with transaction.atomic():
        conversation = (
            Conversation.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=conversation_id, state=State.IN_PROGRESS)
            .first()
        )
        if conversation is None or not _is_left(conversation, now):
            return False
        _requeue(conversation, actor=None, now=now)
    return True


def _is_left(conversation: Conversation, now: datetime) -> bool:
    holder = conversation.professional
    may_act = (
        holder.is_active
        and Membership.objects.active_on(timezone.localdate(now))
        .filter(user=holder, role=Role.PROFESSIONAL, structure=conversation.structure_id)
        .exists()
    )
    if not may_act:
        return True
    spoke = conversation.last_patient_at or conversation.opened_at
    answered = max(filter(None, [conversation.last_professional_at, conversation.taken_at]))
    waits = spoke > answered and now - spoke > LEFT_WAITING
    return waits and not Duty.objects.current().filter(user=holder).exists()


def _requeue(conversation: Conversation, *, actor: User | None, now: datetime) -> None:
    conversation.state = State.WAITING
    conversation.professional = None
    conversation.structure = None
    say(conversation, sentences.HANDED_BACK, now)
    conversation.save(update_fields=["state", "professional", "structure", "last_seq"])
    note_passage(
        conversation,
        from_state=State.IN_PROGRESS,
        act=Act.CONVERSATION_RETURNED,
        actor=actor,
        now=now,
    )
    announce(conversation, queue=True)


def refuse_not_holder(conversation: Conversation, professional: User) -> None:
    """Only the professional who holds an open conversation may act on it."""
    if conversation.state == State.CLOSED:
        raise Refused(RefusalCode.CLOSED, "Cette conversation est déjà close.", status=409)
    if conversation.state != State.IN_PROGRESS or conversation.professional_id != professional.pk:
        raise Refused(
            RefusalCode.NOT_YOURS,
            "Vous ne tenez pas cette conversation. Prenez-la d'abord.",
            status=409,
        )
