"""The lean client: frames as RFC 6455 writes them, and a real server at the other end."""

import asyncio
import json

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from benchmarks.messages import wire
from benchmarks.messages.dialects import (
    Meaning,
    Product,
    Reference,
    name_of,
    number_of,
    text_of,
)

WAIT = 30


def served(opcode: int, payload: bytes) -> bytes:
    """A frame as a server writes it: without a mask."""
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < 126:
        return head + bytes([size]) + payload
    wide = 2 if size < 65_536 else 8
    return head + bytes([126 if wide == 2 else 127]) + size.to_bytes(wide, "big") + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_of_every_length_are_read_once_whole(size: int):
    data = served(wire.TEXT, b"x" * size)
    assert wire.parse(b"??" + data, 2) == (wire.TEXT, b"x" * size, 2 + len(data))
    assert all(wire.parse(data[:cut], 0) is None for cut in {0, 1, 2, len(data) - 1} - {len(data)})


@pytest.mark.parametrize("first", [0x01, 0xC1])
def test_parts_and_compressed_frames_are_not_taken_for_whole_ones(first: int):
    with pytest.raises(ValueError):
        wire.parse(bytes([first, 1]) + b"x", 0)


@pytest.mark.parametrize("size", [5, 200, 70_000])
async def test_a_real_server_hears_and_answers(size: int):
    async def echo(socket):
        with pytest.raises(ConnectionClosed):
            while True:
                await socket.send(await socket.recv())

    heard: asyncio.Queue[bytes] = asyncio.Queue()
    ended: asyncio.Queue[int] = asyncio.Queue()
    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=0.05) as server:
        port = server.sockets[0].getsockname()[1]
        link = await wire.connect(
            port, "/", cookie="", on_text=heard.put_nowait, on_end=ended.put_nowait
        )
        for _ in range(3):
            link.say(b"y" * size)
            assert await asyncio.wait_for(heard.get(), WAIT) == b"y" * size
            await asyncio.sleep(0.1)  # pings come and are answered meanwhile
        link.leave()
        await asyncio.wait_for(ended.get(), WAIT)


async def test_a_close_says_its_code():
    async def turn_away(socket):
        await socket.close(4401)

    ended: asyncio.Queue[int] = asyncio.Queue()
    async with serve(turn_away, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await wire.connect(port, "/", cookie="", on_text=lambda text: None, on_end=ended.put_nowait)
        assert await asyncio.wait_for(ended.get(), WAIT) == 4401


async def test_a_refused_handshake_is_told():
    def refuse(connection, request):
        return connection.respond(403, "no")

    async def never(socket):
        raise AssertionError

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(wire.Refused, match="403"):
            await wire.connect(
                port, "/", cookie="", on_text=lambda text: None, on_end=lambda code: None
            )


def test_a_line_has_one_name_in_both_dialects():
    assert number_of(name_of(7, 123_456)) == 123_456
    assert number_of("01890a5d-ac96-774b-bcce-b302099a8057") == -1
    assert 110 <= len(text_of(5).encode()) <= 125
    said = json.loads(Product.line("key", name_of(7, 5), text_of(5)))
    assert said == {"t": "send", "conversation": "key", "id": name_of(7, 5), "body": text_of(5)}
    line = {"t": "line", "id": name_of(7, 5), "seq": 9, "body": text_of(5), "at": "", "side": ""}
    assert Product.hear(json.dumps(line).encode())[:4] == (Meaning.LINE, 5, 9, text_of(5))
    echo = json.dumps({"id": 3, "sender": "patient", "message": text_of(5)}).encode()
    assert Reference.hear(echo)[:4] == (Meaning.LINE, 5, 0, text_of(5))
