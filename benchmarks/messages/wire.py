"""A lean WebSocket client (RFC 6455) for load: text frames, pings, close; no extension.

The masking key is zero, which costs the client nothing and the server the same work as any
other; a real client draws it at random.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN, MASKED = 0x80, 0x80
NO_MASK = b"\0\0\0\0"
HANDSHAKE = 30.0  # seconds
LOST = 1006  # the link ended without a close frame


class Refused(Exception):
    """The handshake was not accepted; says how the answer begins."""


def handshake(path: str, host: str, cookie: str) -> bytes:
    """The request that opens a socket from a page of the same site."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def framed(opcode: int, payload: bytes) -> bytes:
    """One whole frame of a client."""
    size = len(payload)
    if size < 126:
        return bytes((FIN | opcode, MASKED | size)) + NO_MASK + payload
    if size < 65_536:
        return struct.pack("!BBH", FIN | opcode, MASKED | 126, size) + NO_MASK + payload
    return struct.pack("!BBQ", FIN | opcode, MASKED | 127, size) + NO_MASK + payload


def parse(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """(opcode, payload, next position) of the server's frame at a position; None: not all here.

    Raises:
        ValueError: a frame in parts, or masked: these servers send neither.
    """
    if len(data) < at + 2:
        return None
    first, size = data[at], data[at + 1]
    if not first & FIN or size & MASKED or first & 0x70:
        raise ValueError("a frame of a kind that is not read here")
    begin = at + 2
    if size >= 126:
        wide = 2 if size == 126 else 8
        if len(data) < begin + wide:
            return None
        size = int.from_bytes(data[begin : begin + wide], "big")
        begin += wide
    end = begin + size
    if len(data) < end:
        return None
    return first & 0x0F, data[begin:end], end


class Link(asyncio.Protocol):
    """One socket. `on_text` gets each text frame, `on_end` the close code, once."""

    __slots__ = (
        "_head",
        "_on_end",
        "_rest",
        "_transport",
        "_upgraded",
        "code",
        "on_text",
        "opened",
    )

    def __init__(
        self,
        head: bytes,
        on_text: Callable[[bytes], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._head = head
        self._rest = b""
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self._on_end = on_end
        self.on_text = on_text
        self.code = LOST
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = 0
        if not self._upgraded:
            at = data.find(b"\r\n\r\n") + 4
            if at == 3:
                self._rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self._fail(Refused(data[:40].decode("latin-1")))
                return
            self._upgraded = True
            if not self.opened.done():
                self.opened.set_result(None)
        while (frame := parse(data, at)) is not None:
            opcode, payload, at = frame
            if opcode == TEXT:
                self.on_text(payload)
            elif opcode == PING:
                self._write(framed(PONG, payload))
            elif opcode == CLOSE:
                self.code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
                self._write(framed(CLOSE, payload[:2]))
                self.abort()
                break
        self._rest = data[at:]

    def _fail(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(Refused("the link ended during the handshake"))
        self._on_end(self.code)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def say(self, text: bytes) -> None:
        """Send one text frame."""
        self._write(framed(TEXT, text))

    def leave(self) -> None:
        """Say goodbye, then close."""
        self._write(framed(CLOSE, b"\x03\xe8"))
        self.abort()

    def abort(self) -> None:
        """Close once what was written has left."""
        if self._transport is not None:
            self._transport.close()


async def connect(
    port: int,
    path: str,
    *,
    cookie: str,
    on_text: Callable[[bytes], None],
    on_end: Callable[[int], None],
    source: str = "127.0.0.1",
) -> Link:
    """Open one socket to 127.0.0.1:`port` from the address `source`.

    Raises:
        Refused: the server answered something else than 101.
        OSError: no link, or no answer in time (TimeoutError).
    """
    head = handshake(path, f"127.0.0.1:{port}", cookie)
    _, link = await asyncio.get_running_loop().create_connection(
        lambda: Link(head, on_text, on_end), "127.0.0.1", port, local_addr=(source, 0)
    )
    try:
        await asyncio.wait_for(link.opened, HANDSHAKE)
    except TimeoutError:
        link.abort()
        raise
    return link
