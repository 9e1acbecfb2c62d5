"""The page of results says what was measured, and does not hide what went wrong."""

import math
from dataclasses import replace

from benchmarks.messages import report, targets
from benchmarks.messages.bout import Bout, Shape
from benchmarks.messages.history import Verdict
from benchmarks.messages.latency import Latency
from benchmarks.messages.orders import Result

CLOSED = Shape("closed 50", 50, None, 1, 4)
OPEN = Shape("open 200/s 50", 50, 200, 1, 4)
DURABLE = {"fsync": "on", "synchronous_commit": "on"}


def bout(target: targets.Target, shape: Shape, *, rate: float, ms: float, cpu: float) -> Bout:
    """A calm measure of 4 s without fault; `cpu` in web cores."""
    times = Latency(int(4 * rate), ms, 2 * ms, 3 * ms, 4 * ms)
    result = Result(
        opening=1,
        seconds=4,
        finished=int(4 * rate),
        ack=times,
        delivery=times,
        lateness=times if shape.rate else Latency(0, *[math.nan] * 4),
        cpu=0.1,
        verdict=Verdict(sent=int(4 * rate), shown=int(4 * rate)),
        refusals={},
        ended={},
        lines={},
    )
    clocks = {"web": 4 * cpu, "postgres": 1.0, "valkey": 0.1, "client": 0.4, "bench": 0.0}
    return Bout(target.name, shape, result, clocks, 100 * 2**20, 0, 8)


def one_round(speed: float = 1) -> list[Bout]:
    return [
        bout(targets.PRODUCT, CLOSED, rate=4000 * speed, ms=10, cpu=1),
        bout(targets.REFERENCE, CLOSED, rate=400 * speed, ms=100, cpu=1),
        bout(targets.PRODUCT, OPEN, rate=200, ms=2, cpu=0.2),
        bout(targets.REFERENCE, OPEN, rate=200, ms=4, cpu=0.5),
    ]


def test_promises_are_judged_by_ratios_inside_rounds():
    page = report.page([one_round(), one_round(0.5), one_round(2)], [], DURABLE)
    promises = [line for line in page.splitlines() if "kept |" in line]
    assert len(promises) == 4, "a shape that was not measured has no line"
    assert all(line.endswith("| kept |") for line in promises)
    assert "10.0 (10.0–10.0)" in promises[0]


def test_a_broken_promise_is_said():
    slow = [replace(one, result=one.result) for one in one_round()]
    slow[0].result.finished //= 2
    page = report.page([slow], [], DURABLE)
    assert "| at least 6 × | 5.00 | **not kept** |" in page


def test_a_fault_is_counted_and_named():
    done = one_round()
    calm = report.page([done], [], DURABLE)
    assert "No fault" in calm
    done[1].result.verdict.add(Verdict(not_shown=3))
    done[1].result.refusals["RATE"] = 2
    page = report.page([done], [], DURABLE)
    assert "No fault" not in page
    assert "not shown: 3, refused RATE: 2" in page


def test_measures_that_cannot_be_believed_are_marked():
    done = one_round()
    done[0].result.cpu = 0.9
    done[1] = replace(done[1], disturbed=3)
    done[2].result.finished //= 3
    page = report.page([done], [], DURABLE)
    assert "product, uvicorn c |" in page
    assert "reference, uvicorn * |" in page
    assert "| kept *c |" in page, "a promise is not better than its measures"
    assert "product, uvicorn † |" in page


def test_what_the_disk_alone_took_stands_beside_what_waits_for_it():
    calm, busy = one_round(), one_round()
    calm[2] = replace(calm[2], disk=Latency(1000, 0.4, 0.5, 0.6, 3))
    busy[2] = replace(busy[2], disk=Latency(1000, 0.6, 1.3, 4.2, 24))
    lines = report.page([calm, busy], [], DURABLE).splitlines()
    (head,) = [line for line in lines if "disk alone" in line and line.startswith("|")]
    at = [cell.strip() for cell in head.split("|")].index("disk alone p50 ms")
    product, reference = (
        [cell.strip() for cell in line.split("|")][at : at + 2]
        for line in lines
        if line.startswith("| 200/s, 50 |")
    )
    assert product == ["0.50 (0.40–0.60)", "2.40 (0.60–4.20)"]
    assert reference == ["–", "–"]


def test_guarantees_are_held_against_the_whole_product():
    off = targets.without(report.GUARANTEES[0])
    costs = [
        [
            bout(targets.PRODUCT, CLOSED, rate=1000, ms=10, cpu=1),
            bout(off, CLOSED, rate=1500, ms=10, cpu=1),
        ]
    ]
    page = report.page([], costs, DURABLE)
    assert f"| {off.name} | 1,500 | 1.50 |" in page
    assert report.GUARANTEES[0].meaning in page
