"""Import CPTS from a CSV file: shows the report, writes only with --write."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from comptes.models import User
from orientation import cpts_import
from orientation.scope import scope_for


class Command(BaseCommand):
    help = "Importe des CPTS depuis un fichier CSV. Sans --write, montre seulement le rapport."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="adresse de l'administrateur")
        parser.add_argument("--write", action="store_true", help="écrire si tout est juste")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email=options["by"].lower(), is_active=True).first()
        scope = scope_for(by)
        if by is None or not scope.is_administrator:
            raise CommandError("Cette adresse n'est pas celle d'un administrateur.")
        try:
            rows = cpts_import.read_file(options["file"].read_bytes())
        except OSError as error:
            raise CommandError(f"Ce fichier ne se lit pas : {error.strerror}.") from None
        except cpts_import.FileRefused as refused:
            raise CommandError(str(refused)) from None
        if options["write"]:
            report = cpts_import.write(rows, scope=scope, by=by)
        else:
            report = cpts_import.check(rows, scope)
        for line in report.lines:
            self.stdout.write(f"Ligne {line.row.number} : {line.act} – {line.shown_name}")
            for sentence in (*line.errors, *line.warnings):
                self.stdout.write(f"    {sentence}")
        if not report.accepted:
            raise CommandError(f"{report.errors} ligne(s) refusée(s) : rien n'est importé.")
        done = "importée(s)" if options["write"] else "prête(s) : relancez avec --write"
        self.stdout.write(f"{len(report.lines)} CPTS {done}.")
