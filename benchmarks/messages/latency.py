"""Figures out of lists of times. Pure: no clock, no socket."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of an ascending list; `share` from 0 to 1, nan when empty."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Latency:
    """One list of times, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """From times in seconds, in any order."""
        ordered = sorted(seconds)
        p50, p95, p99 = (percentile(ordered, share) * 1000 for share in (0.5, 0.95, 0.99))
        return cls(len(ordered), p50, p95, p99, percentile(ordered, 1) * 1000)


@dataclass(frozen=True)
class Spread:
    """The same figure over the rounds: median (min to max). Rounds without a value count not."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        known = [value for value in values if not math.isnan(value)]
        if not known:
            return cls(math.nan, math.nan, math.nan, 0)
        return cls(statistics.median(known), min(known), max(known), len(known))


def ratios(values: Sequence[float], references: Sequence[float]) -> list[float]:
    """value / reference, round by round; a round that lacks one of the two gives nan."""
    return [
        value / reference if reference else math.nan
        for value, reference in zip(values, references, strict=True)
    ]


def shown(value: float) -> str:
    """A figure as a table shows it: three significant digits, no exponent; "–" for nan."""
    if math.isnan(value):
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def shown_spread(spread: Spread) -> str:
    """Median, then (min–max) when there are several rounds."""
    if spread.rounds < 2:
        return shown(spread.median)
    return f"{shown(spread.median)} ({shown(spread.low)}–{shown(spread.high)})"
