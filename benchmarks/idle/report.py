"""The page of the quiet crowd."""

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.idle.sitting import RATE, Plan, Sitting
from benchmarks.messages.latency import shown
from benchmarks.messages.report import LABELS, marks, servers_line, table
from benchmarks.messages.servers import machine

KIB = 1024
LIMITS = """
## Limits

Client and servers share the machine. The crowd says nothing and answers pings only. A refused
handshake is tried again with full jitter, as the pages do; every refusal is counted. Memory is the
resident memory of the web process, its share of libraries included in both readings.
"""


def faults(one: Sitting) -> dict[str, int]:
    """Everything that should not have happened, counted."""
    found = {f"refused at first: {why}": n for why, n in one.arrival.refused.items()}
    found |= {f"closed while quiet: {code}": n for code, n in one.quiet.ended.items()}
    found |= {f"refused in the storm: {why}": n for why, n in one.back.refused.items()}
    missing = one.back.asked - one.back.seated
    if missing:
        found["not back in time"] = missing
    for name, bout in (("witness", one.witness), ("witness in storm", one.witness_of_storm)):
        found |= {f"{name}: {fault}": n for fault, n in bout.faults.items()}
    return found


def in_one_line(one: Sitting) -> str:
    """For the terminal."""
    return (
        f"{one.target:12} {one.sockets:6} sockets  {one.each / KIB:6.1f} Kio chacun"
        f"  {one.arrival.seated / one.arrival.seconds:5.0f} entrées/s"
        f"  témoin {one.witness.result.ack.p50:.1f} / {one.witness.result.ack.p99:.1f} ms"
        f"  retour en {one.back.seconds:.0f} s,"
        f" témoin {one.witness_of_storm.result.ack.p99:.1f} ms"
        f"  {faults(one) or 'juste'}"
    )


def page(
    done: Sequence[Sitting], plan: Plan, durability: dict[str, str], failed: Sequence[str]
) -> str:
    """The whole page, in Markdown. `failed`: sittings that did not come to their end."""
    return "\n".join(
        [
            "# What quiet people cost\n",
            f"Measured on {datetime.now(UTC):%d %B %Y} by `bin/bench idle`.",
            f"Machine: {machine()}.",
            servers_line(durability),
            "\n## Memory and arrival\n",
            table(
                ["sockets", "target", "KiB each", "RSS MiB", "arrivals/s", "one arrival p50 ms"]
                + ["p99", "refused", "crowd cores"],
                [_arrival(one) for one in done],
            ),
            f"\n## A witness at {RATE:g} lines/s meanwhile\n",
            table(
                ["sockets", "target", "ack p50 ms", "p99", "max", "delivery p50", "p99"]
                + ["web cores", "closed while quiet"],
                [_witness(one) for one in done],
            ),
            f"\n## Everybody cut at once, back spread over {plan.spread:g} s\n",
            table(
                ["sockets", "target", "back", "after s", "refused tries", "one arrival p50 ms"]
                + ["p99", "witness ack p50 ms", "p99", "max"],
                [_storm(one) for one in done],
            ),
            "\n## Faults\n",
            _faults(done),
            *(f"- no end: {one}" for one in failed),
            "\n## Method\n",
            "One web process, started anew for each line; the first reading of its memory comes "
            "after 20 sockets that opened and left. Sockets are signed-in people, both sides of "
            "their own conversation, each following it; 64 handshakes at a time. "
            f"The witness is one conversation in open loop for {plan.witness:g} s, and again for "
            f"{plan.storm:g} s from the cut on. `*`: others disturbed the measure.",
            LIMITS,
        ]
    )


def _head(one: Sitting) -> list[str]:
    label = f"{LABELS[one.target]} {marks([one.witness, one.witness_of_storm])}".strip()
    return [f"{one.sockets:,}", label]


def _arrival(one: Sitting) -> list[str]:
    arrival = one.arrival
    return [
        *_head(one),
        shown(one.each / KIB),
        shown(one.memory / KIB**2),
        shown(arrival.seated / arrival.seconds),
        *map(shown, arrival.waits),
        str(sum(arrival.refused.values())),
        shown(arrival.cpu),
    ]


def _witness(one: Sitting) -> list[str]:
    result = one.witness.result
    times = (result.ack.p50, result.ack.p99, result.ack.max, result.delivery.p50)
    return [
        *_head(one),
        *map(shown, (*times, result.delivery.p99, one.idle_cpu)),
        str(sum(one.quiet.ended.values())),
    ]


def _storm(one: Sitting) -> list[str]:
    back, ack = one.back, one.witness_of_storm.result.ack
    return [
        *_head(one),
        f"{back.seated:,} of {back.asked:,}",
        shown(back.seconds),
        str(sum(back.refused.values())),
        *map(shown, (*back.waits, ack.p50, ack.p99, ack.max)),
    ]


def _faults(done: Sequence[Sitting]) -> str:
    rows = [
        [f"{one.sockets:,}", LABELS[one.target], ", ".join(f"{k}: {n}" for k, n in found.items())]
        for one in done
        if (found := faults(one))
    ]
    return table(["sockets", "target", "what was wrong"], rows) if rows else "None."
