"""What was sent against what was shown, acknowledged and stored. Pure.

Lines carry numbers that grow in the order of sending. Every screen of a conversation shows the
lines of both sides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Talked:
    """One conversation as its two devices saw it: by side, numbers of lines.

    `places` are the server's own numbers, in the order shown; empty when it gives none.
    """

    sent: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    shown: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    acked: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    places: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))


@dataclass
class Verdict:
    """Counts; all but `sent` and `shown` must be 0."""

    sent: int = 0
    shown: int = 0  # at the other side, each line once
    not_shown: int = 0
    shown_twice: int = 0  # further copies, on either screen
    strangers: int = 0  # lines that nobody sent
    disorder: int = 0  # neighbours in the wrong order, among the lines of one side
    two_orders: int = 0  # conversations whose two screens do not agree on the order
    holes: int = 0  # steps other than +1 between the server's own numbers
    not_acked: int = 0
    acked_twice: int = 0
    altered: int = 0
    not_stored: int = 0
    stored_strangers: int = 0

    @property
    def faults(self) -> dict[str, int]:
        """What is not 0 and should be."""
        counts = {name: count for name, count in vars(self).items() if count}
        return {name: count for name, count in counts.items() if name not in ("sent", "shown")}

    def add(self, other: "Verdict") -> None:
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)


def descents(numbers: Sequence[int]) -> int:
    """How many neighbours go down."""
    return sum(later < earlier for earlier, later in zip(numbers, numbers[1:], strict=False))


def once(numbers: Iterable[int]) -> list[int]:
    """Each number at its first place only."""
    return list(dict.fromkeys(numbers))


def check(talked: Talked) -> Verdict:
    """The verdict on one conversation, but for what is stored and for altered texts."""
    everything = {*talked.sent[0], *talked.sent[1]}
    verdict = Verdict(sent=len(talked.sent[0]) + len(talked.sent[1]))
    for side, other in ((0, 1), (1, 0)):
        sent, screen = set(talked.sent[side]), once(talked.shown[other])
        verdict.shown += len(sent.intersection(screen))
        verdict.not_shown += len(sent.difference(screen))
        verdict.shown_twice += len(talked.shown[side]) - len(set(talked.shown[side]))
        verdict.strangers += len(set(talked.shown[side]) - everything)
        verdict.disorder += descents([number for number in screen if number in sent])
        acks = Counter(talked.acked[side])
        verdict.not_acked += len(sent.difference(acks))
        verdict.acked_twice += sum(count - 1 for count in acks.values())
        places = talked.places[side]
        verdict.holes += sum(b != a + 1 for a, b in zip(places, places[1:], strict=False))
    left, right = (once(numbers) for numbers in talked.shown)
    both = set(left).intersection(right)
    verdict.two_orders = int(
        [number for number in left if number in both]
        != [number for number in right if number in both]
    )
    return verdict


def check_stored(sent: Mapping[int, int], stored: Iterable[tuple[int, int]]) -> Verdict:
    """Rows against lines: both as number of the line and number of its conversation. A row in
    another conversation than its line's counts as a stranger, and so does a second row."""
    verdict = Verdict()
    found = Counter()
    for number, talk in stored:
        if sent.get(number) == talk and not found[number]:
            found[number] += 1
        else:
            verdict.stored_strangers += 1
    verdict.not_stored = len(sent) - len(found)
    return verdict
