"""When each line of the open loop is due, and who says it. Pure.

Lines are due at a fixed rate whatever the server does, and waiting is counted from the due time:
a slow server does not slow the questions down (no coordinated omission).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

SEED = 2026
SIDES = 2


@dataclass(frozen=True)
class Turn:
    """One planned line: `due` in seconds after the start, which conversation, which side."""

    due: float
    talk: int
    side: int


def plan(rate: float, seconds: float, talks: int) -> Iterator[Turn]:
    """Lines at `rate` per second. Each lap visits every conversation once, in an order of its
    own, the two sides in turn; the same arguments give the same plan."""
    dice = random.Random(SEED)
    count = int(rate * seconds)
    order = list(range(talks))
    for number in range(count):
        lap, place = divmod(number, talks)
        if place == 0:
            dice.shuffle(order)
        yield Turn(number / rate, order[place], lap % SIDES)
