"""CPU clocks and memory, read from /proc (Linux)."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
FOREIGN_LIMIT = 0.2  # cores used by others above which a window is marked
SHORTEST = 0.2  # seconds: a shorter window holds too few ticks to be judged


def own_and_reaped(stat: str) -> tuple[int, float, float]:
    """(parent, own seconds, seconds of children that ended) from the text of /proc/<pid>/stat."""
    fields = stat.rpartition(")")[2].split()
    return (
        int(fields[1]),
        (int(fields[11]) + int(fields[12])) * TICK,
        (int(fields[13]) + int(fields[14])) * TICK,
    )


def machine_busy(stat: str) -> float:
    """Seconds of work of the whole machine, from the text of /proc/stat. Without interrupts: the
    network of this very measure is served by them. With what the host took away (steal)."""
    user, nice, system, _idle, _wait, _irq, _soft, steal, *_ = map(
        int, stat.split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + steal) * TICK


def _stat_of(pid: int) -> tuple[int, float, float] | None:
    try:
        return own_and_reaped((PROC / str(pid) / "stat").read_text())
    except (OSError, IndexError):  # it has just ended
        return None


def family_cpu(root: int) -> float:
    """CPU seconds of a process and of its children, ended ones included."""
    own = _stat_of(root)
    if own is None:
        return 0.0
    total = own[1] + own[2]
    for child in children(root):
        stat = _stat_of(child)
        if stat is not None:
            total += stat[1]
    return total


def children(root: int) -> list[int]:
    """The children of a process, whichever of its threads started them."""
    found: list[int] = []
    for task in (PROC / str(root) / "task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def resident(pid: int) -> int:
    """Resident memory in bytes; 0 when the process is gone."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Clock:
    """One reading: when, the machine, and each program, in CPU seconds."""

    at: float
    machine: float
    programs: Mapping[str, float]

    def foreign_since(self, earlier: "Clock") -> float:
        """Cores that others used since an earlier reading."""
        mine = sum(self.programs.values()) - sum(earlier.programs.values())
        return (self.machine - earlier.machine - mine) / (self.at - earlier.at)


class Meter:
    """Reads the clocks of named processes, of this one, and of the machine."""

    def __init__(self, programs: Mapping[str, int]) -> None:
        self.programs = dict(programs)

    def read(self) -> Clock:
        machine = machine_busy((PROC / "stat").read_text())
        programs = {name: family_cpu(pid) for name, pid in self.programs.items()}
        return Clock(time.perf_counter(), machine, programs | {"bench": time.process_time()})


def disturbed(readings: Iterable[Clock]) -> tuple[int, int]:
    """(windows in which others used too much, all windows) between successive readings."""
    clocks = list(readings)
    loads = [
        later.foreign_since(earlier)
        for earlier, later in zip(clocks, clocks[1:], strict=False)
        if later.at - earlier.at > SHORTEST
    ]
    return sum(load > FOREIGN_LIMIT for load in loads), len(loads)
