"""Take a waiting conversation, or hand it back to the queue."""

import uuid
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comptes.models import Act, User
from messagerie.actions.writing import announce, append, locked, note_passage
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.models import Conversation, MessageKind, Side
from messagerie.states import State
from orientation.models import Structure
from orientation.scope import Scope


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
        append(
            conversation,
            sender=None,
            side=Side.SERVICE,
            kind=MessageKind.EVENT,
            client_id=uuid.uuid4(),
            body=f"{professional.professional.public_name} ({structure.name}) "
            "a pris votre question.",
            now=now,
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
        conversation.state = State.WAITING
        conversation.professional = None
        conversation.structure = None
        append(
            conversation,
            sender=None,
            side=Side.SERVICE,
            kind=MessageKind.EVENT,
            client_id=uuid.uuid4(),
            body="Votre question revient à l'équipe de garde. "
            "Un autre professionnel va vous répondre.",
            now=now,
        )
        conversation.save(update_fields=["state", "professional", "structure", "last_seq"])
        note_passage(
            conversation,
            from_state=State.IN_PROGRESS,
            act=Act.CONVERSATION_RETURNED,
            actor=professional,
            now=now,
        )
        announce(conversation, queue=True)
    return conversation


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
