"""The generator: one process, every device of one measure.

    python -m benchmarks.messages.load <order.json>

The order is an `Order`; the answer, a `Result`, goes to `order.answer`. It writes `begin` and
`end` to its output around the measured time, so that whoever started it reads the CPU clocks.
"""

import asyncio
import gc
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop

from benchmarks.messages import history, schedule, wire
from benchmarks.messages.dialects import DIALECTS, Meaning, name_of, text_of
from benchmarks.messages.latency import Latency
from benchmarks.messages.orders import Order, Place, Result

AT_ONCE = 32  # handshakes under way at the same moment
EARLY = 0.0002  # seconds: the thread that paces wakes a little before, since it wakes late
FOLLOWED = 20.0  # seconds for a socket to follow its conversation
GRACE = 5.0  # seconds without any line finished after which those under way count as lost
LONGEST_GRACE = 60.0
SETTLE = 0.3  # seconds more, for copies that nobody asked for


class Talk:
    """One conversation and its two sockets."""

    def __init__(self, load: "Load", index: int, place: Place) -> None:
        self.load = load
        self.index = index
        self.place = place
        self.links: list[wire.Link] = []
        self.ready = [asyncio.Event(), asyncio.Event()]
        self.talked = history.Talked()

    async def open(self, source: str) -> None:
        """Open both sockets, and wait until both follow the conversation."""
        dialect, order = self.load.dialect, self.load.order
        for side in (0, 1):
            link = await wire.connect(
                order.port,
                dialect.path(self.place.key, side),
                cookie=self.place.cookies[side],
                on_text=self.hearing(side),
                on_end=self.load.note_end,
                source=source,
            )
            self.links.append(link)
            first = dialect.first(self.place.key, self.place.cursor)
            if first is None:
                continue
            link.say(first)
            await asyncio.wait_for(self.ready[side].wait(), FOLLOWED)

    def hearing(self, side: int) -> Callable[[bytes], None]:
        """What to do with each frame of one socket. The hot path of the generator."""
        load, talked = self.load, self.talked
        hear, echo_acks, say_seen = load.dialect.hear, load.dialect.echo_acks, load.order.seen
        shown, places = talked.shown[side], talked.places[side]
        mine, acked = talked.sent[side], talked.acked[side]

        def on_text(payload: bytes) -> None:
            heard = hear(payload)
            meaning, number = heard.meaning, heard.number
            if meaning is Meaning.LINE:
                if number < 0:
                    return
                shown.append(number)
                if heard.place:
                    places.append(heard.place)
                if number >= len(load.due) or heard.body != text_of(number):
                    load.altered += 1
                    return
                if load.side_of[number] != side:
                    load.note_delivery(self, number)
                    if say_seen:
                        self.links[side].say(load.dialect.seen(self.place.key, heard.place))
                elif echo_acks:
                    acked.append(number)
                    load.note_ack(self, number)
            elif meaning is Meaning.ACK:
                acked.append(number)
                load.note_ack(self, number)
            elif meaning is Meaning.READY:
                self.ready[side].set()
            elif meaning is Meaning.REFUSAL:
                load.refusals[heard.code] += 1
                if number >= 0 and number in mine:
                    mine.remove(number)
                    load.forget(self, number)

        return on_text


class Load:
    """One measure. Lines are numbered in the order of sending, from 0."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.dialect = DIALECTS[order.dialect]
        self.talks = [Talk(self, index, place) for index, place in enumerate(order.places)]
        self.due: list[float] = []  # by line: when it was due, on the clock of perf_counter
        self.talk_of: list[int] = []
        self.side_of: list[int] = []
        self.steps: dict[int, int] = {}  # lines under way: 1 acknowledged, 2 delivered
        self.acks: list[tuple[float, float]] = []  # (due, delay)
        self.deliveries: list[tuple[float, float]] = []
        self.lateness: list[float] = []
        self.finished: list[float] = []
        self.refusals: Counter[str] = Counter()
        self.ended: Counter[int] = Counter()
        self.altered = 0
        self.leaving = False
        self.closed_loop = order.rate is None
        self.running = False

    def note_end(self, code: int) -> None:
        if not self.leaving:
            self.ended[code] += 1

    def say(self, talk: Talk, side: int, due: float) -> None:
        """Send one line; `due` is when it should have left."""
        number = len(self.due)
        self.due.append(due)
        self.talk_of.append(talk.index)
        self.side_of.append(side)
        self.steps[number] = 0
        talk.talked.sent[side].append(number)
        name = name_of(self.order.measure, number)
        talk.links[side].say(self.dialect.line(talk.place.key, name, text_of(number)))

    def note_ack(self, talk: Talk, number: int) -> None:
        now = time.perf_counter()
        step = self.steps.get(number)
        if step is None or step & 1:
            return
        self.acks.append((self.due[number], now - self.due[number]))
        self.advance(talk, number, step | 1, now)

    def note_delivery(self, talk: Talk, number: int) -> None:
        now = time.perf_counter()
        step = self.steps.get(number)
        if step is None or step & 2:
            return
        self.deliveries.append((self.due[number], now - self.due[number]))
        self.advance(talk, number, step | 2, now)

    def advance(self, talk: Talk, number: int, step: int, now: float) -> None:
        """After both the ack and the delivery the line is done; in closed loop the other side
        answers at once."""
        if step != 3:
            self.steps[number] = step
            return
        del self.steps[number]
        self.finished.append(now)
        if self.closed_loop and self.running:
            self.say(talk, 1 - self.side_of[number], now)

    def forget(self, talk: Talk, number: int) -> None:
        """A refused line: not sent, counted apart; in closed loop the same side goes on."""
        self.steps.pop(number, None)
        if self.closed_loop and self.running:
            asyncio.get_running_loop().call_later(
                0.1, lambda: self.say(talk, self.side_of[number], time.perf_counter())
            )

    async def open_all(self) -> float:
        """Open every socket. How long it took, in seconds."""
        began = time.perf_counter()
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(talk: Talk) -> None:
            async with turns:
                await talk.open(self.order.source)

        await asyncio.gather(*(one(talk) for talk in self.talks))
        return time.perf_counter() - began

    async def measure(self) -> tuple[float, float, float]:
        """Warm up, then measure. (begin, end, the generator's own CPU) of the measured time."""
        self.running = True
        pace = None
        if self.closed_loop:
            for talk in self.talks:
                self.say(talk, 0, time.perf_counter())
        else:
            pace = Pace(self)
        await asyncio.sleep(self.order.warm)
        print("begin", flush=True)
        begin, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(self.order.seconds)
        print("end", flush=True)
        end, cpu = time.perf_counter(), time.process_time() - cpu
        self.running = False
        if pace is not None:
            pace.stop()
        await self.last_lines(end)
        self.leaving = True
        for talk in self.talks:
            for link in talk.links:
                link.leave()
        return begin, end, cpu

    async def last_lines(self, end: float) -> None:
        """Wait for the lines under way, as long as some of them arrive."""
        while self.steps and time.perf_counter() < end + LONGEST_GRACE:
            last = max(self.finished[-1] if self.finished else end, end)
            if time.perf_counter() > last + GRACE:
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(SETTLE)


class Pace:
    """Wakes the loop when a line is due: a thread that sleeps is finer than the loop's timers,
    which count whole milliseconds."""

    def __init__(self, load: Load) -> None:
        order = load.order
        assert order.rate is not None
        self._turns = schedule.plan(order.rate, order.warm + order.seconds + 60, len(load.talks))
        self._load = load
        self._next = next(self._turns)
        self._began = time.perf_counter()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK)
        self._stopped = threading.Event()
        asyncio.get_running_loop().add_reader(self._bell, self._ring)
        threading.Thread(target=self._sleep, args=(order.rate,), daemon=True).start()

    def _sleep(self, rate: float) -> None:
        number = 0
        while not self._stopped.is_set():
            due = self._began + number / rate
            pause = due - EARLY - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            while time.perf_counter() < due:
                time.sleep(0)  # lets the loop run meanwhile
            os.eventfd_write(self._bell, 1)
            number += 1

    def _ring(self) -> None:
        os.eventfd_read(self._bell)
        now = time.perf_counter()
        while self._load.running and self._began + self._next.due <= now:
            due = self._began + self._next.due
            self._load.lateness.append(now - due)
            self._load.say(self._load.talks[self._next.talk], self._next.side, due)
            self._next = next(self._turns)

    def stop(self) -> None:
        self._stopped.set()


async def run(order: Order) -> Result:
    load = Load(order)
    opening = await load.open_all()
    gc.collect()
    gc.freeze()
    gc.disable()  # the generator must not pause; the servers keep theirs
    begin, end, cpu = await load.measure()
    verdict = history.Verdict()
    for talk in load.talks:
        verdict.add(history.check(talk.talked))
    verdict.altered = load.altered
    kept = {number for talk in load.talks for side in (0, 1) for number in talk.talked.sent[side]}
    return Result(
        opening=opening,
        seconds=end - begin,
        finished=sum(begin <= at < end for at in load.finished),
        ack=Latency.of([delay for due, delay in load.acks if begin <= due < end]),
        delivery=Latency.of([delay for due, delay in load.deliveries if begin <= due < end]),
        lateness=Latency.of(load.lateness),
        cpu=cpu / (end - begin),
        verdict=verdict,
        refusals=dict(load.refusals),
        ended={str(code): count for code, count in load.ended.items()},
        lines={number: load.talk_of[number] for number in sorted(kept)},
    )


def main() -> None:
    order = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    result = uvloop.run(run(order))
    Path(order.answer).write_bytes(msgspec.msgpack.encode(result))


if __name__ == "__main__":
    main()
