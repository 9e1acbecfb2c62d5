"""Write a line: the patient or the professional who holds the conversation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.journal import record
from comptes.models import Act, User
from messagerie import delivery
from messagerie.actions.writing import announce, append, locked, resent
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, MessageKind, Notice, NoticeKind, Side
from messagerie.states import State
from messagerie.texts import clean_text
from orientation.scope import Scope


@dataclass(frozen=True)
class Posted:
    """Where a line stands. `created` is False when it was a resend of a line already kept."""

    seq: int
    created: bool
    at: datetime


def writing_side(conversation: Conversation, author: User) -> Side:
    """On which side of the conversation this person writes.

    Raises:
        Refused: NOT_YOURS when it is neither the patient nor the professional who holds it.
    """
    if conversation.patient_id == author.pk:
        return Side.PATIENT
    if conversation.professional_id == author.pk:
        return Side.PROFESSIONAL
    raise Refused(
        RefusalCode.NOT_YOURS,
        "Prenez d'abord cette conversation pour pouvoir répondre.",
        status=409,
    )


def refuse_closed(conversation: Conversation) -> None:
    if conversation.state == State.CLOSED:
        raise Refused(
            RefusalCode.CLOSED,
            _(
                "Cette conversation est close : votre message n'est pas parti. "
                "Rouvrez-la, ou posez une nouvelle question."
            ),
            status=409,
        )


def post(
    conversation_id: UUID,
    *,
    author: User,
    scope: Scope,
    client_id: UUID,
    body: str,
    now: datetime | None = None,
) -> Posted:
    """Keep one line. When this returns, it is committed; a resend returns the first line's place.

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
    now = now or timezone.now()
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        held = resent(conversation, author, client_id, text)
        if held is not None:
            return Posted(seq=held.seq, created=False, at=held.created_at)
        side = writing_side(conversation, author)
        refuse_closed(conversation)
        message = append(
            conversation,
            sender=author,
            side=side,
            kind=MessageKind.TEXT,
            client_id=client_id,
            body=text,
            now=now,
        )
        conversation.save(
            update_fields=[
                "last_seq",
                "last_patient_at",
                "last_professional_at",
                "first_answer_at",
            ]
        )
        if side == Side.PROFESSIONAL:
            notify_patient(conversation, NoticeKind.ANSWER, now)
        record(
            Act.MESSAGE_POSTED,
            actor=author,
            conversation_id=conversation.pk,
            seq=message.seq,
            object_ref=f"client:{client_id}",
        )
        announce(conversation, queue=conversation.state == State.WAITING)
    return Posted(seq=message.seq, created=True, at=now)


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
