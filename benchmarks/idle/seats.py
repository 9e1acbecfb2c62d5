"""What the crowd is asked, and what it answers."""

import msgspec


class Seat(msgspec.Struct):
    """One socket: the conversation it follows, its side, its Cookie header."""

    key: str
    side: int
    cookie: str


class Room(msgspec.Struct):
    """Every socket of one crowd. `cursor`: the last line of each conversation."""

    dialect: str
    port: int
    seats: list[Seat]
    sources: tuple[str, str]  # addresses to come from: at first, and when coming back
    cursor: int = 1


class Arrival(msgspec.Struct):
    """`seated`: sockets that follow their conversation. `refused`: tries that failed, by reason.
    `seconds`: from the first try to the last seat. `waits`: p50 and p99 of one try, in ms.
    `cpu`: cores that the crowd used."""

    asked: int
    seated: int
    refused: dict[str, int]
    seconds: float
    waits: tuple[float, float]
    cpu: float


class Count(msgspec.Struct):
    """Sockets open now, and those that ended by themselves, by close code."""

    open: int
    ended: dict[str, int]
