"""Pieces for the tests of the start: scripts that run apart, so that they can be killed."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
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


@pytest.fixture
def state(tmp_path_factory):
    """A state folder that `nobody` can reach too."""
    folder = tmp_path_factory.mktemp("etat")
    for part in [folder, *folder.parents]:
        if part.owner() == Path.home().owner() and len(part.parts) > 2:
            part.chmod(part.stat().st_mode | 0o011)
    return folder
