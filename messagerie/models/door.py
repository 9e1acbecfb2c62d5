"""The door: what is kept before there is an account, and the counts of declared signs."""

import uuid

from django.db import models
from django.db.models import Q

from orientation.models import Commune, Departement


class DoorDraft(models.Model):
    """A question being written, before sign-in. All that the person typed is in `sealed`.

    Its id becomes the id of the conversation, so that a double *Envoyer* meets itself and the
    data key is the same one. It is found by the browser's session alone, and purged when old.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField("contenu chiffré")
    created_at = models.DateTimeField("créé le", auto_now_add=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)
    sent_at = models.DateTimeField("envoyé le", null=True)

    class Meta:
        verbose_name = "question en cours d'écriture"
        verbose_name_plural = "questions en cours d'écriture"
        indexes = [models.Index(fields=["updated_at"], name="door_draft_age")]

    def __str__(self) -> str:
        return str(self.id)


class DoorFile(models.Model):
    """A photo or a document chosen at the door, before its question left.

    It is sealed under the data key of its draft, which becomes the conversation's: on *Envoyer* the
    row becomes an `Attachment` of the same id, and no byte is sealed anew. What it is (name, type,
    size) is in `record_sealed`. The `stored_*` names are as an attachment's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(DoorDraft, on_delete=models.CASCADE, related_name="files")
    client_id = models.UUIDField("numéro donné par l'appareil")
    content_mac = models.BinaryField("empreinte sous clé du fichier envoyé", max_length=32)
    record_sealed = models.BinaryField("ce qu'il est, chiffré")
    stored_file = models.CharField(max_length=80)
    stored_preview = models.CharField(max_length=80)
    stored_source = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField("joint le")

    class Meta:
        verbose_name = "fichier joint avant l'envoi"
        verbose_name_plural = "fichiers joints avant l'envoi"
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "client_id"],
                name="door_file_client_id_once",
                violation_error_message="Ce fichier est déjà reçu.",
            ),
            models.CheckConstraint(
                condition=~Q(stored_file="") & ~Q(stored_preview=""),
                name="door_file_has_bytes",
                violation_error_message="Un fichier joint a un contenu.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PassageAnswer(models.TextChoices):
    DECLARED = "DECLARED", "signe déclaré"
    DISMISSED = "DISMISSED", "« ce n'est pas mon cas »"
    CALLED = "CALLED", "« j'ai appelé »"


class DoorPassage(models.Model):
    """A declared sign: time, place, question, answer. No identity, no link to an account.

    `visit` groups the signs of one passage through the door. It is a random number of its own:
    only the sealed part of a conversation knows which passage it came from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visit = models.UUIDField("passage", db_index=True)
    at = models.DateTimeField("date")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+")
    question_code = models.CharField("question", max_length=40)
    sign_code = models.CharField("signe", max_length=8)
    number = models.CharField("numéro montré", max_length=20)
    answer = models.CharField("réponse", max_length=10, choices=PassageAnswer)
    continued = models.BooleanField("une question a suivi", default=False)
    during_conversation = models.BooleanField("pendant une conversation", default=False)

    class Meta:
        verbose_name = "signe déclaré à l'entrée"
        verbose_name_plural = "signes déclarés à l'entrée"
        indexes = [models.Index(fields=["departement", "at"], name="passage_dept_date")]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "sign_code"],
                name="passage_sign_once",
                violation_error_message="Ce signe est déjà noté pour ce passage.",
            ),
            models.CheckConstraint(
                condition=Q(answer__in=PassageAnswer.values),
                name="passage_answer_known",
                violation_error_message="Cette réponse n'existe pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sign_code} {self.at:%Y-%m-%d}"
