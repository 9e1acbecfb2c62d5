"""Tasks of the night for accounts and journal. They carry no content."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from comptes.journal_seal import seal_day


@shared_task(name="comptes.tasks.seal_journal")
def seal_journal() -> int:
    """Seal yesterday (UTC); run twice, the second does nothing. Returns the rows sealed."""
    seal = seal_day((timezone.now() - timedelta(days=1)).date())
    return seal.row_count if seal else 0


@shared_task(name="comptes.tasks.purge_sessions")
def purge_sessions() -> int:
    """Delete the sessions that are over. Returns how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
