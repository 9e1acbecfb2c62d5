"""How often one person may write: a bucket of lines that fills again with time."""

import math
import time
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from messagerie.errors import RefusalCode, Refused

FORGET_AT = 10_000  # buckets held; full ones are forgotten first


class _Bucket(NamedTuple):
    lines: float  # left at `at`
    at: float  # seconds, time.monotonic


class Rate:
    """The buckets of one process. Several processes allow their number of times as much."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}

    def take(self, user_id: int, now: float | None = None) -> None:
        """Take one line from the bucket of a person.

        Args:
            user_id: who writes.
            now: seconds of time.monotonic; the present by default.

        Raises:
            Refused: RATE, with the seconds to wait in `after`.
        """
        now = time.monotonic() if now is None else now
        rate, burst = settings.MESSAGE_RATE_PER_SECOND, settings.MESSAGE_RATE_BURST
        held = self._buckets.get(user_id)
        lines = burst if held is None else min(burst, held.lines + (now - held.at) * rate)
        if lines < 1:
            raise Refused(
                RefusalCode.RATE,
                _("Vous envoyez beaucoup de messages. Le vôtre repartira dans un instant."),
                status=429,
                retry=True,
                after=math.ceil((1 - lines) / rate),
            )
        if held is None and len(self._buckets) >= FORGET_AT:
            self._forget(now)
        self._buckets[user_id] = _Bucket(lines - 1, now)

    def _forget(self, now: float) -> None:
        """Drop the buckets that time has filled again: they say nothing."""
        fills = settings.MESSAGE_RATE_BURST / settings.MESSAGE_RATE_PER_SECOND
        self._buckets = {
            user_id: bucket for user_id, bucket in self._buckets.items() if now - bucket.at < fills
        }


rate = Rate()
