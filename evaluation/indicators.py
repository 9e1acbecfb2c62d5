"""Indicators of the experiment: definitions, intervals, shares and bounds. Pure, no database.

`VERSION` names the definitions below. A figure is published with it; a change of definition is a
new version, never a silent change of a published figure.

Definitions, for requests opened in a period, territory frozen at opening, one outcome each:
- N (intention to treat) = every request opened, technical tests left out; abandoned, expired and
  still open ones stay in;
- declared resolution = RESOLVED / N;
- orientation = (REFERRED_MEDECIN_TRAITANT + REFERRED_SAS) / N, the two parts shown apart;
- answered-only resolution = RESOLVED / (N without ABANDONED, EXPIRED and still open): secondary.
Emergencies at the door that were not followed by a request are counted apart, outside N.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from messagerie.states import Outcome

VERSION = "2026.1"
Z95 = 1.959963984540054  # normal quantile for 95 %
Z998 = 3.090232306167813  # normal quantile for 99.8 %, outer limits of a funnel

STILL_OPEN = "STILL_OPEN"  # not an outcome: a request of a recent period that has none yet

# Figures that the amendment founding the experiment cites of insurers' chats; their definition is
# not known, so they are shown for reference and never tested against.
CITED_RESOLUTION = Decimal("53")
CITED_ORIENTATION = Decimal("32")

# Codes of a bar that sums to 100 %, in the order shown. Technical tests are outside.
SHARE_CODES: tuple[str, ...] = (
    str(Outcome.RESOLVED),
    str(Outcome.REFERRED_MEDECIN_TRAITANT),
    str(Outcome.REFERRED_CPTS),
    str(Outcome.REFERRED_SAS),
    str(Outcome.REFERRED_OTHER),
    str(Outcome.EMERGENCY),
    str(Outcome.ABANDONED),
    str(Outcome.EXPIRED),
    STILL_OPEN,
)
_UNANSWERED = (str(Outcome.ABANDONED), str(Outcome.EXPIRED), STILL_OPEN)


@dataclass(frozen=True)
class Interval:
    """Lower and upper bound, as proportions between 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Rate:
    """A proportion with its parts. `value` and `interval` are None when there is no request."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def interval(self) -> Interval | None:
        """Wilson interval at 95 %."""
        return wilson(self.numerator, self.denominator) if self.denominator else None


def wilson(successes: float, total: float, z: float = Z95) -> Interval:
    """Wilson score interval of a proportion.

    [p + z²/2n ± z·√(p(1−p)/n + z²/4n²)] / (1 + z²/n), E. B. Wilson, J. Am. Stat. Assoc. 1927.
    `total` may be fractional (effective size of a clustered sample). Raises ValueError unless
    0 ≤ successes ≤ total and total > 0.
    """
    if total <= 0 or not 0 <= successes <= total:
        raise ValueError("a proportion needs 0 <= successes <= total and total > 0")
    p = successes / total
    centre = p + z * z / (2 * total)
    half = z * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if successes == total else min(1.0, (centre + half) / scale)
    return Interval(low, high)


def newcombe(first: Rate, second: Rate, z: float = Z95) -> Interval:
    """Interval of the difference p₁ − p₂ of two independent proportions, between −1 and 1.

    Newcombe, Stat. Med. 1998, method 10: d − √((p₁−l₁)² + (u₂−p₂)²) to
    d + √((u₁−p₁)² + (p₂−l₂)²), where l and u are Wilson bounds. Raises ValueError when a
    denominator is 0.
    """
    one = wilson(first.numerator, first.denominator, z)
    two = wilson(second.numerator, second.denominator, z)
    p1, p2 = first.numerator / first.denominator, second.numerator / second.denominator
    difference = p1 - p2
    return Interval(
        difference - sqrt((p1 - one.low) ** 2 + (two.high - p2) ** 2),
        difference + sqrt((one.high - p1) ** 2 + (p2 - two.low) ** 2),
    )


def intention_to_treat(counts: Mapping[str, int]) -> int:
    """N: every request opened except technical tests. `counts` maps `SHARE_CODES` (and
    TECHNICAL_TEST, ignored) to numbers of requests; a missing code counts 0."""
    return sum(counts.get(code, 0) for code in SHARE_CODES)


def declared_resolution(counts: Mapping[str, int]) -> Rate:
    """Requests answered for good, by the professional's declaration, over N."""
    return Rate(counts.get(str(Outcome.RESOLVED), 0), intention_to_treat(counts))


def answered_resolution(counts: Mapping[str, int]) -> Rate:
    """Secondary: the same numerator over requests that were answered."""
    answered = intention_to_treat(counts) - sum(counts.get(code, 0) for code in _UNANSWERED)
    return Rate(counts.get(str(Outcome.RESOLVED), 0), answered)


def orientation(counts: Mapping[str, int]) -> tuple[Rate, Rate, Rate]:
    """Orientation over N: the whole (GP or SAS), then its two parts, GP and SAS."""
    total = intention_to_treat(counts)
    to_gp = counts.get(str(Outcome.REFERRED_MEDECIN_TRAITANT), 0)
    to_sas = counts.get(str(Outcome.REFERRED_SAS), 0)
    return Rate(to_gp + to_sas, total), Rate(to_gp, total), Rate(to_sas, total)


def shares(counts: Mapping[str, int], decimals: int = 1) -> dict[str, Decimal]:
    """Percentages of `SHARE_CODES` over N, which sum to exactly 100 (`percentages`)."""
    return percentages({code: counts.get(code, 0) for code in SHARE_CODES}, decimals)


def percentages(parts: Mapping[str, int], decimals: int = 1) -> dict[str, Decimal]:
    """Percentages of parts that sum to exactly 100, rounded by largest remainders.

    Each share is its exact percentage rounded down or up at `decimals`; units left over go to the
    largest remainders, ties to the first part. Returns an empty dict when the whole is 0.
    """
    total = sum(parts.values())
    if total == 0:
        return {}
    units = 100 * 10**decimals
    exact = {code: divmod(count * units, total) for code, count in parts.items()}
    left = units - sum(floor for floor, _remainder in exact.values())
    raised = set(sorted(parts, key=lambda code: -exact[code][1])[:left])
    return {
        code: Decimal(floor + (code in raised)).scaleb(-decimals)
        for code, (floor, _remainder) in exact.items()
    }


@dataclass(frozen=True)
class FollowUpStratum:
    """Requests declared resolved in one stratum: `declared` of them, `known` followed up, of whom
    `without` had no known recourse. 0 ≤ without ≤ known ≤ declared."""

    declared: int
    known: int
    without: int


@dataclass(frozen=True)
class FollowUpBounds:
    """Resolution without known recourse over N: bounds, weighted estimate (None when a stratum
    has nobody followed), and the share of declared requests that were followed."""

    low: float
    high: float
    weighted: float | None
    followed: float


def follow_up_bounds(total: int, strata: Sequence[FollowUpStratum]) -> FollowUpBounds:
    """Bounds when part of the patients did not answer; a non-answer is never a success.

    With N requests, s declared resolved, k followed and r without recourse: r/N (all missing
    failed) to (r + s − k)/N (all missing succeeded); weighted Σ d_g·r_g/k_g / N over strata.
    Raises ValueError when parts exceed their whole.
    """
    for stratum in strata:
        if not 0 <= stratum.without <= stratum.known <= stratum.declared:
            raise ValueError("a stratum needs 0 <= without <= known <= declared")
    declared = sum(stratum.declared for stratum in strata)
    known = sum(stratum.known for stratum in strata)
    without = sum(stratum.without for stratum in strata)
    if total <= 0 or declared > total:
        raise ValueError("declared requests exceed the total")
    filled = [stratum for stratum in strata if stratum.declared]
    weighted = None
    if all(stratum.known for stratum in filled):
        weighted = sum(s.declared * s.without / s.known for s in filled) / total
    return FollowUpBounds(
        low=without / total,
        high=(without + declared - known) / total,
        weighted=weighted,
        followed=known / declared if declared else 0.0,
    )


def design_effect(sizes: Iterable[int], icc: float) -> float:
    """Loss of precision of a clustered sample: 1 + (Σn_i²/N − 1)·ICC."""
    known = [size for size in sizes if size > 0]
    total = sum(known)
    return 1 + (sum(size * size for size in known) / total - 1) * icc if total else 1.0


def funnel_limits(reference: float, total: int, z: float, overdispersion: float = 1.0) -> Interval:
    """Control limits of a funnel plot at a size: p₀ ± z·√φ·√(p₀(1−p₀)/n), cut at 0 and 1.
    Spiegelhalter, Stat. Med. 2005."""
    half = z * sqrt(max(1.0, overdispersion)) * sqrt(reference * (1 - reference) / total)
    return Interval(max(0.0, reference - half), min(1.0, reference + half))


def overdispersion(reference: float, rates: Iterable[Rate]) -> float:
    """φ = mean of z_i² over territories with requests; at least 1."""
    if not 0 < reference < 1:
        return 1.0
    squares = [
        (rate.numerator / rate.denominator - reference) ** 2
        / (reference * (1 - reference) / rate.denominator)
        for rate in rates
        if rate.denominator
    ]
    return max(1.0, sum(squares) / len(squares)) if squares else 1.0
