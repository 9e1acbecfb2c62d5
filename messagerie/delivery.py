"""Hints, catch-up and receipts: how a committed line reaches the views.

PostgreSQL is the only truth. The channel layer carries hints without content, one second at
most; a hint that gets lost costs time, never a line, because every view reads from its cursor.
The only user of the channel layer. Every process hears every hint on one group: ids are short,
processes are few, and a view then joins without asking the broker for anything.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync
from celery import current_app
from channels.layers import get_channel_layer

from messagerie.contents import Line, open_lines
from messagerie.models import Message, MessageKind
from messagerie.states import State

logger = logging.getLogger(__name__)

WAKE_SECONDS = 5  # one wake-up of the mails at most in this time, per process
NOTICE_COUNTDOWN = 16  # seconds; more than messagerie.tasks.DELAY and WAKE_SECONDS together
PAGE = 200  # lines read at most in one catch-up step
HINT_SECONDS = 1
GROUP = "live"
PROCESS = uuid4().hex  # whose hints are one's own


class Touched(Protocol):
    """What a hint needs to know of a conversation: a model, or a row of messagerie.rights."""

    @property
    def pk(self) -> UUID: ...

    last_seq: int
    state: str
    departement_id: str
    professional_id: int | None


_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Announce nothing meanwhile: for what is written in numbers and watched by nobody."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


@dataclass
class Hints:
    """What committed acts tell the views: ids only, gathered, then said at once.

    Attributes:
        conversations: the last number of each conversation that moved; 0 to look again anyhow
            (a receipt, a state).
        queues: departments whose queue changed.
        desks: professionals whose left column may have changed.
        rights: accounts whose session or rights may have changed.
        typing: (conversation, side) of whoever is typing.
    """

    conversations: dict[UUID, int] = field(default_factory=dict)
    queues: set[str] = field(default_factory=set)
    desks: set[int] = field(default_factory=set)
    rights: set[int] = field(default_factory=set)
    typing: set[tuple[UUID, str]] = field(default_factory=set)

    def moved(self, conversation: Touched, *, queue: bool = False) -> None:
        """A conversation moved: its views, the desk of who holds it, and its queue if asked."""
        self.conversations[conversation.pk] = conversation.last_seq
        if queue:
            self.queues.add(conversation.departement_id)
        if conversation.professional_id is not None:
            self.desks.add(conversation.professional_id)

    def line(self, conversation: Touched) -> None:
        """A line was kept; one that waits in the queue shows it there too."""
        self.moved(conversation, queue=conversation.state == State.WAITING)

    def event(self) -> dict[str, Any]:
        """As the layer carries it."""
        return {
            "type": "hints",
            "from": PROCESS,
            "conversations": {pk.hex: seq for pk, seq in self.conversations.items()},
            "queues": list(self.queues),
            "desks": list(self.desks),
            "rights": list(self.rights),
            "typing": [(pk.hex, side) for pk, side in self.typing],
        }

    @classmethod
    def of_event(cls, event: dict[str, Any]) -> "Hints":
        return cls(
            conversations={UUID(pk): seq for pk, seq in event["conversations"].items()},
            queues=set(event["queues"]),
            desks=set(event["desks"]),
            rights=set(event["rights"]),
            typing={(UUID(pk), side) for pk, side in event["typing"]},
        )

    def send(self) -> None:
        """Tell the views of this process, then the other processes. From a thread, not a loop."""
        if _quiet.get():
            return
        for loop, hear in list(_here.items()):
            try:
                loop.call_soon_threadsafe(hear, self)
            except RuntimeError:  # that loop has just ended, and its views with it
                _here.pop(loop, None)
        try:
            async_to_sync(publish)(self)
        except Exception as error:  # whatever the broker raises, the act itself is committed
            logger.warning("hint lost: %s", type(error).__name__)


# The live views of this process, by the loop that they run on: hints reach them without a broker.
_here: dict[asyncio.AbstractEventLoop, Callable[[Hints], None]] = {}


def hear_here(loop: asyncio.AbstractEventLoop, hear: Callable[[Hints], None] | None) -> None:
    """Have the hints of this process's acts told to `hear` on its loop; None to stop."""
    if hear is None:
        _here.pop(loop, None)
    else:
        _here[loop] = hear


async def publish(hints: Hints) -> None:
    """Tell the other processes; a broker that answers nothing holds us for one second, no more.

    Raises:
        Exception: whatever the broker raises. The tick of each process makes up for it.
    """
    await asyncio.wait_for(get_channel_layer().group_send(GROUP, hints.event()), HINT_SECONDS)


class Ear:
    """The hints of the other processes, for the views of this one."""

    def __init__(self) -> None:
        self._layer = get_channel_layer()
        self._channel = ""

    async def join(self) -> None:
        """Raises whatever the broker raises, after one second at most."""
        if not self._channel:  # one for ever: what is left behind would fill unread
            self._channel = await asyncio.wait_for(self._layer.new_channel(), HINT_SECONDS)
        await asyncio.wait_for(self._layer.group_add(GROUP, self._channel), HINT_SECONDS)

    async def next(self) -> Hints | None:
        """The next hint; None for one that came from this very process, which heard it already,
        or that another version of the service said in other words."""
        event = await self._layer.receive(self._channel)
        try:
            return None if event["from"] == PROCESS else Hints.of_event(event)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("hint not understood: %s", type(error).__name__)
            return None

    async def leave(self) -> None:
        if self._channel:
            await asyncio.wait_for(self._layer.group_discard(GROUP, self._channel), HINT_SECONDS)


def hint_rights(user_id: int) -> None:
    """The session or the rights of an account may have changed: its sockets must prove again."""
    Hints(rights={user_id}).send()


_woken = -3600.0  # when the mails were last woken, on the clock of time.monotonic


def may_wake() -> bool:
    """Whether a wake-up of the mails would be sent now."""
    return not _quiet.get() and time.monotonic() - _woken >= WAKE_SECONDS


def wake_notices() -> None:
    """Have the mails sent a moment from now; without a broker, the minute's task will.

    Who was woken a moment ago sees this notice too: a burst of answers makes one wake-up.
    """
    global _woken
    if not may_wake():
        return
    _woken = time.monotonic()
    try:
        current_app.send_task("messagerie.tasks.send_notices", countdown=NOTICE_COUNTDOWN)
    except Exception as error:  # whatever the broker raises, the notice is committed
        logger.warning("wake-up lost: %s", type(error).__name__)


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
