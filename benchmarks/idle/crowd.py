"""The crowd: one process with thousands of quiet sockets.

    python -m benchmarks.idle.crowd <room.json>

It opens all seats, says an `Arrival` (one line of JSON), then obeys lines of its input: `count`
says a `Count`; `storm S` cuts every link at once, comes back spread over S seconds, and says an
`Arrival`; the end of the input ends it.
"""

import asyncio
import gc
import random
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import uvloop

from benchmarks.idle.seats import Arrival, Count, Room, Seat
from benchmarks.messages import wire
from benchmarks.messages.dialects import DIALECTS, Meaning
from benchmarks.messages.latency import Latency

AT_ONCE = 64  # handshakes under way at the same moment, when nothing is spread
FOLLOWED = 20.0  # seconds for a socket to follow its conversation
LIMIT = 60.0  # seconds to come back
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # of a client that was refused; drawn below (full jitter)
SEED = 2026


class Crowd:
    """All the sockets."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.dialect = DIALECTS[room.dialect]
        self.links: set[wire.Link] = set()
        self.ended: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self.waits: list[float] = []
        self.dice = random.Random(SEED)

    async def sit(self, seat: Seat, source: str) -> None:
        """One try. Raises wire.Refused or OSError."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        held: list[wire.Link] = []

        def on_text(payload: bytes) -> None:
            if not ready.done() and self.dialect.hear(payload).meaning is Meaning.READY:
                ready.set_result(None)

        def on_end(code: int) -> None:
            if not ready.done():
                ready.set_exception(wire.Refused(f"closed {code}"))
                ready.exception()  # read, even when nobody waits for it any more
            elif held and held[0] in self.links:
                self.links.discard(held[0])
                self.ended[code] += 1

        began = time.perf_counter()
        link = await wire.connect(
            self.room.port,
            self.dialect.path(seat.key, seat.side),
            cookie=seat.cookie,
            on_text=on_text,
            on_end=on_end,
            source=source,
        )
        held.append(link)
        first = self.dialect.first(seat.key, self.room.cursor)
        if first is None:
            ready.set_result(None)
        else:
            link.say(first)
        try:
            await asyncio.wait_for(ready, FOLLOWED)
        except BaseException:
            link.abort()
            raise
        self.waits.append(time.perf_counter() - began)
        self.links.add(link)

    async def _try(self, seat: Seat, source: str) -> bool:
        try:
            await self.sit(seat, source)
        except (wire.Refused, OSError) as error:
            self.refused[str(error) or type(error).__name__] += 1
            return False
        return True

    async def arrive(self) -> Arrival:
        """Everybody as fast as they are let in, one try each."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(seat: Seat) -> None:
            async with turns:
                await self._try(seat, self.room.sources[0])

        return await self._arrival(one)

    async def storm(self, spread: float) -> Arrival:
        """Everybody is cut at once, and comes back as the pages do: after a moment drawn over
        `spread` seconds, again after a refusal, until LIMIT."""
        links, self.links = self.links, set()
        for link in links:
            link.abort()
        until = time.perf_counter() + LIMIT

        async def one(seat: Seat) -> None:
            await asyncio.sleep(self.dice.uniform(0, spread))
            pause = FIRST_PAUSE
            while not await self._try(seat, self.room.sources[1]):
                if time.perf_counter() > until:
                    return
                await asyncio.sleep(self.dice.uniform(0, pause))
                pause = min(2 * pause, LONGEST_PAUSE)

        return await self._arrival(one)

    async def _arrival(self, one) -> Arrival:
        self.refused.clear()
        self.ended.clear()
        self.waits.clear()
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one(seat) for seat in self.room.seats))
        seconds = time.perf_counter() - began
        waits = Latency.of(self.waits)
        return Arrival(
            asked=len(self.room.seats),
            seated=len(self.waits),
            refused=dict(self.refused),
            seconds=seconds,
            waits=(waits.p50, waits.p99),
            cpu=(time.process_time() - cpu) / seconds,
        )

    def count(self) -> Count:
        return Count(len(self.links), {str(code): n for code, n in self.ended.items()})


def say(answer: msgspec.Struct) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


async def run(room: Room) -> None:
    crowd = Crowd(room)
    say(await crowd.arrive())
    gc.collect()
    gc.freeze()
    while order := await asyncio.to_thread(sys.stdin.readline):
        word, _, argument = order.strip().partition(" ")
        say(await crowd.storm(float(argument)) if word == "storm" else crowd.count())


def main() -> None:
    room = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Room)
    uvloop.run(run(room))


if __name__ == "__main__":
    main()
