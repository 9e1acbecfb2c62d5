"""Fictitious people and conversations for the demonstration."""

import os
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from evaluation.demo import live, places, world
from evaluation.demo.play import History, Progress, publish_missing

NICENESS = 10  # the history gives way to whoever uses the site
_LOCK = 0x7A13


class Command(BaseCommand):
    help = "Crée les personnes et les conversations fictives de la démonstration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_mutually_exclusive_group()
        for names, part, text in (
            (
                ("--first", "--quick"),
                "first",
                "les personnes, les lieux et quelques conversations, en quelques secondes",
            ),
            (
                ("--history",),
                "history",
                "90 jours de conversations ; interrompue, la commande reprend où elle en était",
            ),
            (("--tiny",), "tiny", "comme --first, pour deux régions : pour les essais"),
            (("--status",), "status", "où en est l'historique, sans rien écrire"),
        ):
            parts.add_argument(*names, action="store_const", dest="part", const=part, help=text)
        parser.set_defaults(part="all")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError(
                "Les personnes fictives n'existent qu'en mode démonstration (DEMO_MODE)."
            )
        part = options["part"]
        if part == "status":
            self.status()
        if part in ("first", "all"):
            self.first(places.REGIONS)
        if part == "tiny":
            self.first((places.PACA, places.BRETAGNE))
        if part in ("history", "all"):
            self.history()

    def first(self, regions: tuple[str, ...]) -> None:
        began = time.monotonic()
        now = timezone.now()
        made = world.build(regions, today=timezone.localdate(now))
        added = live.make_live(made, now=now)
        self.stdout.write(
            f"Personnes et lieux fictifs prêts, {added} conversations ajoutées "
            f"({_seconds(time.monotonic() - began)})."
        )

    def history(self) -> None:
        os.nice(NICENESS)
        if not _only_one():
            self.stdout.write("L'historique fictif est déjà en cours dans un autre programme.")
            return
        began = time.monotonic()
        history = _history()
        progress = None
        for progress in history.play():
            self.stdout.write(_line(progress))
        changed = publish_missing(history.days, timezone.now(), again=progress is not None)
        self.stdout.write(
            f"Historique fictif complet : {history.progress().requests} conversations, {changed} "
            f"périodes publiées ({_seconds(time.monotonic() - began)})."
        )

    def status(self) -> None:
        self.stdout.write(_line(_history().progress()))


def _history() -> History:
    """The history that ends yesterday."""
    return History(end=timezone.localdate() - timedelta(days=1))


def _only_one() -> bool:
    """Whether this process alone plays the history; the lock goes with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _line(progress: Progress) -> str:
    return (
        f"Historique fictif : {progress.done} jours sur {progress.total}, "
        f"{progress.requests} conversations."
    )


def _seconds(duration: float) -> str:
    return f"{duration:.1f} s".replace(".", ",")
