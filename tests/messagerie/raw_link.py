"""A real web process, and a socket whose every byte a test chooses."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import struct
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connections

from config.embedded.ports import free_port
from config.start.instance import CHECKOUT, programs
from tests.config.conftest import until

WAIT = 30  # seconds: a ceiling on conditions, never a measure
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HEAD_SECONDS = 5


class WebProcess:
    """One web process on the databases of the tests."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "web.log"
        env = dict(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "MESSAGE_RATE_PER_SECOND": "1000",
            "MESSAGE_RATE_BURST": "1000",
        }
        for name, alias in (("DATABASE_URL", "default"), ("KEYS_DATABASE_URL", "keys")):
            address, _, _ = os.environ[name].rpartition("/")
            env[name] = f"{address}/{connections[alias].settings_dict['NAME']}"
        command = [*programs(self.port, Path(settings.STATE_DIR))[0].command]
        with open(self._log, "wb") as log:
            self.child = subprocess.Popen(
                [*command, "--head", str(HEAD_SECONDS)],
                cwd=CHECKOUT,
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    @property
    def log(self) -> str:
        return self._log.read_text()

    def stands(self) -> None:
        """Fail if the process ended, or wrote of an exception that nobody expected."""
        assert self.child.poll() is None, self.log
        for sign in ("Traceback", "Exception in ASGI", "ERROR"):
            assert sign not in self.log, self.log

    def stop(self) -> None:
        self.child.terminate()
        self.child.wait(WAIT)


@contextlib.contextmanager
def web_process(folder: Path) -> Iterator[WebProcess]:
    web = WebProcess(folder)
    try:
        until(lambda: web.child.poll() is not None or web.listens, seconds=WAIT)
        assert web.child.poll() is None, web.log
        yield web
    finally:
        web.stop()


def frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, mask: bool = True):
    """The bytes of one frame of RFC 6455."""
    head = bytes([(fin << 7) | (rsv << 4) | opcode])
    marked = mask << 7
    if len(payload) < 126:
        head += bytes([marked | len(payload)])
    elif len(payload) < 65_536:
        head += bytes([marked | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([marked | 127]) + struct.pack("!Q", len(payload))
    return head + b"\0\0\0\0" * mask + payload  # a mask of zeros leaves the payload as it is


def handshake(port: int, session: str, *, request: str = "GET /ws/v1/ HTTP/1.1", **changes):
    """The bytes of an opening; `changes` replace a header, or drop it with None."""
    headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{port}",
        "Origin": f"http://127.0.0.1:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(os.urandom(16)).decode(),
        "Cookie": f"sessionid={session}",
    }
    lines = [
        f"{name.replace('_', '-')}: {value}"
        for name, value in (headers | changes).items()
        if value is not None
    ]
    return "\r\n".join([request, *lines, "", ""]).encode("latin-1")


class RawLink:
    """A socket past its handshake, or that failed it: `status` is the answer's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0

    async def greet(self, opening: bytes) -> int:
        """Send an opening; the status of the answer, 0 for none."""
        self.writer.write(opening)
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                head = await self.reader.readuntil(b"\r\n\r\n")
                self.status = int(head.split(b" ")[1])
        return self.status

    def send(self, *frames: bytes) -> None:
        for one in frames:
            self.writer.write(one)

    def say(self, value: object) -> None:
        """A text frame: a text as it is, anything else as JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.send(frame(TEXT, text.encode()))

    async def hear(self) -> tuple[int, bytes]:
        """The next frame that is no ping: opcode and payload; (CLOSE, b"") at the end. Pings are
        answered."""
        try:
            async with asyncio.timeout(WAIT):
                while True:
                    first, second = await self.reader.readexactly(2)
                    size = second & 127
                    if size == 126:
                        (size,) = struct.unpack("!H", await self.reader.readexactly(2))
                    elif size == 127:
                        (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
                    payload = await self.reader.readexactly(size)
                    if first & 15 != PING:
                        return first & 15, payload
                    self.send(frame(PONG, payload))
        except (asyncio.IncompleteReadError, ConnectionError):
            return CLOSE, b""

    async def answer(self) -> dict:
        """The next frame in JSON; `{"t": "closed", "code": …}` when it is a closing."""
        opcode, payload = await self.hear()
        if opcode == CLOSE:
            code = struct.unpack("!H", payload[:2])[0] if payload else None
            return {"t": "closed", "code": code}
        return json.loads(payload)

    async def answer_of(self, *kinds: str) -> dict:
        """The next answer of these kinds; a closing always is one."""
        while (found := await self.answer())["t"] not in (*kinds, "closed"):
            pass
        return found

    async def ended(self) -> bool:
        """Whether the server ends the connection."""
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(4096):
                    pass
        return True


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[RawLink]:
    """A connection that has said nothing yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawLink(reader, writer)
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def raw_link(port: int, session: str) -> AsyncIterator[RawLink]:
    """A socket of this session that was told hello."""
    async with connected(port) as link:
        assert await link.greet(handshake(port, session)) == 101
        assert (await link.answer())["t"] == "hello"
        yield link
