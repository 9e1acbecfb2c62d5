"""How each target is spoken to: what to say, and what a frame means."""

from enum import Enum
from typing import Any, NamedTuple

import msgspec

LINE_TEXT = (
    "Bonjour, la pharmacie m'a remis une autre boîte que d'habitude. "
    "Puis-je la prendre ce soir ? Question {}"
)
DIGITS = 12  # of the number that ends each text


SIDES = ("patient", "professional")


class Meaning(Enum):
    READY = "ready"
    LINE = "line"
    ACK = "ack"
    REFUSAL = "refusal"
    OTHER = "other"


class Heard(NamedTuple):
    """A frame: of which line, with the server's number for it (0: none), its text, a code."""

    meaning: Meaning
    number: int = -1
    place: int = 0
    body: str = ""
    code: str = ""


NOTHING = Heard(Meaning.OTHER)


def text_of(number: int) -> str:
    """What line `number` says: about 120 bytes."""
    return LINE_TEXT.format(f"{number:0{DIGITS}}")


def name_of(measure: int, number: int) -> str:
    """The device's UUID of a line; `measure` tells the measures of one run apart."""
    return f"{measure:08x}-0000-4000-8000-{number:012x}"


def number_of(name: str) -> int:
    """The line that a UUID names; -1 for a line of somebody else (of the service)."""
    return int(name[-12:], 16) if name[9:23] == "0000-4000-8000" else -1


class Product:
    """docs/protocol.md, version 1."""

    name = "product"
    echo_acks = False  # it acknowledges by a frame of its own

    class Frame(msgspec.Struct):
        t: str
        id: str | None = None
        seq: int = 0
        body: Any = None
        code: str = ""

    _decode = msgspec.json.Decoder(Frame).decode

    @staticmethod
    def path(key: str, side: int) -> str:
        return "/ws/v1/"

    @staticmethod
    def first(key: str, cursor: int) -> bytes | None:
        return f'{{"t":"watch","conversation":"{key}","cursor":{cursor}}}'.encode()

    @staticmethod
    def line(key: str, name: str, body: str) -> bytes:
        return f'{{"t":"send","conversation":"{key}","id":"{name}","body":"{body}"}}'.encode()

    @staticmethod
    def seen(key: str, place: int) -> bytes | None:
        return f'{{"t":"seen","conversation":"{key}","seq":{place},"opened":true}}'.encode()

    @classmethod
    def hear(cls, payload: bytes) -> Heard:
        frame = cls._decode(payload)
        match frame.t:
            case "line" if frame.id and isinstance(frame.body, str):
                return Heard(Meaning.LINE, number_of(frame.id), frame.seq, frame.body)
            case "ack":
                return Heard(Meaning.ACK, number_of(frame.id or ""), frame.seq)
            case "state":
                return Heard(Meaning.READY)
            case "nack" | "error" | "gone":
                number = number_of(frame.id) if frame.id else -1
                return Heard(Meaning.REFUSAL, number, code=frame.code or frame.t)
        return NOTHING


class Reference:
    """benchmarks/reference: no acknowledgement, the line comes back to its author instead."""

    name = "reference"
    echo_acks = True

    class Frame(msgspec.Struct):
        message: str

    _decode = msgspec.json.Decoder(Frame).decode

    @staticmethod
    def path(key: str, side: int) -> str:
        return f"/ws/chat/{key}/{SIDES[side]}/"

    @staticmethod
    def first(key: str, cursor: int) -> bytes | None:
        return None

    @staticmethod
    def line(key: str, name: str, body: str) -> bytes:
        return f'{{"message":"{body}"}}'.encode()

    @staticmethod
    def seen(key: str, place: int) -> bytes | None:
        return None

    @classmethod
    def hear(cls, payload: bytes) -> Heard:
        text = cls._decode(payload).message
        return Heard(Meaning.LINE, int(text[-DIGITS:]), body=text)


Dialect = type[Product] | type[Reference]
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (Product, Reference)}
