"""Lines in: what waits at the same moment goes in one transaction.

A line is acknowledged, and shown, after its transaction is committed. In the same transaction the
sessions of who writes and of who watches are compared with their proof: a line of a session that
ended is not kept, and no line is served to one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import msgspec
import psycopg

from messagerie import delivery, frames
from messagerie.actions.alone import Session, judged, keep_alone, kept_alone
from messagerie.actions.lines import LATER, Kept, NewLine, Verdict, keep
from messagerie.actions.statements import Steps
from messagerie.contents import Line
from messagerie.errors import RefusalCode, Refused
from messagerie.live.lane import Lane
from messagerie.live.proving import today
from messagerie.live.view import View, Watch
from messagerie.models import MessageKind, Side
from messagerie.rendering import line_frame
from messagerie.rights import side_of
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
    """The lanes of one process through which every socket's lines go."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._lines = [Lane(self._carry_lines, GROUP) for _ in range(LANES)]
        # Lines that could not go yet. Later lines of the same conversation wait behind them.
        self._aside: dict[UUID, list[Waiting]] = {}
        self.lanes = tuple(self._lines)

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

    # --- Lines

    async def _carry_lines(self, group: list[Waiting]) -> None:
        group = self._behind_aside(group)
        if not group:
            return
        try:
            verdicts, stamps = await self._keep(group)
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
        else:
            self._answer(group, verdicts, stamps)

    def _behind_aside(self, group: list[Waiting]) -> list[Waiting]:
        """Without the lines whose conversation waits aside: they go behind, in their order."""
        free = []
        for waiting in group:
            aside = self._aside.get(waiting.line.conversation_id)
            if aside is None:
                free.append(waiting)
            else:
                aside.append(waiting)
        return free

    async def _keep(self, group: list[Waiting]) -> tuple[list[Verdict], Stamps]:
        """When this returns, the lines of the group that it says kept are committed."""
        hub = self._hub
        lines = [waiting.line for waiting in group]
        sessions = {waiting.view.session_key: waiting.view.user_id for waiting in group}
        for conversation_id in {line.conversation_id for line in lines}:
            for view in hub.watching.get(conversation_id, ()):
                sessions[view.session_key] = view.user_id
        if len(group) == 1:
            kept, stamps = await self._keep_alone(group[0], sessions)
            if kept is not None:
                return [kept], stamps
        stamps = {}

        def proved(found: Stamps) -> None:
            stamps.update(found)
            day = today()
            for waiting in group:
                waiting.line.ready = waiting.view.stands(found, day)
                waiting.line.scope = waiting.view.scope

        verdicts = await hub.pool.carry(
            beside_stamps(sessions, keep(lines, skip_locked=True), proved)
        )
        return verdicts, stamps

    async def _keep_alone(
        self, waiting: Waiting, sessions: dict[str, int]
    ) -> tuple[Kept | None, Stamps]:
        """A lone line, judged on what its view was last shown; None when that has changed."""
        view, line = waiting.view, waiting.line
        watch = view.watched.get(line.conversation_id)
        if watch is None or watch.row is None or view.proof.day != today():
            return None, {}
        line.scope = view.scope
        guess = judged(line, watch.row)
        if guess is None:
            return None, {}
        session = Session(view.session_key, view.proof.stamp)
        try:
            rows = await self._hub.pool.at_once(
                keep_alone(line, guess, session, list(sessions.items()))
            )
        except psycopg.errors.UniqueViolation:  # the same line came another way meanwhile
            return None, {}
        return kept_alone(guess, rows)

    def _answer(self, group: list[Waiting], verdicts: list[Verdict], stamps: Stamps) -> None:
        hints = delivery.Hints()
        later: list[Waiting] = []
        unproved: set[View] = set()
        answered, day = False, today()
        for waiting, verdict in zip(group, verdicts, strict=True):
            if verdict is LATER:
                later.append(waiting)
                if not waiting.line.ready:
                    unproved.add(waiting.view)
            elif isinstance(verdict, Refused):
                self._refuse(waiting, verdict)
            else:
                assert isinstance(verdict, Kept)
                self._tell(waiting, verdict, stamps, day)
                # A resend too: its first try may have been committed and never told.
                hints.line(verdict.row)
                answered = answered or verdict.side == Side.PROFESSIONAL
        if later:
            self._put_aside(later, WAIT_LOCKED)
        if unproved:
            self._hub.sessions.prove_again(unproved)
        if hints.conversations:
            self._hub.tell(hints)
        if answered:
            self._hub.wake_notices()

    def _tell(self, waiting: Waiting, kept: Kept, stamps: Stamps, day: date) -> None:
        """Say that a line is committed: first to who waits for it, then to its author, who has it
        before their eyes."""
        text = _line_text(waiting, kept)
        its_own = None
        for view, watch in self._hub.followers(waiting.line.conversation_id):
            if view is waiting.view:
                its_own = watch
            else:
                self._show(view, watch, kept, text, stamps, day)
        self._acknowledge(waiting, kept)
        if its_own is not None:
            self._show(waiting.view, its_own, kept, text, stamps, day)

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

    def _show(
        self, view: View, watch: Watch, kept: Kept, text: str, stamps: Stamps, day: date
    ) -> None:
        """Show a committed line to a view that takes part and stands right before it; another, or
        one whose session moved, looks from its cursor, as after any absence."""
        if watch.cursor >= kept.seq:
            return
        if (
            watch.looking
            or watch.cursor != kept.seq - 1
            or view.full
            or side_of(kept.row, view.scope) is None
            or watch.told is None
            or not view.stands(stamps, day)
        ):
            self._hub.look(view, kept.row.id, watch)
        else:
            watch.cursor = kept.seq
            view.say_text(text)

    def _put_aside(self, later: list[Waiting], wait: float) -> None:
        """These lines wait, and every later line of their conversations behind them. When one has
        waited too long, what its author wrote after it is refused with it: their order stays."""
        due = time.monotonic() - PATIENCE
        refused: set[tuple[UUID, int]] = set()
        for waiting in later:
            line = waiting.line
            if waiting.since < due or (line.conversation_id, line.author_id) in refused:
                refused.add((line.conversation_id, line.author_id))
                self._refuse(waiting, busy())
            else:
                self._aside.setdefault(line.conversation_id, []).append(waiting)
        for conversation_id, author_id in refused:
            self._refuse_aside(conversation_id, author_id)
        ids = {waiting.line.conversation_id for waiting in later}
        asyncio.get_running_loop().call_later(wait, self._come_again, ids)

    def _refuse_aside(self, conversation_id: UUID, author_id: int) -> None:
        aside = self._aside.get(conversation_id, [])
        for waiting in [one for one in aside if one.line.author_id == author_id]:
            aside.remove(waiting)
            self._refuse(waiting, busy())

    def _come_again(self, ids: Iterable[UUID]) -> None:
        for pk in ids:
            lines = [one for one in self._aside.pop(pk, ()) if one.view.closing is None]
            if lines:
                self._lane(pk).put_first(lines)


def beside_stamps(
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
        by=waiting.view.proof.name,
    )
    return frames.encode(line_frame(waiting.line.conversation_id, line))


def busy() -> Refused:
    return Refused(
        RefusalCode.BUSY,
        "Le service est très occupé. Votre message sera renvoyé dans un instant.",
        status=503,
        retry=True,
    )
