"""Notices to send by mail (never content), and what was passed on to the 15."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messagerie.models.conversation import Conversation


class NoticeKind(models.TextChoices):
    ANSWER = "ANSWER", "Vous avez une réponse"
    CLOSED = "CLOSED", "Votre conversation est close"


class Notice(models.Model):
    """A mail to send, written in the transaction of its cause; a task picks it up."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices"
    )
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField("nature", max_length=10, choices=NoticeKind)
    seq = models.PositiveIntegerField("jusqu'au message", default=0)
    created_at = models.DateTimeField("créé le")
    # Set by who sends, at the first look during quiet hours; a danger declared since goes first.
    not_before = models.DateTimeField("pas avant", null=True)
    sent_at = models.DateTimeField("envoyé le", null=True)

    class Meta:
        verbose_name = "avis"
        verbose_name_plural = "avis"
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(sent_at__isnull=True), name="notice_due"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "kind"],
                condition=Q(sent_at__isnull=True),
                name="notice_one_due_per_kind",
                violation_error_message="Cet avis est déjà prévu.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id}"


class NoticeChoice(models.Model):
    """Whether a person wants notices; without a row, they do."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choice"
    )
    stopped_at = models.DateTimeField("arrêtés le", null=True)

    class Meta:
        verbose_name = "choix des avis"
        verbose_name_plural = "choix des avis"

    def __str__(self) -> str:
        return str(self.user_id)


class EmergencyTransmission(models.Model):
    """A professional passed the conversation on to the 15. What was said is sealed."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="emergency_transmissions"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("date")
    number = models.CharField("numéro appelé", max_length=20)
    sealed = models.BinaryField("téléphone, lieu, âge et signes transmis, chiffrés")

    class Meta:
        verbose_name = "transmission au 15"
        verbose_name_plural = "transmissions au 15"

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.at:%Y-%m-%d}"
