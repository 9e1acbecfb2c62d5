"""The tables behind the pictures: the same rows on the page and in the CSV."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.indicators import SHARE_CODES, percentages
from evaluation.models import Report
from evaluation.reading import Line
from evaluation.report import (
    DELAY_INDICATORS,
    DOOR_INDICATORS,
    ORIENTATION,
    PROMISE_INDICATORS,
    REQUESTS,
)
from evaluation.words import (
    DELAY_WORDS,
    MASKED,
    OUTCOME_WORDS,
    PROMISE_WORDS,
    number,
    percent,
    week_name,
)

GROUPED = "Trop petits nombres, regroupés"
RATE_HEADER = ("Nombre", "Sur", "Taux", "Borne basse (95 %)", "Borne haute (95 %)")
INDICATOR_WORDS = {
    REQUESTS: "Demandes (sans les essais techniques)",
    "RESOLVED": "Résolution déclarée",
    ORIENTATION: "Orientation vers le médecin traitant ou le SAS",
    "REFERRED_MEDECIN_TRAITANT": "dont vers le médecin traitant",
    "REFERRED_SAS": "dont vers le SAS",
}
DOOR_WORDS = dict(
    zip(
        DOOR_INDICATORS,
        (
            "Signe de danger déclaré à l'entrée, sans question ensuite",
            "Signe de danger déclaré à l'entrée, puis question envoyée",
            "Signe coché puis écarté par la personne",
            "Signe de danger déclaré pendant une conversation",
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Table:
    """A table for people: `rows` are text. `raw` holds the same rows as numbers, for the CSV."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    raw: tuple[tuple[object, ...], ...]


def _shown(value: int | None, masked: bool) -> str:
    return MASKED if masked else "" if value is None else number(value)


def _rate_cells(figure: Report | None) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """Number, whole, rate and bounds of a figure, in words and as numbers."""
    if figure is None:
        return ("0", "", "", "", ""), (0, None, None, None, None)
    words = (
        _shown(figure.numerator, figure.masked),
        _shown(figure.denominator, False),
        _rate_words(figure),
        percent(figure.low, 1),
        percent(figure.high, 1),
    )
    number_or_mask: object = MASKED if figure.masked else figure.numerator
    return words, (number_or_mask, figure.denominator, rate_of(figure), figure.low, figure.high)


def rate_of(figure: Report | None) -> float | None:
    """The published proportion; None when masked or without request."""
    if figure is None or figure.numerator is None or not figure.denominator:
        return None
    return figure.numerator / figure.denominator


def _rate_words(figure: Report) -> str:
    rate = rate_of(figure)
    if rate is not None:
        return percent(rate, 1)
    return MASKED if figure.numerator is None else ""


def week_table(lines: Sequence[Line]) -> Table:
    """Declared resolution by week."""
    rows, raw = [], []
    for line in lines:
        words, values = _rate_cells(line.figures.get("RESOLVED"))
        status = str(line.status.label)
        rows.append((week_name(line.start), *words, status))
        raw.append((line.start.isoformat(), *values, status))
    return Table(
        "Résolution déclarée par semaine",
        ("Semaine", *RATE_HEADER, "État"),
        tuple(rows),
        tuple(raw),
    )


def indicator_table(line: Line) -> Table:
    """The rates of a month, each with its parts."""
    rows, raw = [], []
    for code, label in INDICATOR_WORDS.items():
        words, values = _rate_cells(line.figures.get(code))
        rows.append((label, *words))
        raw.append((label, *values))
    return Table("Taux du mois", ("Indicateur", *RATE_HEADER), tuple(rows), tuple(raw))


def door_table(line: Line) -> Table:
    """What happened at the door, apart from the requests."""
    rows, raw = [], []
    for code, label in DOOR_WORDS.items():
        figure = line.figures.get(code)
        if figure is not None:
            rows.append((label, _shown(figure.numerator, figure.masked)))
            raw.append((label, MASKED if figure.masked else figure.numerator))
    return Table("Signes de danger", ("Situation", "Nombre"), tuple(rows), tuple(raw))


def place_table(lines: Sequence[Line]) -> Table:
    """Declared resolution of each territory for a month."""
    rows, raw = [], []
    for line in lines:
        words, values = _rate_cells(line.figures.get("RESOLVED"))
        requests = line.figures.get(REQUESTS)
        hidden = bool(requests and requests.masked)
        rows.append((line.label, _shown(line.count(REQUESTS), hidden), *words))
        raw.append((line.label, MASKED if hidden else line.count(REQUESTS), *values))
    return Table(
        "Résolution déclarée par territoire",
        ("Territoire", "Demandes", *RATE_HEADER),
        tuple(rows),
        tuple(raw),
    )


@dataclass(frozen=True)
class Share:
    """One part of a whole that sums to 100 %: number and percentage, each also in words."""

    label: str
    number: int
    count: str
    percent: float
    words: str


def split(line: Line, codes: Sequence[str], words: dict[str, str]) -> list[Share]:
    """Parts of the requests of a month, masked ones grouped, which sum to exactly 100 %.

    Empty when the number of requests is masked or 0.
    """
    total = line.count(REQUESTS)
    if not total:
        return []
    counts = {code: count for code in codes if (count := line.count(code)) is not None}
    rest = total - sum(counts.values())
    parts = counts | ({GROUPED: rest} if rest else {})
    return [
        Share(
            label=words.get(code, code),
            number=parts[code],
            count=number(parts[code]),
            percent=float(value),
            words=f"{value}".replace(".", ",") + "\u00a0%",
        )
        for code, value in percentages(parts).items()
    ]


def share_table(caption: str, shares: Sequence[Share]) -> Table:
    """The table of a bar."""
    rows = tuple((share.label, share.count, share.words) for share in shares)
    total = (("Total", "", "100\u00a0%"),) if shares else ()
    raw = tuple((share.label, share.number, share.percent / 100) for share in shares)
    return Table(caption, ("Part", "Nombre", "Pourcentage"), rows + total, raw)


def outcome_shares(line: Line) -> list[Share]:
    return split(line, SHARE_CODES, OUTCOME_WORDS)


def delay_shares(line: Line) -> list[Share]:
    return split(line, DELAY_INDICATORS, DELAY_WORDS)


def promise_shares(line: Line) -> list[Share]:
    return split(line, PROMISE_INDICATORS, PROMISE_WORDS)
