"""The tick: one per process, not per socket. It makes a lost hint slow instead of lossy.

Each turn goes through all the views in parts: it compares the stamps of their sessions, and the
rows of what they follow with what they were told. The parts are spread over the time of a turn,
so that ten thousand views never make one burst.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any
from uuid import UUID

from messagerie.actions.statements import Rows, Steps
from messagerie.live import desk
from messagerie.live.looking import rows_statement
from messagerie.live.proving import today
from messagerie.live.view import CLOSE_TRY_LATER, View
from messagerie.rights import Row
from orientation.standing import stamps_statement

if TYPE_CHECKING:
    from messagerie.live.hub import Hub

logger = logging.getLogger(__name__)

SECONDS = 5  # one turn
PART = 250  # views of one part
DESKS_AT_ONCE = 4
STUCK_TURNS = 4  # a page that reads nothing for so many turns is closed


class Tick:
    """The reconciliation of the views of one hub."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._reading_desks = False

    async def run(self) -> None:
        while True:
            await asyncio.sleep(SECONDS / 2)
            views = list(self._hub.views)
            parts = [views[start : start + PART] for start in range(0, len(views), PART)]
            pause = SECONDS / 2 / max(1, len(parts))
            for part in parts:
                await self._try(self._reconcile(part))
                await asyncio.sleep(pause)
            await self._try(self._hub.pool.rest())
            if not self._reading_desks:
                self._hub.keep(self._read_desks())

    async def _try(self, work: Coroutine[Any, Any, None]) -> None:
        """Do a part of a turn. Whatever it meets, the database away most often, the next turn does
        it again; were the tick to end here, no lost hint would be made up for any more."""
        try:
            await work
        except Exception as error:
            logger.warning("tick put off: %s", type(error).__name__)

    async def _reconcile(self, views: list[View]) -> None:
        stamps, rows = await self._hub.pool.carry(_state(views))
        day = today()
        moved = []
        for view in views:
            if view not in self._hub.views:
                continue
            self._close_if_stuck(view)
            if not view.stands(stamps, day):
                moved.append(view)
                continue
            for conversation_id, watch in list(view.watched.items()):
                row = rows.get(conversation_id)
                if row is None or row.last_seq > watch.cursor or row.told != watch.told:
                    self._hub.look(view, conversation_id, watch)
        self._hub.sessions.prove_again(moved)

    def _close_if_stuck(self, view: View) -> None:
        view.stuck = view.stuck + 1 if view.sending else 0
        if view.stuck >= STUCK_TURNS:
            view.close(CLOSE_TRY_LATER)
            view.abandon()

    async def _read_desks(self) -> None:
        """Desks too are read without a hint, a few at once: they share the threads. However long
        it takes, the sessions do not wait for it."""
        self._reading_desks = True
        turns = asyncio.Semaphore(DESKS_AT_ONCE)

        async def one(view: View) -> None:
            async with turns:
                await desk.read(view, self._hub)

        try:
            await asyncio.gather(*(one(view) for view in list(self._hub.desks)))
        finally:
            self._reading_desks = False


def _state(views: list[View]) -> Steps[tuple[dict[str, str], dict[UUID, Row]]]:
    given: list[Rows] = yield [
        stamps_statement([(view.session_key, view.user_id) for view in views]),
        rows_statement({pk for view in views for pk in view.watched}),
    ]
    return dict(given[0]), {row[0]: Row(*row) for row in given[1]}
