"""What an account is in the world of care: a patient, or a registered professional."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from stdnum import luhn

from comptes.models.user import User


class Profession(models.TextChoices):
    """Codes of the national nomenclature TRE_G15, labels as patients read them."""

    MEDECIN = "10", "médecin"
    PHARMACIEN = "21", "pharmacien"
    SAGE_FEMME = "50", "sage-femme"
    INFIRMIER = "60", "infirmier"
    KINESITHERAPEUTE = "70", "kinésithérapeute"


def validate_rpps(value: str) -> None:
    """Check an RPPS number: eleven digits, the last one a Luhn key.

    Raises:
        ValidationError: in French, with what is wrong.
    """
    if len(value) != 11 or not (value.isascii() and value.isdigit()):
        raise ValidationError("Un numéro RPPS a onze chiffres.", code="rpps_shape")
    if not luhn.is_valid(value):
        raise ValidationError(
            "Ce numéro RPPS est faux : sa clé ne correspond pas. Vérifiez les chiffres.",
            code="rpps_key",
        )


class ProfessionalQuerySet(models.QuerySet["Professional"]):
    def names(self, user_ids: Iterable[int]) -> dict[int, str]:
        """The public name of each of these accounts that is a professional's, in one query; none
        when there is nobody to name."""
        asked = set(user_ids)
        rows = self.filter(user_id__in=asked).select_related("user") if asked else ()
        return {row.user_id: row.public_name for row in rows}


class Professional(models.Model):
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="professional")
    rpps = models.CharField("numéro RPPS", max_length=11, unique=True, validators=[validate_rpps])
    profession = models.CharField("profession", max_length=2, choices=Profession)

    objects = ProfessionalQuerySet.as_manager()

    class Meta:
        verbose_name = "professionnel de santé"
        verbose_name_plural = "professionnels de santé"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rpps__regex=r"^[0-9]{11}$"),
                name="professional_rpps_digits",
                violation_error_message="Un numéro RPPS a onze chiffres.",
            ),
            models.CheckConstraint(
                condition=models.Q(profession__in=Profession.values),
                name="professional_profession_known",
                violation_error_message="Cette profession n'est pas prévue.",
            ),
        ]

    def __str__(self) -> str:
        return self.public_name

    @property
    def public_name(self) -> str:
        """How patients and colleagues read this person: first name and profession."""
        return f"{self.user.get_short_name()}, {self.get_profession_display()}"


class Patient(models.Model):
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="patient")
    readers_agreed_at = models.DateTimeField(
        "a accepté l'équipe qui peut lire", null=True, blank=True
    )

    class Meta:
        verbose_name = "patient"
        verbose_name_plural = "patients"

    def __str__(self) -> str:
        return f"patient {self.pk}"
