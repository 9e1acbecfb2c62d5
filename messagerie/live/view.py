"""One socket: what it follows, what it is owed, and the one task that sends.

A view never holds lines for a slow reader: past `FULL` characters it stops taking them, and reads
again from its cursor when the reader has caught up.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from messagerie import frames
from messagerie.errors import Refused
from messagerie.live.proving import Proof
from messagerie.models import Side
from messagerie.rights import Row
from orientation.scope import Scope

CLOSE_SIGN_IN = 4401  # the session is over: the page goes to the sign-in page
CLOSE_FORBIDDEN = 4403  # this account has no live view
CLOSE_TRY_LATER = 1013  # the service cannot, or the page reads nothing: it tries again by itself
CLOSE_RESTART = 1012  # the service starts anew, or its numbers changed
FULL = 65_536  # characters that wait for the reader, past which lines wait in the database
OVERFULL = 1_048_576  # characters of answers that nobody reads, past which the view is closed

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Watch:
    """One conversation that a view follows."""

    __slots__ = ("again", "behind", "cursor", "looking", "opening", "restart", "row", "told")

    def __init__(self, cursor: int) -> None:
        self.cursor = cursor
        self.row: Row | None = None  # the conversation, as it was when the view was last told
        self.told: tuple[object, ...] | None = None  # state and receipts last said
        self.opening = True  # asked for, and not served yet: its first reading is journaled
        self.restart: int | None = None  # asked for again meanwhile, from this cursor
        self.looking = False  # a reading from the database is under way
        self.again = False  # something moved meanwhile: read again after it
        self.behind = False  # the reader is slow: read again when it has caught up

    def start_again(self, cursor: int) -> None:
        """Serve from this cursor, as at first; the opening was journaled a moment ago, or will
        not be written twice."""
        self.cursor = cursor
        self.told = self.restart = None
        self.opening = True


class View:
    """One page of a patient or of a professional.

    Args:
        session_key: the session behind it, proved again and again.
        proof: what that session is and may, as of now.
        send: the ASGI send of its socket.
    """

    __slots__ = (
        "_idle",
        "_on_room",
        "_out",
        "_send",
        "_sender",
        "_waits",
        "closing",
        "desk",
        "desk_at",
        "desk_due",
        "frames_at",
        "proof",
        "session_key",
        "stuck",
        "task",
        "typed_at",
        "under_way",
        "user_id",
        "watched",
    )

    def __init__(self, session_key: str, proof: Proof, send: Send) -> None:
        self.session_key = session_key
        self.proof = proof
        self.user_id: int = proof.user.pk
        self.watched: dict[UUID, Watch] = {}
        self.desk: object | None = None  # what the left column stood on; None when not asked for
        self.desk_at = 0.0  # when it was last read, on the clock of the loop
        self.desk_due: asyncio.TimerHandle | None = None
        self.under_way = 0  # lines given to the lane, not answered yet
        self.typed_at = 0.0
        self.frames_at = 0.0  # when the frames heard so far are paid for; see consumers
        self.closing: int | None = None
        self.stuck = 0  # turns of the tick during which the same frame was being sent
        self.task: asyncio.Task[None] | None = asyncio.current_task()
        self._send = send
        self._out: deque[str] = deque()
        self._waits = 0  # characters in `_out`
        self._idle: asyncio.Future[None] | None = None  # what the sending task waits on
        self._sender = asyncio.get_running_loop().create_task(self._deliver())
        self._on_room: Callable[[View], None] | None = None

    @property
    def scope(self) -> Scope:
        return self.proof.scope

    def stands(self, stamps: Mapping[str, str], today: date) -> bool:
        """Whether the session is still what was proved: same stamp, same day (roles begin and
        end with days)."""
        proof = self.proof
        return stamps.get(self.session_key) == proof.stamp and proof.day == today

    @property
    def full(self) -> bool:
        """Whether lines should wait in the database for now."""
        return self._waits > FULL

    @property
    def sending(self) -> bool:
        return self._idle is None and not self._sender.done()

    def when_room(self, act: Callable[["View"], None]) -> None:
        """Once everything that waits is sent, call `act`."""
        self._on_room = act

    def say(self, frame: dict[str, Any]) -> None:
        self.say_text(frames.encode(frame))

    def say_text(self, text: str) -> None:
        """Queue one encoded frame."""
        if self.closing is not None:
            return
        self._out.append(text)
        self._waits += len(text)
        if self._waits > OVERFULL:
            self.close(CLOSE_TRY_LATER)
        elif self._idle is not None:
            self._wake()

    def _wake(self) -> None:
        idle, self._idle = self._idle, None
        if idle is not None and not idle.done():
            idle.set_result(None)

    def refuse(self, refused: Refused, conversation: UUID | None, line: UUID | None = None) -> None:
        """Say that a frame is refused; with `line`, the one of that id."""
        answer: dict[str, Any] = {
            "t": "nack",
            "conversation": conversation,
            "code": refused.code,
            "retry": refused.retry,
            "message": refused.sentence,
        }
        if refused.after is not None:
            answer["after"] = refused.after
        if line is not None:
            answer["id"] = line
        self.say(answer)

    def drop(self, conversation: UUID, refused: Refused | None) -> None:
        """Follow this conversation no more, and say why; the hub forgets it too."""
        self.watched.pop(conversation, None)
        if refused is None:
            self.say({"t": "gone", "conversation": conversation})
        else:
            self.refuse(refused, conversation)

    def close(self, code: int) -> None:
        """Close the socket; nothing that waits is served any more."""
        if self.closing is None:
            self.closing = code
            self._out.clear()
            self._waits = 0
            self._wake()

    def abandon(self) -> None:
        """The reader does not even take the closing: end the socket's own task."""
        if self.task is not None:
            self.task.cancel()

    def give_up(self) -> None:
        """The socket is gone: stop sending."""
        self.closing = self.closing or 1006
        self._out.clear()
        self._sender.cancel()
        if self.desk_due is not None:
            self.desk_due.cancel()

    async def _deliver(self) -> None:
        """Send what waits, in order. The only task that sends on this socket."""
        out, send = self._out, self._send
        try:
            while True:
                while out:
                    text = out.popleft()
                    self._waits -= len(text)
                    await send({"type": "websocket.send", "text": text})
                    self.stuck = 0
                if self.closing is not None:
                    await send({"type": "websocket.close", "code": self.closing})
                    return
                if self._on_room is not None:
                    act, self._on_room = self._on_room, None
                    act(self)
                else:
                    self._idle = asyncio.get_running_loop().create_future()
                    await self._idle
        except (OSError, RuntimeError):  # the socket is gone: its own task ends by itself
            out.clear()

    def say_typing(self, conversation: UUID, side: Side) -> None:
        self.say({"t": "typing", "conversation": conversation, "side": side})
