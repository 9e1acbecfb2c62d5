"""Geometry of the pictures: figures in, coordinates out. Pure; templates only draw.

Coordinates are text with a point, ready for SVG whatever the language of the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from evaluation.indicators import Z95, Z998, Rate, funnel_limits, overdispersion

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 18, 44
PLOT_WIDTH = WIDTH - LEFT - RIGHT
PLOT_HEIGHT = HEIGHT - TOP - BOTTOM


def _text(value: float) -> str:
    return f"{value:.1f}"


def height_of(rate: float) -> float:
    """Ordinate of a proportion, 0 at the foot and 1 at the top."""
    return TOP + (1 - rate) * PLOT_HEIGHT


@dataclass(frozen=True)
class Tick:
    """A mark of an axis and its label."""

    at: str
    label: str


@dataclass(frozen=True)
class WeekRate:
    """What a week shows: `rate` and its bounds, all None when masked or without request."""

    label: str
    rate: float | None
    low: float | None
    high: float | None
    provisional: bool


@dataclass(frozen=True)
class WeekMark:
    """A week drawn: its band on the axis, and its point when there is one."""

    x: str
    left: str
    width: str
    label: str
    provisional: bool
    y: str
    low: str
    high: str
    shown: bool


@dataclass(frozen=True)
class WeekPicture:
    marks: tuple[WeekMark, ...]
    bands: tuple[str, ...]
    lines: tuple[str, ...]
    rates: tuple[Tick, ...]
    weeks: tuple[Tick, ...]
    cited: str
    any_provisional: bool


def rate_ticks() -> tuple[Tick, ...]:
    """0, 25, 50, 75 and 100 %."""
    return tuple(
        Tick(_text(height_of(value / 100)), f"{value}\u00a0%") for value in (0, 25, 50, 75, 100)
    )


def week_picture(weeks: Sequence[WeekRate], cited: float) -> WeekPicture:
    """Rate by week with its interval; weeks without a figure leave a hole, never a slope."""
    step = PLOT_WIDTH / max(len(weeks), 1)
    marks: list[WeekMark] = []
    runs: list[list[tuple[float, WeekRate]]] = [[]]
    for index, week in enumerate(weeks):
        x = LEFT + step * (index + 0.5)
        shown = week.rate is not None and week.low is not None and week.high is not None
        if shown:
            runs[-1].append((x, week))
        elif runs[-1]:
            runs.append([])
        marks.append(
            WeekMark(
                x=_text(x),
                left=_text(LEFT + step * index),
                width=_text(step),
                label=week.label,
                provisional=week.provisional,
                y=_text(height_of(week.rate or 0)),
                low=_text(height_of(week.low or 0)),
                high=_text(height_of(week.high or 0)),
                shown=shown,
            )
        )
    every = ceil(len(weeks) / 8) or 1
    drawn = [run for run in runs if len(run) > 1]
    return WeekPicture(
        marks=tuple(marks),
        bands=tuple(_band(run) for run in drawn),
        lines=tuple(_points((x, week.rate) for x, week in run) for run in drawn),
        rates=rate_ticks(),
        weeks=tuple(Tick(mark.x, mark.label) for mark in marks[::every]),
        cited=_text(height_of(cited)),
        any_provisional=any(week.provisional for week in weeks),
    )


def _points(pairs) -> str:  # type: ignore[no-untyped-def]
    return " ".join(f"{_text(x)},{_text(height_of(y or 0))}" for x, y in pairs)


def _band(run: list[tuple[float, WeekRate]]) -> str:
    upper = _points((x, week.high) for x, week in run)
    lower = _points((x, week.low) for x, week in reversed(run))
    return f"{upper} {lower}"


@dataclass(frozen=True)
class FunnelPoint:
    """A territory of the funnel: its place, its name, and whether it is outside the limits."""

    x: str
    y: str
    number: int
    label: str
    outside: bool


@dataclass(frozen=True)
class FunnelPicture:
    points: tuple[FunnelPoint, ...]
    inner: tuple[str, str]
    outer: tuple[str, str]
    reference: str
    rates: tuple[Tick, ...]
    sizes: tuple[Tick, ...]


def funnel_picture(rates: Sequence[tuple[str, Rate]], reference: float) -> FunnelPicture | None:
    """Rates of territories against their numbers of requests, with the limits at 95 % and 99.8 %
    around the rate of the whole, widened when territories vary more than chance. None when fewer
    than two territories can be shown, or when the whole is at 0 or 100 %."""
    if len(rates) < 2 or not 0 < reference < 1:
        return None
    spread = overdispersion(reference, [rate for _label, rate in rates])
    largest = max(rate.denominator for _label, rate in rates)
    scale = _round_up(largest)
    points = []
    for index, (label, rate) in enumerate(rates, start=1):
        limits = funnel_limits(reference, rate.denominator, Z95, spread)
        value = rate.numerator / rate.denominator
        points.append(
            FunnelPoint(
                x=_text(_abscissa(rate.denominator, scale)),
                y=_text(height_of(value)),
                number=index,
                label=label,
                outside=not limits.low <= value <= limits.high,
            )
        )
    return FunnelPicture(
        points=tuple(points),
        inner=_limits(reference, scale, Z95, spread),
        outer=_limits(reference, scale, Z998, spread),
        reference=_text(height_of(reference)),
        rates=rate_ticks(),
        sizes=tuple(
            Tick(_text(_abscissa(scale * part // 4, scale)), str(scale * part // 4))
            for part in range(5)
        ),
    )


def _abscissa(size: float, scale: int) -> float:
    return LEFT + PLOT_WIDTH * size / scale


def _round_up(size: int) -> int:
    """A round number at least as large, multiple of 4."""
    for unit in (20, 40, 100, 200, 400, 1000, 2000, 4000, 10000, 20000, 40000, 100000):
        if size <= unit:
            return unit
    return ceil(size / 100000) * 100000


def _limits(reference: float, scale: int, z: float, spread: float) -> tuple[str, str]:
    """Lower and upper curves, drawn closer together where they bend."""
    sizes = [max(1.0, scale * (step / 40) ** 2) for step in range(1, 41)]
    low, high = [], []
    for size in sizes:
        half = z * sqrt(spread * reference * (1 - reference) / size)
        x = _text(_abscissa(size, scale))
        low.append(f"{x},{_text(height_of(max(0.0, reference - half)))}")
        high.append(f"{x},{_text(height_of(min(1.0, reference + half)))}")
    return " ".join(low), " ".join(high)


@dataclass(frozen=True)
class Segment:
    """One part of a bar of 100 %."""

    number: int
    label: str
    share: str
    left: str
    width: str
    middle: str
    labelled: bool


def bar(parts: Sequence[tuple[str, float, str]], width: int = WIDTH) -> tuple[Segment, ...]:
    """Segments of a bar from (label, share in percent, share in words), left to right; a part of
    0 has no segment, a narrow one no number inside."""
    segments = []
    left = 0.0
    for number, (label, share, words) in enumerate(parts, start=1):
        size = width * share / 100
        if share > 0:
            segments.append(
                Segment(
                    number=number,
                    label=label,
                    share=words,
                    left=_text(left),
                    width=_text(max(size - 2, 1)),
                    middle=_text(left + size / 2),
                    labelled=size >= 24,
                )
            )
        left += size
    return tuple(segments)
