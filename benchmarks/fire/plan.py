"""What is broken, and when: seconds after the first line."""

from dataclasses import dataclass

KILL, ROLLING = "kill", "rolling"  # one web process by -9; both in turn, politely
FLUSH, NO_VALKEY, VALKEY = "flushall", "valkey-killed", "valkey-back"
POSTGRES = "postgres"  # immediate shutdown (as a crash), then start
FREEZE, THAW, STORM = "freeze", "thaw", "storm"
DEAF, DEAF_END = "deaf", "deaf-end"
OF_THE_NETWORK = frozenset({FREEZE, THAW, STORM, DEAF, DEAF_END})


@dataclass(frozen=True)
class Plan:
    """One run. `half_every`: one person in so many has the links that become half-open."""

    name: str
    conversations: int
    rate: float  # lines offered per second, whatever happens
    seconds: float
    acts: tuple[tuple[float, str], ...]
    half_every: int
    deaf: int = 0  # pages that never read
    drain: float = 60.0  # seconds at most for everything to arrive at the end
    ping_after: float = 20.0  # the client's, as the protocol says
    pong_within: float = 10.0


def _long() -> Plan:
    acts = [(float(second), KILL) for second in range(10, 221, 10)]
    acts += [(float(second), FLUSH) for second in (5, 35, 125, 155, 185, 215, 245, 275)]
    acts += [(42.0, NO_VALKEY), (45.0, VALKEY), (62.0, NO_VALKEY), (122.0, VALKEY)]
    acts += [(26.0, POSTGRES), (93.0, POSTGRES), (204.0, POSTGRES)]
    acts += [(142.0, FREEZE), (182.0, THAW), (196.0, STORM)]
    acts += [(226.0, DEAF), (268.0, DEAF_END), (270.0, ROLLING)]
    return Plan("long", 200, 100, 300, tuple(sorted(acts)), half_every=11, deaf=100)


LONG = _long()

# For bin/test: the same accidents, and a client that asks sooner whether its link lives.
SHORT = Plan(
    "short",
    conversations=20,
    rate=20,
    seconds=18,
    acts=(
        (1.0, FREEZE),
        (3.0, KILL),
        (5.0, FLUSH),
        (6.0, NO_VALKEY),
        (9.0, VALKEY),
        (11.0, POSTGRES),
        (14.0, KILL),
        (15.0, THAW),
        (16.0, STORM),
    ),
    half_every=24,
    drain=30,
    ping_after=4,
    pong_within=3,
)
