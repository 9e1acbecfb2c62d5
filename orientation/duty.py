"""Go on duty and off duty: the only writer of `Duty`. Each change goes to the journal."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from comptes.journal import record
from comptes.models import Act, User
from orientation.models import Duty, Membership, Role, Structure
from orientation.scope import Scope


class DutyRefused(Exception):
    """A duty that cannot start. The message is French, for the professional."""


def structures_of_duty(user: User, scope: Scope) -> list[Structure]:
    """The open structures for which this professional may take a duty today, by name."""
    if not scope.is_professional:
        return []
    # The day of scopes, whatever the hours that pages show.
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    return list(
        Structure.objects.open_on(today)
        .filter(
            pk__in=Membership.objects.filter(user=user, role=Role.PROFESSIONAL)
            .active_on(today)
            .values("structure")
        )
        .select_related("departement")
        .order_by("name")
    )


def duty_zone(structures: list[Structure], scope: Scope) -> ZoneInfo:
    """The time zone in which this professional works: that of their duty, else of the first of
    their structures (`structures_of_duty`), else the service's own."""
    on_duty = [one for one in structures if one.pk in scope.duty_structure_ids]
    for structure in (*on_duty, *structures):
        return ZoneInfo(structure.departement.time_zone)
    return ZoneInfo(settings.TIME_ZONE)


def start_duty(user: User, structure_id: int, *, scope: Scope, now: datetime | None = None) -> Duty:
    """« Prendre ma garde » for one of one's structures. Asked twice, it does nothing more.

    Raises:
        DutyRefused: not one's structure, or already on duty for another one.
    """
    structure = next((s for s in structures_of_duty(user, scope) if s.pk == structure_id), None)
    if structure is None:
        raise DutyRefused("Vous ne pouvez pas prendre de garde pour cette structure.")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two requests of one person: in turn
        duty, created = Duty.objects.current().get_or_create(
            user=user,
            defaults={"structure": structure, "started_at": now or timezone.now()},
        )
        if duty.structure_id != structure.pk:
            raise DutyRefused(
                f"Vous êtes déjà de garde pour {duty.structure.name}. Quittez d'abord cette garde."
            )
        if created:
            record(Act.DUTY_STARTED, actor=user, object_ref=f"duty:{duty.pk}")
    return duty


def end_duty(user: User, *, now: datetime | None = None) -> bool:
    """« Quitter ma garde »; True when there was one. Conversations already held stay held."""
    with transaction.atomic():
        duty = Duty.objects.current().select_for_update().filter(user=user).first()
        if duty is None:
            return False
        duty.ended_at = max(now or timezone.now(), duty.started_at)
        duty.save(update_fields=["ended_at"])
        record(Act.DUTY_ENDED, actor=user, object_ref=f"duty:{duty.pk}")
    return True
