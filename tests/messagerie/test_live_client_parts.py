"""The Python client against a server that plays a part: what the product does rarely, or never."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.server import ServerConnection, serve

from messagerie.live_client import LinkRefused, LiveClient
from tests.messagerie.live_pages import QUICK, WAIT, Shown, until


class Part:
    """Accepts links; each frame heard is kept, and `answer` says what comes back."""

    def __init__(self, answer) -> None:
        self.heard: list[dict] = []
        self.links = 0
        self._answer = answer

    async def __call__(self, link: ServerConnection) -> None:
        self.links += 1
        await self._answer(self, link, None)
        async for text in link:
            frame = json.loads(text)
            self.heard.append(frame)
            await self._answer(self, link, frame)

    def of(self, kind: str) -> list[dict]:
        return [frame for frame in self.heard if frame["t"] == kind]


async def play(answer, act) -> Part:
    """Run `act(client, shown)` against a server that answers by `answer(part, say, frame)`."""

    async def answered(part: Part, link: ServerConnection, frame: dict | None) -> None:
        async def say(**more: object) -> None:
            await link.send(json.dumps(more))

        say.link = link  # type: ignore[attr-defined]
        await answer(part, say, frame)

    part = Part(answered)
    async with serve(part, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        shown = Shown()
        address = f"ws://127.0.0.1:{port}/"
        async with LiveClient(
            address, session="", origin="http://127.0.0.1", listener=shown, pace=QUICK
        ) as played:
            await act(played, shown, part)
    return part


TALK = UUID("11111111-1111-4111-8111-111111111111")


def line(seq: int) -> dict:
    return {"t": "line", "conversation": str(TALK), "seq": seq, "id": str(uuid4()), "body": "…"}


async def test_known_lines_are_dropped_and_a_hole_is_asked_for():
    async def answer(part, say, frame):
        if frame is None:
            await say(t="hello", version=1, epoch="e1")
        elif frame["t"] == "watch":
            first = [2, 3, 3, 2, 6, 7] if len(part.of("watch")) == 1 else [4, 5, 6, 7]
            for seq in first:
                await say(**line(seq))

    async def act(client, shown, part):
        client.watch(TALK, cursor=1)
        await until(lambda: client.cursor(TALK) == 7)
        assert [seq for seq, _ in shown.lines] == [2, 3, 4, 5, 6, 7]

    part = await play(answer, act)
    assert [frame["cursor"] for frame in part.of("watch")] == [1, 3]
    assert {frame["epoch"] for frame in part.of("watch")} == {"e1"}


async def test_another_epoch_starts_again_from_nothing():
    async def answer(part, say, frame):
        if frame is None:
            await say(t="hello", version=1, epoch=f"e{part.links}")
        elif frame["t"] == "watch":
            await say(**line(1))
            if part.links == 1:
                await say.link.close(1012)

    async def act(client, shown, part):
        client.watch(TALK)
        await until(lambda: shown.restarts == 1 and len(shown.lines) == 1)

    part = await play(answer, act)
    assert [(frame["cursor"], frame["epoch"]) for frame in part.of("watch")] == [
        (0, "e1"),
        (0, "e2"),
    ]


async def test_a_refusal_for_now_waits_as_long_as_it_says_and_keeps_the_order():
    times: list[float] = []

    async def answer(part, say, frame):
        if frame is None:
            await say(t="hello", version=1)
            return
        base = {"conversation": frame["conversation"], "id": frame["id"]}
        times.append(asyncio.get_running_loop().time())
        if len(part.of("send")) == 1:
            await say(t="nack", code="RATE", retry=True, after=0.5, message="…", **base)
        else:
            await say(t="ack", seq=len(part.of("send")), at="", **base)

    async def act(client, shown, part):
        first, second = client.send(TALK, "un"), client.send(TALK, "deux")
        await asyncio.wait_for(asyncio.gather(first, second), WAIT)
        assert shown.codes == ["RATE"]

    part = await play(answer, act)
    assert [frame["body"] for frame in part.of("send")] == ["un", "un", "deux"]
    assert part.of("send")[0]["id"] == part.of("send")[1]["id"]
    assert times[1] - times[0] >= 0.5


async def test_a_version_that_we_do_not_speak_stops_the_client():
    async def answer(part, say, frame):
        await say(t="hello", version=2)

    async def act(client, shown, part):
        with pytest.raises(LinkRefused):
            await asyncio.wait_for(client.closed(), WAIT)

    assert (await play(answer, act)).links == 1
