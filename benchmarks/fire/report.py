"""The page of a fire test: both targets under the same accidents."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.fire import checker
from benchmarks.fire.plan import VALKEY, Plan
from benchmarks.fire.run import Result

PROMISES = (
    checker.LOST,
    checker.VANISHED,
    checker.UNANSWERED,
    checker.REFUSED_BUT_KEPT,
    checker.DOUBLED_ROW,
    checker.BAD_NUMBERS,
    checker.WRONG_NUMBER,
    checker.MOVED,
    checker.NEVER_READ,
    checker.SHOWN_TWICE,
    checker.OUT_OF_ORDER,
    checker.HOLE,
    checker.PHANTOM,
    checker.ALTERED,
    checker.LATE,
    checker.UNNOTICED,
)
NAMES = {"product": "product", "tutorial": "tutorial (negative control)"}


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; 0 without values."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


def conclusion(results: Sequence[Result]) -> tuple[int, str]:
    """Exit code and sentence: 0 passed, 1 the product failed, 2 the run proves nothing."""
    by_target = {result.target: result for result in results}
    control, product = by_target.get("tutorial"), by_target.get("product")
    if control is not None and (control.verdict.safe or (control.traps and control.traps.safe)):
        return 2, "INVALID: the negative control passed, so these accidents prove nothing."
    if product is None:
        return 0, "The negative control failed, as it must."
    if not product.verdict.passed or (product.traps and not product.traps.safe):
        return 1, "FAILED: the product broke a promise."
    if control is None:
        return 0, "The product kept every promise (without a negative control: no proof)."
    return 0, "PASSED: the product kept every promise, and the negative control did not."


def spread(values: Sequence[float]) -> str:
    """Median, 99th percentile and largest, in seconds."""
    return " / ".join(f"{quantile(values, share):.2f}" for share in (0.5, 0.99, 1.0))


def rows(result: Result) -> dict[str, str]:
    """Everything told of one run, by label."""
    verdict, summary = result.verdict, result.summary
    megabyte = 2**20
    told = {
        "offered, achieved (lines/s)": f"{summary['offered']:.0f}, {summary['achieved']:.1f}",
        "sent": f"{verdict.invoked}",
        "acknowledged": f"{verdict.acknowledged}",
        "lines in the table (with those of before)": f"{verdict.stored}",
    }
    told |= {f"**{kind}**": f"{verdict.count(kind)}" for kind in PROMISES}
    notices = verdict.notices
    if result.traps is not None:
        told["promises broken in the two traps"] = f"{result.traps.count(*PROMISES)}"
    told |= {
        "delay, faults taken off: p50 / p99 / max (s)": spread(verdict.delays),
        "delay from « Envoyer »: p50 / p99 / max (s)": spread(verdict.raw_delays),
        "acknowledgement: p50 / p99 / max (s)": spread(verdict.ack_delays),
        "half-open link noticed after, max (s)": f"{max(notices):.1f}" if notices else "–",
        "everything arrived after the last line within (s)": (
            f"{summary['drain_seconds']:.1f}" if summary["drained"] else "never"
        ),
        "web process, resident at start, most, while 100 read nothing (MiB)": ", ".join(
            f"{result.memory[name] / megabyte:.0f}" for name in ("start", "most", "deaf")
        ),
        "pages that read nothing, by their end": _ends(summary["deaf"]),
        "tracebacks in the logs": f"{result.tracebacks}",
        "the pages' own CPU (cores), lateness p99 (ms)": (
            f"{summary['cpu']:.2f}, {summary['lateness_p99'] * 1000:.0f}"
        ),
    }
    return told


def _ends(deaf: dict[str, int] | None) -> str:
    return ", ".join(f"{count} {end}" for end, count in sorted((deaf or {}).items())) or "–"


def accidents(result: Result) -> str:
    """What was broken, and how often."""
    happened = Counter(fault["kind"] for fault in result.faults if fault["kind"] != VALKEY)
    return ", ".join(f"{kind} × {count}" for kind, count in sorted(happened.items()))


def page(plan: Plan, results: Sequence[Result], load_before: float) -> str:
    """The whole page, in Markdown."""
    _, sentence = conclusion(results)
    now = datetime.now(UTC)
    lines = [
        "# The fire test",
        "",
        "Written by `bin/bench fire`; [docs/fire.md](../../docs/fire.md) says what happens and how",
        "to read it.",
        "",
        f"**{sentence}**",
        "",
        f"- {now:%d %B %Y, %H:%M} UTC; {os.cpu_count()} cores shared by pages, servers and"
        f" databases; load {load_before:.1f} before the run.",
        f"- {plan.conversations} conversations, {plan.rate:.0f} lines/s offered for"
        f" {plan.seconds:.0f} s, two web processes, PostgreSQL with fsync.",
        f"- Broken: {accidents(results[0])}.",
        "",
    ]
    columns = [rows(result) for result in results]
    names = [NAMES[result.target] for result in results]
    lines += ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(columns)]
    for label in columns[0]:
        lines.append(f"| {label} | " + " | ".join(column[label] for column in columns) + " |")
    return "\n".join(lines) + "\n"
