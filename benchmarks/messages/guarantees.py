"""What each guarantee costs: the product with one of them switched off, in this bench only.

A guarantee is switched off by `patch`, run in the web process of the bench after Django is ready
and before the first socket, or by variables of that process. Nothing of it is in the product.
Patches name inner functions of the hot path; when one has gone, the bench fails at its start.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


def _nothing() -> None:
    """For a guarantee that variables switch off."""


@dataclass(frozen=True)
class Guarantee:
    """One promise. `meaning`: what is lost without it, in a few words for the table."""

    name: str
    meaning: str
    patch: Callable[[], None] = _nothing
    environment: dict[str, str] = field(default_factory=dict)


def swap(module: ModuleType, name: str, other: Any) -> None:
    """Put something else under a name. Raises AttributeError when nothing stands there."""
    getattr(module, name)
    setattr(module, name, other)


def cut(module: ModuleType, name: str, part: str, other: str) -> None:
    """Put something else in place of a part of a statement, or of each of several. Raises
    AttributeError, as above."""

    def without(statement: str) -> str:
        if part not in statement:
            raise AttributeError(f"{name} is made otherwise")
        return statement.replace(part, other)

    given = getattr(module, name)
    several = isinstance(given, dict)
    swap(module, name, {k: without(v) for k, v in given.items()} if several else without(given))


def no_sealing() -> None:
    """Bodies are kept in clear, without their keyed digest."""
    from messagerie import consumers

    swap(consumers, "seal_line", lambda *owner, **more: (owner[3].encode(), bytes(32)))


def no_session_check() -> None:
    """Every view is taken at its last proof: no stamp is compared beside the lines."""
    from messagerie.live import hub, writing

    def beside(sessions: dict[str, int], steps: Any, proved: Any) -> Iterator[Any]:
        (here,) = hub._hubs.values()
        views = (view for user in sessions.values() for view in here.of_user.get(user, ()))
        proved({view.session_key: view.proof.stamp for view in views})
        return (yield from steps)

    swap(writing, "beside_stamps", beside)
    swap(writing, "judged", lambda line, row: None)  # a lone line goes that way too


def no_journal() -> None:
    """The line of the journal is not written."""
    from messagerie.actions import alone, lines

    cut(lines, "WRITE", lines.JOURNALED, "SELECT")
    cut(alone, "ALONE", lines.JOURNALED, "SELECT")


def no_resend_check() -> None:
    """A line that comes again is not looked for; the unique constraint still stands."""
    from messagerie.actions import alone, lines

    swap(lines, "_already_kept", lambda asked: ("SELECT 1 WHERE false", []))
    cut(alone, "ALONE", alone.NOT_KEPT_YET, "true")


def one_by_one() -> None:
    """One line in each transaction. No promise is lost: it is what grouping brings."""
    from messagerie.live import writing

    swap(writing, "GROUP", 1)


def all_at_once() -> None:
    for patch in (no_sealing, no_session_check, no_journal, no_resend_check):
        patch()


NO_WAIT_FOR_DISK = {"PGOPTIONS": "-c synchronous_commit=off"}
GUARANTEES: list[Guarantee] = [
    Guarantee(
        "fsync",
        "a line acknowledged just before a power cut may be gone",
        environment=NO_WAIT_FOR_DISK,
    ),
    Guarantee("sealing", "whoever reads the database reads the bodies", no_sealing),
    Guarantee(
        "session check", "a session that has just ended still writes and reads", no_session_check
    ),
    Guarantee("journal", "nobody knows afterwards who wrote when", no_journal),
    Guarantee(
        "resend check", "a resend fails instead of being acknowledged again", no_resend_check
    ),
    Guarantee(
        "all of these",
        "what a plain group commit with numbers would do",
        all_at_once,
        environment=NO_WAIT_FOR_DISK,
    ),
    Guarantee("grouping", "nothing: lines go one by one, in turn", one_by_one),
]


def named(name: str) -> Guarantee:
    """The guarantee of that name. Raises KeyError."""
    return {guarantee.name: guarantee for guarantee in GUARANTEES}[name]
