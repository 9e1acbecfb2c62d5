"""The fire test, short: two web processes, everything killed once, and the table compared.

The negative control goes through the same traps and must fall into both: else they prove nothing.
"""

from collections.abc import Iterator

import pytest

from benchmarks.fire import checker, plan, traps
from benchmarks.fire.run import burn, started
from benchmarks.fire.stack import Stack


@pytest.fixture(scope="module")
def product() -> Iterator[Stack]:
    with started(plan.SHORT, "product") as stack:
        yield stack


@pytest.fixture(scope="module")
def tutorial() -> Iterator[Stack]:
    with started(plan.SHORT, "tutorial") as stack:
        yield stack


def broken(verdict: checker.Verdict) -> dict[str, list[str]]:
    """What a busy machine does not explain."""
    return {
        kind: names
        for kind, names in verdict.broken.items()
        if names and kind not in checker.OF_TIME
    }


def test_the_product_does_not_fall_into_the_traps(product):
    verdict = traps.spring(product)
    assert broken(verdict) == {}
    assert verdict.acknowledged == verdict.invoked == 4


def test_the_negative_control_falls_into_both_traps(tutorial):
    verdict = traps.spring(tutorial)
    assert verdict.count(checker.HOLE) == 1
    assert verdict.count(checker.DOUBLED_ROW) == 1
    assert not verdict.safe


def test_no_line_is_lost_doubled_or_moved_when_everything_is_killed_in_turn(product):
    result = burn(product, plan.SHORT, tell=lambda text: None)
    assert broken(result.verdict) == {}, result.summary
    assert result.verdict.invoked == plan.SHORT.rate * plan.SHORT.seconds
    assert result.verdict.acknowledged == result.verdict.invoked
    assert result.summary["drained"]
    assert result.verdict.notices, "no half-open link was noticed"
    assert {fault["kind"] for fault in result.faults} >= {
        plan.KILL,
        plan.FLUSH,
        plan.NO_VALKEY,
        plan.POSTGRES,
        plan.STORM,
        "half-open",
    }
