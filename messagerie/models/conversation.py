"""A conversation: one question, one patient, one territory frozen at opening, one outcome."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from messagerie.states import Outcome, State
from orientation.models import Commune, Departement, Region, Structure
from orientation.scope import Level, Scope


class Alternative(models.TextChoices):
    """« Qu'auriez-vous fait sans ce service ? », asked before the answer."""

    MEDECIN_TRAITANT = "MEDECIN_TRAITANT", "J'aurais appelé mon médecin"
    PHARMACIE = "PHARMACIE", "Je serais allé à la pharmacie"
    URGENCES = "URGENCES", "Je serais allé aux urgences"
    APPEL_15 = "APPEL_15", "J'aurais appelé le 15"
    RIEN = "RIEN", "Je n'aurais rien fait, ou j'aurais attendu"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, scope: Scope) -> "ConversationQuerySet":
        """Conversations whose content this person may open.

        1. patient: their own;
        2. professional: those that they hold or held for a structure they still belong to, and
           those waiting in the departments of the structures they are on duty for, now;
        3. everybody else (administrators, evaluators, coordinators): none, ever.
        """
        if scope.level == Level.SELF:
            return self.filter(patient_id=scope.user_id)
        if scope.level == Level.STRUCTURE and scope.is_professional:
            own = Q(professional_id=scope.user_id, structure_id__in=scope.structure_ids)
            if scope.duty_departement_codes:
                own |= Q(state=State.WAITING, departement_id__in=scope.duty_departement_codes)
            return self.filter(own)
        return self.none()

    def waiting_for(self, scope: Scope) -> "ConversationQuerySet":
        """The queue of a professional on duty: declared signs first, then the oldest."""
        return (
            self.visible_to(scope)
            # Said again in the shape of the index: the queue must not cost the whole history.
            .filter(state=State.WAITING, departement_id__in=scope.duty_departement_codes)
            .order_by("-declared_sign", "waiting_since", "id")
        )


class Conversation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conversations"
    )
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    cpts = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="CPTS"
    )
    time_zone = models.CharField("fuseau horaire", max_length=40)
    rule_set_version = models.CharField("version des règles à l'ouverture", max_length=60)

    state = models.CharField("état", max_length=12, choices=State, default=State.WAITING)
    outcome = models.CharField("issue", max_length=28, choices=Outcome, blank=True)
    declared_sign = models.BooleanField("signe de danger déclaré", default=False)
    alternative = models.CharField(
        "sans ce service", max_length=20, choices=Alternative, blank=True
    )
    professional = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    structure = models.ForeignKey(Structure, on_delete=models.PROTECT, null=True, related_name="+")

    motive_sealed = models.BinaryField("motif chiffré")
    subject_sealed = models.BinaryField("personne concernée, chiffrée")
    situation_sealed = models.BinaryField("situation chiffrée")

    opened_at = models.DateTimeField("ouverte le")
    waiting_since = models.DateTimeField("en attente depuis")
    promised_before = models.DateTimeField("réponse promise avant", null=True)
    taken_at = models.DateTimeField("prise le", null=True)
    first_answer_at = models.DateTimeField("première réponse", null=True)
    closed_at = models.DateTimeField("close le", null=True)
    reopen_until = models.DateTimeField("peut être rouverte jusqu'au", null=True)
    # The content is gone: no page, socket or export tries to read it. See actions.erasing.
    erased_at = models.DateTimeField("contenu effacé le", null=True)
    shredded_at = models.DateTimeField("clé et fichiers détruits le", null=True)
    last_patient_at = models.DateTimeField("dernier mot du patient", null=True)
    last_professional_at = models.DateTimeField("dernier mot du professionnel", null=True)

    last_seq = models.PositiveIntegerField("dernier numéro", default=0)
    patient_delivered_seq = models.PositiveIntegerField(default=0)
    patient_opened_seq = models.PositiveIntegerField(default=0)
    professional_delivered_seq = models.PositiveIntegerField(default=0)
    professional_opened_seq = models.PositiveIntegerField(default=0)

    objects = ConversationQuerySet.as_manager()

    # Client UUID of the line that the act under way added; not a column.
    line_id: uuid.UUID | None = None

    class Meta:
        verbose_name = "conversation"
        verbose_name_plural = "conversations"
        indexes = [
            models.Index(
                fields=["departement", "-declared_sign", "waiting_since"],
                condition=Q(state="WAITING"),
                name="conversation_queue",
            ),
            models.Index(fields=["patient", "-opened_at"], name="conversation_patient"),
            models.Index(fields=["professional", "state"], name="conversation_professional"),
            models.Index(fields=["departement", "opened_at"], name="conversation_dept_opened"),
            models.Index(fields=["closed_at"], name="conversation_closed_at"),
            models.Index(
                fields=["erased_at"],
                condition=Q(erased_at__isnull=False, shredded_at__isnull=True),
                name="conversation_to_shred",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=State.values),
                name="conversation_state_known",
                violation_error_message="Cet état n'existe pas.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(outcome__in=Outcome.values),
                name="conversation_outcome_known",
                violation_error_message="Cette issue n'existe pas.",
            ),
            models.CheckConstraint(
                condition=(Q(state="CLOSED", closed_at__isnull=False) & ~Q(outcome=""))
                | (~Q(state="CLOSED") & Q(closed_at__isnull=True, outcome="")),
                name="conversation_closed_has_outcome",
                violation_error_message="Une conversation close a une issue et une date.",
            ),
            models.CheckConstraint(
                condition=~Q(state="IN_PROGRESS")
                | Q(professional__isnull=False, taken_at__isnull=False, structure__isnull=False),
                name="conversation_in_progress_has_professional",
                violation_error_message="Une conversation en cours a un professionnel.",
            ),
            models.CheckConstraint(
                condition=~Q(state="WAITING") | Q(professional__isnull=True),
                name="conversation_waiting_has_nobody",
                violation_error_message="Une conversation en attente n'a pas de professionnel.",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(state="CLOSED"),
                name="conversation_erased_is_closed",
                violation_error_message="Une conversation ouverte ne s'efface pas.",
            ),
            models.CheckConstraint(
                condition=Q(shredded_at__isnull=True) | Q(erased_at__isnull=False),
                name="conversation_shredded_is_erased",
                violation_error_message="Seul un contenu effacé a sa clé détruite.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Transition(models.Model):
    """Each passage from one state to another, for the figures; only ever added."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="transitions"
    )
    from_state = models.CharField("de", max_length=12, choices=State, blank=True)
    to_state = models.CharField("vers", max_length=12, choices=State)
    act = models.CharField("acte", max_length=24)
    outcome = models.CharField("issue", max_length=28, choices=Outcome, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField("date")

    class Meta:
        verbose_name = "passage"
        verbose_name_plural = "passages"
        ordering = ["id"]
        indexes = [models.Index(fields=["at"], name="transition_at")]

    def __str__(self) -> str:
        return f"{self.from_state or '—'} → {self.to_state}"
