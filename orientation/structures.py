"""Which structures serve a place, on a day."""

from datetime import date

from orientation.models import Commune, Departement
from orientation.models.membership import Duty
from orientation.models.structures import Cpts, Sas, Structure


def cpts_of(commune: Commune, day: date) -> Structure | None:
    """The open CPTS that covers a commune; with an overlap, the one with the lowest number."""
    return Cpts.objects.filter(coverages__commune=commune).open_on(day).order_by("pk").first()


def sas_of(departement: Departement, day: date) -> Structure | None:
    """The open SAS of a department."""
    return Sas.objects.filter(departement=departement).open_on(day).first()


def on_duty_structures(departement_code: str) -> list[Structure]:
    """The structures of a department that have somebody on duty now, by name."""
    return list(
        Structure.objects.filter(
            departement_id=departement_code, pk__in=Duty.objects.current().values("structure")
        ).order_by("name")
    )
