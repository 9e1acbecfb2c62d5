"""Tasks: mails without content, silent conversations, forgotten drafts. Ids only come in."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from comptes.keys.cipher import SealBroken, destroy_key
from comptes.keys.provider import KeyUnavailable
from messagerie import actions, retention
from messagerie.errors import Refused
from messagerie.models import (
    Attachment,
    AttachmentState,
    Conversation,
    DoorDraft,
    Notice,
)
from messagerie.notices import DELAY as DELAY
from messagerie.notices import send_due
from messagerie.states import State

logger = logging.getLogger(__name__)

BATCH = 100  # rows of one step: a transaction, or a claim, never grows with the backlog
DRAFT_HOURS = 24  # after the last change
DRAFT_DAYS = 2  # in all, whatever changes; the sweep of files looks back further


@shared_task(name="messagerie.tasks.send_notices")
def send_notices() -> int:
    """Send the mails that are due, each once (see messagerie.notices). Returns how many left."""
    return send_due()


@shared_task(name="messagerie.tasks.expire_silent")
def expire_silent() -> int:
    """Close the conversations where nobody wrote for CONVERSATION_SILENCE_DAYS. Run twice, the
    second does nothing. Returns how many were closed."""
    silent_since = timezone.now() - timedelta(days=settings.CONVERSATION_SILENCE_DAYS)
    candidates = (
        Conversation.objects.exclude(state=State.CLOSED)
        .filter(waiting_since__lte=silent_since)
        .exclude(taken_at__gt=silent_since)
        .exclude(last_patient_at__gt=silent_since)
        .exclude(last_professional_at__gt=silent_since)
        .values_list("pk", flat=True)
    )
    return _each(candidates, lambda pk: actions.expire(pk, silent_since=silent_since))


@shared_task(name="messagerie.tasks.release_left")
def release_left() -> int:
    """Hand back the conversations that nobody answers for any more. Returns how many."""
    held = Conversation.objects.filter(state=State.IN_PROGRESS).values_list("pk", flat=True)
    return _each(held, actions.release)


def _each(ids: QuerySet, act: Callable[[UUID], bool]) -> int:
    """Act on each; one that fails is named in the log and does not stop the others."""
    done = 0
    for pk in ids.iterator(chunk_size=BATCH):
        try:
            done += act(pk)
        except (KeyUnavailable, SealBroken, Refused, IntegrityError) as error:
            logger.error("conversation %s left: %s", pk, type(error).__name__)
    return done


@shared_task(name="messagerie.tasks.erase_at_term")
def erase_at_term() -> int:
    """Erase the contents and the files that reached their term, and finish the erasures that a
    crash cut. Run twice, the second does nothing. Returns how many contents were erased."""
    actions.shred_left()
    now = timezone.now()
    files_before = retention.closed_before("ATTACHMENT", now)
    with_files = (
        Attachment.objects.exclude(state=AttachmentState.EFFACE)
        .filter(conversation__state=State.CLOSED, conversation__closed_at__lt=files_before)
        .order_by()
        .values_list("conversation_id", flat=True)
        .distinct()
    )
    _each(
        with_files,
        lambda pk: actions.erase_files_at_term(pk, closed_before=files_before),
    )
    before = retention.closed_before("CARE_RECORD", now)
    reached = (
        Conversation.objects.filter(
            state=State.CLOSED, erased_at__isnull=True, closed_at__lt=before
        )
        .order_by("closed_at")
        .values_list("pk", flat=True)
    )
    return _each(reached, lambda pk: actions.erase_at_term(pk, closed_before=before))


@shared_task(name="messagerie.tasks.purge_notices")
def purge_notices() -> int:
    """Delete the notices sent so long ago that no trace is kept. Returns how many."""
    before = retention.closed_before("TECHNICAL_LOG", timezone.now())
    return Notice.objects.filter(sent_at__lt=before).delete()[0]


@shared_task(name="messagerie.tasks.purge_drafts")
def purge_drafts() -> int:
    """Delete the drafts of the door, a day after their last change and two days after they began,
    with their keys and files.

    The key goes first: whatever stops the task afterwards, nothing can be read again. A draft
    that became a conversation keeps its key, which is the conversation's. Returns how many were
    deleted.
    """
    now = timezone.now()
    old = Q(updated_at__lt=now - timedelta(hours=DRAFT_HOURS)) | Q(
        created_at__lt=now - timedelta(days=DRAFT_DAYS)
    )
    purged = 0
    while batch := _purge_step(old):
        purged += batch
    return purged


def _purge_step(old: Q) -> int:
    with transaction.atomic():
        ids = set(
            DoorDraft.objects.filter(old)
            .order_by("updated_at")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:BATCH]
        )
        opened = set(Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for pk in ids - opened:
            destroy_key(pk)
        actions.delete_drafts(list(ids))
    return len(ids)
