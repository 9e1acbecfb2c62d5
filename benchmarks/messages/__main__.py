"""bin/bench messages: throughput, waiting and cost of a line, beside the reference.

bin/bench messages              the whole campaign; writes benchmarks/results/messages.md
bin/bench messages --short      about a minute, to try; writes no page (--page to write one)
bin/bench messages --profile    a profile of the hot path instead: results/profile.txt
bin/bench messages --guarantees what each guarantee costs, only
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
django.setup()

from django.db import connection, connections

from benchmarks.messages import campaign, people, report, targets
from benchmarks.messages.bout import Bout, Ring
from benchmarks.messages.guarantees import GUARANTEES
from benchmarks.messages.orders import Place
from benchmarks.messages.servers import pids, settings_shown
from config.start.instance import CHECKOUT
from config.start.say import line

RESULTS = CHECKOUT / "benchmarks" / "results"
GUARANTEE_ROUNDS = 2


def guarantees(places: list[Place], ring: Ring, logs: Path, rounds: int) -> list[list[Bout]]:
    """The product whole, then without each guarantee, closed loop; round after round."""
    shape = campaign.closed(50, 4)
    found = [targets.PRODUCT, *(targets.without(guarantee) for guarantee in GUARANTEES)]
    return [
        [campaign.alone(target, shape, places, ring, logs, line) for target in found]
        for _ in range(rounds)
    ]


def profile(places: list[Place], ring: Ring, logs: Path) -> None:
    """Write results/profile.txt: the product in closed loop, 50 conversations."""
    page = RESULTS / "profile.txt"
    target = targets.profiled(targets.PRODUCT, page)
    campaign.alone(target, campaign.closed(50, 8), places, ring, logs, line)
    line(f"\nProfil écrit : {page.relative_to(CHECKOUT)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench messages")
    parser.add_argument("--short", action="store_true", help="environ une minute")
    parser.add_argument("--profile", action="store_true", help="un profil, rien d'autre")
    parser.add_argument("--guarantees", action="store_true", help="les garanties, rien d'autre")
    parser.add_argument("--rounds", type=int, help="nombre de tours")
    parser.add_argument("--only", default="", help="les formes dont le nom contient ce texte")
    parser.add_argument("--page", action="store_true", help="écrire la page même en court")
    return parser.parse_args()


def main() -> int:
    """The command line; 1 when a line was lost, doubled or in the wrong place for the product."""
    asked = arguments()
    RESULTS.mkdir(exist_ok=True)
    program = campaign.SHORT if asked.short else campaign.WHOLE
    if asked.rounds:
        program = replace(program, rounds=asked.rounds)
    if asked.only:
        program = program.only(asked.only)
    alone = asked.profile or asked.guarantees
    part = asked.short or asked.only
    with tempfile.TemporaryDirectory(prefix="messagerie-mesure-") as name:
        folder = Path(name)
        shown = settings_shown(connection)
        line("  ".join(f"{key}={value}" for key, value in shown.items()))
        targets.make_reference_table(lambda command: subprocess.run(command, check=True))
        places = people.talks(50 if alone else program.talks)
        line(f"{len(places)} conversations, {2 * len(places)} personnes connectées")
        ring = Ring(pids(connection), folder, Path(settings.STATE_DIR))
        if asked.profile:
            profile(places, ring, folder)
            return 0
        rounds: list[list[Bout]] = []
        failed: list[str] = []
        if not alone:
            rounds, failed = campaign.play(program, places, ring, folder, line)
        costs: list[list[Bout]] = []
        if not part:
            line("\nce que coûte chaque garantie")
            costs = guarantees(places, ring, folder, asked.rounds or GUARANTEE_ROUNDS)
    page = report.page(rounds, costs, shown, failed)
    if asked.page or not (part or alone):
        (RESULTS / "messages.md").write_text(page, encoding="utf-8")
        line("\nPage écrite : benchmarks/results/messages.md")
    else:
        line("\n" + page)
    bouts = [bout for done in (*rounds, *costs) for bout in done]
    mine = {targets.PRODUCT.name, targets.RECEIPTS.name}
    return int(bool(failed) or any(bout.faults for bout in bouts if bout.target in mine))


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        for alias in connections:
            connections[alias].close_pool()
