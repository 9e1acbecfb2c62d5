"""An invitation: how professionals, administrators and evaluators get an account."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from comptes.models.people import Profession, validate_rpps
from comptes.models.user import UserKind

INVITED_KINDS = [UserKind.PROFESSIONAL, UserKind.ADMINISTRATOR, UserKind.EVALUATOR]


class Invitation(models.Model):
    """Sent by mail; the link holds a secret of which only the digest is kept."""

    email = models.EmailField("adresse électronique")
    kind = models.CharField(
        "type de compte",
        max_length=16,
        choices=[(kind.value, kind.label) for kind in INVITED_KINDS],
    )
    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    rpps = models.CharField("numéro RPPS", max_length=11, blank=True, validators=[validate_rpps])
    profession = models.CharField("profession", max_length=2, choices=Profession, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="invitations_sent",
        verbose_name="invité par",
    )
    token_digest = models.BinaryField("empreinte du lien", max_length=32, unique=True)
    created_at = models.DateTimeField("envoyée le", auto_now_add=True)
    expires_at = models.DateTimeField("valable jusqu'au")
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations_accepted",
        verbose_name="compte",
    )

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in INVITED_KINDS]),
                name="invitation_kind_known",
                violation_error_message="Un patient ouvre son compte lui-même.",
            ),
            models.CheckConstraint(
                condition=Q(rpps="", profession="")
                | (Q(kind="PROFESSIONAL") & ~Q(rpps="") & ~Q(profession="")),
                name="invitation_registration_is_whole",
                violation_error_message=(
                    "Donnez le numéro RPPS et la profession d'un professionnel, et de lui seul."
                ),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
                violation_error_message="Une invitation acceptée a un compte et une date.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"
