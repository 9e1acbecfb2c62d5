"""Writes fictitious CPTS and SAS for a demonstration. Safe to repeat."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orientation.demo_load import load_demo_territory
from orientation.models.territory import TerritoryVintage


class Command(BaseCommand):
    help = "Crée des CPTS et des SAS fictifs, pour une démonstration. Peut être relancée."

    def handle(self, *, verbosity, **options):
        if not settings.DEMO_MODE:
            raise CommandError("Les structures fictives n'existent qu'en mode démonstration.")
        if not TerritoryVintage.objects.exists():
            raise CommandError("Le territoire manque : lancez d'abord load_territory.")
        load_demo_territory(say=self.stdout.write if verbosity else lambda line: None)
