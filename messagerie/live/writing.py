"""Lines and receipts in: what waits at the same moment goes in one transaction.

A line is acknowledged, and shown, after its transaction is committed. In the same transaction the
sessions of who writes and of who watches are compared with their proof: a line of a session that
ended is not kept, and no line is served to one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import msgspec
import psycopg

from messagerie import delivery, frames
from messagerie.actions.lines import LATER, Kept, NewLine, Verdict, keep
from messagerie.actions.reading import Moved, Seen, advance
from messagerie.actions.statements import Steps
from messagerie.contents import Line
from messagerie.errors import RefusalCode, Refused
from messagerie.live.lane import Lane
from messagerie.live.looking import tell_state
from messagerie.live.view import View
from messagerie.models import MessageKind, Side
from messagerie.rendering import line_frame
from messagerie.rights import Row, side_of
from orientation.standing import stamps_statement

if TYPE_CHECKING:
    from messagerie.live.hub import Hub

logger = logging.getLogger(__name__)

GROUP = 500  # lines in one transaction
LANES = 2  # while the database works for one, the process prepares the other
WAIT_LOCKED = 0.02  # seconds before a line asks again for a lock that somebody else holds
WAIT_BROKEN = 0.3  # the same, when the database does not answer
PATIENCE = 8  # seconds, after which the device is told to try again
Answer = TypeVar("Answer")
Stamps = dict[str, str]


class Waiting(msgspec.Struct):
    """A line, the view that sent it, its text, and since when it waits (time.monotonic)."""

    view: View
    line: NewLine
    text: str
    since: float


class Writer:
    """The lanes of one process through which every socket's lines and receipts go."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._lines = [Lane(self._carry_lines, GROUP) for _ in range(LANES)]
        self._seen: Lane[tuple[View, Seen]] = Lane(self._carry_seen, GROUP)
        # Lines that could not go yet. Later lines of the same conversation wait behind them.
        self._aside: dict[UUID, list[Waiting]] = {}
        self.lanes = (*self._lines, self._seen)

    def send(self, view: View, line: NewLine, text: str) -> None:
        """Give a line its turn. Its answer, ack or nack, goes to the view."""
        view.under_way += 1
        waiting = Waiting(view, line, text, time.monotonic())
        aside = self._aside.get(line.conversation_id)
        if aside is None:
            self._lane(line.conversation_id).put(waiting)
        else:
            aside.append(waiting)

    def _lane(self, conversation_id: UUID) -> Lane[Waiting]:
        """Always the same for one conversation: its lines keep their order."""
        return self._lines[conversation_id.int % LANES]

    def seen(self, view: View, seen: Seen) -> None:
        """Note a receipt."""
        self._seen.put((view, seen))

    # --- Lines

    async def _carry_lines(self, group: list[Waiting]) -> None:
        try:
            await self._keep(group)
        except psycopg.OperationalError as error:
            # Perhaps committed, perhaps not: each line comes again under its own id, harmlessly.
            logger.warning("lines put off: %s", type(error).__name__)
            self._put_aside(group, WAIT_BROKEN)
        except Exception as error:
            if len(group) > 1:  # one bad row must not fail its neighbours
                for waiting in group:
                    await self._carry_lines([waiting])
            else:
                logger.error("line not kept: %s", type(error).__name__)
                self._refuse(group[0], busy())

    async def _keep(self, group: list[Waiting]) -> None:
        hub = self._hub
        lines = [waiting.line for waiting in group]
        sessions = {waiting.view.session_key: waiting.view.user_id for waiting in group}
        for conversation_id in {line.conversation_id for line in lines}:
            for view in hub.watching.get(conversation_id, ()):
                sessions[view.session_key] = view.user_id
        stamps: Stamps = {}

        def proved(found: Stamps) -> None:
            stamps.update(found)
            for waiting in group:
                view = waiting.view
                waiting.line.ready = found.get(view.session_key) == view.proof.stamp
                waiting.line.scope = view.scope

        verdicts = await hub.pool.carry(
            _beside_stamps(sessions, keep(lines, skip_locked=True), proved)
        )
        # Committed from here on.
        self._answer(group, verdicts, stamps)

    def _answer(self, group: list[Waiting], verdicts: list[Verdict], stamps: Stamps) -> None:
        hints = delivery.Hints()
        later: list[Waiting] = []
        unproved: set[View] = set()
        answered = False
        for waiting, verdict in zip(group, verdicts, strict=True):
            if verdict is LATER:
                later.append(waiting)
                if not waiting.line.ready:
                    unproved.add(waiting.view)
            elif isinstance(verdict, Refused):
                self._refuse(waiting, verdict)
            else:
                assert isinstance(verdict, Kept)
                self._acknowledge(waiting, verdict)
                if verdict.created:
                    hints.line(verdict.row)
                    answered = answered or verdict.side == Side.PROFESSIONAL
                    self._show(waiting, verdict, stamps)
        if later:
            self._put_aside(later, WAIT_LOCKED)
        if unproved:
            self._hub.sessions.prove_again(unproved)
        if hints.conversations:
            self._hub.tell(hints)
        if answered:
            self._hub.wake_notices()

    def _acknowledge(self, waiting: Waiting, kept: Kept) -> None:
        waiting.view.under_way -= 1
        waiting.view.say(
            {
                "t": "ack",
                "conversation": waiting.line.conversation_id,
                "id": waiting.line.client_id,
                "seq": kept.seq,
                "at": kept.at,
            }
        )

    def _refuse(self, waiting: Waiting, refused: Refused) -> None:
        waiting.view.under_way -= 1
        waiting.view.refuse(refused, waiting.line.conversation_id, waiting.line.client_id)

    def _show(self, waiting: Waiting, kept: Kept, stamps: Stamps) -> None:
        """Show a committed line to whoever takes part and stands right before it; the others, and
        those whose session moved, look from their cursor, as after any absence."""
        conversation_id = waiting.line.conversation_id
        text = ""
        for view in self._hub.watching.get(conversation_id, ()):
            watch = view.watched[conversation_id]
            if (
                watch.looking
                or watch.cursor != kept.seq - 1
                or view.full
                or side_of(kept.row, view.scope) is None
                or watch.told is None
                or stamps.get(view.session_key) != view.proof.stamp
            ):
                self._hub.look(view, conversation_id, watch)
            else:
                text = text or _line_text(waiting, kept)
                watch.cursor = kept.seq
                view.say_text(text)

    def _put_aside(self, later: list[Waiting], wait: float) -> None:
        """These lines wait, and every later line of their conversations behind them."""
        due = time.monotonic() - PATIENCE
        for waiting in later:
            if waiting.since < due:
                self._refuse(waiting, busy())
            else:
                self._aside.setdefault(waiting.line.conversation_id, []).append(waiting)
        ids = {waiting.line.conversation_id for waiting in later}
        asyncio.get_running_loop().call_later(wait, self._come_again, ids)

    def _come_again(self, ids: Iterable[UUID]) -> None:
        for pk in ids:
            lines = [one for one in self._aside.pop(pk, ()) if one.view.closing is None]
            if lines:
                self._lane(pk).put_first(lines)

    # --- Receipts

    async def _carry_seen(self, group: list[tuple[View, Seen]]) -> None:
        sessions = {view.session_key: view.user_id for view, _ in group}
        for conversation_id in {seen.conversation_id for _, seen in group}:
            for view in self._hub.watching.get(conversation_id, ()):
                sessions[view.session_key] = view.user_id
        stamps: Stamps = {}
        steps = _beside_stamps(
            sessions, advance([seen for _, seen in group], skip_locked=True), stamps.update
        )
        try:
            moved: Moved = await self._hub.pool.carry(steps)
        except Exception as error:  # the page says it again with its next line, or its next visit
            logger.warning("receipts put off: %s", type(error).__name__)
            return
        if moved.later:
            later = {id(seen) for seen in moved.later}
            again = [item for item in group if id(item[1]) in later]
            asyncio.get_running_loop().call_later(WAIT_LOCKED, self._seen_again, again)
        if not moved.rows:
            return
        self._show_receipts(moved.rows, stamps)
        self._hub.tell(delivery.Hints(conversations=dict.fromkeys(moved.rows, 0)))

    def _seen_again(self, again: list[tuple[View, Seen]]) -> None:
        for view, seen in again:
            if view in self._hub.views:
                self._seen.put((view, seen))

    def _show_receipts(self, rows: dict[UUID, Row], stamps: Stamps) -> None:
        for conversation_id, row in rows.items():
            for view in self._hub.watching.get(conversation_id, ()):
                watch = view.watched[conversation_id]
                proved = stamps.get(view.session_key) == view.proof.stamp
                if watch.looking or not proved or side_of(row, view.scope) is None:
                    self._hub.look(view, conversation_id, watch)
                elif watch.told is not None:
                    tell_state(view, watch, row)


def _beside_stamps(
    sessions: dict[str, int], steps: Steps[Answer], proved: Callable[[Stamps], None]
) -> Steps[Answer]:
    """An act with, in its first step, the stamps of the sessions that it serves; `proved` is
    given them before the act goes on."""
    first = next(steps)
    stamps, *given = yield [stamps_statement(list(sessions.items())), *first]
    proved(dict(stamps))
    try:
        statements = steps.send(given)
        while True:
            statements = steps.send((yield statements))
    except StopIteration as done:
        return done.value


def _line_text(waiting: Waiting, kept: Kept) -> str:
    line = Line(
        seq=kept.seq,
        side=kept.side,
        kind=MessageKind.TEXT,
        sender_id=waiting.line.author_id,
        client_id=waiting.line.client_id,
        created_at=kept.at,
        body=waiting.text,
    )
    return frames.encode(line_frame(waiting.line.conversation_id, line))


def busy() -> Refused:
    return Refused(
        RefusalCode.BUSY,
        "Le service est très occupé. Votre message sera renvoyé dans un instant.",
        status=503,
        retry=True,
    )
