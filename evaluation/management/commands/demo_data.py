"""Fictitious people and conversations for the demonstration."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from evaluation.demo import live, world


class Command(BaseCommand):
    help = "Crée les personnes et les conversations fictives de la démonstration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_mutually_exclusive_group()
        parts.add_argument(
            "--first",
            "--quick",
            action="store_const",
            dest="part",
            const="first",
            help="les personnes, les lieux et quelques conversations, en quelques secondes",
        )
        parts.add_argument(
            "--tiny",
            action="store_const",
            dest="part",
            const="tiny",
            help="la même chose pour deux régions : pour les essais",
        )
        parser.set_defaults(part="all")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError(
                "Les personnes fictives n'existent qu'en mode démonstration (DEMO_MODE)."
            )
        regions = (world.PACA, world.BRETAGNE) if options["part"] == "tiny" else world.REGIONS
        self.first(regions)

    def first(self, regions: tuple[str, ...]) -> None:
        began = time.monotonic()
        now = timezone.now()
        made = world.build(regions, today=timezone.localdate(now))
        added = live.make_live(made, now=now)
        self.stdout.write(
            f"Personnes et lieux fictifs prêts, {added} conversations ajoutées "
            f"({time.monotonic() - began:.1f} s)."
        )
