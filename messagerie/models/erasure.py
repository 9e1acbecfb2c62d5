"""Requests to erase the content of a conversation: who asked, why, who decided. No content."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from messagerie.models.conversation import Conversation
from orientation.models import Departement
from orientation.scope import Scope


class ErasureReason(models.TextChoices):
    """Closed on purpose: a free text here would carry health words out of the conversation."""

    PATIENT_ASKED = "PATIENT_ASKED", "La personne concernée le demande"
    MISTAKE = "MISTAKE", "Conversation ouverte par erreur"
    OTHER_PERSON = "OTHER_PERSON", "Écrite depuis le compte d'une autre personne"
    COURT = "COURT", "Décision d'un juge ou de la CNIL"
    TEST = "TEST", "Essai technique"


class ErasureRefusal(models.TextChoices):
    """Why it is not erased; the patient reads it."""

    LEGAL_TERM = "LEGAL_TERM", "La loi oblige à garder ce dossier de soins"
    NOT_FOUNDED = "NOT_FOUNDED", "La raison donnée n'est pas établie"
    DISPUTE = "DISPUTE", "Le dossier peut servir de preuve dans un litige"
    WITHDRAWN = "WITHDRAWN", "La demande est retirée"


class ErasureState(models.TextChoices):
    REQUESTED = "REQUESTED", "Demandée par le patient"
    ASKED = "ASKED", "Attend une seconde personne"
    REFUSED = "REFUSED", "Refusée"
    DONE = "DONE", "Contenu effacé"


OPEN_STATES = (ErasureState.REQUESTED, ErasureState.ASKED)


class ErasureRequestQuerySet(models.QuerySet["ErasureRequest"]):
    def visible_to(self, scope: Scope) -> "ErasureRequestQuerySet":
        """Requests of the administrator's territory; none for anybody else."""
        if not scope.is_administrator:
            return self.none()
        if scope.is_national:
            return self
        return self.filter(departement__in=scope.departement_codes)


class ErasureRequest(models.Model):
    """One administrator asks with a reason, another confirms: never the same person.

    A patient may request it first; then an administrator still asks, and another confirms.
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="erasure_requests"
    )
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, related_name="+", verbose_name="département"
    )
    state = models.CharField("état", max_length=10, choices=ErasureState)
    reason = models.CharField("raison", max_length=16, choices=ErasureReason)
    refusal = models.CharField("raison du refus", max_length=16, choices=ErasureRefusal, blank=True)
    requested_at = models.DateTimeField("demandée par le patient le", null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="demandée par",
    )
    asked_at = models.DateTimeField("demandée le", null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="décidée par",
    )
    decided_at = models.DateTimeField("décidée le", null=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande d'effacement"
        verbose_name_plural = "demandes d'effacement"
        ordering = ["-id"]
        indexes = [models.Index(fields=["departement", "state"], name="erasure_dept_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state__in=["REQUESTED", "ASKED"]),
                name="erasure_one_open",
                violation_error_message="Une demande est déjà en cours pour cette conversation.",
            ),
            models.CheckConstraint(
                condition=Q(state="REQUESTED", requested_at__isnull=False, asked_by__isnull=True)
                | Q(state="ASKED", asked_by__isnull=False, asked_at__isnull=False)
                | Q(state__in=["REFUSED", "DONE"], decided_at__isnull=False)
                & Q(decided_by__isnull=False),
                name="erasure_state_has_its_people",
                violation_error_message="Chaque étape a une personne et une date.",
            ),
            models.CheckConstraint(
                condition=~Q(state="DONE")
                | (Q(asked_by__isnull=False) & ~Q(asked_by=F("decided_by"))),
                name="erasure_by_two_persons",
                violation_error_message="Une autre personne doit confirmer.",
            ),
            models.CheckConstraint(
                condition=(Q(state="REFUSED") & ~Q(refusal=""))
                | (~Q(state="REFUSED") & Q(refusal="")),
                name="erasure_refusal_has_reason",
                violation_error_message="Dites pourquoi la demande est refusée.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ErasureState.values) & Q(reason__in=ErasureReason.values),
                name="erasure_values_known",
                violation_error_message="Cette valeur n'est pas dans la liste.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}"
