"""Pages that ask and never read: the service must not keep everything in memory for them."""

import asyncio
import contextlib
import json
import socket
from collections import Counter
from collections.abc import Sequence

import websockets
from websockets.asyncio.client import connect
from websockets.typing import Origin

from benchmarks.fire.links import HOST

RECEIVE_BUFFER = 4_096
ASK_EVERY = 1.0  # seconds between two questions for the whole conversation
OPENED_PER_SECOND = 50


class DeafPages:
    """Straight to the web processes, by turns."""

    def __init__(self, backends: Sequence[int], session: str, conversation: str) -> None:
        self._backends = backends
        self._headers = {"Cookie": f"sessionid={session}"}
        self._watch = json.dumps({"t": "watch", "conversation": conversation, "cursor": 0})
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: Counter[str] = Counter()

    def start(self, count: int) -> None:
        self._tasks = [asyncio.create_task(self._page(number)) for number in range(count)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def told(self) -> dict[str, int]:
        """How many were closed by the service, still open at the end, or never let in."""
        return dict(self._ends)

    async def _page(self, number: int) -> None:
        await asyncio.sleep(number / OPENED_PER_SECOND)
        port = self._backends[number % len(self._backends)]
        end = "refused"
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        try:
            link.setblocking(False)
            await asyncio.get_running_loop().sock_connect(link, (HOST, port))
            page = await connect(
                f"ws://{HOST}:{port}/ws/v1/",
                sock=link,
                origin=Origin(f"http://{HOST}:{port}"),
                additional_headers=self._headers,
                max_queue=1,
                ping_interval=None,
                compression=None,
            )
            end = "open"
            try:
                while True:  # until the service closes: writing then fails
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(page.send(self._watch), ASK_EVERY)
                    await asyncio.sleep(ASK_EVERY)
            finally:
                page.transport.abort()
        except (websockets.WebSocketException, OSError):
            end = "refused" if end == "refused" else "closed"
        finally:
            self._ends[end] += 1
            link.close()
