"""Loads the communes, departments and postal codes. Safe to repeat."""

from django.core.management.base import BaseCommand

from orientation.territory_load import load_territory


class Command(BaseCommand):
    help = "Charge le territoire de référence (communes, codes postaux…). Peut être relancée."

    def handle(self, *, verbosity, **options):
        load_territory(say=self.stdout.write if verbosity else lambda line: None)
