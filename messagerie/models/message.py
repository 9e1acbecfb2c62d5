"""One line of a conversation. Its body is ciphertext; its place is a number, never a date."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messagerie.models.conversation import Conversation


class Side(models.TextChoices):
    PATIENT = "PATIENT", "patient"
    PROFESSIONAL = "PROFESSIONAL", "professionnel"
    SERVICE = "SERVICE", "service"


class MessageKind(models.TextChoices):
    TEXT = "TEXT", "message"
    ORIENTATION = "ORIENTATION", "orientation"
    CLOSING = "CLOSING", "conclusion"
    WORSENING = "WORSENING", "aggravation déclarée"
    EMERGENCY = "EMERGENCY", "transmission au 15"
    FILE = "FILE", "fichier joint"
    EVENT = "EVENT", "information du service"


class Message(models.Model):
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages"
    )
    seq = models.PositiveIntegerField("numéro")
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    side = models.CharField("écrit par", max_length=12, choices=Side)
    kind = models.CharField("nature", max_length=12, choices=MessageKind, default=MessageKind.TEXT)
    client_id = models.UUIDField("numéro donné par l'appareil")
    body_sealed = models.BinaryField("texte chiffré")
    content_mac = models.BinaryField("empreinte du texte sous clé", max_length=32)
    created_at = models.DateTimeField("écrit le")

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "messages"
        ordering = ["conversation_id", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "seq"],
                name="message_seq_once",
                violation_error_message="Ce numéro est déjà pris.",
            ),
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_id"],
                nulls_distinct=False,
                name="message_client_id_once",
                violation_error_message="Ce message est déjà reçu.",
            ),
            models.CheckConstraint(
                condition=Q(seq__gte=1),
                name="message_seq_from_one",
                violation_error_message="Un numéro commence à 1.",
            ),
            models.CheckConstraint(
                condition=Q(side="SERVICE", sender__isnull=True)
                | (~Q(side="SERVICE") & Q(sender__isnull=False)),
                name="message_sender_fits_side",
                violation_error_message="Un message du service n'a pas d'auteur.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"
