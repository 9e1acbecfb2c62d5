"""Cells of 1 to 10 never come out, neither directly nor by subtraction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.masking import Sum, derivable, is_small, masked_cells, rate_is_masked

ROWS = ("13", "83", "84")
COLUMNS = ("RESOLVED", "REFERRED_SAS", "EXPIRED")


def table(values: list[list[int]]):
    """A table with its margins, and every equation between them."""
    cells = {}
    for row, line in zip(ROWS, values, strict=True):
        for column, value in zip(COLUMNS, line, strict=True):
            cells[row, column] = value
        cells[row, "N"] = sum(line)
    for index, column in enumerate(COLUMNS):
        cells["REGION", column] = sum(line[index] for line in values)
    cells["REGION", "N"] = sum(sum(line) for line in values)
    sums = [
        Sum((row, "N"), tuple((row, column) for column in COLUMNS)) for row in (*ROWS, "REGION")
    ]
    sums += [
        Sum(("REGION", column), tuple((row, column) for row in ROWS)) for column in (*COLUMNS, "N")
    ]
    return cells, sums


@pytest.mark.parametrize(
    ("count", "small"), [(0, False), (1, True), (10, True), (11, False), (500, False)]
)
def test_small_is_one_to_ten(count, small):
    assert is_small(count) is small


@pytest.mark.parametrize(
    ("numerator", "denominator", "masked"),
    [
        (0, 0, False),
        (0, 50, False),
        (50, 50, False),
        (5, 50, True),
        (45, 50, True),
        (25, 50, False),
        (0, 7, True),
        (11, 22, False),
    ],
)
def test_a_rate_hides_its_numerator_and_its_complement(numerator, denominator, masked):
    assert rate_is_masked(numerator, denominator) is masked


def test_nothing_is_masked_when_nothing_is_small():
    cells, sums = table([[20, 30, 40], [0, 15, 15], [50, 11, 12]])
    assert masked_cells(cells, sums) == frozenset()


def test_a_lone_small_cell_masks_another_in_its_row_and_in_its_column():
    cells, sums = table([[200, 300, 5], [120, 80, 40], [90, 70, 60]])
    masked = masked_cells(cells, sums)
    assert ("13", "EXPIRED") in masked
    # 200 is the smallest other of its row, 90 of its column, and 60 closes the square.
    assert masked == {
        ("13", "EXPIRED"),
        ("13", "RESOLVED"),
        ("84", "RESOLVED"),
        ("84", "EXPIRED"),
    }
    assert derivable(cells, sums, masked) == set()


def test_masking_by_rows_only_would_leak():
    cells, sums = table([[200, 300, 5], [120, 80, 40], [90, 70, 60]])
    by_rows = frozenset({("13", "EXPIRED"), ("13", "RESOLVED")})
    assert ("13", "EXPIRED") in derivable(cells, sums, by_rows)


def test_two_small_cells_whose_sum_is_small_hide_a_third():
    cells, sums = table([[3, 4, 90], [50, 60, 70], [50, 60, 70]])
    masked = masked_cells(cells, sums)
    assert ("13", "EXPIRED") in masked  # 3 + 4 = 7 would be read by subtraction


COUNTS = st.one_of(st.integers(0, 14), st.integers(0, 400))


@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=3, max_size=3))
def test_no_masked_cell_can_be_found_by_subtraction(values):
    cells, sums = table(values)
    masked = masked_cells(cells, sums)
    assert {key for key, count in cells.items() if is_small(count)} <= masked
    assert derivable(cells, sums, masked) == set()
    for equation in sums:
        hidden = [key for key in equation.parts if key in masked]
        if hidden and equation.total not in masked:
            assert len(hidden) >= 2
            assert sum(cells[key] for key in hidden) >= 11
    assert masked_cells(dict(reversed(cells.items())), sums) == masked
