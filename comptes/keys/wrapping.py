"""Who wraps data keys and who destroys a master key keep out of each other's way.

A lock of the keys database, held to the end of a transaction: shared by those who wrap and write,
alone for who destroys. Without it a key could be wrapped under a master key that is destroyed
before the row is committed, and what it seals would be lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, router, transaction

from comptes.models.data_key import DataKey

LOCK = 0x6D61_7374  # a number of our own among the advisory locks of that database
ROTATION_LOCK = LOCK + 1


def keys_alias() -> str:
    """The database of the wrapped keys."""
    return router.db_for_write(DataKey)


@contextmanager
def wrapping() -> Iterator[None]:
    """A transaction that wraps data keys and writes them."""
    with _locked("pg_advisory_xact_lock_shared"):
        yield


@contextmanager
def destroying() -> Iterator[None]:
    """A transaction during which nobody wraps: who began before has committed."""
    with _locked("pg_advisory_xact_lock"):
        yield


@contextmanager
def _locked(function: str) -> Iterator[None]:
    alias = keys_alias()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
        yield
