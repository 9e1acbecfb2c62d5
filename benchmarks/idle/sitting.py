"""One sitting: a fresh web process, a crowd, a witness who goes on talking."""

import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.idle.seats import Arrival, Count, Room, Seat
from benchmarks.messages import people
from benchmarks.messages.bout import Bout, Ring, Shape
from benchmarks.messages.dialects import Product
from benchmarks.messages.orders import Place
from benchmarks.messages.targets import Target
from benchmarks.messages.web import Web
from config.start.instance import CHECKOUT

RATE = 20.0  # lines per second of the witness
FEW = 20  # sockets opened before the memory is first read: they bring what is loaded late
PATIENCE = 300.0
Answer = TypeVar("Answer", bound=msgspec.Struct)


@dataclass(frozen=True)
class Plan:
    """Times in seconds: quiet after the crowd sat down, the witness's measure, the storm."""

    settle: float
    witness: float
    spread: float
    storm: float


WHOLE = Plan(settle=6, witness=20, spread=40, storm=55)
SHORT = Plan(settle=2, witness=6, spread=5, storm=8)


@dataclass(frozen=True)
class Sitting:
    """What was seen. Memory in bytes, web CPU in cores while everybody was quiet."""

    target: str
    sockets: int
    arrival: Arrival
    memory_before: int
    memory: int
    witness: Bout
    quiet: Count
    back: Arrival
    witness_of_storm: Bout
    after: Count

    @property
    def each(self) -> float:
        """Bytes for one socket."""
        return (self.memory - self.memory_before) / max(1, self.arrival.seated)

    @property
    def idle_cpu(self) -> float:
        return self.witness.cpu["web"] / self.witness.result.seconds


class Crowd:
    """The process of the crowd, seen from here."""

    def __init__(self, room: Room, folder: Path) -> None:
        paper = folder / "room.json"
        paper.write_bytes(msgspec.json.encode(room))
        self.child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.idle.crowd", str(paper)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=CHECKOUT,
        )

    def hear(self, kind: type[Answer]) -> Answer:
        """The next answer. Raises RuntimeError when none comes."""
        assert self.child.stdout is not None
        if not select.select([self.child.stdout], [], [], PATIENCE)[0]:
            raise RuntimeError("the crowd says nothing")
        return msgspec.json.decode(self.child.stdout.readline(), type=kind)

    def tell(self, order: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(order.encode() + b"\n")

    def stop(self) -> None:
        self.child.kill()
        self.child.wait()


def seats(places: Sequence[Place], count: int) -> list[Seat]:
    """`count` sockets: both sides of as many conversations as needed."""
    chosen = places[: (count + 1) // 2]
    both = [Seat(place.key, side, place.cookies[side]) for place in chosen for side in (0, 1)]
    return both[:count]


def sit(
    target: Target,
    count: int,
    places: Sequence[Place],
    servers: dict[str, int],
    folder: Path,
    plan: Plan,
) -> Sitting:
    """One crowd of `count` sockets. The last place is the witness's."""
    witness, others = places[-1], places[:-1]
    web = Web(target, folder).start()
    crowd = None
    try:
        _few(web, others, folder)
        before = web.memory
        room = _room(web, seats(others, count), count)
        crowd = Crowd(room, folder)
        arrival = crowd.hear(Arrival)
        time.sleep(plan.settle)
        memory = web.memory
        ring = Ring(servers | {"crowd": crowd.child.pid}, folder)
        talk = ring.fight(web, _witness(plan.witness), _from(witness, target))
        crowd.tell("count")
        quiet = crowd.hear(Count)
        storm = ring.fight(
            web,
            _witness(plan.storm),
            _from(witness, target),
            at_begin=partial(crowd.tell, f"storm {plan.spread}"),
        )
        back = crowd.hear(Arrival)
        crowd.tell("count")
        after = crowd.hear(Count)
    finally:
        if crowd is not None:
            crowd.stop()
        web.stop()
    return Sitting(
        target=target.name,
        sockets=count,
        arrival=arrival,
        memory_before=before,
        memory=memory,
        witness=talk,
        quiet=quiet,
        back=back,
        witness_of_storm=storm,
        after=after,
    )


def _room(web: Web, chosen: list[Seat], count: int) -> Room:
    """Addresses of their own for each size, so that no port waits for the last measure."""
    third = count // 1000 % 200 + 1 + (100 if web.target.dialect != Product.name else 0)
    return Room(web.target.dialect, web.port, chosen, (f"127.0.{third}.1", f"127.0.{third}.2"))


def _few(web: Web, places: Sequence[Place], folder: Path) -> None:
    crowd = Crowd(_room(web, seats(places, FEW), FEW), folder)
    try:
        crowd.hear(Arrival)
    finally:
        crowd.stop()
    time.sleep(1)


def _witness(seconds: float) -> Shape:
    return Shape("witness", 1, RATE, 1.0, seconds)


def _from(witness: Place, target: Target) -> list[Place]:
    return people.cursors([witness]) if target.dialect == Product.name else [witness]
