"""After a restore from a backup: every open page loads again."""

from uuid import uuid4

from django.core.management.base import BaseCommand
from django.db import connection

from messagerie.live.epoch import current_epoch
from messagerie.live.pool import APPLICATION
from messagerie.models import LiveEpoch

# The web processes read the epoch when they connect: ending their connections tells them.
END_CONNECTIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = %s AND datname = current_database()
"""


class Command(BaseCommand):
    help = (
        "Après une restauration dans la même base : change l'époque, pour que chaque page ouverte "
        "se recharge. Une autre base, ou une base secondaire promue, change d'époque toute seule."
    )

    def handle(self, *args: object, **options: object) -> None:
        LiveEpoch.objects.update_or_create(pk=1, defaults={"value": uuid4()})
        with connection.cursor() as cursor:
            cursor.execute(END_CONNECTIONS, [APPLICATION])
            (ended,) = cursor.fetchone()
        self.stdout.write(
            f"Nouvelle époque : {current_epoch()}. Connexions rouvertes : {ended}. "
            "Les pages ouvertes se rechargent."
        )
