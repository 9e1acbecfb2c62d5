"""Write a line of the journal, in the transaction of the act it tells."""

from uuid import UUID

from django.utils import timezone

from comptes.models import Act, JournalEntry, User


def record(
    act: Act,
    *,
    actor: User | None,
    conversation_id: UUID | None = None,
    seq: int | None = None,
    object_ref: str = "",
    reason: str = "",
) -> JournalEntry:
    """Add one line. It commits or rolls back with the act.

    Args:
        act: what was done.
        actor: who did it; None for the machine itself (a term reached at night).
        conversation_id: the conversation, if any.
        seq: the number of the message, if the act is about one.
        object_ref: another object, as "model:pk"; never a text typed by a person.
        reason: a code or a fixed French sentence; never a word of care.
    """
    return JournalEntry.objects.create(
        at=timezone.now(),
        act=act,
        actor_id=actor.pk if actor else None,
        actor_kind=actor.kind if actor else "",
        conversation_id=conversation_id,
        seq=seq,
        object_ref=object_ref,
        reason=reason,
    )
