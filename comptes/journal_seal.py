"""Seal the journal day after day, and find what was altered since.

A seal covers every row written since the one before, as (number, digest) pairs, and the seal
before it. It is keyed: who can write in the database alone cannot make a new one.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from comptes.keys.provider import key_provider
from comptes.models import JournalEntry, JournalSeal

DIGEST_BYTES = 16
PAIR = struct.Struct(f">Q{DIGEST_BYTES}s")
LOCK_WAIT = "3s"
GENESIS = b"\x00" * 32


@dataclass(frozen=True)
class Finding:
    """One thing wrong in the journal, said in French, with the row or the day it concerns."""

    day: date
    row_id: int | None
    sentence: str


def row_digest(row: JournalEntry) -> bytes:
    """Digest of every column of a row; the fields are length-prefixed, so none can slide."""
    digest = hashlib.sha256()
    for value in (
        row.pk,
        row.at.isoformat(),
        row.act,
        row.actor_id,
        row.actor_kind,
        row.conversation_id,
        row.seq,
        row.object_ref,
        row.reason,
    ):
        raw = b"\x00" if value is None else b"\x01" + str(value).encode()
        digest.update(struct.pack(">I", len(raw)))
        digest.update(raw)
    return digest.digest()[:DIGEST_BYTES]


def _seal_bytes(day: date, pairs: bytes, previous: bytes) -> bytes:
    key = key_provider().signing_key("journal")
    message = day.isoformat().encode() + struct.pack(">Q", len(pairs)) + pairs + previous
    return hmac.new(key, message, hashlib.sha256).digest()


def _pairs(first_after: int, last: int) -> bytes:
    rows = JournalEntry.objects.filter(pk__gt=first_after, pk__lte=last).order_by("pk")
    return b"".join(PAIR.pack(row.pk, row_digest(row)) for row in rows.iterator(2000))


def _last_settled() -> int:
    """The highest number below which no row is still in flight.

    Writers are held back for the time of one look, and this one waits a few seconds at most for
    those under way: every act writes its line, so a longer wait would stop the service.

    Raises:
        OperationalError: a transaction stayed open too long; seal again later.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute(f"LOCK TABLE {JournalEntry._meta.db_table} IN SHARE MODE")
        return JournalEntry.objects.aggregate(last=Max("pk"))["last"] or 0


def seal_day(day: date) -> JournalSeal | None:
    """Seal all rows not yet under a seal, under the name of `day`; None if `day` has its seal.

    Two at the same time take turns: the chain never forks.
    """
    settled = _last_settled()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {JournalSeal._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        if JournalSeal.objects.filter(day__gte=day).exists():
            return None
        before = JournalSeal.objects.order_by("-day").first()
        covered = (
            JournalSeal.objects.filter(last_id__isnull=False)
            .order_by("-day")
            .values_list("last_id", flat=True)
            .first()
        )
        pairs = _pairs(covered or 0, settled)
        previous = bytes(before.seal) if before else GENESIS
        return JournalSeal.objects.create(
            day=day,
            first_id=PAIR.unpack_from(pairs)[0] if pairs else None,
            last_id=PAIR.unpack_from(pairs, len(pairs) - PAIR.size)[0] if pairs else None,
            row_count=len(pairs) // PAIR.size,
            row_digests=pairs,
            previous=previous,
            seal=_seal_bytes(day, pairs, previous),
            sealed_at=timezone.now(),
        )


def verify() -> Iterator[Finding]:
    """Compare the journal with its seals; yields what differs, oldest day first."""
    previous, covered = GENESIS, 0
    if stray := JournalEntry.objects.filter(pk__lte=0).order_by("pk").first():
        yield Finding(stray.at.date(), stray.pk, "Cette ligne a été ajoutée hors de la suite.")
    # One seal at a time: each carries the digests of a whole day.
    for seal in JournalSeal.objects.order_by("day").iterator(chunk_size=1):
        pairs = bytes(seal.row_digests)
        if bytes(seal.previous) != previous:
            yield Finding(seal.day, None, "Un sceau manque juste avant cette journée.")
        if not hmac.compare_digest(
            _seal_bytes(seal.day, pairs, bytes(seal.previous)), bytes(seal.seal)
        ):
            yield Finding(seal.day, None, "Le sceau de cette journée a été modifié.")
        sealed = dict(PAIR.iter_unpack(pairs))
        last = seal.last_id if seal.last_id is not None else covered
        found = dict(PAIR.iter_unpack(_pairs(covered, last)))
        for row_id, digest in sealed.items():
            if row_id not in found:
                yield Finding(seal.day, row_id, "Cette ligne a été effacée.")
            elif found[row_id] != digest:
                yield Finding(seal.day, row_id, "Cette ligne a été modifiée.")
        for row_id in found.keys() - sealed.keys():
            yield Finding(seal.day, row_id, "Cette ligne a été ajoutée après le sceau.")
        previous, covered = bytes(seal.seal), last
