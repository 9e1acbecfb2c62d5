"""The profiler that the bench puts before the product."""

import signal
import subprocess
import sys
from collections import Counter

from benchmarks.messages import sampling
from config.embedded import process

BUSY = """
import sys
from benchmarks.messages import sampling

def work(turns):
    return sum(number * number for number in range(turns))

sampling.watch(sys.argv[1])
print("ready", flush=True)
while True:
    work(100_000)
"""


def test_a_busy_function_is_found(tmp_path):
    page = tmp_path / "profile.txt"
    child = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(page)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "ready\n"
        for patience in range(30):
            child.send_signal(signal.SIGUSR1)
            process.wait_for(lambda: False, seconds=0.5 + patience / 2)
            child.send_signal(signal.SIGUSR2)
            assert process.wait_for(page.exists, seconds=30)
            if "work.<locals>.<genexpr>" in page.read_text().split("with what it calls")[0]:
                break
        own, inside = page.read_text().split("with what it calls")
        assert "work.<locals>.<genexpr>" in own
        assert "watch" not in inside
    finally:
        child.kill()
        child.wait()


def test_what_everything_happens_under_is_left_out():
    inner, outer = sampling.place.__code__, sampling.table.__code__
    page = sampling.table(Counter({inner: 10}), Counter({outer: 10, inner: 4}))
    whole = page.split("with what it calls")[1]
    assert "place" in whole and "table" not in whole
    assert "benchmarks/messages/sampling.py" in page
