"""Hints, catch-up and receipts: how a committed line reaches the views.

PostgreSQL is the only truth. The channel layer carries hints without content, one second at
most; a hint that gets lost costs time, never a line, because every view reads from its cursor.
The only user of the channel layer.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from celery import current_app
from channels.layers import get_channel_layer

from messagerie.contents import Line, open_lines
from messagerie.models import Conversation, Message, MessageKind

logger = logging.getLogger(__name__)

NOTICE_COUNTDOWN = 11  # seconds; a little more than messagerie.tasks.DELAY
PAGE = 200  # lines read at most in one catch-up step
HINT_SECONDS = 1


@dataclass(frozen=True)
class Receipts:
    """How far each side's device has received, and each side's page was seen."""

    last_seq: int
    patient_delivered: int
    patient_opened: int
    professional_delivered: int
    professional_opened: int


def conversation_group(conversation_id: UUID) -> str:
    return f"conversation.{conversation_id.hex}"


def queue_group(departement_code: str) -> str:
    return f"queue.{departement_code}"


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Announce nothing meanwhile: for what is written in numbers and watched by nobody."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def _send(group: str, event: dict[str, Any]) -> None:
    """Send a hint; a layer that is down is logged and forgotten: the tick will catch up."""
    if _quiet.get():
        return
    try:
        async_to_sync(_send_soon)(group, event)
    except Exception as error:  # whatever the broker raises, the act itself is committed
        logger.warning("hint lost: %s", type(error).__name__)


async def _send_soon(group: str, event: dict[str, Any]) -> None:
    """A broker that answers nothing holds the act back for one second, no more."""
    await asyncio.wait_for(get_channel_layer().group_send(group, event), HINT_SECONDS)


async def own_channel() -> tuple[Any, str]:
    """The layer and a channel of one view; (None, "") when the broker does not answer."""
    layer = get_channel_layer()
    try:
        return layer, await asyncio.wait_for(layer.new_channel(), HINT_SECONDS)
    except Exception as error:  # whatever the broker raises, the view opens: the tick serves it
        logger.warning("view without hints: %s", type(error).__name__)
        return None, ""


def hint_conversation(conversation_id: UUID, seq: int) -> None:
    """Something new up to `seq` in a conversation."""
    _send(
        conversation_group(conversation_id),
        {"type": "conversation.hint", "conversation": str(conversation_id), "seq": seq},
    )


def hint_receipts(conversation_id: UUID) -> None:
    """A receipt moved in a conversation."""
    _send(
        conversation_group(conversation_id),
        {"type": "receipts.hint", "conversation": str(conversation_id)},
    )


def hint_queue(departement_code: str) -> None:
    """The queue of a department changed."""
    _send(queue_group(departement_code), {"type": "queue.hint"})


def hint_desk(user_id: int) -> None:
    """A conversation that this professional holds moved: their left column may have changed."""
    _send(user_group(user_id), {"type": "queue.hint"})


def wake_notices() -> None:
    """Have the mails sent a moment from now; without a broker, the minute's task will."""
    if _quiet.get():
        return
    try:
        current_app.send_task("messagerie.tasks.send_notices", countdown=NOTICE_COUNTDOWN)
    except Exception as error:  # whatever the broker raises, the notice is committed
        logger.warning("wake-up lost: %s", type(error).__name__)


def hint_rights(user_id: int) -> None:
    """The session or the rights of an account may have changed: its sockets must prove again."""
    _send(user_group(user_id), {"type": "rights.hint"})


def lines_after(conversation_id: UUID, cursor: int, limit: int = PAGE) -> list[Line]:
    """The lines after a cursor, in order: delivery and catch-up are this one function.

    The caller has checked that the reader may see the conversation.
    """
    return open_lines(
        Message.objects.filter(conversation_id=conversation_id, seq__gt=cursor).order_by("seq")[
            :limit
        ]
    )


def lines_before(conversation_id: UUID, before: int | None, limit: int = PAGE) -> list[Line]:
    """The last lines, or the last before a number, oldest first. Same condition as above."""
    messages = Message.objects.filter(conversation_id=conversation_id)
    if before is not None:
        messages = messages.filter(seq__lt=before)
    return open_lines(reversed(messages.order_by("-seq")[:limit]))


def lines_of_kind(conversation_id: UUID, kind: MessageKind) -> list[Line]:
    """The lines of one kind, in order. Same condition as above."""
    return open_lines(
        Message.objects.filter(conversation_id=conversation_id, kind=kind).order_by("seq")
    )


def receipts_of(conversation: Conversation) -> Receipts:
    return Receipts(
        last_seq=conversation.last_seq,
        patient_delivered=conversation.patient_delivered_seq,
        patient_opened=conversation.patient_opened_seq,
        professional_delivered=conversation.professional_delivered_seq,
        professional_opened=conversation.professional_opened_seq,
    )
