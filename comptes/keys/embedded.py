"""Master keys in a local file of mode 0600. For demonstration, development and tests.

Production refuses it unless EMBEDDED_KEYS_ACCEPTED says that the risk is known. The file is only
ever replaced whole (written aside, fsync, renamed), so that a crash or a reader never meets half a
file; each call looks whether it was replaced meanwhile, so that the other processes follow.
"""

import base64
import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError

from comptes.keys.provider import Health, KeyDestructionRefused, KeyUnavailable, Wrapped
from comptes.models.data_key import DataKey

MASTER_BYTES = 32
Mark = tuple[int, int, int, int]
"""What tells a file from the one that took its name."""

logger = logging.getLogger(__name__)


class EmbeddedKeyProvider:
    """Made with the path of the file, which it creates when nothing was sealed yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not self._path.exists():
            self._create()
        self._read()

    # --- The file

    def _read(self) -> None:
        """Take what the file holds. Raises ImproperlyConfigured when others may read it."""
        with open(self._path, encoding="ascii") as file:
            found = os.fstat(file.fileno())
            mode = found.st_mode & 0o777
            if mode & 0o077:
                raise ImproperlyConfigured(
                    f"Le fichier de clés {self._path.name} est lisible par d'autres "
                    f"(mode {mode:o}). Corrigez avec : chmod 600."
                )
            # Content and mark together: threads that read at once leave no mix of two files.
            self._held: tuple[Mark, dict[str, Any]] = (_mark(found), json.load(file))

    @property
    def _data(self) -> dict[str, Any]:
        return self._held[1]

    def _look_again(self) -> None:
        """Follow the file if it was replaced. One that cannot be read, or that others may read,
        is not taken: the keys at hand go on serving, and `health` tells."""
        try:
            if _mark(os.stat(self._path)) != self._held[0]:
                self._read()
        except (OSError, ValueError, ImproperlyConfigured) as error:
            logger.error("key file not taken: %s", type(error).__name__)

    def _create(self) -> None:
        """Make the first file.

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
        with self._alone():
            if not self._path.exists():  # another process may have been first: theirs stands
                first = {"current": 1, "masters": {"1": _new_key()}, "signing": _new_key()}
                self._put(first)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process or thread at a time; what a dead one left aside is removed."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            for left in self._path.parent.glob(f"{self._path.name}.*.new"):
                left.unlink()
            yield
        finally:
            os.close(folder)

    def _put(self, content: dict[str, Any]) -> None:
        """Replace the file by this content, whole and on the disk for good."""
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}.new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name too survives a power cut, before a key is wrapped with it
        finally:
            os.close(folder)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """The content to change, alone among all processes; it replaces the file at the end."""
        with self._alone():
            self._read()
            content = {**self._data, "masters": dict(self._data["masters"])}
            yield content
            if content != self._data:
                self._put(content)
                self._read()

    # --- The port

    def current_version(self) -> int:
        self._look_again()
        return int(self._data["current"])

    def wrap(self, data_key: bytes) -> Wrapped:
        return self.wrap_many([data_key])[0]

    def wrap_many(self, data_keys: Sequence[bytes]) -> list[Wrapped]:
        self._look_again()
        data = self._data
        version = int(data["current"])
        master = _master(data, version)
        return [(version, aes_key_wrap(master, data_key)) for data_key in data_keys]

    def unwrap(self, version: int, wrapped: bytes) -> bytes:
        self._look_again()
        return _unwrap(self._data, version, wrapped)

    def unwrap_many(self, wrapped: Sequence[Wrapped]) -> list[bytes | None]:
        self._look_again()
        data, opened = self._data, list[bytes | None]()
        for version, blob in wrapped:
            try:
                opened.append(_unwrap(data, version, blob))
            except KeyUnavailable:
                opened.append(None)
        return opened

    def renew(self) -> int:
        with self._changing() as content:
            version = max(map(int, [content["current"], *content["masters"]])) + 1
            content["masters"][str(version)] = _new_key()
            content["current"] = version
        return version

    def destroy(self, version: int) -> None:
        with self._changing() as content:
            if version == int(content["current"]):
                raise KeyDestructionRefused("C'est la version en cours : elle sert encore.")
            content["masters"].pop(str(version), None)

    def signing_key(self, purpose: str) -> bytes:
        root = base64.b64decode(self._data["signing"])
        return hmac.new(root, purpose.encode(), hashlib.sha256).digest()

    def health(self) -> Health:
        current = int(self._data["current"])
        versions = tuple(sorted(map(int, self._data["masters"])))
        problem = ""
        try:
            self._read()
            current = int(self._data["current"])
            versions = tuple(sorted(map(int, self._data["masters"])))
            probe = secrets.token_bytes(MASTER_BYTES)
            if self.unwrap(*self.wrap(probe)) != probe:
                problem = "La clé maîtresse en cours ne rouvre pas ce qu'elle ferme."
        except ImproperlyConfigured as error:
            problem = str(error)
        except (OSError, ValueError, KeyError, KeyUnavailable) as error:
            problem = f"Le fichier de clés ne se lit pas ({type(error).__name__})."
        return Health(current, versions, problem)


def _mark(found: os.stat_result) -> Mark:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(MASTER_BYTES)).decode()


def _master(data: dict[str, Any], version: int) -> bytes:
    try:
        return base64.b64decode(data["masters"][str(version)])
    except KeyError:
        raise KeyUnavailable(f"clé maîtresse {version} absente") from None


def _unwrap(data: dict[str, Any], version: int, wrapped: bytes) -> bytes:
    try:
        return aes_key_unwrap(_master(data, version), wrapped)
    except (InvalidUnwrap, ValueError):
        raise KeyUnavailable("la clé maîtresse ne correspond pas") from None


def _data_keys_exist() -> bool:
    """Whether the keys database holds a data key; False before its first migration."""
    try:
        return DataKey.objects.filter(wrapped__isnull=False).exists()
    except ProgrammingError:
        return False
