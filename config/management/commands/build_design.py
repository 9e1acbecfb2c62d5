"""Build the stylesheet that we serve from the installed design system."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.design import build


class Command(BaseCommand):
    help = "Construit la feuille de style servie, à partir du système de design installé."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(settings.STATIC_BUILD_DIR)
        changed = build(target, state_look=settings.DSFR_STATE_LOOK)
        size = (target / "dsfr" / "dsfr.css").stat().st_size / 1000
        outcome = "construite" if changed else "déjà à jour"
        self.stdout.write(f"Feuille de style {outcome} ({size:.0f} ko).")
