"""The key of what a signed-in page keeps on the device: lines not acknowledged, a text half typed.

The page seals them with AES-256-GCM under this key before it stores them. The key is never stored
there: only a page rendered for a live session of the same account holds it. After logout, or under
another account, nothing on the device opens what is left; the same account, signed in again within
a day, goes on where it stood. One key a day: what is older than a day opens for nobody, since the
service gives today's key and yesterday's only.
"""

import base64
from dataclasses import dataclass
from datetime import date, timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils import timezone

from comptes.keys.provider import key_provider
from comptes.models import User

KEY_BYTES = 32
TAG_BYTES = 12


@dataclass(frozen=True)
class OutboxKeys:
    """What the page needs.

    Attributes:
        account: a stable, opaque name of the account; tells what belongs to somebody else.
        keys: "<day>:<key>", today's first (days in UTC, keys in base64url), parted by a space.
    """

    account: str
    keys: str


def outbox_keys(user: User) -> OutboxKeys:
    """For a page that is rendered for this account, and for no other answer."""
    today = timezone.now().date()  # UTC
    days = (today, today - timedelta(days=1))
    return OutboxKeys(account_tag(user), " ".join(f"{day}:{_key(user, day)}" for day in days))


def account_tag(user: User) -> str:
    """The opaque name of an account, the same on every page and socket of this account."""
    return _derive(f"account\x1f{user.pk}", TAG_BYTES)


def _key(user: User, day: date) -> str:
    return _derive(f"key\x1f{user.pk}\x1f{day}", KEY_BYTES)


def _derive(purpose: str, length: int) -> str:
    root = key_provider().signing_key("outbox")
    raw = HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(root)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
