"""Which measures, in which order: whole rounds, so that every ratio is formed inside one."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.messages import people, targets
from benchmarks.messages.bout import Bout, Ring, Shape
from benchmarks.messages.dialects import Product
from benchmarks.messages.orders import Place
from benchmarks.messages.targets import Target
from benchmarks.messages.web import Web

Tell = Callable[[str], None]


def _start(talks: int) -> float:
    """Seconds before the measured time, in which each conversation speaks once: the reference, and
    the open loop at 200/s, take seconds for one lap of 1,000."""
    return 6.0 if talks >= 1000 else 2.0


def closed(talks: int, seconds: float) -> Shape:
    return Shape(f"closed {talks}", talks, None, _start(talks), seconds)


def opened(rate: float, talks: int, seconds: float) -> Shape:
    return Shape(f"open {rate:g}/s {talks}", talks, rate, _start(talks), seconds)


@dataclass(frozen=True)
class Program:
    """One round: for each shape, the targets that take it on, in this order."""

    rounds: int
    bouts: Sequence[tuple[Shape, tuple[Target, ...]]]

    def only(self, text: str) -> "Program":
        """The shapes whose name holds a text. Raises SystemExit when there is none."""
        chosen = tuple(bout for bout in self.bouts if text in bout[0].name)
        if not chosen:
            names = ", ".join(shape.name for shape, _ in self.bouts)
            raise SystemExit(f"Aucune forme de ce nom. Il y a : {names}.")
        return Program(self.rounds, chosen)

    @property
    def talks(self) -> int:
        return max(shape.talks for shape, _ in self.bouts)

    @property
    def targets(self) -> list[Target]:
        return list(dict.fromkeys(target for _, found in self.bouts for target in found))


BOTH = (targets.PRODUCT, targets.REFERENCE)
ALL = (*BOTH, targets.TUNED, targets.DAPHNE)
WHOLE = Program(
    3,
    (
        (closed(50, 6), (*ALL, targets.RECEIPTS)),
        (closed(200, 6), BOTH),
        (closed(1000, 8), (*BOTH, targets.TUNED)),
        (opened(50, 50, 8), BOTH),
        # Longer: a hundredth of its lines must be more than one hiccup of the disk.
        (opened(200, 50, 20), (*ALL, targets.RECEIPTS)),
        (opened(200, 200, 8), BOTH),
        (opened(200, 1000, 8), BOTH),
        (opened(1000, 200, 6), (targets.PRODUCT,)),
    ),
)
# What a process carries before its first measure: nothing is done there for the first time.
WARMING = Shape("warming", 50, None, 0.5, 1.0)
SHORT = Program(1, ((closed(50, 4), BOTH), (opened(200, 50, 4), BOTH)))


def play(
    program: Program, places: Sequence[Place], ring: Ring, logs: Path, tell: Tell
) -> tuple[list[list[Bout]], list[str]]:
    """All rounds, and the measures that did not come to their end. Every target's process is
    started anew for each round and rests while the others are measured; every second round takes
    the targets backwards. Two processes of the product never run together: the one that rests would
    hear each hint of the one that is measured, and answer it with a core of theirs."""
    rounds, failed = [], []
    for number in range(program.rounds):
        tell(f"\ntour {number + 1} sur {program.rounds}")
        webs: dict[str, Web] = {}
        try:
            bouts = []
            for shape, chosen in program.bouts:
                for target in chosen[:: -1 if number % 2 else 1]:
                    web = _web_of(target, webs, logs)
                    if web.is_new:
                        ring.fight(web, WARMING, _places_of(target, WARMING, places))
                        web.is_new = False
                    try:
                        bouts.append(one(web, shape, places, ring, tell))
                    except RuntimeError as error:
                        failed.append(f"{target.name}, {shape.name}, round {number + 1}: {error}")
                        tell(f"  {failed[-1]}")
            rounds.append(bouts)
        finally:
            for web in webs.values():
                web.stop()
    return rounds, failed


def _web_of(target: Target, webs: dict[str, Web], logs: Path) -> Web:
    """The process of a target, started if need be; no other process of the product runs then."""
    if target.dialect == Product.name:
        for name in [name for name, web in webs.items() if web.target.dialect == Product.name]:
            if name != target.name:
                webs.pop(name).stop()
    if target.name not in webs:
        webs[target.name] = Web(target, logs).start()
    return webs[target.name]


def alone(
    target: Target, shape: Shape, places: Sequence[Place], ring: Ring, logs: Path, tell: Tell
) -> Bout:
    """One measure on a process of its own, under the profiler when the target has one."""
    web = Web(target, logs).start()
    signals: dict[str, Callable[[], None]] = {}
    if "BENCH_PROFILE" in target.environment:
        signals["at_begin"] = partial(web.tell, signal.SIGUSR1)
        signals["at_end"] = partial(web.tell, signal.SIGUSR2)
    try:
        return one(web, shape, places, ring, tell, **signals)
    finally:
        web.stop()


def _places_of(target: Target, shape: Shape, places: Sequence[Place]) -> list[Place]:
    chosen = list(places[: shape.talks])
    return people.cursors(chosen) if target.dialect == Product.name else chosen


def one(
    web: Web,
    shape: Shape,
    places: Sequence[Place],
    ring: Ring,
    tell: Tell,
    **calls: Callable[[], None],
) -> Bout:
    """One measure, told in one line."""
    bout = ring.fight(web, shape, _places_of(web.target, shape, places), **calls)
    result = bout.result
    tell(
        f"  {web.target.name:14} {shape.name:16} {bout.rate:7.0f}/s"
        f"  accusé {result.ack.p50:7.1f} / {result.ack.p99:7.1f} ms"
        f"  remise {result.delivery.p50:7.1f} / {result.delivery.p99:7.1f} ms"
        f"  {bout.cpu_per_line('web'):6.0f} µs"
        f"  client {result.cpu:.2f}"
        f"  autrui {bout.disturbed}/{bout.windows}"
        f"  {bout.faults or 'juste'}"
    )
    return bout
