"""The one table of the reference."""

from django.db import models


class Message(models.Model):
    conversation = models.UUIDField(db_index=True)
    sender = models.CharField(max_length=40)
    content = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.conversation} {self.pk}"
