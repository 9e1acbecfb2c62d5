"""CSV that a spreadsheet opens in French, and that cannot run anything there. Pure."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

BYTE_ORDER_MARK = "\ufeff"
# First characters that make a spreadsheet read a cell as a formula; some keyboards write them wide.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_CONTROL_STARTS = ("\t", "\r", "\n", "\x00")
# What a spreadsheet may drop before it looks.
_UNSEEN = " \u00a0\u202f\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2068\ufeff"


def safe_cell(value: object) -> str:
    """The text of a cell: empty for None, French decimals, formulas defused by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}".replace(".", ",")
    text = str(value)
    if isinstance(value, str) and _may_run(text):
        return f"'{text}"
    return text


def _may_run(text: str) -> bool:
    return text.startswith(_CONTROL_STARTS) or text.lstrip(_UNSEEN).startswith(_FORMULA_STARTS)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Semicolons, UTF-8 with its mark, one line for each row."""
    out = StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([safe_cell(value) for value in row])
    return out.getvalue()
