"""KeyProvider: the port behind which the master keys live.

The embedded form (`comptes.keys.embedded`) keeps them in a file. A KMS or an HSM takes its place
through the setting KEY_PROVIDER, without a change for whoever calls `key_provider()`. What an
implementation must hold is told by tests/comptes/keys/provider_contract.py.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

EMBEDDED = "comptes.keys.embedded.EmbeddedKeyProvider"

Wrapped = tuple[int, bytes]
"""A data key at rest: version of the master key, and the wrapped bytes."""


class KeyUnavailable(Exception):
    """The key of this content cannot be had: destroyed, spoilt, or the wrong key file."""


class KeyDestructionRefused(Exception):
    """This version of the master key must stay. Its text says why, in French."""


@dataclass(frozen=True)
class Health:
    """How a provider is. `problem`: "" when all is well, else a French sentence."""

    current: int
    versions: tuple[int, ...]
    problem: str = ""

    @property
    def is_well(self) -> bool:
        return not self.problem


class KeyProvider(Protocol):
    """What the product asks of whoever keeps the master keys.

    Several processes hold one each. A version made or destroyed through one is seen by the others
    at their next call, without a restart.
    """

    def current_version(self) -> int:
        """The version under which new data keys are wrapped, as it is now."""
        ...

    def wrap(self, data_key: bytes) -> Wrapped:
        """Wrap a data key under the current master key."""
        ...

    def wrap_many(self, data_keys: Sequence[bytes]) -> list[Wrapped]:
        """The same for many, in order, all under one version."""
        ...

    def unwrap(self, version: int, wrapped: bytes) -> bytes:
        """Raises KeyUnavailable when that version is not there, or did not wrap this."""
        ...

    def unwrap_many(self, wrapped: Sequence[Wrapped]) -> list[bytes | None]:
        """The same for many, in order; None stands for each that cannot be had."""
        ...

    def renew(self) -> int:
        """Make a new master key and make it the current one; returns its version.

        Older versions stay and still unwrap. Two calls at once make two versions, none lost.
        """
        ...

    def destroy(self, version: int) -> None:
        """Forget a master key for ever. Destroying again what is gone does nothing.

        Raises:
            KeyDestructionRefused: it is the current one.
        """
        ...

    def signing_key(self, purpose: str) -> bytes:
        """A 32-byte key for authenticating (journal seals), never used to encrypt.

        The same through every renewal: old seals stay verifiable.
        """
        ...

    def health(self) -> Health:
        """How it is now; raises nothing."""
        ...


@functools.lru_cache(maxsize=1)
def key_provider() -> KeyProvider:
    """The provider named by the settings, one per process."""
    path = getattr(settings, "KEY_PROVIDER", EMBEDDED)
    return import_string(path)(Path(settings.KEY_FILE))
