"""What `manage.py check --deploy` tells an operator about this application."""

from typing import Any

from django.core.checks import CheckMessage, Info, register

from messagerie.danger_numbers import numbers_to_check


@register(deploy=True)
def numbers_to_confirm(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """One note per telephone number that no recent official page confirmed."""
    return [
        Info(
            f"Le numéro {row.label} ({row.service}) reste à confirmer avant l'ouverture : "
            f"{', '.join(row.to_check)}.",
            hint="Relisez-le, puis corrigez messagerie/danger_numbers.py, date comprise.",
            id="messagerie.I001",
        )
        for row in numbers_to_check()
    ]
