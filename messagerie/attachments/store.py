"""Where sealed bytes are kept: a folder or an object store, named by the settings.

A name is a date and a number drawn at random; it never leaves the database. Nothing here is
reachable by an address: files are served by the views alone, opened.
"""

import logging
import os
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone

logger = logging.getLogger(__name__)

ALIAS = "attachments"


class StoreAway(Exception):
    """The store cannot do it now, or has lost these bytes."""


class DurableFolder(FileSystemStorage):
    """A folder whose files are on the disk when `save` returns, and that has no address."""

    def _save(self, name: str, content: Any) -> str:
        name = super()._save(name, content)
        path = self.path(name)
        for synced in (path, os.path.dirname(path)):
            handle = os.open(synced, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return name

    def url(self, name: str | None) -> str:
        raise ValueError("ces fichiers n'ont pas d'adresse")


def put(sealed: bytes) -> str:
    """Keep sealed bytes; returns their name. Raises StoreAway."""
    name = f"{_folder(timezone.now().date())}/{uuid.uuid4().hex}"
    try:
        return _store().save(name, ContentFile(sealed))
    except Exception as error:  # each store has errors of its own
        raise _away("put", error) from None


def get(name: str) -> bytes:
    """The sealed bytes of this name. Raises StoreAway."""
    try:
        with _store().open(name, "rb") as file:
            return file.read()
    except Exception as error:
        raise _away("get", error) from None


def delete(name: str) -> None:
    """Delete; harmless when they are gone already. Raises StoreAway."""
    try:
        _store().delete(name)
    except Exception as error:
        raise _away("delete", error) from None


def names_of(day: date) -> Iterator[str]:
    """The names kept on one day. Raises StoreAway."""
    folder = _folder(day)
    try:
        _, files = _store().listdir(folder)
    except FileNotFoundError:
        return
    except Exception as error:
        raise _away("list", error) from None
    yield from (f"{folder}/{name}" for name in files)


def age_of(name: str, now: datetime) -> timedelta:
    """How long ago these bytes were stored. Raises StoreAway."""
    try:
        return now - _store().get_modified_time(name)
    except Exception as error:
        raise _away("age", error) from None


def _store() -> Storage:
    return storages[ALIAS]


def _folder(day: date) -> str:
    return f"{day:%Y/%m/%d}"


def _away(what: str, error: Exception) -> StoreAway:
    logger.warning("attachment store, %s: %s", what, type(error).__name__)
    return StoreAway(what)
