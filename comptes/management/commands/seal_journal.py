from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from comptes.journal_seal import seal_day


class Command(BaseCommand):
    help = "Scelle le journal jusqu'à maintenant, au nom d'une journée (hier par défaut)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="AAAA-MM-JJ")

    def handle(self, *args: Any, **options: Any) -> None:
        day = options["day"] or (timezone.now() - timedelta(days=1)).date()
        seal = seal_day(day)
        if seal is None:
            self.stdout.write(f"La journée du {day:%d/%m/%Y} est déjà scellée.")
        else:
            self.stdout.write(f"{seal.row_count} ligne(s) scellée(s) pour le {day:%d/%m/%Y}.")
