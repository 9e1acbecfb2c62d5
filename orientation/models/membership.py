"""Roles: who acts where. A role is a dated row, never a group or a flag on the account."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from orientation.models.structures import Structure
from orientation.models.territory import Departement, Region


class Role(models.TextChoices):
    PROFESSIONAL = "PROFESSIONAL", "Professionnel"
    COORDINATOR = "COORDINATOR", "Coordinateur de structure"
    REGIONAL_ADMIN = "REGIONAL_ADMIN", "Administrateur régional"
    NATIONAL_ADMIN = "NATIONAL_ADMIN", "Administrateur national"
    EVALUATOR = "EVALUATOR", "Évaluateur"


STRUCTURE_ROLES = [Role.PROFESSIONAL, Role.COORDINATOR]

# Which place goes with which role.
ROLE_PLACE = (
    Q(
        role__in=STRUCTURE_ROLES,
        structure__isnull=False,
        region__isnull=True,
        departement__isnull=True,
    )
    | Q(
        Q(role="REGIONAL_ADMIN", structure__isnull=True),
        Q(region__isnull=False, departement__isnull=True)
        | Q(region__isnull=True, departement__isnull=False),
    )
    | Q(
        role="NATIONAL_ADMIN",
        structure__isnull=True,
        region__isnull=True,
        departement__isnull=True,
    )
    | (
        Q(role="EVALUATOR", structure__isnull=True)
        & (Q(region__isnull=True) | Q(departement__isnull=True))
    )
)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active_on(self, day) -> "MembershipQuerySet":
        return self.filter(starts_on__lte=day).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))

    def visible_to(self, scope) -> "MembershipQuerySet":
        if scope.is_national:
            return self
        return self.filter(
            Q(structure__departement__in=scope.departement_codes)
            | Q(structure_id__in=scope.structure_ids)
            | Q(departement__in=scope.departement_codes)
            | Q(region__in=scope.region_codes)
        )


class Membership(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name="personne",
    )
    role = models.CharField("rôle", max_length=16, choices=Role)
    structure = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name="région"
    )
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, null=True, blank=True, verbose_name="département"
    )
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu'au", null=True, blank=True)

    objects: ClassVar = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "rôle"
        verbose_name_plural = "rôles"
        ordering = ["user_id", "role"]
        indexes = [models.Index(fields=["user", "starts_on"], name="membership_user")]
        constraints = [
            models.CheckConstraint(
                condition=ROLE_PLACE,
                name="membership_place_fits_role",
                violation_error_message=(
                    "Un professionnel ou un coordinateur a une structure ; un administrateur "
                    "régional a une région ou un département ; un administrateur national "
                    "n'a ni l'une ni l'autre."
                ),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="membership_dates_in_order",
                violation_error_message="La fin vient avant le début.",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "structure", "region", "departement", "starts_on"],
                nulls_distinct=False,
                name="membership_once",
                violation_error_message="Cette personne a déjà ce rôle à cet endroit.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.user_id})"


class DutyQuerySet(models.QuerySet["Duty"]):
    def current(self) -> "DutyQuerySet":
        return self.filter(ended_at__isnull=True)

    def visible_to(self, scope) -> "DutyQuerySet":
        if scope.is_national:
            return self
        return self.filter(
            Q(structure__departement__in=scope.departement_codes)
            | Q(structure_id__in=scope.structure_ids)
        )


class Duty(models.Model):
    """A professional says "je suis de garde" for one structure, and stops."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duties"
    )
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, related_name="duties")
    started_at = models.DateTimeField("début")
    ended_at = models.DateTimeField("fin", null=True, blank=True)

    objects: ClassVar = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = "garde"
        verbose_name_plural = "gardes"
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(ended_at__isnull=True),
                name="duty_one_open_per_person",
                violation_error_message="Cette personne est déjà de garde.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("started_at")),
                name="duty_dates_in_order",
                violation_error_message="La fin vient avant le début.",
            ),
        ]
        indexes = [
            models.Index(fields=["structure"], condition=Q(ended_at__isnull=True), name="duty_open")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d}"
