"""The check of what was sent against what was shown: it must find every kind of fault."""

import pytest

from benchmarks.messages.history import Talked, Verdict, check, check_stored


def talk(
    *,
    left: list[int],
    right: list[int],
    sent=([0, 2], [1, 3]),
    acked=([0, 2], [1, 3]),
    places=([], []),
) -> Talked:
    """Lines 0 and 2 by one side, 1 and 3 by the other; what each screen showed."""
    return Talked(sent=sent, shown=(left, right), acked=acked, places=places)


def test_a_talk_without_fault():
    verdict = check(talk(left=[0, 1, 2, 3], right=[0, 1, 2, 3], places=([5, 6, 7], [9, 10])))
    assert (verdict.sent, verdict.shown, verdict.faults) == (4, 4, {})


def test_the_sides_may_cross_as_long_as_both_screens_agree():
    assert check(talk(left=[1, 0, 3, 2], right=[1, 0, 3, 2])).faults == {}


@pytest.mark.parametrize(
    ("faulty", "faults"),
    [
        (talk(left=[0, 1, 2, 3], right=[0, 1, 3]), {"not_shown": 1}),
        (talk(left=[0, 1, 2, 3, 1], right=[0, 1, 2, 3]), {"shown_twice": 1}),
        (talk(left=[0, 1, 2, 3], right=[0, 0, 0, 1, 2, 3]), {"shown_twice": 2}),
        (talk(left=[2, 1, 0, 3], right=[2, 1, 0, 3]), {"disorder": 1}),
        (talk(left=[0, 1, 2, 3], right=[0, 2, 1, 3]), {"two_orders": 1}),
        (talk(left=[0, 1, 2, 3, 8], right=[0, 1, 2, 3]), {"strangers": 1}),
        (talk(left=[0, 1, 2, 3], right=[0, 1, 2, 3], acked=([0], [1, 3])), {"not_acked": 1}),
        (
            talk(left=[0, 1, 2, 3], right=[0, 1, 2, 3], acked=([0, 2], [1, 3, 3])),
            {"acked_twice": 1},
        ),
        (talk(left=[0, 1, 2, 3], right=[0, 1, 2, 3], places=([1, 2, 4], [])), {"holes": 1}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_each_fault_has_its_name_and_count(faulty: Talked, faults: dict[str, int]):
    assert check(faulty).faults == faults


def test_a_line_that_its_author_alone_sees_is_not_shown():
    assert check(talk(left=[0, 1, 2, 3], right=[1, 3])).faults == {"not_shown": 2}


def test_rows_are_held_against_lines():
    sent = {0: 7, 1: 7, 2: 8}
    assert check_stored(sent, [(0, 7), (1, 7), (2, 8)]).faults == {}
    assert check_stored(sent, [(0, 7), (2, 8)]).faults == {"not_stored": 1}
    assert check_stored(sent, [(0, 7), (0, 7), (1, 7), (2, 8)]).faults == {"stored_strangers": 1}
    assert check_stored(sent, [(0, 7), (1, 8), (2, 8)]).faults == {
        "not_stored": 1,
        "stored_strangers": 1,
    }


def test_verdicts_add_up():
    total = Verdict(sent=4, shown=4)
    total.add(Verdict(sent=2, shown=1, not_shown=1))
    assert (total.sent, total.shown, total.faults) == (6, 5, {"not_shown": 1})
