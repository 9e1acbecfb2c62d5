"""The live views of this process, and the tick that reconciles them.

One tick per process, not per socket: it asks once for the last number of every conversation
watched here, and once for the rights of everybody connected. It is what makes a lost hint or a
dead broker slow instead of lossy.
"""

import asyncio
import logging
from typing import Protocol
from uuid import UUID

logger = logging.getLogger(__name__)

TICK_SECONDS = 5


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
            for view in list(self._views):
                try:
                    await view.reconcile()
                except asyncio.CancelledError:
                    raise
                except Exception as error:  # one broken view must not stop the others
                    logger.warning("reconcile failed: %s", type(error).__name__)


registry = Registry()
