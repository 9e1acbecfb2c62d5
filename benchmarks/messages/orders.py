"""What the generator is asked, and what it answers."""

import msgspec

from benchmarks.messages.history import Verdict
from benchmarks.messages.latency import Latency


class Place(msgspec.Struct):
    """One conversation: its key on the target, the Cookie header of each side, where it stands."""

    key: str
    cookies: tuple[str, str]
    cursor: int = 0


class Order(msgspec.Struct):
    """One measure. `rate` in lines per second; None for the closed loop. Times in seconds."""

    dialect: str
    port: int
    measure: int
    places: list[Place]
    rate: float | None
    warm: float
    seconds: float
    answer: str
    seen: bool = False  # the other side says that it has seen each line
    source: str = "127.0.0.1"


class Result(msgspec.Struct):
    """`opening`: seconds to open all sockets. `finished`: lines acknowledged and shown in the
    measured time. `cpu`: cores that the generator used. `lines`: number to conversation."""

    opening: float
    seconds: float
    finished: int
    ack: Latency
    delivery: Latency
    lateness: Latency
    cpu: float
    verdict: Verdict
    refusals: dict[str, int]
    ended: dict[str, int]
    lines: dict[int, int]
