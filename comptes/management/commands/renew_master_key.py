import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from comptes.keys import rotation
from comptes.keys.provider import KeyDestructionRefused, key_provider

SAY_EVERY = 1.0  # seconds between two lines of progress


def said(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


class Command(BaseCommand):
    help = (
        "Renouvelle la clé maîtresse et ré-enveloppe toutes les clés, service ouvert. "
        "Interrompue, elle reprend où elle en était. L'ancienne version reste : détruisez-la "
        "ensuite, après avoir sauvegardé la nouvelle, avec --destroy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--status", action="store_true", help="dit seulement où on en est")
        what.add_argument(
            "--destroy", type=int, metavar="VERSION", help="détruit pour toujours cette version"
        )
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="clés par étape")

    def handle(self, *args: Any, **options: Any) -> None:
        health = key_provider().health()
        if not health.is_well:
            raise CommandError(health.problem)
        try:
            if options["status"]:
                self._status()
            elif options["destroy"] is not None:
                self._destroy(options["destroy"])
            else:
                with rotation.alone():
                    self._renew(max(options["batch"], 1))
        except rotation.RotationUnderWay:
            raise CommandError("Un renouvellement est déjà en cours ailleurs.") from None
        except KeyDestructionRefused as refused:
            raise CommandError(str(refused)) from None

    def _status(self) -> None:
        health = key_provider().health()
        rows = rotation.keys_by_version()
        for version in sorted({*health.versions, *rows}):
            here = "" if version in health.versions else " · clé maîtresse absente"
            now = " · en cours" if version == health.current else ""
            self.stdout.write(f"version {version} : {said(rows.get(version, 0))} clé(s){now}{here}")

    def _renew(self, batch: int) -> None:
        provider = key_provider()
        version = provider.current_version()
        if rotation.unfinished(version):
            self.stdout.write(f"Reprise du renouvellement vers la version {version}.")
        else:
            version = provider.renew()
            self.stdout.write(f"Nouvelle clé maîtresse : version {version}.")
        began = spoke = time.monotonic()
        progress = rotation.Progress(0, 0)
        for progress in rotation.rewrap(version, batch):
            if time.monotonic() - spoke >= SAY_EVERY or progress.done <= batch:
                spoke = time.monotonic()
                self._say(progress, spoke - began)
        self._say(progress, time.monotonic() - began)
        if progress.unreadable:
            named = ", ".join(map(str, progress.unreadable[: rotation.SHOWN]))
            raise CommandError(
                f"{len(progress.unreadable)} clé(s) ne s'ouvrent pas et restent telles quelles : "
                f"{named}… Cherchez leur clé maîtresse dans vos sauvegardes."
            )
        rotation.note_renewed(version)
        others = [v for v in provider.health().versions if v != version]
        self.stdout.write(f"Toutes les clés sont sous la version {version}.")
        if others:
            self.stdout.write(
                "Sauvegardez les clés maîtresses, puis détruisez : "
                + ", ".join(f"--destroy {other}" for other in others)
            )

    def _say(self, progress: rotation.Progress, seconds: float) -> None:
        rate = progress.done / seconds if seconds > 0 else 0.0
        left = f" · reste {progress.remaining / rate:.0f} s" if rate and progress.remaining else ""
        self.stdout.write(
            f"{said(progress.done)} / {said(progress.total)} clés · "
            f"{said(int(rate))} par seconde{left}"
        )
        self.stdout.flush()

    def _destroy(self, version: int) -> None:
        if version not in key_provider().health().versions:
            raise CommandError(f"La version {version} n'existe pas, ou n'existe plus.")
        rotation.destroy_version(version)
        self.stdout.write(f"La version {version} est détruite.")
