"""Have a file written anew by a child process, within limits, a few at once.

What the child says is not trusted either: its answer is bounded, typed and checked.
"""

import contextlib
import signal
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from comptes.connections import give_back_connections
from messagerie.attachments import anew
from messagerie.attachments.kinds import JPEG, PDF, PNG, kind_of, refused
from messagerie.attachments.record import FileRecord, clean_name
from messagerie.errors import RefusalCode, Refused

PROGRAM = Path(anew.__file__)
WAIT_SECONDS = 5  # for a place in the workshop; then the person is told to try again
WAITING_AT_MOST = 2  # files of one person, or of all strangers together; more are told at once
WALL_SECONDS = 25  # the child counts its own processor time; this one stops a child that waits
MAX_ANSWER = 32 * 1024 * 1024
MEDIA_OUT = {JPEG: {JPEG}, PNG: {PNG, JPEG}, PDF: {PDF}}


class Header(msgspec.Struct, frozen=True):
    """What the child says of the file. Sizes in bytes; `pages` is None for an image."""

    media: str = ""
    width: int = 0
    height: int = 0
    pages: int | None = None
    file: int = 0
    preview: int = 0
    refused: str = ""


class Anew(msgspec.Struct, frozen=True):
    """A file written anew, and its preview (always a JPEG)."""

    media: str
    width: int
    height: int
    pages: int | None
    file: bytes
    preview: bytes

    def record(self, attachment: UUID, name: str) -> FileRecord:
        """What its line will say of it. `name`: as the device calls the file."""
        return FileRecord(
            attachment=str(attachment),
            name=clean_name(name, self.media),
            media=self.media,
            size=len(self.file),
            width=self.width,
            height=self.height,
            pages=self.pages,
        )


class Places:
    """The places of one process: a few, and one at most for each person.

    Somebody whose files are slow to read holds up one place, never the whole workshop.
    """

    def __init__(self) -> None:
        self._at_work: set[int] = set()
        self._waiting: Counter[int] = Counter()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def one(self, person: int) -> Iterator[None]:
        """A place for a person, while the block lasts.

        Raises:
            Refused: BUSY, worth another try, when none gets free in time, or too many wait already.
        """
        with self._changed:
            if not self._is_free(person):
                self._wait(person)
            self._at_work.add(person)
        try:
            yield
        finally:
            with self._changed:
                self._at_work.discard(person)
                self._changed.notify_all()

    def _wait(self, person: int) -> None:
        if self._waiting[person] >= WAITING_AT_MOST:
            raise busy()
        self._waiting[person] += 1
        try:
            if not self._changed.wait_for(lambda: self._is_free(person), timeout=WAIT_SECONDS):
                raise busy()
        finally:
            self._waiting[person] -= 1

    def _is_free(self, person: int) -> bool:
        return person not in self._at_work and len(self._at_work) < settings.ATTACHMENTS_AT_ONCE


places = Places()


def busy(sentence: str = "") -> Refused:
    """The same request may pass in a moment. By default, the sentence of a file not joined."""
    return Refused(
        RefusalCode.BUSY,
        sentence or _("Le service est très occupé : votre fichier n'est pas parti. Réessayez."),
        status=503,
        retry=True,
        after=3,
    )


def write_anew(content: bytes, person: int = 0, *, check: Callable[[], None] | None = None) -> Anew:
    """The same file with nothing but what the eye sees. Blocks for as long as the child works; no
    database connection is held meanwhile.

    person: the account whose file it is; one file of theirs is worked on at a time.
    check: called once there is a place; what it raises is raised.

    Raises:
        Refused: what `kind_of` says; what the child says of the file (FILE_UNREADABLE,
            FILE_TOO_MANY_PIXELS…); FILE_TOO_HEAVY when it went over its limits; BUSY, worth another
            try, when no place is free or when somebody else stopped the child.
    """
    media = kind_of(content)
    give_back_connections()
    with places.one(person):
        if check is not None:
            check()
            give_back_connections()
        answer, status = _run(media, content)
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        raise busy()
    if status in (-signal.SIGXCPU, _TOO_LONG):
        raise refused(RefusalCode.FILE_TOO_HEAVY)
    if status != 0:
        raise refused(RefusalCode.FILE_UNREADABLE)
    return _checked(media, answer)


_TOO_LONG = 1000  # stopped by us: no exit status is this one


def _run(media: str, content: bytes) -> tuple[bytes, int]:
    """The answer of the child, and how it ended."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(PROGRAM), media],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback could hold what was in the file
        env={},
        cwd="/",
    )
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        child.kill()

    alarm = threading.Timer(WALL_SECONDS, stop)
    alarm.start()
    feeder = threading.Thread(target=_feed, args=(child.stdin, content), daemon=True)
    feeder.start()
    try:
        answer = child.stdout.read(MAX_ANSWER + 1)
        if len(answer) > MAX_ANSWER:
            stop()
    finally:
        if sys.exc_info()[0] is not None:
            child.kill()
        status = child.wait()
        alarm.cancel()
        feeder.join()
        child.stdout.close()
    return answer, _TOO_LONG if stopped.is_set() else status


def _feed(pipe: IO[bytes], content: bytes) -> None:
    """Give the file to the child; one that died reads nothing more."""
    with contextlib.suppress(BrokenPipeError, OSError):
        pipe.write(content)
    with contextlib.suppress(BrokenPipeError, OSError):
        pipe.close()


def _checked(media: str, answer: bytes) -> Anew:
    """The answer, taken apart; anything unexpected in it means that the file is not to be taken."""
    try:
        (length,) = struct.unpack_from(">I", answer)
        header = msgspec.json.decode(answer[4 : 4 + length], type=Header)
    except (struct.error, msgspec.DecodeError):
        raise refused(RefusalCode.FILE_UNREADABLE) from None
    if header.refused:
        known = header.refused in RefusalCode.__members__
        raise refused(RefusalCode[header.refused] if known else RefusalCode.FILE_UNREADABLE)
    file = answer[4 + length : 4 + length + header.file]
    preview = answer[4 + length + header.file :]
    if (
        header.media not in MEDIA_OUT[media]
        or not (0 < header.width <= anew.MAX_SIDE and 0 < header.height <= anew.MAX_SIDE)
        or (header.pages is None) != (media != PDF)
        or not 0 < (header.pages or 1) <= anew.MAX_PAGES
        or len(file) != header.file
        or len(preview) != header.preview
        or not _begins_as(header.media, file)
        or not _begins_as(JPEG, preview)
    ):
        raise refused(RefusalCode.FILE_UNREADABLE)
    return Anew(header.media, header.width, header.height, header.pages, file, preview)


def _begins_as(media: str, content: bytes) -> bool:
    beginnings = {JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n", PDF: b"%PDF-"}
    return content.startswith(beginnings[media])
