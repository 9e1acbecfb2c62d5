"""Seal and open texts: AES-256-GCM, one data key per conversation.

A sealed blob is: format (1 byte) ‖ nonce (12 bytes) ‖ ciphertext and tag. The plain text is
padded to a multiple of 256 bytes first, so that a length tells little. The additional data binds
owner, purpose and what the caller adds (sender, client UUID): a blob moved elsewhere fails.
"""

import hmac
import os
import struct
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils import timezone

from comptes.keys.provider import KeyUnavailable, key_provider
from comptes.keys.wrapping import wrapping
from comptes.models.data_key import DataKey

FORMAT = 1
NONCE_BYTES = 12
PAD_TO = 256
CACHE_ENTRIES = 1000
CACHE_SECONDS = 300


class SealBroken(Exception):
    """The blob is not what was sealed here: moved, cut or altered."""


class _KeyCache:
    """Unwrapped keys, few and for a short time: a taken-over process yields no more than these."""

    def __init__(self) -> None:
        self._held: OrderedDict[UUID, tuple[float, bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, owner: UUID) -> bytes | None:
        with self._lock:
            held = self._held.get(owner)
            if held is None or held[0] < time.monotonic():
                self._held.pop(owner, None)
                return None
            self._held.move_to_end(owner)
            return held[1]

    def put(self, owner: UUID, key: bytes) -> None:
        with self._lock:
            self._held[owner] = (time.monotonic() + CACHE_SECONDS, key)
            while len(self._held) > CACHE_ENTRIES:
                self._held.popitem(last=False)

    def drop(self, owner: UUID) -> None:
        with self._lock:
            self._held.pop(owner, None)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


cache = _KeyCache()


def ensure_key(owner: UUID) -> None:
    """Make the data key of a new conversation; does nothing when it is there.

    Call it before the transaction of the act: the keys live in another database, and an orphan
    key harms nobody while content without a key is lost.
    """
    if cache.get(owner) is None:
        _make_missing({owner})


def ensure_keys(owners: Iterable[UUID]) -> None:
    """Make the missing data keys of many conversations, and bring them all into the cache."""
    owners = set(owners)
    _make_missing(owners)
    load_keys(owners)


def _make_missing(owners: set[UUID]) -> None:
    """Wrap and keep new keys. The shared lock spans both, so that no master key is destroyed
    between the wrapping and the commit (see `rotation.destroy_version`)."""
    missing = owners - set(DataKey.objects.filter(pk__in=owners).values_list("pk", flat=True))
    if not missing:
        return
    with wrapping():
        fresh = [AESGCM.generate_key(bit_length=256) for _ in missing]
        wrapped = key_provider().wrap_many(fresh)
        DataKey.objects.bulk_create(
            [
                DataKey(owner_id=owner, wrapped=blob, key_version=version)
                for owner, (version, blob) in zip(missing, wrapped, strict=True)
            ],
            ignore_conflicts=True,  # a double click: the first one made it
            batch_size=5000,
        )


def key_lives(owner: UUID) -> bool:
    """Whether the data key is there now, asked of the database: a key in memory may be dead."""
    return DataKey.objects.filter(pk=owner, wrapped__isnull=False).exists()


def key_destroyed_at(owner: UUID) -> datetime | None:
    """When the data key was destroyed; None when it was not, or never existed."""
    return DataKey.objects.filter(pk=owner).values_list("destroyed_at", flat=True).first()


def load_keys(owners: Iterable[UUID]) -> None:
    """Bring the keys of several conversations into the cache in one query."""
    missing = [owner for owner in set(owners) if cache.get(owner) is None]
    # A key that does not open is read once more: it may have been wrapped anew meanwhile.
    for _ in range(2):
        if missing:
            missing = _load(missing)


def _load(owners: list[UUID]) -> list[UUID]:
    """Read and unwrap; returns the owners whose key is there but did not open."""
    rows = list(
        DataKey.objects.filter(pk__in=owners, wrapped__isnull=False).values_list(
            "owner_id", "key_version", "wrapped"
        )
    )
    opened = key_provider().unwrap_many([(version, bytes(blob)) for _, version, blob in rows])
    failed = []
    for (owner, _, _), key in zip(rows, opened, strict=True):
        if key is None:
            failed.append(owner)
        else:
            cache.put(owner, key)
    return failed


def _key(owner: UUID) -> bytes:
    key = cache.get(owner)
    if key is None:
        load_keys([owner])
        key = cache.get(owner)
    if key is None:
        raise KeyUnavailable("cette conversation n'a plus de clé")
    return key


def _bound(owner: UUID, purpose: str, bind: tuple[object, ...]) -> bytes:
    return "\x1f".join([owner.hex, purpose, *map(str, bind)]).encode()


def encrypt(
    owner: UUID, purpose: str, content: bytes, *, form: int, bind: tuple[object, ...] = ()
) -> bytes:
    """Encrypt bytes under the data key of `owner` (whose key must exist); `form` says what they
    are, and is the first byte of the blob.

    Raises:
        KeyUnavailable: no key, or it was destroyed.
    """
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(owner)).encrypt(nonce, content, _bound(owner, purpose, bind))
    return bytes([form]) + nonce + sealed


def decrypt(
    owner: UUID, purpose: str, blob: bytes, *, form: int, bind: tuple[object, ...] = ()
) -> bytes:
    """Decrypt what `encrypt` made with the same owner, purpose, form and bind.

    Raises:
        SealBroken: the blob was altered, or does not belong here.
        KeyUnavailable: the key is gone.
    """
    if len(blob) < 1 + NONCE_BYTES or blob[0] != form:
        raise SealBroken("format inconnu")
    nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
    try:
        return AESGCM(_key(owner)).decrypt(nonce, sealed, _bound(owner, purpose, bind))
    except InvalidTag:
        raise SealBroken("contenu altéré ou déplacé") from None


def seal(owner: UUID, purpose: str, text: str, *, bind: tuple[object, ...] = ()) -> bytes:
    """Encrypt a text, padded; see `encrypt`."""
    raw = text.encode()
    padded = struct.pack(">I", len(raw)) + raw
    padded += b"\x00" * (-len(padded) % PAD_TO)
    return encrypt(owner, purpose, padded, form=FORMAT, bind=bind)


def unseal(owner: UUID, purpose: str, blob: bytes, *, bind: tuple[object, ...] = ()) -> str:
    """Decrypt what `seal` made; see `decrypt`."""
    padded = decrypt(owner, purpose, bytes(blob), form=FORMAT, bind=bind)
    (length,) = struct.unpack_from(">I", padded)
    return padded[4 : 4 + length].decode()


def content_mac(owner: UUID, text: str) -> bytes:
    """Keyed digest of a text: tells a resend from another text under the same client UUID."""
    return hmac.digest(_key(owner), b"content\x1f" + text.encode(), "sha256")


def destroy_key(owner: UUID) -> None:
    """Destroy the data key: what it sealed cannot be read again, here or in a backup restored
    without the keys database of the same date."""
    DataKey.objects.filter(pk=owner, wrapped__isnull=False).update(
        wrapped=None, destroyed_at=timezone.now()
    )
    cache.drop(owner)
