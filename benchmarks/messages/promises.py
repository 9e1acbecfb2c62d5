"""What was promised for a message, held against the rounds of one run. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.messages.bout import Bout, Shape
from benchmarks.messages.latency import Spread

Value = Callable[[Bout], float]


@dataclass(frozen=True)
class Promise:
    """A ratio to the reference, in one shape; `least` or `most` is the promise."""

    sentence: str
    talks: int
    rate: float | None
    value: Value
    least: float | None = None
    most: float | None = None

    @property
    def asked(self) -> str:
        return f"at least {self.least:g} ×" if self.least else f"at most {self.most:g} ×"

    def concerns(self, shape: Shape) -> bool:
        return (shape.talks, shape.rate) == (self.talks, self.rate)

    def kept(self, measured: Spread) -> bool:
        """Whether the median of the rounds keeps it; never without a round."""
        if not measured.rounds:
            return False
        if self.least is not None:
            return measured.median >= self.least
        assert self.most is not None
        return measured.median <= self.most


def _rate(bout: Bout) -> float:
    return bout.rate


PROMISES: Sequence[Promise] = (
    Promise("lines/s, closed loop, 50 conversations", 50, None, _rate, least=6),
    Promise("lines/s, closed loop, 1,000 conversations", 1000, None, _rate, least=8),
    Promise(
        "delivery p50, open loop, 200/s, 50 conversations",
        50,
        200,
        lambda bout: bout.result.delivery.p50,
        most=0.6,
    ),
    Promise(
        "delivery p99, open loop, 200/s, 50 conversations",
        50,
        200,
        lambda bout: bout.result.delivery.p99,
        most=0.5,
    ),
    Promise(
        "web CPU of a line, closed loop, 50 conversations",
        50,
        None,
        lambda bout: bout.cpu_per_line("web"),
        most=0.2,
    ),
)
