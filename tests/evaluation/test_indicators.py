"""Definitions, intervals, shares and bounds, against values computed by hand."""

from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import indicators
from evaluation.indicators import (
    SHARE_CODES,
    STILL_OPEN,
    FollowUpStratum,
    Rate,
    declared_resolution,
    follow_up_bounds,
    intention_to_treat,
    newcombe,
    orientation,
    shares,
    wilson,
)
from messagerie.states import Outcome

# 1000 requests, 12 technical tests beside.
COUNTS = {
    "RESOLVED": 530,
    "REFERRED_MEDECIN_TRAITANT": 210,
    "REFERRED_CPTS": 40,
    "REFERRED_SAS": 110,
    "REFERRED_OTHER": 20,
    "EMERGENCY": 30,
    "ABANDONED": 35,
    "EXPIRED": 20,
    STILL_OPEN: 5,
    "TECHNICAL_TEST": 12,
}
COUNTS_OF_ANY_PERIOD = st.fixed_dictionaries(
    {code: st.integers(0, 5000) for code in (*SHARE_CODES, "TECHNICAL_TEST")}
)


def test_definitions_by_intention_to_treat():
    assert intention_to_treat(COUNTS) == 1000
    assert declared_resolution(COUNTS) == Rate(530, 1000)
    assert orientation(COUNTS) == (Rate(320, 1000), Rate(210, 1000), Rate(110, 1000))
    # 35 abandoned, 20 expired and 5 still open leave 940 answered.
    assert indicators.answered_resolution(COUNTS) == Rate(530, 940)


def test_every_outcome_but_the_technical_test_is_a_share():
    assert set(SHARE_CODES) == {*Outcome.values, STILL_OPEN} - {"TECHNICAL_TEST"}


def test_an_empty_period_has_no_rate_and_no_share():
    rate = declared_resolution({})
    assert (rate.value, rate.interval) == (None, None)
    assert shares({"TECHNICAL_TEST": 4}) == {}


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (Wilson without correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_against_published_values(successes, total, low, high):
    interval = wilson(successes, total)
    assert round(interval.low, 4) == low
    assert round(interval.high, 4) == high


def test_wilson_against_a_computation_by_hand():
    # p = 0.53, n = 1000, z = 1.96: z² = 3.8416, centre 0.5319208, half-width
    # 1.96·√(0.53·0.47/1000 + 3.8416/4000000) = 0.0309941, divided by 1.0038416.
    interval = wilson(530, 1000, z=1.96)
    assert interval.low == pytest.approx(0.4990097, abs=1e-6)
    assert interval.high == pytest.approx(0.5607606, abs=1e-6)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_proportion_inside_zero_and_one(parts):
    successes, total = parts
    interval = wilson(successes, total)
    assert 0 <= interval.low <= successes / total <= interval.high <= 1
    mirror = wilson(total - successes, total)
    assert mirror.low == pytest.approx(1 - interval.high, abs=1e-12)
    # The bounds are the two proportions at exactly z standard errors from the observed one.
    for bound in (interval.low, interval.high):
        if 0 < bound < 1:
            error = sqrt(bound * (1 - bound) / total)
            assert abs(successes / total - bound) == pytest.approx(
                indicators.Z95 * error, rel=1e-6, abs=1e-9
            )


@pytest.mark.parametrize(("successes", "total"), [(0, 0), (-1, 10), (11, 10)])
def test_wilson_refuses_what_is_no_proportion(successes, total):
    with pytest.raises(ValueError, match="proportion"):
        wilson(successes, total)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe 1998 (differences), table II, method 10.
        (Rate(56, 70), Rate(48, 80), 0.0524, 0.3339),
        (Rate(9, 10), Rate(3, 10), 0.1705, 0.8090),
        (Rate(10, 10), Rate(0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_against_published_values(first, second, low, high):
    interval = newcombe(first, second)
    assert round(interval.low, 4) == low
    assert round(interval.high, 4) == high


def test_shares_are_rounded_by_largest_remainder():
    thirds = shares({"RESOLVED": 1, "REFERRED_CPTS": 1, "EXPIRED": 1})
    assert sorted(value for value in thirds.values() if value) == [
        Decimal("33.3"),
        Decimal("33.3"),
        Decimal("33.4"),
    ]
    assert thirds["RESOLVED"] == Decimal("33.4")
    assert shares(COUNTS)["RESOLVED"] == Decimal("53.0")


@given(COUNTS_OF_ANY_PERIOD, st.integers(0, 3))
def test_shares_sum_to_exactly_one_hundred(counts, decimals):
    total = intention_to_treat(counts)
    shown = shares(counts, decimals)
    if total == 0:
        assert shown == {}
        return
    assert sum(shown.values()) == Decimal(100)
    step = Decimal(1).scaleb(-decimals)
    for code, value in shown.items():
        exact = Decimal(counts[code] * 100) / Decimal(total)
        assert abs(value - exact) < step
        assert counts[code] > 0 or value == 0


@given(COUNTS_OF_ANY_PERIOD)
def test_rates_are_parts_of_the_same_whole(counts):
    whole, to_gp, to_sas = orientation(counts)
    assert whole.numerator == to_gp.numerator + to_sas.numerator
    resolved = declared_resolution(counts)
    assert resolved.denominator == whole.denominator == intention_to_treat(counts)
    assert resolved.numerator + whole.numerator <= resolved.denominator


def test_bounds_for_missing_follow_up():
    # N 1000, 530 declared, 400 followed, 325 without recourse: 32.5 % to 45.5 %.
    strata = (FollowUpStratum(230, 200, 175), FollowUpStratum(300, 200, 150))
    bounds = follow_up_bounds(1000, strata)
    assert bounds.low == pytest.approx(0.325)
    assert bounds.high == pytest.approx(0.455)
    # 230·175/200 + 300·150/200 = 201.25 + 225 = 426.25
    assert bounds.weighted == pytest.approx(0.42625)
    assert bounds.followed == pytest.approx(400 / 530)


def test_a_stratum_that_nobody_answered_has_no_weighted_estimate():
    bounds = follow_up_bounds(10, (FollowUpStratum(4, 0, 0),))
    assert (bounds.low, bounds.high, bounds.weighted) == (0, 0.4, None)


@pytest.mark.parametrize(
    ("total", "stratum"), [(10, (2, 3, 1)), (10, (3, 2, 3)), (2, (3, 1, 1)), (0, (0, 0, 0))]
)
def test_impossible_follow_ups_are_refused(total, stratum):
    with pytest.raises(ValueError):
        follow_up_bounds(total, (FollowUpStratum(*stratum),))


@given(
    st.lists(
        st.integers(0, 60).flatmap(
            lambda d: st.integers(0, d).flatmap(
                lambda k: st.builds(FollowUpStratum, st.just(d), st.just(k), st.integers(0, k))
            )
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 100),
)
def test_bounds_hold_every_estimate(strata, others):
    total = sum(stratum.declared for stratum in strata) + others
    bounds = follow_up_bounds(total, strata)
    assert 0 <= bounds.low <= bounds.high <= 1
    if bounds.weighted is not None:
        assert bounds.low - 1e-12 <= bounds.weighted <= bounds.high + 1e-12


def test_design_effect_of_clusters():
    # Four clusters of 25: 1 + (2500/100 − 1)·0.05 = 2.2
    assert indicators.design_effect([25, 25, 25, 25], 0.05) == pytest.approx(2.2)
    assert indicators.design_effect([], 0.05) == 1.0


def test_funnel_limits_narrow_with_size_and_widen_with_overdispersion():
    # p₀ 0.5, n 100: 0.5 ± 1.96·0.05
    limits = indicators.funnel_limits(0.5, 100, 1.96)
    assert (limits.low, limits.high) == pytest.approx((0.402, 0.598))
    wide = indicators.funnel_limits(0.5, 100, 1.96, overdispersion=4)
    assert (wide.low, wide.high) == pytest.approx((0.304, 0.696))
    # Two territories at 2 and 4 standard errors: φ = (4 + 16) / 2
    rates = [Rate(60, 100), Rate(70, 100), Rate(0, 0)]
    assert indicators.overdispersion(0.5, rates) == pytest.approx(10)
    assert indicators.overdispersion(0.5, [Rate(50, 100)]) == 1.0
