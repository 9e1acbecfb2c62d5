"""Progress for the person at the terminal: numbered steps in French, with their times."""

import contextlib
import io
import os
import sys
import time
from collections.abc import Iterator

# A terminal that has no « … » gets a question mark instead of a crash.
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="replace")

TOTAL = 7
START_VARIABLE = "DEBUT_DU_DEMARRAGE"


def seconds(duration: float) -> str:
    """A duration as people read it: "0,4 s", "12 s"."""
    return f"{duration:.1f} s".replace(".", ",") if duration < 10 else f"{duration:.0f} s"


def line(text: str = "") -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Step:
    """One step under way; `note` says its result when the time alone is not enough."""

    def __init__(self, number: int, title: str) -> None:
        self.head = f"[{number}/{TOTAL}] {title}"
        self.result = ""
        self._live = sys.stdout.isatty()
        if self._live:
            sys.stdout.write(self.head + "…")
            sys.stdout.flush()

    def progress(self, text: str) -> None:
        """What is happening meanwhile; shown on terminals only, on the same line."""
        if self._live:
            sys.stdout.write(f"\r\033[K{self.head}… {text}")
            sys.stdout.flush()

    def note(self, text: str) -> None:
        """What the step did, for its last line."""
        self.result = text


@contextlib.contextmanager
def step(number: int, title: str) -> Iterator[Step]:
    """Announce a step, then give its time. After an error the line is closed without a time."""
    began = time.monotonic()
    current = Step(number, title)
    start = "\r\033[K" if sys.stdout.isatty() else ""
    try:
        yield current
    except BaseException:
        line(f"{start}{current.head} : interrompu.")
        raise
    result = f" : {current.result}" if current.result else ""
    line(f"{start}{current.head}{result} ({seconds(time.monotonic() - began)})")


def mark_beginning() -> None:
    """Remember when the person pressed Enter, across the programs of one start."""
    os.environ.setdefault(START_VARIABLE, str(time.time()))


def since_beginning() -> str:
    """The time since mark_beginning."""
    return seconds(time.time() - float(os.environ.get(START_VARIABLE, time.time())))
