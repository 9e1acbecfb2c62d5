"""Renew the master key: every data key is wrapped anew, while the service goes on.

A row is changed only where it still holds what was read (compare-and-set): a key destroyed
meanwhile stays destroyed. Each batch is its own transaction, and what is left to do is read from
the rows themselves, so that a kill at any moment loses nothing: the next run goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Count

from comptes.journal import record
from comptes.keys.provider import KeyDestructionRefused, key_provider
from comptes.keys.wrapping import ROTATION_LOCK, destroying, keys_alias
from comptes.models import Act, DataKey, JournalEntry

BATCH = 1000
SHOWN = 5  # rows named when they cannot be wrapped anew


class RotationUnderWay(Exception):
    """Another process is wrapping the keys anew."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands. `done` and `unreadable`: rows of this run; `total`: rows to do."""

    done: int
    total: int
    unreadable: tuple[UUID, ...] = ()

    @property
    def remaining(self) -> int:
        return max(self.total - self.done - len(self.unreadable), 0)


def live_keys():
    return DataKey.objects.filter(wrapped__isnull=False)


def keys_by_version() -> dict[int, int]:
    """How many living data keys each version of the master key wraps."""
    rows = live_keys().order_by().values("key_version").annotate(n=Count("pk"))
    return dict(rows.order_by("key_version").values_list("key_version", "n"))


def object_ref(version: int) -> str:
    return f"master_key:{version}"


def unfinished(version: int) -> bool:
    """Whether the renewal that made this version was cut before its end was written down."""
    if live_keys().exclude(key_version=version).exists():
        return True
    return (
        version > 1
        and not JournalEntry.objects.filter(
            act=Act.MASTER_KEY_RENEWED, object_ref=object_ref(version)
        ).exists()
    )


@contextmanager
def alone() -> Iterator[None]:
    """One renewal at a time. The lock belongs to the connection: a killed process frees it.

    Raises:
        RotationUnderWay: another process holds it.
    """
    connection = connections[keys_alias()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ROTATION_LOCK])
        if not cursor.fetchone()[0]:
            raise RotationUnderWay
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ROTATION_LOCK])


def rewrap(version: int, batch: int = BATCH) -> Iterator[Progress]:
    """Wrap anew what another version wraps, batch after batch; yields after each of them.

    A row that does not open is left as it is and named: it keeps its version from being
    destroyed until somebody has looked.
    """
    waiting = live_keys().exclude(key_version=version)
    total, done = waiting.count(), 0
    unreadable: list[UUID] = []
    last: UUID | None = None
    while True:
        page = waiting.order_by("pk") if last is None else waiting.filter(pk__gt=last)
        rows = list(page.order_by("pk").values_list("owner_id", "key_version", "wrapped")[:batch])
        if not rows:
            break
        last = rows[-1][0]
        changed, failed = _rewrap_batch([(owner, held, bytes(blob)) for owner, held, blob in rows])
        done += changed
        unreadable += failed
        yield Progress(done, max(total, done + len(unreadable)), tuple(unreadable))


def _rewrap_batch(rows: list[tuple[UUID, int, bytes]]) -> tuple[int, list[UUID]]:
    provider = key_provider()
    opened = provider.unwrap_many([(version, blob) for _, version, blob in rows])
    pairs = [(row, key) for row, key in zip(rows, opened, strict=True) if key is not None]
    failed = [row[0] for row, key in zip(rows, opened, strict=True) if key is None]
    fresh = provider.wrap_many([key for _, key in pairs])
    alias = keys_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(
            "UPDATE comptes_datakey AS held "
            "SET wrapped = fresh.wrapped, key_version = fresh.version "
            "FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::smallint[]) "
            "AS fresh(owner, was, wrapped, version) "
            "WHERE held.owner_id = fresh.owner AND held.wrapped = fresh.was",
            [
                [row[0] for row, _ in pairs],
                [row[2] for row, _ in pairs],
                [blob for _, blob in fresh],
                [version for version, _ in fresh],
            ],
        )
        return cursor.rowcount, failed


def note_renewed(version: int) -> None:
    """The end of a renewal, in the journal; once."""
    if unfinished(version):
        record(Act.MASTER_KEY_RENEWED, actor=None, object_ref=object_ref(version))


def destroy_version(version: int) -> None:
    """Destroy an old version, for ever, when no row needs it.

    Whoever was wrapping a key has committed before the rows are counted, and who comes after
    wraps under the current version.

    Raises:
        KeyDestructionRefused: it is the current one, or rows still need it.
    """
    with destroying():
        needed = live_keys().filter(key_version=version).count()
        if needed:
            raise KeyDestructionRefused(
                f"{needed} clé(s) de conversation sont encore sous la version {version}. "
                "Relancez d'abord la commande sans cette option."
            )
        key_provider().destroy(version)
    record(
        Act.MASTER_KEY_RENEWED,
        actor=None,
        object_ref=object_ref(version),
        reason="ancienne version détruite",
    )
