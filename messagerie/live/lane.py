"""A lane: what arrives while one group is under way becomes the next group. No timer."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")


class Lane(Generic[Item]):
    """Groups of at most `limit` items, one group at a time, in the order of arrival.

    Args:
        carry: does one group. It answers each item itself, and lets no exception out; if one comes
            all the same, that group is left without an answer and the next ones go on.
        limit: the greatest number of items in a group.
    """

    def __init__(self, carry: Callable[[list[Item]], Awaitable[None]], limit: int) -> None:
        self._carry = carry
        self._limit = limit
        self._waiting: deque[Item] = deque()
        self._running: asyncio.Task[None] | None = None

    def put(self, item: Item) -> None:
        """Wait for a turn."""
        self._waiting.append(item)
        self._start()

    def put_first(self, items: list[Item]) -> None:
        """Come before whatever waits, in the order given: an item that could not go yet."""
        self._waiting.extendleft(reversed(items))
        self._start()

    async def drain(self, seconds: float) -> None:
        """Let what waits go, for so long at most."""
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=seconds)

    def stop(self) -> None:
        """Drop what waits: the process ends, or nobody is there to be answered."""
        self._waiting.clear()
        if self._running is not None:
            self._running.cancel()

    def _start(self) -> None:
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        waiting, limit = self._waiting, self._limit
        try:
            while waiting:
                group = [waiting.popleft() for _ in range(min(limit, len(waiting)))]
                try:
                    await self._carry(group)
                # Of any kind: those behind this group must not wait for ever, and who sent it tries
                # again. Only the name is logged: the message could hold what somebody wrote.
                except Exception as error:
                    logger.error("a group of %d was dropped: %s", len(group), type(error).__name__)
        finally:
            self._running = None
