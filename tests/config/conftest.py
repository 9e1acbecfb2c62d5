"""Pieces for the tests of the start: scripts that run apart, so that they can be killed."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def until(ready: Callable[[], object], seconds: float = 30) -> None:
    """Wait on a condition, fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "la condition attendue n'est pas venue"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def script():
    """Start Python code in a process of its own; killed at the end if it is still there."""
    started = []

    def start(code: str, **env: str) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=CHECKOUT,
            env=os.environ | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


@contextlib.contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that `nobody` can enter too (pytest closes its own to other accounts)."""
    folder = Path(tempfile.mkdtemp(prefix="messagerie-essai-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state():
    """A state folder, empty."""
    with reachable_folder() as folder:
        yield folder
