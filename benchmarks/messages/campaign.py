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


def closed(talks: int, seconds: float) -> Shape:
    """Many conversations need a longer start: the reference takes seconds for one lap of 1,000."""
    return Shape(f"closed {talks}", talks, None, 6.0 if talks >= 1000 else 2.0, seconds)


def opened(rate: float, talks: int, seconds: float) -> Shape:
    return Shape(f"open {rate:g}/s {talks}", talks, rate, 2.0, seconds)


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
SHORT = Program(1, ((closed(50, 4), BOTH), (opened(200, 50, 4), BOTH)))


def play(
    program: Program, places: Sequence[Place], ring: Ring, logs: Path, tell: Tell
) -> tuple[list[list[Bout]], list[str]]:
    """All rounds, and the measures that did not come to their end. Every target's process is
    started anew for each round and rests while the others are measured; every second round takes
    the targets backwards."""
    rounds, failed = [], []
    for number in range(program.rounds):
        tell(f"\ntour {number + 1} sur {program.rounds}")
        webs: dict[str, Web] = {}
        try:
            for target in program.targets:
                webs[target.name] = Web(target, logs).start()
            bouts = []
            for shape, chosen in program.bouts:
                for target in chosen[:: -1 if number % 2 else 1]:
                    try:
                        bouts.append(one(webs[target.name], shape, places, ring, tell))
                    except RuntimeError as error:
                        failed.append(f"{target.name}, {shape.name}, round {number + 1}: {error}")
                        tell(f"  {failed[-1]}")
            rounds.append(bouts)
        finally:
            for web in webs.values():
                web.stop()
    return rounds, failed


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


def one(
    web: Web,
    shape: Shape,
    places: Sequence[Place],
    ring: Ring,
    tell: Tell,
    **calls: Callable[[], None],
) -> Bout:
    """One measure, told in one line."""
    chosen = list(places[: shape.talks])
    if web.target.dialect == Product.name:
        chosen = people.cursors(chosen)
    bout = ring.fight(web, shape, chosen, **calls)
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
