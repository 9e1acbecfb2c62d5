"""What the disk alone takes: no line that it keeps is acknowledged sooner, whoever writes it."""

import os
import tempfile
import time
from pathlib import Path

from benchmarks.messages.latency import Latency

BLOCK = 8192  # bytes: one page of PostgreSQL's log, what one lonely line makes it write
ROOM = 1024  # pages, written before: a log goes over segments that are there already
RATE = 200  # a second


def probe(folder: Path, seconds: float = 5.0) -> Latency:
    """Write one page and wait until the disk has it (fdatasync, as PostgreSQL does by default),
    `RATE` times a second, in a file of `folder` that is gone afterwards."""
    page = os.urandom(BLOCK)
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(page * ROOM)
        file.flush()
        os.fsync(file.fileno())
        begin = time.perf_counter()
        for number in range(round(RATE * seconds)):
            # Due at a rate: a disk that rests between two pages is not one that is kept busy.
            time.sleep(max(0.0, begin + number / RATE - time.perf_counter()))
            before = time.perf_counter()
            os.pwrite(file.fileno(), page, number % ROOM * BLOCK)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - before)
    return Latency.of(times)
