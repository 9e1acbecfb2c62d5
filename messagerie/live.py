"""The live views of this process, and the tick that reconciles them.

One tick per process, not per socket: it gives each view its turn, a few at once. It is what
makes a lost hint or a dead broker slow instead of lossy.
"""

import asyncio
import logging
from typing import Protocol
from uuid import UUID

logger = logging.getLogger(__name__)

TICK_SECONDS = 5
AT_ONCE = 8  # views reconciled at once: their database work shares the pool
TURN_SECONDS = 0.5  # after which the next view gets its turn


class View(Protocol):
    """One socket, as the tick sees it."""

    watched: dict[UUID, int]

    async def reconcile(self) -> None:
        """Prove the session again, then pump whatever is new."""
        ...


class Registry:
    """The sockets of this process; the tick runs while there is one."""

    def __init__(self) -> None:
        self._views: set[View] = set()
        self._tick: asyncio.Task[None] | None = None
        self._busy: dict[View, asyncio.Task[None]] = {}

    def add(self, view: View) -> None:
        self._views.add(view)
        if self._tick is None or self._tick.done():
            self._tick = asyncio.get_running_loop().create_task(self._run())

    def remove(self, view: View) -> None:
        self._views.discard(view)
        if not self._views and self._tick is not None:
            self._tick.cancel()
            self._tick = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            turns = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(self._turn(view, turns) for view in list(self._views)))

    async def _turn(self, view: View, turns: asyncio.Semaphore) -> None:
        """Give a view its turn. One that does not end keeps its task, and nobody waits for it:
        a page that reads nothing must not make the others late."""
        if view in self._busy:
            return
        async with turns:
            task = asyncio.get_running_loop().create_task(self._reconcile(view))
            self._busy[view] = task
            task.add_done_callback(lambda _: self._busy.pop(view, None))
            await asyncio.wait({task}, timeout=TURN_SECONDS)

    async def _reconcile(self, view: View) -> None:
        try:
            await view.reconcile()
        except Exception as error:  # one broken view must not stop the others
            logger.warning("reconcile failed: %s", type(error).__name__)


registry = Registry()
