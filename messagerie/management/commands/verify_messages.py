from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messagerie.line_check import verify_messages
from messagerie.models import Message


class Command(BaseCommand):
    help = (
        "Compare chaque ligne des conversations avec le journal : numéro, identifiant donné par "
        "l'appareil, nature. Lancez d'abord verify_journal, qui dit si le journal est intact."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for finding in verify_messages():
            found += 1
            self.stderr.write(f"{finding.conversation_id} · n° {finding.seq} : {finding.sentence}")
        if found:
            raise CommandError(f"Lignes altérées : {found} constat(s).")
        self.stdout.write(f"Lignes intactes : {Message.objects.count()}.")
