"""Receipts in: how far each device has received, and each page was seen.

What one page says twice before its turn is said once. Its session is compared in the same
transaction: a session that ended marks nothing as opened.
"""

import asyncio
import logging
import time
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from messagerie import delivery
from messagerie.actions.reading import Moved, Seen, advance
from messagerie.live.lane import Lane
from messagerie.live.looking import tell_state
from messagerie.live.proving import today
from messagerie.live.view import View
from messagerie.live.writing import beside_stamps
from messagerie.rights import Row, side_of

if TYPE_CHECKING:
    from messagerie.live.hub import Hub

logger = logging.getLogger(__name__)

GROUP = 500
WAIT = 0.1  # seconds before a receipt is tried again
PATIENCE = 8  # seconds, after which it is left to what the page says next
Key = tuple[View, UUID]


class Pending(msgspec.Struct):
    """How far, and since when it waits (time.monotonic)."""

    delivered: int
    opened: int
    since: float


class Receipts:
    """The receipts of the views of one hub."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._pending: dict[Key, Pending] = {}
        self._lane: Lane[Key] = Lane(self._carry, GROUP)
        self.lanes = (self._lane,)
        self._put_off = 0  # groups that come again in a moment
        self._over = False  # the last page has left

    def note(self, view: View, conversation_id: UUID, seq: int, *, opened: bool) -> None:
        """A page has the lines up to `seq`. Kept even when the page leaves before its turn."""
        key = view, conversation_id
        held = self._pending.get(key)
        if held is None:
            self._pending[key] = Pending(seq, seq if opened else 0, time.monotonic())
            self._lane.put(key)
        else:
            held.delivered = max(held.delivered, seq)
            held.opened = max(held.opened, seq if opened else 0)

    async def drain(self, seconds: float) -> None:
        """Let what pages have just said go, for so long at most; what is said later is not
        heard any more."""
        end = time.monotonic() + seconds
        await self._lane.drain(seconds)
        while self._put_off and (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(WAIT, left))
            await self._lane.drain(left)
        self._over = True

    async def _carry(self, keys: list[Key]) -> None:
        waited = [(key, self._pending.pop(key)) for key in keys]
        group = [one for one in waited if not self._dropped(*one[0])]
        sessions = {view.session_key: view.user_id for (view, _), _ in group}
        for (_, conversation_id), _ in group:
            for view in self._hub.watching.get(conversation_id, ()):
                sessions[view.session_key] = view.user_id
        stamps: dict[str, str] = {}
        seen: list[Seen] = [Seen(pk, view.scope, 0, 0) for (view, pk), _ in group]
        unproved: set[View] = set()

        def proved(found: dict[str, str]) -> None:
            stamps.update(found)
            day = today()
            unproved.update(view for (view, _), _ in group if not view.stands(found, day))
            seen[:] = [
                Seen(pk, view.scope, held.delivered, held.opened)
                for (view, pk), held in group
                if view not in unproved
            ]

        try:
            moved: Moved = await self._hub.pool.carry(
                beside_stamps(sessions, advance(seen, skip_locked=True), proved)
            )
        except Exception as error:
            logger.warning("receipts put off: %s", type(error).__name__)
            self._later(group)
            return
        locked = {one.conversation_id for one in moved.later}
        here = unproved & self._hub.views  # whoever has left is not proved again
        self._later([one for one in group if one[0][1] in locked or one[0][0] in here])
        self._hub.sessions.prove_again(here)
        if moved.rows:
            self._show(moved.rows, stamps)
            self._hub.tell(delivery.Hints(conversations=dict.fromkeys(moved.rows, 0)))

    def _later(self, group: list[tuple[Key, Pending]]) -> None:
        due = time.monotonic() - PATIENCE
        again = [one for one in group if one[1].since >= due]
        if again and not self._over:
            self._put_off += 1
            asyncio.get_running_loop().call_later(WAIT, self._again, again)

    def _again(self, group: list[tuple[Key, Pending]]) -> None:
        self._put_off -= 1
        for key, held in group:
            if not self._over and not self._dropped(*key):
                self.note(*key, held.delivered, opened=False)
                waiting = self._pending[key]
                waiting.opened = max(waiting.opened, held.opened)
                waiting.since = min(waiting.since, held.since)

    def _dropped(self, view: View, conversation_id: UUID) -> bool:
        """Whether a page that is there follows this no more: what it said was about nothing."""
        return view in self._hub.views and conversation_id not in view.watched

    def _show(self, rows: dict[UUID, Row], stamps: dict[str, str]) -> None:
        day = today()
        for conversation_id, row in rows.items():
            for view, watch in self._hub.followers(conversation_id):
                served = not watch.looking and watch.told is not None and row.erased_at is None
                if served and view.stands(stamps, day) and side_of(row, view.scope) is not None:
                    tell_state(view, watch, row)
                else:
                    self._hub.look(view, conversation_id, watch)
