"""Which communes have a CPTS, none, or several: what an administrator should see first."""

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from orientation.models import Commune, StructureKind


def cpts_count(day: date | None = None) -> Count:
    """An annotation on communes: how many open CPTS cover each one on a day (today)."""
    day = day or timezone.localdate()
    structure = "coverages__structure__"
    still_open = Q(**{f"{structure}closed_on__isnull": True}) | Q(
        **{f"{structure}closed_on__gt": day}
    )
    return Count(
        "coverages",
        filter=Q(**{f"{structure}kind": StructureKind.CPTS}) & still_open,
        distinct=True,
    )


def without_cpts(communes: QuerySet[Commune]) -> QuerySet[Commune]:
    return communes.annotate(cpts_count=cpts_count()).filter(cpts_count=0)


def with_several_cpts(communes: QuerySet[Commune]) -> QuerySet[Commune]:
    return communes.annotate(cpts_count=cpts_count()).filter(cpts_count__gt=1)
