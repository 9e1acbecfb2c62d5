"""Statistical confidentiality of published tables. Pure, no database.

A cell of 1 to 10 is masked (no result on ten people or fewer). Since totals are published too, a
lone masked cell could be found by subtraction: a second one is masked in every sum, in rows and
in columns, until nothing changes. A rate is masked when its numerator or the complement is 1-10.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST_SHOWN = 11

Key = TypeVar("Key", bound=Hashable)


def is_small(count: int) -> bool:
    """1 to 10."""
    return 0 < count < SMALLEST_SHOWN


def rate_is_masked(numerator: int, denominator: int) -> bool:
    """A rate gives away its numerator and the complement; it is masked when one is small."""
    return is_small(numerator) or is_small(denominator - numerator) or is_small(denominator)


@dataclass(frozen=True)
class Sum(Generic[Key]):
    """A published equation: `total` is the sum of `parts`."""

    total: Key
    parts: tuple[Key, ...]


def masked_cells(
    cells: Mapping[Key, int], sums: Sequence[Sum[Key]], also: Iterable[Key] = ()
) -> frozenset[Key]:
    """Keys to mask, primary then secondary.

    cells: every published count, totals included. sums: every equation between them that a
    reader knows. also: cells masked whatever their count. In each equation the masked cells are
    none, or at least two of which the parts masked add up to 11 or more (else their sum, read by
    subtraction, would itself be small). An added mask falls on the positive part that closes the
    most equations already open, then on the smallest, then on the first; without any positive
    part, on the total. Three runs mask the
    same cells. Raises KeyError for an unknown key.
    """
    masked = {key for key, count in cells.items() if is_small(count)} | set(also)
    equations_of: dict[Key, list[Sum[Key]]] = {}
    for equation in sums:
        for key in (*equation.parts, equation.total):
            equations_of.setdefault(key, []).append(equation)
    changed = True
    while changed:
        changed = False
        for equation in sums:
            extra = _extra_mask(cells, equation, masked, equations_of)
            if extra is not None:
                masked.add(extra)
                changed = True
    return frozenset(masked)


def _extra_mask(
    cells: Mapping[Key, int],
    equation: Sum[Key],
    masked: set[Key],
    equations_of: Mapping[Key, list[Sum[Key]]],
) -> Key | None:
    """One more cell to mask in an equation, or None when it gives nothing away."""
    hidden = [key for key in equation.parts if key in masked]
    total_hidden = equation.total in masked
    if hidden and total_hidden or not hidden and not total_hidden:
        return None
    if len(hidden) > 1 and sum(cells[key] for key in hidden) >= SMALLEST_SHOWN:
        return None
    shown = [key for key in equation.parts if key not in masked and cells[key] > 0]
    if not shown:
        return _last_way(equation, masked)

    def already_open(key: Key) -> int:
        return sum(
            any(other in masked for other in (*item.parts, item.total))
            for item in equations_of[key]
        )

    return min(shown, key=lambda key: (-already_open(key), cells[key]))


def _last_way(equation: Sum[Key], masked: set[Key]) -> Key | None:
    """No positive part is left to hide: hide the total, or a zero when it is hidden already."""
    if equation.total not in masked:
        return equation.total
    zeros = [key for key in equation.parts if key not in masked]
    return zeros[0] if zeros else None


def derivable(cells: Iterable[Key], sums: Sequence[Sum[Key]], masked: frozenset[Key]) -> set[Key]:
    """Masked cells that a reader finds by subtraction, one equation after another: the audit."""
    unknown = set(masked) & set(cells)
    found: set[Key] = set()
    changed = True
    while changed:
        changed = False
        for equation in sums:
            missing = {key for key in (*equation.parts, equation.total) if key in unknown}
            if len(missing) == 1:
                found |= missing
                unknown -= missing
                changed = True
    return found
