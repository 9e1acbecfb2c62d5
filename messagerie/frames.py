"""The frames of the socket: what a page may say, checked before anything is done.

Strict: one JSON object, known keys, right types, bounded size and depth. `docs/protocol.md`
tells each frame to whoever writes a client.
"""

import json
import re
from typing import Any, assert_never
from uuid import UUID

import msgspec

VERSION = 1
LARGEST_NUMBER = 2**31 - 1  # what a column of the database holds
MAX_FRAME_BYTES = 32_768


class Watch(msgspec.Struct, tag="watch", tag_field="t", forbid_unknown_fields=True):
    """Show me this conversation from a cursor on."""

    conversation: UUID
    cursor: int = 0
    epoch: str = ""


class Unwatch(msgspec.Struct, tag="unwatch", tag_field="t", forbid_unknown_fields=True):
    conversation: UUID


class Send(msgspec.Struct, tag="send", tag_field="t", forbid_unknown_fields=True):
    """Keep this line. `id` is the device's UUID, the same for every try."""

    conversation: UUID
    id: UUID
    body: str


class Seen(msgspec.Struct, tag="seen", tag_field="t", forbid_unknown_fields=True):
    """I have the lines up to `seq`; `opened` says that my page was visible."""

    conversation: UUID
    seq: int
    opened: bool = False


class Typing(msgspec.Struct, tag="typing", tag_field="t", forbid_unknown_fields=True):
    """I am typing in this conversation. Kept nowhere."""

    conversation: UUID


class Queue(msgspec.Struct, tag="queue", tag_field="t", forbid_unknown_fields=True):
    """Tell me when the queue of my territory changes (professionals)."""


class Ping(msgspec.Struct, tag="ping", tag_field="t", forbid_unknown_fields=True):
    """Are you there? Answered by a pong: a browser cannot send the protocol's own ping."""


Frame = Watch | Unwatch | Send | Seen | Typing | Queue | Ping
_decoder = msgspec.json.Decoder(Frame)
# JSON may spell half of a character, which the strict decoder refuses with the whole frame.
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_encoder = msgspec.json.Encoder()


class BadFrame(Exception):
    """The frame is not one of ours; the socket says so and stays open."""


def decode(text: str | None) -> Frame:
    """One frame from its text.

    Raises:
        BadFrame: binary, oversize, not JSON, not an object, unknown key or type, wrong value,
            the same key twice.
    """
    if text is None:
        raise BadFrame("Un message de la page doit être du texte.")
    if len(text) > MAX_FRAME_BYTES:
        raise BadFrame("Un message de la page est trop long.")
    try:
        frame = _decoded(text)
        if text.count('"') != _quotes(frame):
            json.loads(text, object_pairs_hook=each_key_once)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError, ValueError):
        raise BadFrame("Un message de la page n'est pas lisible.") from None
    if isinstance(frame, Watch | Seen):
        number = frame.cursor if isinstance(frame, Watch) else frame.seq
        if not 0 <= number <= LARGEST_NUMBER:
            raise BadFrame("Un numéro de message est hors limites.")
    return frame


def _decoded(text: str) -> Frame:
    """A line with half of a character is read all the same: the act refuses it under its own id,
    so that its page does not wait for an answer that never comes."""
    try:
        return _decoder.decode(text.encode())
    except msgspec.DecodeError:
        if not _HALF_CHARACTER.search(text):
            raise
        return msgspec.convert(json.loads(text), Frame)


def _quotes(frame: Frame) -> int:
    """The quotes of a frame as a page writes it: two around each key and each text.

    The fast decoder keeps the last of two same keys. A key said twice adds quotes, so that a frame
    with just these has none; any other (quotes in the line, a default written out) is looked at.
    """
    match frame:
        case Send():
            return 16
        case Seen():
            return 12 if frame.opened else 10
        case Watch():
            return 14 if frame.epoch else 10
        case Unwatch() | Typing():
            return 8
        case Queue() | Ping():
            return 4
        case _:
            assert_never(frame)


def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Hook of `json.loads`. Raises ValueError for a key said twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key twice")
    return found


def encode(frame: dict[str, Any]) -> str:
    return _encoder.encode(frame).decode()
