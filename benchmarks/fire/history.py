"""What happened, as the checker reads it: one JSON object per line, in files that are joined."""

import json
import time
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def text_sum(text: str) -> int:
    """Stands for a text in the history."""
    return zlib.crc32(text.encode())


class History:
    """Written by the process of the pages. Knows which page still lacks a line."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "w", encoding="utf-8")
        self._viewers: dict[str, set[str]] = defaultdict(set)
        self._seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._acknowledged: dict[str, set[str]] = defaultdict(set)
        self._waiting: dict[str, str] = {}  # line -> conversation
        self.acknowledged = 0

    def note(self, kind: str, /, *, at: float | None = None, **values: Any) -> None:
        """Write one event; `at` is now by default. What comes after `close` is not part of it."""
        if self._file.closed:
            return
        event = {"e": kind, "at": round(time.monotonic() if at is None else at, 4), **values}
        self._file.write(json.dumps(event, separators=(",", ":")) + "\n")

    def view(self, conv: str, who: str, door: str) -> None:
        self._viewers[conv].add(who)
        self._seen[conv, who].clear()
        self.note("view", conv=conv, who=who, door=door)

    def invoke(self, at: float, conv: str, who: str, id: str, body: str) -> None:
        self._waiting[id] = conv
        self.note("invoke", at=at, conv=conv, who=who, id=id, sum=text_sum(body))

    def ok(self, id: str, seq: int | None = None) -> None:
        conv = self._waiting.pop(id, None)
        if conv is not None:
            self._acknowledged[conv].add(id)
            self.acknowledged += 1
            self.note("ok", id=id, **({} if seq is None else {"seq": seq}))

    def fail(self, id: str, code: str) -> None:
        self._waiting.pop(id, None)
        self.note("fail", id=id, code=code)

    def seen(self, conv: str, who: str, id: str, body: str) -> None:
        self._seen[conv, who].add(id)
        self.note("seen", conv=conv, who=who, id=id, sum=text_sum(body))

    def link(self, who: str, door: str, *, up: bool) -> None:
        self.note("link", who=who, door=door, up=up)

    def shows(self, conv: str, who: str, id: str) -> bool:
        """Whether the page of `who` shows this line now."""
        return id in self._seen[conv, who]

    @property
    def waiting(self) -> int:
        """Lines that nobody answered yet."""
        return len(self._waiting)

    def lacking(self) -> int:
        """Acknowledged lines that some page does not show yet, page by page."""
        return sum(
            len(self._acknowledged[conv] - self._seen[conv, who])
            for conv, viewers in self._viewers.items()
            for who in viewers
        )

    def close(self) -> None:
        self._file.close()


def read(*paths: Path) -> list[Event]:
    """The events of several files. A last line cut short by a crash is left out."""
    events = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
    return events
