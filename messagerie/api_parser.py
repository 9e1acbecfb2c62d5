"""JSON in, strictly: what one reader could take otherwise than another is refused."""

import json
import math
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from messagerie.frames import each_key_once


class StrictJSONParser(JSONParser):
    """UTF-8; no key twice, no NaN, no number without end, no depth that would exhaust us."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return json.loads(
                stream.read().decode(),
                object_pairs_hook=each_key_once,
                parse_float=_finite,
                parse_constant=_refused,
            )
        except (ValueError, RecursionError):
            raise ParseError from None


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("no finite number")
    return number


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
