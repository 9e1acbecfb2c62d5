"""A sampling profile of the main thread of a process, by CPU time, without any tool.

The kernel's profiling timer interrupts at each of its ticks (1 to 4 ms) in which the process has
worked; the frame under way is noted.
SIGUSR1 begins, SIGUSR2 ends and writes the page. Work of C code counts for its Python caller.
"""

import re
import signal
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

PERIOD = 0.001  # seconds of CPU asked for; the kernel gives a tick at least
LINES = 45
EVERYWHERE = 0.99  # functions under which everything happens say nothing
ROOTS = re.compile(r".*/(?:site-packages|lib/python3\.\d+)/")

_own: Counter[CodeType] = Counter()
_whole: Counter[CodeType] = Counter()


def watch(page: str) -> None:
    """Be ready for the two signals. `page`: the file to write."""

    def begin(number: int, frame: FrameType | None) -> None:
        _own.clear()
        _whole.clear()
        signal.setitimer(signal.ITIMER_PROF, PERIOD, PERIOD)

    def end(number: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(page).write_text(table(_own, _whole), encoding="utf-8")

    signal.signal(signal.SIGPROF, _note)
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)


def _note(number: int, frame: FrameType | None) -> None:
    if frame is None:
        return
    _own[frame.f_code] += 1
    seen: set[CodeType] = set()
    while frame is not None:
        seen.add(frame.f_code)
        frame = frame.f_back
    _whole.update(seen)


def place(code: CodeType) -> str:
    """A function as a reader finds it, without the folders of this machine."""
    path = ROOTS.sub("", code.co_filename)
    here = str(Path(__file__).resolve().parents[2]) + "/"
    return f"{path.removeprefix(here)}:{code.co_firstlineno} {code.co_qualname}"


def table(own: Counter[CodeType], whole: Counter[CodeType]) -> str:
    """Two lists: where the time goes, and under which functions."""
    total = sum(own.values()) or 1
    inner = Counter({code: count for code, count in whole.items() if count < EVERYWHERE * total})
    parts = [f"{total} samples, one per tick of CPU time of the main thread\n"]
    for title, counts in (("in the function itself", own), ("with what it calls", inner)):
        parts.append(f"\n{title}\n")
        for code, count in counts.most_common(LINES):
            parts.append(f"{count / total:7.1%}  {place(code)}\n")
    return "".join(parts)
