"""A ZIP archive handed over while it is made: one entry in memory, nothing on a disk; pure."""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

PIECE = 64 * 1024  # bytes handed over at once


class _Held:
    """What is written and not yet taken; positions are those of the whole archive.

    zipfile can go back in what is still held: it completes the head of an entry, so no entry has
    its sizes after its bytes. Several readers refuse that for an entry that is not compressed.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._taken = 0
        self._at = 0

    def tell(self) -> int:
        return self._taken + self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset - self._taken
        if whence != io.SEEK_SET or not 0 <= at <= len(self._bytes):
            raise ValueError("these bytes have left")
        self._at = at
        return offset

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def write(self, data: bytes) -> int:
        count = len(data)
        if self._at == len(self._bytes):
            self._bytes += data  # without the copy that a slice makes
        else:
            self._bytes[self._at : self._at + count] = data
        self._at += count
        return count

    def take(self) -> bytearray:
        taken, self._bytes = self._bytes, bytearray()
        self._taken += len(taken)
        self._at = 0
        return taken


class Archive:
    """Add one entry, take its bytes, and so on; then end, and take the last ones.

    Not for several threads at the same time.
    """

    def __init__(self) -> None:
        self._held = _Held()
        self._zip = ZipFile(cast(IO[bytes], self._held), "w")

    def add(self, path: str, content: bytes, at: datetime, *, is_text: bool = False) -> None:
        """Add an entry. `at` is written as it is said: the format knows no time zone. Text is
        compressed; photos and PDF are already."""
        entry = ZipInfo(path, at.timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED if is_text else ZIP_STORED
        self._zip.writestr(entry, content)

    def end(self) -> None:
        """Write the list of entries that closes the archive."""
        self._zip.close()

    def take(self) -> Iterator[bytes]:
        """What was written since the last time, piece by piece."""
        taken = memoryview(self._held.take())
        for start in range(0, len(taken), PIECE):
            yield bytes(taken[start : start + PIECE])
