"""The role that waits for an invited person: it becomes a Membership when they accept."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from comptes.models import Invitation
from orientation.models.membership import ROLE_PLACE, Role
from orientation.models.structures import Structure
from orientation.models.territory import Departement, Region


class InvitedRoleQuerySet(models.QuerySet["InvitedRole"]):
    def visible_to(self, scope) -> "InvitedRoleQuerySet":
        if scope.is_national:
            return self
        return self.filter(
            Q(structure__departement__in=scope.departement_codes)
            | Q(departement__in=scope.departement_codes)
            | Q(region__in=scope.region_codes)
        )


class InvitedRole(models.Model):
    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="place")
    role = models.CharField("rôle", max_length=16, choices=Role)
    structure = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="région",
    )
    departement = models.ForeignKey(
        Departement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="département",
    )

    objects: ClassVar = InvitedRoleQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        constraints = [
            models.CheckConstraint(
                condition=ROLE_PLACE,
                name="invited_role_place_fits_role",
                violation_error_message=(
                    "Un professionnel ou un coordinateur a une structure ; un administrateur "
                    "régional a une région ou un département ; un administrateur national "
                    "n'a ni l'une ni l'autre."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invitation} ({self.get_role_display()})"
