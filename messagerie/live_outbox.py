"""The outbox of the client of the live view: each line stays until it is settled.

Of one conversation one line is on its way at a time: the order of what was typed is kept, even
when a line is refused for a moment and those behind it would pass.
"""

import asyncio
import json
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Frame = dict[str, Any]
FITS = 10_000  # characters: twice what a line may hold; more would not fit in a frame


class LineRefused(Exception):
    """The line will never pass; `frame` is the refusal (`code`, `message`)."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame["code"])
        self.frame = frame


@dataclass(eq=False)
class Waiting:
    """One line. `not_before` is loop time: the service asked for a pause until then."""

    conversation: UUID
    id: UUID
    body: str
    answer: "asyncio.Future[Frame]"
    on_its_way: bool = False
    not_before: float = 0.0


def written(frame: Frame) -> str:
    """The text of a frame, in as few characters as JSON allows: frames have a limit. Half of a
    character has no UTF-8: it goes by its number, and its line is refused."""
    text = json.dumps(frame, ensure_ascii=False)
    return text if text.isascii() or _is_readable(text) else json.dumps(frame)


def _is_readable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


class Outbox:
    """Lines by conversation, in the order of typing. `say` gives a frame to the link, and tells
    whether there is one."""

    def __init__(self, say: Callable[[Frame], bool], *, retry_after: float) -> None:
        self._say = say
        self._retry_after = retry_after
        self._lines: dict[UUID, deque[Waiting]] = {}
        self._over: Exception | None = None

    def __len__(self) -> int:
        return sum(len(lines) for lines in self._lines.values())

    def __iter__(self) -> Iterator[Waiting]:
        return (line for lines in self._lines.values() for line in lines)

    def put(self, conversation: UUID, id: UUID, body: str) -> "asyncio.Future[Frame]":
        """Add a line, and say it if it is its turn."""
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        # An answer that nobody waits for is no error.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        if len(unicodedata.normalize("NFC", body)) > FITS:
            nack = {"t": "nack", "conversation": str(conversation), "id": str(id), "retry": False}
            message = "Votre message est trop long."
            answer.set_exception(LineRefused(nack | {"code": "TOO_LONG", "message": message}))
            return answer
        line = Waiting(conversation, id, body, answer)
        self._lines.setdefault(conversation, deque()).append(line)
        if self._over is not None:
            answer.set_exception(self._over)
        self._say_first(conversation)
        return answer

    def release(self) -> None:
        """The link is lost: what was on its way will be said again."""
        for line in self:
            line.on_its_way = False

    def resume(self) -> None:
        """There is a link again."""
        for conversation in self._lines:
            self._say_first(conversation)

    def settle(self, frame: Frame) -> None:
        """An `ack`, or a `nack` of a line."""
        lines = self._lines.get(UUID(frame["conversation"]))
        if not lines or str(lines[0].id) != frame["id"]:
            return  # an answer to a line that was settled already
        line = lines[0]
        if frame["t"] == "nack" and frame["retry"]:
            self._put_off(line, float(frame.get("after") or self._retry_after))
            return
        lines.popleft()
        if not line.answer.done():
            if frame["t"] == "ack":
                line.answer.set_result(frame)
            else:
                line.answer.set_exception(LineRefused(frame))
        self._say_first(line.conversation)

    def give_up(self, error: Exception) -> None:
        """There will be no link any more: whoever waits is told, now and later. The lines stay."""
        self._over = error
        for line in self:
            if not line.answer.done():
                line.answer.set_exception(error)

    def _put_off(self, line: Waiting, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        line.on_its_way, line.not_before = False, loop.time() + seconds
        loop.call_later(seconds + 0.01, self._say_first, line.conversation)

    def _say_first(self, conversation: UUID) -> None:
        """Say the first line, unless it is on its way or put off (its timer calls again)."""
        lines = self._lines.get(conversation)
        if not lines or lines[0].on_its_way:
            return
        line = lines[0]
        if line.not_before > asyncio.get_running_loop().time():
            return
        frame = {"t": "send", "conversation": str(conversation), "id": str(line.id)}
        line.on_its_way = self._say(frame | {"body": line.body})
