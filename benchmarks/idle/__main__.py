"""bin/bench idle: thousands of quiet signed-in sockets in one web process.

bin/bench idle              1,000, 5,000 and 10,000; writes benchmarks/results/idle.md
bin/bench idle --short      1,000, about a minute, to try; writes no page
bin/bench idle --sockets N  one size
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
django.setup()

from django.db import connection, connections

from benchmarks.idle import report, sitting
from benchmarks.messages import people, targets
from benchmarks.messages.servers import pids, settings_shown
from benchmarks.messages.targets import PRODUCT, REFERENCE, Target
from config.start.instance import CHECKOUT
from config.start.say import line

RESULTS = CHECKOUT / "benchmarks" / "results"
SIZES = (1_000, 5_000, 10_000)
REFERENCE_SIZES = (1_000, 5_000)
SPARE = 500  # descriptors besides the sockets


def lift_limit(wanted: int) -> None:
    """Let this process and its children open enough files, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"Il faut {wanted} fichiers ouverts, le système en permet {hard} (ulimit -n).")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def program(asked: argparse.Namespace) -> list[tuple[Target, int]]:
    if asked.sockets:
        return [(PRODUCT, asked.sockets)]
    if asked.short:
        return [(PRODUCT, 1_000), (REFERENCE, 1_000)]
    pairs = [(target, size) for size in SIZES for target in (PRODUCT, REFERENCE)]
    return [pair for pair in pairs if pair[0] is PRODUCT or pair[1] in REFERENCE_SIZES]


def main() -> int:
    """The command line; 1 when the product refused or lost somebody."""
    parser = argparse.ArgumentParser(prog="bin/bench idle")
    parser.add_argument("--short", action="store_true", help="environ une minute")
    parser.add_argument("--sockets", type=int, help="une seule taille")
    asked = parser.parse_args()
    chosen = program(asked)
    most = max(size for _, size in chosen)
    lift_limit(most + SPARE)
    plan = sitting.SHORT if asked.short else sitting.WHOLE
    done: list[sitting.Sitting] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="messagerie-mesure-") as name:
        folder = Path(name)
        shown = settings_shown(connection)
        line("  ".join(f"{key}={value}" for key, value in shown.items()))
        targets.make_reference_table(lambda command: subprocess.run(command, check=True))
        places = people.talks(most // 2 + 2)
        line(f"{len(places)} conversations, {2 * len(places)} personnes connectées")
        for target, size in chosen:
            try:
                one = sitting.sit(target, size, places, pids(connection), folder, plan)
            except RuntimeError as error:
                failed.append(f"{target.name}, {size:,} sockets: {error}")
                line("  " + failed[-1])
            else:
                line("  " + report.in_one_line(one))
                done.append(one)
    page = report.page(done, plan, shown, failed)
    if asked.short or asked.sockets:
        line("\n" + page)
    else:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "idle.md").write_text(page, encoding="utf-8")
        line("\nPage écrite : benchmarks/results/idle.md")
    wrong = any(report.faults(one) for one in done if one.target == PRODUCT.name)
    return int(wrong or bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        for alias in connections:
            connections[alias].close_pool()
