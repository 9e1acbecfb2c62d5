"""Open a conversation for a person, and note what reached them. Every opening is journaled."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from comptes.journal import record
from comptes.models import Act, JournalEntry, User
from messagerie import delivery
from messagerie.errors import not_found
from messagerie.models import Conversation
from orientation.scope import Scope

RECENT = timedelta(minutes=10)


def open_for_reading(conversation_id: UUID, *, reader: User, scope: Scope) -> Conversation:
    """The conversation, if the scope may open it; the opening goes to the journal.

    Raises:
        Refused: NOT_FOUND.
    """
    conversation = (
        Conversation.objects.visible_to(scope)
        .select_related("commune", "departement", "cpts", "structure", "professional__professional")
        .filter(pk=conversation_id)
        .first()
    )
    if conversation is None:
        raise not_found()
    record(Act.CONVERSATION_READ, actor=reader, conversation_id=conversation.pk)
    return conversation


def note_reading(conversation_id: UUID, *, reader: User, scope: Scope) -> None:
    """A live view opens a conversation: journaled, unless the page just did (`RECENT`).

    A view that finds its link again asks again; one reading is not written at each of them.

    Raises:
        Refused: NOT_FOUND.
    """
    if not Conversation.objects.visible_to(scope).filter(pk=conversation_id).exists():
        raise not_found()
    recent = JournalEntry.objects.filter(
        conversation_id=conversation_id,
        actor_id=reader.pk,
        act=Act.CONVERSATION_READ,
        at__gte=timezone.now() - RECENT,
    )
    if not recent.exists():
        record(Act.CONVERSATION_READ, actor=reader, conversation_id=conversation_id)


def mark_delivered(conversation_id: UUID, *, reader: User, scope: Scope, seq: int) -> None:
    """The reader's device has the lines up to `seq`. Never goes back; others' are not touched."""
    _advance(conversation_id, reader, scope, seq, "delivered")


def mark_opened(conversation_id: UUID, *, reader: User, scope: Scope, seq: int) -> None:
    """The reader's page was visible with the lines up to `seq`."""
    _advance(conversation_id, reader, scope, seq, "opened")


def _advance(
    conversation_id: UUID,
    reader: User,
    scope: Scope,
    seq: int,
    what: Literal["delivered", "opened"],
) -> None:
    conversation = Conversation.objects.visible_to(scope).filter(pk=conversation_id)
    row = conversation.values("patient_id", "professional_id").first()
    if row is None:
        raise not_found()
    if row["patient_id"] == reader.pk:
        side = "patient"
    elif row["professional_id"] == reader.pk:
        side = "professional"
    else:
        return  # somebody of the team looks before taking: nobody's receipt moves
    fields = [f"{side}_{what}_seq"]
    if what == "opened":
        fields.append(f"{side}_delivered_seq")
    bound = Least(Value(seq), F("last_seq"))
    with transaction.atomic():
        moved = conversation.filter(**{f"{fields[0]}__lt": bound}).update(
            **{field: Greatest(F(field), bound) for field in fields}
        )
        if moved:
            transaction.on_commit(lambda: delivery.hint_receipts(conversation_id))
