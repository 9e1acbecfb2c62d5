"""One measure on one target: the generator runs, the clocks are read, the history is checked."""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.messages import disk, history, meter
from benchmarks.messages.latency import Latency
from benchmarks.messages.orders import Order, Place, Result
from benchmarks.messages.targets import ROWS
from benchmarks.messages.web import Web
from config.start.instance import CHECKOUT

# Seconds between two readings of the clocks. Each takes some milliseconds of a core: twice a
# second, they were seen in one line out of a hundred.
WINDOW = 2.0
KEPT_UP = 0.97  # of the offered rate; below it, waiting grows as long as the measure lasts
CLIENT_BOUND = 0.8  # cores of the generator above which it may be the limit
OVERTIME = 150.0  # seconds for connecting and for the last lines, above the measure itself


def do_nothing() -> None:
    """At the beginning and the end of most measures."""


@dataclass(frozen=True)
class Shape:
    """What is asked of a target. `rate` None: closed loop."""

    name: str
    talks: int
    rate: float | None
    warm: float
    seconds: float


@dataclass(frozen=True)
class Bout:
    """One measure done. CPU in seconds over the measured time, by program. `disk`: what the disk
    alone took just before an open loop, where a wait is a line's own."""

    target: str
    shape: Shape
    result: Result
    cpu: dict[str, float]
    memory: int
    disturbed: int
    windows: int
    disk: Latency | None = None

    @property
    def rate(self) -> float:
        return self.result.finished / self.result.seconds

    def cpu_per_line(self, *programs: str) -> float:
        """Microseconds of CPU of the programs, per finished line; nan without a line."""
        if not self.result.finished:
            return float("nan")
        return sum(self.cpu[name] for name in programs) / self.result.finished * 1e6

    @property
    def client_bound(self) -> bool:
        return self.result.cpu > CLIENT_BOUND

    @property
    def behind(self) -> bool:
        """Whether an open loop asked for more than the target can do."""
        return self.shape.rate is not None and self.rate < KEPT_UP * self.shape.rate

    @property
    def faults(self) -> dict[str, int]:
        """Everything that should not have happened, counted."""
        found = dict(self.result.verdict.faults)
        found |= {f"refused {code}": count for code, count in self.result.refusals.items()}
        found |= {f"closed {code}": count for code, count in self.result.ended.items()}
        return found


class Ring:
    """The place of the measures: programs beside the web process, numbers of the measures.
    `disk`: a folder on the disk of the database; without it the disk alone is not measured."""

    def __init__(self, servers: dict[str, int], folder: Path, disk: Path | None = None) -> None:
        self._servers = servers
        self._disk = disk
        self._folder = folder
        self._measures = int.from_bytes(os.urandom(3), "big") << 8

    def fight(
        self,
        web: Web,
        shape: Shape,
        places: Sequence[Place],
        *,
        at_begin: Callable[[], None] = do_nothing,
        at_end: Callable[[], None] = do_nothing,
    ) -> Bout:
        """Run one measure; `at_begin` and `at_end` are called around the measured time.

        Raises:
            RuntimeError: the generator does not come to its end.
        """
        self._measures += 1
        answer = self._folder / "answer.msgpack"
        answer.unlink(missing_ok=True)
        chosen = list(places[: shape.talks])
        order = Order(
            dialect=web.target.dialect,
            port=web.port,
            measure=self._measures,
            places=chosen,
            rate=shape.rate,
            warm=shape.warm,
            seconds=shape.seconds,
            answer=str(answer),
            seen=web.target.seen,
        )
        paper = self._folder / "order.json"
        paper.write_bytes(msgspec.json.encode(order))
        rows = ROWS[web.target.dialect](self._measures)
        patience = shape.warm + shape.seconds + OVERTIME
        alone = disk.probe(self._disk) if self._disk and shape.rate else None
        clocks = self._run(web, paper, patience, at_begin, at_end)
        memory = web.memory
        result = msgspec.msgpack.decode(answer.read_bytes(), type=Result)
        index = {place.key: number for number, place in enumerate(chosen)}
        stored = [(number, index.get(key, -1)) for number, key in rows.read()]
        result.verdict.add(history.check_stored(result.lines, stored))
        first, last = clocks[0].programs, clocks[-1].programs
        disturbed, windows = meter.disturbed(clocks)
        return Bout(
            target=web.target.name,
            shape=shape,
            result=result,
            cpu={name: last[name] - first[name] for name in first},
            memory=memory,
            disturbed=disturbed,
            windows=windows,
            disk=alone,
        )

    def _run(
        self,
        web: Web,
        paper: Path,
        patience: float,
        at_begin: Callable[[], None],
        at_end: Callable[[], None],
    ) -> list[meter.Clock]:
        """Start the generator; the clocks from its `begin` to its `end`, every `WINDOW`."""
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.messages.load", str(paper)],
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=CHECKOUT,
        ) as child:
            try:
                assert child.stdout is not None
                clock = meter.Meter(self._servers | {"web": web.pid, "client": child.pid})
                self._wait(child, b"begin", patience)
                clocks = [clock.read()]
                at_begin()
                while not select.select([child.stdout], [], [], WINDOW)[0]:
                    clocks.append(clock.read())
                self._wait(child, b"end", patience)
                clocks.append(clock.read())
                at_end()
                if child.wait(patience) != 0:
                    raise RuntimeError("the generator failed")
                return clocks
            except subprocess.TimeoutExpired:
                raise RuntimeError("the generator does not end") from None
            finally:
                if child.poll() is None:
                    child.kill()

    @staticmethod
    def _wait(child: "subprocess.Popen[bytes]", word: bytes, patience: float) -> None:
        assert child.stdout is not None
        if not select.select([child.stdout], [], [], patience)[0]:
            raise RuntimeError("the generator says nothing")
        if child.stdout.readline().strip() != word:
            raise RuntimeError("the generator failed")
