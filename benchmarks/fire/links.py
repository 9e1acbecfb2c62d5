"""The network of the fire test: doors in front of the web processes, whose links can break.

A door listens on 127.0.0.1 and joins each link to a web process that answers, in turn. Reading
waits for writing, so that a page that reads nothing is felt by the service.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

HOST = "127.0.0.1"
CHUNK = 65_536


class Door:
    """One address for pages. `port` is known once it is open."""

    def __init__(self, name: str, backends: Sequence[int]) -> None:
        self.name = name
        self.port = 0
        self._backends = list(backends)
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0, backlog=2_048)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self.thaw()
            for link in list(self._links):
                link.abort()
            await asyncio.gather(*filter(None, self._tasks), return_exceptions=True)

    def freeze(self) -> None:
        """Half-open: from now on nothing comes through and nothing is said. Links of before never
        come back; those opened meanwhile wait for `thaw`."""
        self._passing.clear()
        for link in self._links:
            link.deaf = link.mute = True

    def mute(self) -> None:
        """What the service answers on the links of now gets lost; what pages say comes through."""
        for link in self._links:
            link.mute = True

    def thaw(self) -> None:
        self._passing.set()

    def cut(self) -> None:
        """All links end at once, as when a balancer restarts. Dead ones hear nothing of it."""
        for link in list(self._links):
            if not link.deaf:
                link.abort()

    def __len__(self) -> int:
        return len(self._links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link, task = Link(writer), asyncio.current_task()
        self._links.add(link)
        self._tasks.add(task)
        try:
            await self._passing.wait()
            there = await self._backend()
            if there is None:
                return
            there_reader, there_writer = there
            link.writers.append(there_writer)
            await asyncio.gather(
                link.carry(reader, there_writer, lost=lambda: link.deaf),
                link.carry(there_reader, writer, lost=lambda: link.mute),
            )
        except OSError:
            pass
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
            link.abort()

    async def _backend(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A link to the next web process that takes one; None when none does."""
        for _ in self._backends:
            self._turn = (self._turn + 1) % len(self._backends)
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(HOST, self._backends[self._turn])
        return None


class Link:
    """One page's link: two writers, one to each end."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.deaf = False  # what the page says gets lost, and its end is not told
        self.mute = False  # the same for what the service says
        self.writers = [writer]

    async def carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        lost: Callable[[], bool],
    ) -> None:
        try:
            while data := await reader.read(CHUNK):
                if not lost():
                    writer.write(data)
                    await writer.drain()
        except OSError:
            if not lost():
                raise
        if not lost() and not writer.is_closing():
            writer.write_eof()

    def abort(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
