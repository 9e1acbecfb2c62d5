"""The benches' own arithmetic: a wrong figure would be believed."""

import itertools
import math
import os

import pytest

from benchmarks.messages import disk, meter, schedule
from benchmarks.messages.latency import Latency, Spread, percentile, ratios, shown, shown_spread


def test_percentiles_are_values_that_were_measured():
    hundred = [float(number) for number in range(1, 101)]
    assert [percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7
    assert math.isnan(percentile([], 0.5))


def test_latency_takes_seconds_in_any_order_and_gives_milliseconds():
    assert Latency.of([0.004, 0.001, 0.003, 0.002]) == Latency(4, 2, 4, 4, 4)


def test_a_spread_leaves_out_rounds_without_a_value():
    assert Spread.of([3.0, math.nan, 1.0, 2.0]) == Spread(2, 1, 3, 3)
    assert shown_spread(Spread.of([math.nan])) == "–"
    assert shown_spread(Spread.of([1.5])) == "1.50"
    assert shown_spread(Spread.of([1234.0, 12.34, 123.0])) == "123 (12.3–1,234)"


def test_ratios_are_formed_inside_rounds():
    """The medians of both are equal here, their ratios are not."""
    assert ratios([100, 200, 300], [100, 50, 300]) == [1, 4, 1]
    assert math.isnan(ratios([1.0], [0.0])[0])


def test_figures_have_no_exponent():
    assert [shown(value) for value in (0.0123, 9.994, 10.04, 99.94, 38200)] == [
        "0.01",
        "9.99",
        "10.0",
        "99.9",
        "38,200",
    ]


def test_the_open_loop_is_due_at_its_rate_and_visits_everybody_in_turn():
    turns = list(schedule.plan(200, 2, 50))
    assert len(turns) == 400
    gaps = [later.due - earlier.due for earlier, later in itertools.pairwise(turns)]
    assert gaps == pytest.approx([1 / 200] * 399)
    laps = [turns[start : start + 50] for start in range(0, 400, 50)]
    assert all({turn.talk for turn in lap} == set(range(50)) for lap in laps)
    assert [{turn.side for turn in lap} for lap in laps] == [{0}, {1}] * 4
    assert laps[0] != laps[2], "always the same order would beat in time with the server"
    assert turns == list(schedule.plan(200, 2, 50))


STAT = "12 (a (name) b) S 7 12 12 0 -1 0 0 0 0 0 150 50 30 10 20 0 1 0 99 0 0"


def test_a_process_is_read_past_a_name_with_brackets():
    parent, own, reaped = meter.own_and_reaped(STAT)
    assert (parent, own, reaped) == (7, 200 * meter.TICK, 40 * meter.TICK)


def test_the_machine_s_work_leaves_out_waiting_and_interrupts():
    assert meter.machine_busy("cpu  1 2 4 1000 1000 1000 1000 8 0 0\ncpu0 9 9") == 15 * meter.TICK


def clock(at: float, machine: float, ours: float) -> meter.Clock:
    return meter.Clock(at, machine, {"web": ours, "bench": 0.0})


def test_windows_in_which_others_worked_are_counted():
    calm_then_not = [clock(0, 10, 1), clock(1, 10.6, 1.5), clock(2, 11.6, 2), clock(2.1, 12, 2)]
    assert meter.disturbed(calm_then_not) == (1, 2), "the last window is too short to be judged"


def test_the_disk_is_asked_for_each_page_and_keeps_none(tmp_path, monkeypatch):
    kept = []
    sync = os.fdatasync
    monkeypatch.setattr(disk.os, "fdatasync", lambda file: (kept.append(file), sync(file)))
    alone = disk.probe(tmp_path, seconds=0.1)
    assert alone.count == len(kept) == disk.RATE / 10
    assert 0 < alone.p50 <= alone.p99 <= alone.max
    assert list(tmp_path.iterdir()) == []


def test_this_process_is_found_in_its_own_clock():
    began = meter.family_cpu(meter.os.getpid())
    sum(number * number for number in range(3_000_000))
    assert meter.family_cpu(meter.os.getpid()) > began
    assert meter.resident(meter.os.getpid()) > 2**20
