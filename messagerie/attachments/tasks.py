"""Tasks: ask the antivirus about what waits for it, and delete the bytes that nothing needs."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from comptes.keys.cipher import SealBroken
from comptes.keys.provider import KeyUnavailable
from messagerie.actions.files import SOURCE, clear_stored, open_part, settle
from messagerie.attachments import store
from messagerie.attachments.antivirus import ScannerAway, Verdict, scan
from messagerie.models import Attachment, AttachmentState, DoorFile

logger = logging.getLogger(__name__)

BATCH = 50
SCAN_LOCK = 0x7363_616E  # a number of our own among the advisory locks of the database
ORPHAN_AGE = timedelta(hours=1)  # longer than any request that has stored and not yet committed
ORPHAN_DAYS = 3  # each day is looked at several times, then left alone


@shared_task(name="messagerie.attachments.tasks.scan_waiting")
def scan_waiting() -> int:
    """Scan the files "en analyse", the oldest first. Returns how many are settled.

    Without a verdict a file stays as it is, and the next minute asks again: nothing opens unseen.
    When the antivirus is configured no more, what waits goes on waiting.
    """
    if not settings.CLAMAV_ADDRESS:
        return 0
    with _alone() as alone:
        return _scan_waiting() if alone else 0


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else scans now: a silent daemon holds up one task, not each of the worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SCAN_LOCK])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SCAN_LOCK])


def _scan_waiting() -> int:
    settled = 0
    waiting = Attachment.objects.filter(state=AttachmentState.EN_ANALYSE).order_by("created_at")
    for row in waiting[:BATCH]:
        try:
            verdict = scan(open_part(row, SOURCE), settings.CLAMAV_ADDRESS)
        except ScannerAway as away:
            logger.warning("no verdict on attachment %s: %s", row.pk, away)
            break  # the others would wait for the same daemon
        except (store.StoreAway, KeyUnavailable, SealBroken) as error:
            logger.warning("attachment %s not scanned: %s", row.pk, type(error).__name__)
            continue
        settled += settle(row.pk, clean=verdict == Verdict.CLEAN)
    return settled


@shared_task(name="messagerie.attachments.tasks.sweep_store")
def sweep_store() -> int:
    """Delete the bytes of files refused, erased or scanned that could not be deleted then, and
    those that no row points to (a process died between the store and the commit). Returns how
    many rows and orphans are done with. Run twice, the second does nothing."""
    done = clear_stored(
        Attachment.objects.filter(
            Q(state=AttachmentState.PRET) & ~Q(stored_source="")
            | Q(state__in=[AttachmentState.REFUSE, AttachmentState.EFFACE])
            & ~Q(stored_file="", stored_preview="", stored_source="")
        ).values_list("pk", flat=True)
    )
    return done + _delete_orphans(timezone.now())


def _named(now: datetime) -> list[tuple[str, str, str]]:
    """The names that rows point to. The door is read first: a file that moves into its
    conversation between the two readings is in both, never in neither."""
    columns = ("stored_file", "stored_preview", "stored_source")
    at_door = list(DoorFile.objects.values_list(*columns))
    since = now - timedelta(days=ORPHAN_DAYS + 2)
    return at_door + list(Attachment.objects.filter(created_at__gte=since).values_list(*columns))


def _delete_orphans(now: datetime) -> int:
    deleted = 0
    for days in range(ORPHAN_DAYS):
        day = (now - timedelta(days=days)).date()
        try:
            names = set(store.names_of(day))
            orphans = names.difference(*_named(now)) if names else set()
            for name in orphans:
                if store.age_of(name, now) > ORPHAN_AGE:
                    store.delete(name)
                    deleted += 1
        except store.StoreAway:
            return deleted
    return deleted
