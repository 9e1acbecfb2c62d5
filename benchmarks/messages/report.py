"""The page of results. Pure but for the date and the machine."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter

from benchmarks.messages import disk, targets
from benchmarks.messages.bout import CLIENT_BOUND, WINDOW, Bout, Shape
from benchmarks.messages.guarantees import GUARANTEES
from benchmarks.messages.latency import Spread, ratios, shown, shown_spread
from benchmarks.messages.meter import FOREIGN_LIMIT
from benchmarks.messages.promises import PROMISES
from benchmarks.messages.servers import machine

Rounds = Sequence[Sequence[Bout]]
PAIR = (targets.PRODUCT.name, targets.REFERENCE.name)
FIELDS = ("p50", "p95", "p99", "max")
DISK = (
    lambda bout: bout.disk.p50 if bout.disk else math.nan,
    lambda bout: bout.disk.p99 if bout.disk else math.nan,
)
LABELS = {
    target.name: target.label
    for target in (
        targets.PRODUCT,
        targets.RECEIPTS,
        targets.REFERENCE,
        targets.DAPHNE,
        targets.TUNED,
    )
}
METHOD = f"""
## Method

- One web process for each target, all on one machine with PostgreSQL, the broker and the
  generator; loopback, no TLS, no proxy. The product is started as `bin/run` starts it: signed-in
  sessions, scope, encryption, numbering, journal, acknowledgement after COMMIT. The servers keep
  their durability (above). The only setting changed is the limit on one person's rate.
- The reference is `benchmarks/reference`: the Channels tutorial with one insert. It has no
  account, no encryption, no number and no acknowledgement; the echo to its author counts as one.
- Each conversation has its own patient and its own professional, each with one live socket. A line
  is about 120 bytes of French.
- Closed loop: one line under way in each conversation; when it is acknowledged **and** shown to the
  other side, the other side answers. Open loop: lines are due on a fixed schedule, and waiting is
  counted from the moment when they were due.
- The disk alone: one page of 8 KiB written and waited for, {disk.RATE} times a second, for five
  seconds just before each open loop, with nothing else at work. Whoever keeps what it acknowledges
  waits for that too, and the host's disk changes from minute to minute.
- A round takes every target through a shape before the next shape; ratios are formed inside a
  round. Figures are medians (lowest–highest) of the rounds.
- After every measure: each line sent is shown once and in order to the other side, both screens
  agree, each is acknowledged once, no text is altered, rows stored = lines sent. What is not so is
  in the table of faults, by name and count.
- CPU is read from `/proc` around the measured time. `*`: others used more than {FOREIGN_LIMIT}
  core in more than a tenth of the windows. `c`: the generator used more than
  {CLIENT_BOUND} core, so the figure is a lower bound. `†`: the target fell behind the offered
  rate; its waiting says only that.
"""
LIMITS = """
## Limits

Everything shares the same cores, the generator too: figures are floors, and comparable inside this
page only. The disk is virtual: whether it survives a power cut is not seen from here. A measure
lasts seconds, not hours. The generator's masks are zero and its clock starts when it writes.
"""


def page(
    rounds: Rounds, costs: Rounds, durability: dict[str, str], failed: Sequence[str] = ()
) -> str:
    """The whole page, in Markdown. `failed`: measures that did not come to their end."""
    bouts = [bout for done in (*rounds, *costs) for bout in done]
    parts = [
        "# What a message costs\n",
        f"Measured on {datetime.now(UTC):%d %B %Y} by `bin/bench messages`: {len(rounds)} rounds.",
        f"Machine: {machine()}.",
        servers_line(durability),
    ]
    if rounds:
        parts += ["\n## Promises\n", promise_table(rounds)]
        parts += [
            "\n## Closed loop\n",
            closed_table(rounds),
            "\n## Open loop\n",
            open_table(rounds),
        ]
        parts += ["\n## CPU and memory\n", cost_table(rounds)]
    if costs:
        parts += ["\n## What each guarantee costs\n", guarantee_table(costs)]
    parts += ["\n## Faults\n", fault_table(bouts)]
    parts += [f"- no end: {one}" for one in failed]
    parts += [METHOD, LIMITS]
    return "\n".join(parts)


def servers_line(durability: dict[str, str]) -> str:
    return "Servers: " + ", ".join(f"`{name}={value}`" for name, value in durability.items()) + "."


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def lines_of(rounds: Rounds, *, closed: bool) -> list[tuple[Shape, str]]:
    """Shapes with their targets, in the order of the program."""
    order: dict[tuple[Shape, str], None] = {}
    for bout in (bout for done in rounds for bout in done):
        if (bout.shape.rate is None) == closed:
            order[bout.shape, bout.target] = None
    shapes = list(dict.fromkeys(shape for shape, _ in order))
    return sorted(order, key=lambda line: shapes.index(line[0]))


def these(done: Sequence[Bout], shape: Shape, target: str) -> list[Bout]:
    return [bout for bout in done if (bout.shape, bout.target) == (shape, target)]


def values(
    rounds: Rounds, shape: Shape, target: str, value: Callable[[Bout], float]
) -> list[float]:
    """One figure, round by round; nan where the round lacks it."""
    return [next(map(value, these(done, shape, target)), math.nan) for done in rounds]


def ratio(rounds: Rounds, shape: Shape, target: str, value: Callable[[Bout], float]) -> Spread:
    """Against the reference on uvicorn, inside each round."""
    return Spread.of(
        ratios(
            values(rounds, shape, target, value),
            values(rounds, shape, targets.REFERENCE.name, value),
        )
    )


def marks(bouts: Sequence[Bout]) -> str:
    """What a reader must know before believing a line."""
    disturbed = any(bout.disturbed > bout.windows / 10 for bout in bouts)
    bound = any(bout.client_bound for bout in bouts)
    behind = any(bout.behind for bout in bouts)
    return ("*" if disturbed else "") + ("c" if bound else "") + ("†" if behind else "")


def label(rounds: Rounds, shape: Shape, target: str) -> str:
    """The target as a table names it, with its marks."""
    found = [bout for done in rounds for bout in these(done, shape, target)]
    return f"{LABELS.get(target, target)} {marks(found)}".strip()


def promise_table(rounds: Rounds) -> str:
    """Only those whose shape was measured."""
    shapes = {bout.shape for done in rounds for bout in done}
    rows = []
    for promise in PROMISES:
        for shape in filter(promise.concerns, shapes):
            measured = ratio(rounds, shape, targets.PRODUCT.name, promise.value)
            kept = "kept" if promise.kept(measured) else "**not kept**"
            pair = [these(done, shape, name) for done in rounds for name in PAIR]
            kept += " " + marks([bout for found in pair for bout in found])
            rows.append([promise.sentence, promise.asked, shown_spread(measured), kept.strip()])
    return table(["product against the reference", "promised", "measured", ""], rows)


def closed_table(rounds: Rounds) -> str:
    rows = []
    for shape, target in lines_of(rounds, closed=True):

        def spread(value: Callable[[Bout], float], line=(shape, target)) -> str:
            return shown_spread(Spread.of(values(rounds, *line, value)))

        rows.append(
            [
                str(shape.talks),
                label(rounds, shape, target),
                spread(lambda bout: bout.rate),
                shown_spread(ratio(rounds, shape, target, lambda bout: bout.rate)),
                spread(lambda bout: bout.result.ack.p50),
                spread(lambda bout: bout.result.ack.p99),
                spread(lambda bout: bout.result.delivery.p50),
                spread(lambda bout: bout.result.delivery.p99),
            ]
        )
    head = ["conversations", "target", "lines/s", "× reference", "ack p50 ms", "ack p99"]
    return table([*head, "delivery p50", "delivery p99"], rows)


def open_table(rounds: Rounds) -> str:
    rows = []
    for shape, target in lines_of(rounds, closed=False):

        def four(pick: str, line=(shape, target)) -> list[str]:
            fields = [attrgetter(f"result.{pick}.{field}") for field in FIELDS]
            return [shown_spread(Spread.of(values(rounds, *line, field))) for field in fields]

        achieved = Spread.of(values(rounds, shape, target, lambda bout: bout.rate))
        late = Spread.of(values(rounds, shape, target, lambda bout: bout.result.lateness.p99))
        against = [
            shown_spread(ratio(rounds, shape, target, lambda bout: bout.result.delivery.p50)),
            shown_spread(ratio(rounds, shape, target, lambda bout: bout.result.delivery.p99)),
        ]
        alone = [shown_spread(Spread.of(values(rounds, shape, target, one))) for one in DISK]
        rows.append(
            [f"{shape.rate:g}/s, {shape.talks}", label(rounds, shape, target)]
            + [shown(achieved.median)]
            + [*four("ack"), *four("delivery"), *against, *alone, shown(late.median)]
        )
    head = ["offered, conversations", "target", "achieved/s"]
    head += [f"ack {field} ms" for field in FIELDS]
    head += [f"delivery {field}" for field in FIELDS]
    head += ["delivery p50 × reference", "p99 × reference", "disk alone p50 ms", "disk alone p99"]
    head += ["generator late p99 ms"]
    return table(head, rows)


def cost_table(rounds: Rounds) -> str:
    rows = []
    for shape, target in (*lines_of(rounds, closed=True), *lines_of(rounds, closed=False)):
        line = (shape, target)

        def spread(value: Callable[[Bout], float], line=line) -> str:
            return shown_spread(Spread.of(values(rounds, *line, value)))

        rows.append(
            [
                shape.name,
                LABELS.get(target, target),
                spread(lambda bout: bout.cpu_per_line("web")),
                shown_spread(ratio(rounds, *line, lambda bout: bout.cpu_per_line("web"))),
                spread(lambda bout: bout.cpu_per_line("postgres")),
                spread(lambda bout: bout.cpu_per_line("valkey")),
                spread(lambda bout: bout.cpu["web"] / bout.result.seconds),
                spread(lambda bout: bout.result.cpu),
                spread(lambda bout: bout.memory / 2**20),
            ]
        )
    head = ["measure", "target", "web µs/line", "× reference", "PostgreSQL µs/line"]
    head += ["Valkey µs/line", "web cores", "generator cores", "web RSS MiB"]
    return table(head, rows)


def guarantee_table(costs: Rounds) -> str:
    """The product whole, then without each guarantee; ratios inside a round."""
    shape = costs[0][0].shape
    whole = targets.PRODUCT.name
    meanings = {f"without {one.name}": one.meaning for one in GUARANTEES}
    rows = []
    for target in [bout.target for bout in costs[0]]:
        rate = values(costs, shape, target, lambda bout: bout.rate)
        cpu = values(costs, shape, target, lambda bout: bout.cpu_per_line("web"))
        store = values(costs, shape, target, lambda bout: bout.cpu_per_line("postgres"))
        rows.append(
            [
                label(costs, shape, target),
                shown_spread(Spread.of(rate)),
                shown_spread(
                    Spread.of(ratios(rate, values(costs, shape, whole, lambda bout: bout.rate)))
                ),
                shown_spread(Spread.of(cpu)),
                shown_spread(Spread.of(store)),
                meanings.get(target, ""),
            ]
        )
    head = [f"product, {shape.name}", "lines/s", "× whole", "web µs/line", "PostgreSQL µs/line"]
    return table([*head, "what is lost"], rows)


def fault_table(bouts: Sequence[Bout]) -> str:
    """By target and shape, over all rounds; one sentence when there is none."""
    sent = sum(bout.result.verdict.sent for bout in bouts)
    windows = sum(bout.windows for bout in bouts)
    disturbed = sum(bout.disturbed for bout in bouts)
    head = (
        f"{sent:,} lines sent in {len(bouts)} measures; others disturbed {disturbed} of {windows} "
        f"windows of {WINDOW} s."
    )
    rows: dict[tuple[str, str], dict[str, int]] = {}
    for bout in bouts:
        for name, count in bout.faults.items():
            found = rows.setdefault((bout.target, bout.shape.name), {})
            found[name] = found.get(name, 0) + count
    if not rows:
        return head + " No fault: none lost, doubled, out of order, altered or unacknowledged."
    cells = [
        [target, shape, ", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in found.items())]
        for (target, shape), found in rows.items()
    ]
    return head + "\n\n" + table(["target", "measure", "what was wrong"], cells)
