"""What was proposed, why, and what the professional chose. Replay reads only this."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from orientation.models.rule import RuleSet
from orientation.models.structures import Structure
from orientation.models.territory import Commune, Departement


class DecisionChoice(models.TextChoices):
    ACCEPTED = "ACCEPTED", "Proposition suivie"
    OVERRIDDEN = "OVERRIDDEN", "Autre lieu choisi"


class OverrideReason(models.TextChoices):
    """Closed on purpose: a free text here would carry health words out of the conversation."""

    PATIENT_PREFERS = "PATIENT_PREFERS", "La personne préfère un autre lieu"
    CLOSER = "CLOSER", "Un autre lieu est plus proche ou plus facile d'accès"
    NO_SLOT = "NO_SLOT", "Pas de place assez tôt dans le lieu proposé"
    CLINICAL = "CLINICAL", "Jugement du professionnel sur la situation"
    CLOSED = "CLOSED", "Le lieu proposé est fermé ou injoignable"
    RULE_WRONG = "RULE_WRONG", "La règle semble fausse pour ce territoire"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, scope) -> "DecisionQuerySet":
        if scope.is_national:
            return self
        return self.filter(departement__in=scope.departement_codes)


class Decision(models.Model):
    """One orientation: a situation in codes, a proposal, its trace, a choice. No typed text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation_id = models.UUIDField("conversation", db_index=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+")
    rule_set = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, null=True, related_name="decisions"
    )
    rule_set_version = models.CharField("version des règles", max_length=60)
    rule_id = models.CharField("règle", max_length=40)
    proposed_destination = models.CharField("lieu proposé", max_length=24)
    proposed_structure = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Situation, sentence and trace hold the motive and facts of care: sealed with the
    # conversation's key, opened by orientation.engine.open_decision alone.
    sealed = models.BinaryField("situation, phrase et branches, chiffrées")
    choice = models.CharField("choix", max_length=12, choices=DecisionChoice)
    chosen_destination = models.CharField("lieu choisi", max_length=24)
    chosen_structure = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, related_name="+"
    )
    override_reason = models.CharField(
        "raison du choix", max_length=20, choices=OverrideReason, blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("décidé le")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "décision d'orientation"
        verbose_name_plural = "décisions d'orientation"
        ordering = ["-decided_at"]
        indexes = [models.Index(fields=["departement", "decided_at"], name="decision_dept_date")]
        constraints = [
            models.CheckConstraint(
                condition=Q(choice="ACCEPTED", override_reason="")
                | (Q(choice="OVERRIDDEN") & ~Q(override_reason="")),
                name="decision_override_has_reason",
                violation_error_message="Dites pourquoi vous choisissez un autre lieu.",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class CareSituation(models.Model):
    """What a patient told once about their own care, so that no page asks it again.

    Sealed under a key of its own: `orientation.care_situation` writes and opens it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="care_situation"
    )
    sealed = models.BinaryField("médecin traitant et ALD, chiffrés")
    updated_at = models.DateTimeField("mis à jour le", auto_now=True)

    class Meta:
        verbose_name = "situation de soins"
        verbose_name_plural = "situations de soins"

    def __str__(self) -> str:
        return f"situation {self.user_id}"
