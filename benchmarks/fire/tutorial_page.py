"""A page of the reference: history over HTTP, then the socket of one conversation.

More careful than its tutorials: a page that lost its socket is loaded again by itself, and what was
typed and not echoed yet is sent again. It cannot know more: the messages have no identity. The
UUID at the start of each text is for the checker only.
"""

import asyncio
import contextlib
import json
import random

import websockets
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.fire.history import History
from benchmarks.fire.links import HOST, Door

PATIENCE = 10.0  # seconds, for the history and for the handshake
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0


class TutorialPage:
    """One person in one conversation."""

    def __init__(self, who: str, conversation: str, door: Door, history: History) -> None:
        self.who = who
        self._conversation = conversation
        self._door, self._history = door, history
        self._outbox: dict[str, str] = {}  # not echoed yet: UUID -> text
        self._socket: ClientConnection | None = None
        self._run: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def open(self, *, loaded: bool = False) -> None:
        """`loaded`: the page has just read its history, only its socket is missing."""
        if not loaded:
            self._history.view(self._conversation, self.who, self._door.name)
        self._run = asyncio.create_task(self._keep_linked(loaded))

    async def close(self) -> None:
        if self._run is not None:
            self._run.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._run

    @property
    def linked(self) -> bool:
        return self._socket is not None

    def say(self, conversation: str, id: str, body: str) -> None:
        self._outbox[id] = body
        if self._socket is not None:
            task = asyncio.create_task(self._send(self._socket, body))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, socket: ClientConnection, body: str) -> None:
        with contextlib.suppress(websockets.WebSocketException, OSError):
            await socket.send(json.dumps({"message": body}))

    async def _keep_linked(self, loaded: bool) -> None:
        tries = 0
        while True:
            with contextlib.suppress(
                websockets.WebSocketException, OSError, TimeoutError, ValueError, EOFError
            ):
                if not loaded:
                    await self.load()
                loaded = False
                async with self._connect() as socket:
                    tries = 0
                    await self._serve(socket)
            if self._socket is not None:
                self._socket = None
                self._history.link(self.who, self._door.name, up=False)
            await asyncio.sleep(random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**tries)))
            tries = min(tries + 1, 10)

    def _connect(self) -> connect:
        path = f"ws/chat/{self._conversation}/{self.who}/"
        return connect(
            f"ws://{HOST}:{self._door.port}/{path}",
            open_timeout=PATIENCE,
            close_timeout=1,
            compression=None,
            proxy=None,
        )

    async def load(self) -> None:
        """What the page shows when it is loaded: everything so far, in order."""
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(HOST, self._door.port)
            try:
                host = f"{HOST}:{self._door.port}"
                path = f"/history/{self._conversation}/"
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            finally:
                writer.transport.abort()
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise OSError("no history")
        self._history.view(self._conversation, self.who, self._door.name)
        for message in json.loads(body):
            self._show(message)

    async def _serve(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._history.link(self.who, self._door.name, up=True)
        for body in list(self._outbox.values()):
            await self._send(socket, body)
        async for text in socket:
            message = json.loads(text)
            self._show(message)
            id = message["message"][:36]
            if message["sender"] == self.who and self._outbox.pop(id, None) is not None:
                self._history.ok(id)

    def _show(self, message: dict[str, str]) -> None:
        text = message["message"]
        self._history.seen(self._conversation, self.who, text[:36], text)
