"""Write a line: the patient or the professional who holds the conversation."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comptes.models import User
from messagerie import delivery
from messagerie.actions.lines import Kept, NewLine, Side, closed, keep, not_yours, seal_line
from messagerie.actions.statements import run
from messagerie.errors import Refused
from messagerie.models import Conversation, Notice, NoticeKind
from messagerie.states import State
from messagerie.texts import clean_text
from orientation.scope import Scope


def writing_side(conversation: Conversation, author: User) -> Side:
    """On which side of the conversation this person writes.

    Raises:
        Refused: NOT_YOURS when it is neither the patient nor the professional who holds it.
    """
    if conversation.patient_id == author.pk:
        return Side.PATIENT
    if conversation.professional_id == author.pk:
        return Side.PROFESSIONAL
    raise not_yours()


def refuse_closed(conversation: Conversation) -> None:
    if conversation.state == State.CLOSED:
        raise closed()


def post(
    conversation_id: UUID,
    *,
    author: User,
    scope: Scope,
    client_id: UUID,
    body: str,
    now: datetime | None = None,
) -> Kept:
    """Keep one line. When this returns, it is committed; a resend returns the first line's place.

    The lines of sockets go through the same `keep`, many at a time (messagerie.live.writing).

    Args:
        conversation_id: a conversation visible to the scope.
        author: the patient, or the professional who holds it.
        client_id: UUID given by the device, the same for every try of one line.
        body: what was typed.
        now: the time of the act; the present one by default.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED, SAME_ID_OTHER_TEXT, or what `clean_text` says.
    """
    text = clean_text(body)
    sealed, mac = seal_line(conversation_id, author.pk, client_id, text)
    line = NewLine(
        conversation_id=conversation_id,
        author_id=author.pk,
        author_kind=author.kind,
        scope=scope,
        client_id=client_id,
        sealed=sealed,
        mac=mac,
        at=now or timezone.now(),
    )
    with transaction.atomic():
        (verdict,) = run(keep([line], skip_locked=False))
        if isinstance(verdict, Refused):
            raise verdict
        assert isinstance(verdict, Kept)  # nothing is skipped: the lock was waited for
        if verdict.created:
            hints = delivery.Hints()
            hints.line(verdict.row)
            transaction.on_commit(hints.send)
            if verdict.side == Side.PROFESSIONAL:
                transaction.on_commit(delivery.wake_notices)
    return verdict


def notify_patient(conversation: Conversation, kind: NoticeKind, now: datetime) -> None:
    """Plan one mail; while one is due, later lines wait with it."""
    Notice.objects.bulk_create(
        [
            Notice(
                user_id=conversation.patient_id,
                conversation=conversation,
                kind=kind,
                seq=conversation.last_seq,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    transaction.on_commit(delivery.wake_notices)
