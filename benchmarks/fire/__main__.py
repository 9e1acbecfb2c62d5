"""The fire test: `bin/bench fire`, the product then the negative control under the same accidents.

    bin/bench fire [--short] [--product | --control] [--keep FOLDER]

Exit code 0: the product kept every promise and the control did not; 1: the product broke one;
2: the control passed, the run proves nothing. The long run writes benchmarks/results/fire.md.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.fire import plan as plans
from benchmarks.fire import report, traps
from benchmarks.fire.run import Result, Tell, burn, started
from config.start import say

PAGE = Path(__file__).resolve().parent.parent / "results" / "fire.md"


def measure(plan: plans.Plan, target: str, keep: Path | None, tell: Tell) -> Result:
    """Traps, then fire, on one set of servers."""
    tell(f"\n== {report.NAMES[target]}")
    with started(plan, target, keep=keep) as stack:
        trapped = traps.spring(stack)
        result = burn(stack, plan, tell=tell)
    result.traps = trapped
    for label, value in report.rows(result).items():
        tell(f"{label.strip('*'):70} {value}")
    for kind, names in [*trapped.broken.items(), *result.verdict.broken.items()]:
        for name in names[:3]:
            tell(f"   {kind}: {name}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench fire")
    parser.add_argument("--short", action="store_true", help="20 conversations, 18 s")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--product", action="store_true", help="without the negative control")
    one.add_argument("--control", action="store_true", help="the negative control alone")
    parser.add_argument("--keep", type=Path, help="where histories and logs are copied")
    options = parser.parse_args()
    plan = plans.SHORT if options.short else plans.LONG
    targets = ["product"] * (not options.control) + ["tutorial"] * (not options.product)
    load_before = os.getloadavg()[0]
    results = [measure(plan, target, options.keep, say.line) for target in targets]
    code, sentence = report.conclusion(results)
    if plan is plans.LONG and len(results) == 2:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(report.page(plan, results, load_before), encoding="utf-8")
        say.line(f"\n{PAGE}")
    say.line(f"\n{sentence}")
    sys.exit(code)


if __name__ == "__main__":
    main()
