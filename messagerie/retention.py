"""The terms of keeping, as the night's tasks and the pages ask for them (settings, dated)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone


def closed_before(code: str, now: datetime) -> datetime:
    """What ended before this moment has reached the term in force today.

    Raises:
        KeyError: no class of this code.
    """
    found = {one.code: one for one in settings.RETENTION_CLASSES}[code]
    return now - timedelta(days=found.on(timezone.localdate(now)).days)


@dataclass(frozen=True)
class Shown:
    """One class as pages show it: the term of today, the others, and what the machine does."""

    label: str
    current: Any
    before: tuple[Any, ...]
    later: tuple[Any, ...]
    applied: str
    shown_only: str


def shown(day: date) -> list[Shown]:
    """Every class, on a day."""
    return [
        Shown(
            label=one.label,
            current=one.on(day),
            before=tuple(term for term in one.other_terms(day) if term.since <= day),
            later=tuple(term for term in one.other_terms(day) if term.since > day),
            applied=one.applied,
            shown_only=one.shown_only,
        )
        for one in settings.RETENTION_CLASSES
    ]
