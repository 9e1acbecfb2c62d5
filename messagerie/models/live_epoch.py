"""The epoch of the lines: cursors of another epoch mean nothing."""

import uuid

from django.db import models


class LiveEpoch(models.Model):
    """One row. Together with the identity of the database it makes the epoch that pages hold.

    After a restore the numbers of lines go back, and a cursor of before would hide new lines:
    pages that hold another epoch are loaded again. See messagerie.live.epoch.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    value = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = "époque"
        verbose_name_plural = "époque"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="live_epoch_one_row"),
        ]

    def __str__(self) -> str:
        return str(self.value)
