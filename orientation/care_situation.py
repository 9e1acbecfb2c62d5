"""What a patient told once about their own care: own GP, long-term illness. Kept sealed."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from comptes.keys.cipher import SealBroken, ensure_key, seal, unseal
from comptes.keys.provider import KeyUnavailable
from comptes.models import User
from orientation.models import CareSituation

SEALED_AS = "care-situation"
# The key of a patient's situation has this name among the keys: one per account, no column for it.
NAMESPACE = uuid.UUID("8a0d3a52-6f1e-4f0a-9c55-3f6d1a2b7c10")


@dataclass(frozen=True)
class Told:
    """`medecin_traitant`: DECLARED, NONE or UNKNOWN. `ald`: None when it was not said."""

    medecin_traitant: str
    ald: bool | None


def key_owner(user_id: int) -> uuid.UUID:
    """The name of the key that seals what this account told."""
    return uuid.uuid5(NAMESPACE, str(user_id))


def row(user: User, told: Told, at: datetime) -> CareSituation:
    """The row, not written yet; the key must exist."""
    text = json.dumps(asdict(told))
    return CareSituation(user=user, sealed=seal(key_owner(user.pk), SEALED_AS, text), updated_at=at)


def remember(user: User, told: Told) -> None:
    """Keep what was told last."""
    owner = key_owner(user.pk)
    ensure_key(owner)
    CareSituation.objects.update_or_create(
        user=user, defaults={"sealed": seal(owner, SEALED_AS, json.dumps(asdict(told)))}
    )


def recall(user: User) -> Told | None:
    """What this patient told, or None: never told, or no longer readable (it is asked again)."""
    kept = CareSituation.objects.filter(user=user).first()
    if kept is None:
        return None
    try:
        return Told(**json.loads(unseal(key_owner(user.pk), SEALED_AS, kept.sealed)))
    except (KeyUnavailable, SealBroken):
        return None
