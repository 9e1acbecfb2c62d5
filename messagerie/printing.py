"""Print as PDF: plain data in, a bounded child process sets it, the bytes come back.

What comes from the database goes to the template as data, never as Typst source: a name full of
Typst syntax is printed as it is. The child has no Django, no settings, no network to use. Nothing
is written on a disk.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

CHILD = Path(__file__).with_name("printing_child.py")
SECONDS = 20
MOST_BYTES_IN = 2_000_000
MOST_BYTES_OUT = 10_000_000
_TURNS = BoundedSemaphore(2)  # processes at the same time, for one server process


class CannotMakePdf(Exception):
    """No PDF this time. Its text says why, without any content."""


def compile_pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a Typst template (below templates/) and its data.

    Raises:
        CannotMakePdf: past the bounds of size, time and turns, or on an error.
    """
    given = json.dumps(data, ensure_ascii=False).encode()
    if len(given) > MOST_BYTES_IN:
        raise CannotMakePdf("too much to print")
    if not _TURNS.acquire(timeout=SECONDS):
        raise CannotMakePdf("too many at the same time")
    try:
        return _run(settings.BASE_DIR / "templates" / template, given)
    finally:
        _TURNS.release()


def _run(template: Path, given: bytes) -> bytes:
    with TemporaryDirectory() as empty:
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(CHILD), str(template)],
                input=given,
                capture_output=True,
                cwd=empty,
                env={"RAYON_NUM_THREADS": "1"},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotMakePdf("too long") from None
        except OSError as error:
            raise CannotMakePdf(f"not started: {type(error).__name__}") from None
    if done.returncode != 0:
        raise CannotMakePdf(f"child ended with {done.returncode}")
    if len(done.stdout) > MOST_BYTES_OUT or not done.stdout.startswith(b"%PDF-"):
        raise CannotMakePdf("not a PDF of a reasonable size")
    return done.stdout
