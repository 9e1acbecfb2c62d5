"""Seal and open files: AES-256-GCM under the data key of a conversation, as texts are.

A sealed file is: format (1 byte) ‖ nonce (12 bytes) ‖ ciphertext and tag. It is not padded: its
length is written beside it anyway. The additional data binds owner, purpose and what the caller
adds: a file moved under another name, or a preview put in place of a file, does not open.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comptes.keys.cipher import NONCE_BYTES, SealBroken, _bound, _key

FORMAT = 2


def seal_bytes(
    owner: UUID, purpose: str, content: bytes, *, bind: tuple[object, ...] = ()
) -> bytes:
    """Encrypt bytes under the data key of `owner` (whose key must exist).

    Raises:
        KeyUnavailable: no key, or it was destroyed.
    """
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(owner)).encrypt(nonce, content, _bound(owner, purpose, bind))
    return bytes([FORMAT]) + nonce + sealed


def unseal_bytes(owner: UUID, purpose: str, blob: bytes, *, bind: tuple[object, ...] = ()) -> bytes:
    """Decrypt what `seal_bytes` made with the same owner, purpose and bind.

    Raises:
        SealBroken: the blob was altered, or does not belong here.
        KeyUnavailable: the key is gone.
    """
    if len(blob) < 1 + NONCE_BYTES or blob[0] != FORMAT:
        raise SealBroken("format inconnu")
    nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
    try:
        return AESGCM(_key(owner)).decrypt(nonce, sealed, _bound(owner, purpose, bind))
    except InvalidTag:
        raise SealBroken("contenu altéré ou déplacé") from None
