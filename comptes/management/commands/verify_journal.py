from typing import Any

from django.core.management.base import BaseCommand, CommandError

from comptes.journal_seal import verify
from comptes.models import JournalSeal


class Command(BaseCommand):
    help = "Compare le journal avec ses sceaux et dit chaque ligne modifiée, effacée ou ajoutée."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(verify())
        for finding in findings:
            row = f"ligne {finding.row_id} : " if finding.row_id is not None else ""
            self.stderr.write(f"{finding.day:%d/%m/%Y} · {row}{finding.sentence}")
        if findings:
            raise CommandError(f"Journal altéré : {len(findings)} constat(s).")
        self.stdout.write(f"Journal intact : {JournalSeal.objects.count()} journée(s) scellée(s).")
