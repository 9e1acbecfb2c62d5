"""Seal and open files: AES-256-GCM under the data key of a conversation, as texts are.

A sealed file is: format (1 byte) ‖ nonce (12 bytes) ‖ ciphertext and tag. It is not padded: its
length is written beside it anyway. The additional data binds owner, purpose and what the caller
adds: a file moved under another name, or a preview put in place of a file, does not open.
"""

from uuid import UUID

from comptes.keys.cipher import decrypt, encrypt

FORMAT = 2


def seal_bytes(
    owner: UUID, purpose: str, content: bytes, *, bind: tuple[object, ...] = ()
) -> bytes:
    """Encrypt a file; see `comptes.keys.cipher.encrypt`."""
    return encrypt(owner, purpose, content, form=FORMAT, bind=bind)


def unseal_bytes(owner: UUID, purpose: str, blob: bytes, *, bind: tuple[object, ...] = ()) -> bytes:
    """Decrypt what `seal_bytes` made; see `comptes.keys.cipher.decrypt`."""
    return decrypt(owner, purpose, blob, form=FORMAT, bind=bind)
