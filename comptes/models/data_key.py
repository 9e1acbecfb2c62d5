"""Wrapped data keys. They live in their own database, backed up and destroyed apart."""

from django.db import models


class DataKey(models.Model):
    """One random 256-bit key per conversation, readable only through the KeyProvider."""

    owner_id = models.UUIDField("conversation", primary_key=True)
    wrapped = models.BinaryField("clé enveloppée", null=True)
    key_version = models.PositiveSmallIntegerField("version de la clé maîtresse")
    created_at = models.DateTimeField("créée le", auto_now_add=True)
    destroyed_at = models.DateTimeField("détruite le", null=True)

    class Meta:
        verbose_name = "clé de conversation"
        verbose_name_plural = "clés de conversation"
        indexes = [
            # Whether a version of the master key is still needed is asked under a lock.
            models.Index(
                fields=["key_version"],
                condition=models.Q(wrapped__isnull=False),
                name="data_key_living",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped__isnull=True, destroyed_at__isnull=False),
                name="data_key_held_or_destroyed",
                violation_error_message="Une clé est gardée ou détruite, jamais les deux.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.owner_id)
