"""KeyProvider: the port behind which the master keys live, and its embedded form.

The embedded form keeps them in a file of mode 0600. A KMS or an HSM takes its place through the
setting KEY_PROVIDER, without a change for whoever calls `key_provider()`.
"""

import base64
import functools
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError
from django.utils.module_loading import import_string

from comptes.models.data_key import DataKey

MASTER_BYTES = 32


class KeyUnavailable(Exception):
    """The key of this content cannot be had: destroyed, or the wrong key file."""


class KeyProvider(Protocol):
    """What the product asks of whoever keeps the master keys."""

    def current_version(self) -> int: ...

    def wrap(self, data_key: bytes) -> tuple[int, bytes]:
        """Wrap a data key under the current master key: (version, wrapped)."""
        ...

    def unwrap(self, version: int, wrapped: bytes) -> bytes:
        """Raises KeyUnavailable when the master key of that version is not there."""
        ...

    def signing_key(self, purpose: str) -> bytes:
        """A 32-byte key for authenticating (journal seals), never used to encrypt."""
        ...


class EmbeddedKeyProvider:
    """Master keys in a local file. For demonstration, development and tests.

    Production refuses it unless EMBEDDED_KEYS_ACCEPTED says that the risk is known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = self._load_or_create()

    def _load_or_create(self) -> dict[str, Any]:
        if not self._path.exists():
            self._create()
        mode = self._path.stat().st_mode & 0o777
        if mode & 0o077:
            raise ImproperlyConfigured(
                f"Le fichier de clés {self._path.name} est lisible par d'autres "
                f"(mode {mode:o}). Corrigez avec : chmod 600."
            )
        return json.loads(self._path.read_text(encoding="ascii"))

    def _create(self) -> None:
        """Make the file whole before it gets its name: a crash never leaves half a key file.

        Raises:
            ImproperlyConfigured: data keys exist already. Their master key was in a file that is
                not here: a new one would be no help, and would hide the loss.
        """
        if _data_keys_exist():
            raise ImproperlyConfigured(
                f"Le fichier de clés {self._path.name} est absent, alors que des contenus sont "
                "chiffrés avec lui. Remettez ce fichier à sa place : sans lui, rien ne se lit."
            )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "current": 1,
            "masters": {"1": base64.b64encode(secrets.token_bytes(MASTER_BYTES)).decode()},
            "signing": base64.b64encode(secrets.token_bytes(MASTER_BYTES)).decode(),
        }
        # A name of its own: a process of the same number may have died here, or a thread be here.
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}.new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self._path)  # fails if another process was first: theirs stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name too survives a power cut, before a first key is wrapped
        finally:
            os.close(folder)

    def current_version(self) -> int:
        return int(self._data["current"])

    def _master(self, version: int) -> bytes:
        try:
            return base64.b64decode(self._data["masters"][str(version)])
        except KeyError:
            raise KeyUnavailable(f"clé maîtresse {version} absente") from None

    def wrap(self, data_key: bytes) -> tuple[int, bytes]:
        version = self.current_version()
        return version, aes_key_wrap(self._master(version), data_key)

    def unwrap(self, version: int, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._master(version), wrapped)
        except (InvalidUnwrap, ValueError):
            raise KeyUnavailable("la clé maîtresse ne correspond pas") from None

    def signing_key(self, purpose: str) -> bytes:
        root = base64.b64decode(self._data["signing"])
        return hmac.new(root, purpose.encode(), hashlib.sha256).digest()


def _data_keys_exist() -> bool:
    """Whether the keys database holds a data key; False before its first migration."""
    try:
        return DataKey.objects.filter(wrapped__isnull=False).exists()
    except ProgrammingError:
        return False


@functools.lru_cache(maxsize=1)
def key_provider() -> KeyProvider:
    """The provider named by the settings, one per process."""
    path = getattr(settings, "KEY_PROVIDER", "comptes.keys.provider.EmbeddedKeyProvider")
    return import_string(path)(Path(settings.KEY_FILE))
