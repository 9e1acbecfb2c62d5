"""A file joined to a conversation: where its sealed bytes are, and whether it may be opened."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from messagerie.models.conversation import Conversation
from messagerie.models.message import Message
from orientation.scope import Scope


class AttachmentState(models.TextChoices):
    EN_ANALYSE = "EN_ANALYSE", "en analyse"
    PRET = "PRET", "prêt"
    REFUSE = "REFUSE", "refusé par l'antivirus"
    EFFACE = "EFFACE", "effacé"


class Media(models.TextChoices):
    JPEG = "image/jpeg", "photo"
    PNG = "image/png", "image"
    PDF = "application/pdf", "document PDF"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, scope: Scope) -> "AttachmentQuerySet":
        """The files of the conversations whose content this person may open."""
        return self.filter(conversation__in=Conversation.objects.visible_to(scope))


class Attachment(models.Model):
    """EN_ANALYSE leads to PRET or REFUSE; each of the three leads to EFFACE. Nothing leads back.

    The name of the file is in the sealed body of its line. The `stored_*` names are drawn at
    random and lead to sealed bytes in the store "attachments"; each is emptied when its bytes are
    deleted. `stored_source`: the file as it was sent, kept for as long as it waits for the
    antivirus.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="attachments"
    )
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="attachment")
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    client_id = models.UUIDField("numéro donné par l'appareil")
    content_mac = models.BinaryField("empreinte sous clé du fichier envoyé", max_length=32)
    state = models.CharField("état", max_length=12, choices=AttachmentState)
    media = models.CharField("type", max_length=20, choices=Media)
    size = models.PositiveIntegerField("taille en octets")
    width = models.PositiveIntegerField("largeur en points")
    height = models.PositiveIntegerField("hauteur en points")
    pages = models.PositiveSmallIntegerField("pages", null=True)
    stored_file = models.CharField(max_length=80, blank=True)
    stored_preview = models.CharField(max_length=80, blank=True)
    stored_source = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField("joint le")
    settled_at = models.DateTimeField("prêt, refusé ou effacé le", null=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier joint"
        verbose_name_plural = "fichiers joints"
        ordering = ["conversation_id", "created_at"]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(state="EN_ANALYSE"), name="attachment_to_scan"
            ),
            models.Index(fields=["created_at"], name="attachment_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "uploader", "client_id"],
                name="attachment_client_id_once",
                violation_error_message="Ce fichier est déjà reçu.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=AttachmentState.values),
                name="attachment_state_known",
                violation_error_message="Cet état n'existe pas.",
            ),
            models.CheckConstraint(
                condition=(Q(media="application/pdf", pages__isnull=False, pages__gte=1))
                | (Q(media__in=["image/jpeg", "image/png"]) & Q(pages__isnull=True)),
                name="attachment_media_fits_pages",
                violation_error_message="Seul un document PDF a des pages.",
            ),
            models.CheckConstraint(
                condition=Q(size__gte=1, width__gte=1, height__gte=1),
                name="attachment_has_a_size",
                violation_error_message="Un fichier a une taille.",
            ),
            models.CheckConstraint(
                condition=Q(state="EN_ANALYSE", settled_at__isnull=True)
                | (~Q(state="EN_ANALYSE") & Q(settled_at__isnull=False)),
                name="attachment_settled_has_date",
                violation_error_message="Un fichier prêt, refusé ou effacé a une date.",
            ),
            models.CheckConstraint(
                condition=~Q(state="EN_ANALYSE") | ~Q(stored_source=""),
                name="attachment_in_analysis_has_source",
                violation_error_message="Un fichier en analyse a gardé ce qui fut envoyé.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["EN_ANALYSE", "PRET"])
                | (~Q(stored_file="") & ~Q(stored_preview="")),
                name="attachment_ready_has_bytes",
                violation_error_message="Un fichier prêt a un contenu.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
