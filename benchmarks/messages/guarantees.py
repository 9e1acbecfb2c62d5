"""What each guarantee costs: the product with one of them switched off, in this bench only.

A guarantee is switched off by `patch`, run in the web process of the bench after Django is ready
and before the first socket, or by variables of that process. Nothing of it is in the product.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


def _nothing() -> None:
    """For a guarantee that variables switch off."""


@dataclass(frozen=True)
class Guarantee:
    """One promise. `meaning`: what is lost without it, in a few words for the table."""

    name: str
    meaning: str
    patch: Callable[[], None] = _nothing
    environment: dict[str, str] = field(default_factory=dict)


GUARANTEES: list[Guarantee] = [
    Guarantee(
        "fsync",
        "a line acknowledged just before a power cut may be gone",
        environment={"PGOPTIONS": "-c synchronous_commit=off"},
    ),
]


def named(name: str) -> Guarantee:
    """The guarantee of that name. Raises KeyError."""
    return {guarantee.name: guarantee for guarantee in GUARANTEES}[name]
