"""French words of the report: names of indicators, months, percentages. Pure."""

from datetime import date, timedelta

from evaluation.indicators import STILL_OPEN
from evaluation.tally import DELAY_CODES, PROMISE_CODES
from messagerie.states import Outcome

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
MASKED = "masqué"

OUTCOME_WORDS = {
    **{str(code): str(Outcome(code).label) for code in Outcome},
    STILL_OPEN: "Pas encore terminée",
}
_DELAYS = (
    "Moins de 15 minutes",
    "De 15 minutes à 1 heure",
    "De 1 à 4 heures",
    "De 4 à 24 heures",
    "24 heures ou plus",
    "Sans réponse",
)
DELAY_WORDS = {f"DELAY_{code}": word for code, word in zip(DELAY_CODES, _DELAYS, strict=True)}
_PROMISES = (
    "Réponse dans le délai promis",
    "Réponse après le délai promis",
    "Sans réponse",
    "Sans délai promis",
)
PROMISE_WORDS = {
    f"PROMISE_{code}": word for code, word in zip(PROMISE_CODES, _PROMISES, strict=True)
}


def month_name(start: date) -> str:
    """« octobre 2026 »."""
    return f"{MONTHS[start.month - 1]} {start.year}"


def in_month(start: date) -> str:
    """« En octobre 2026 »."""
    return f"En {month_name(start)}"


def week_name(start: date) -> str:
    """« 5 au 11 octobre 2026 », the month of the first day written when it is another."""
    last = start + timedelta(days=6)
    first = f"{_day(start)} {MONTHS[start.month - 1]}" if start.month != last.month else _day(start)
    return f"{first} au {_day(last)} {MONTHS[last.month - 1]} {last.year}"


def _day(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def percent(value: float | None, decimals: int = 0) -> str:
    """« 54 % », « 54,3 % »; empty for None. `value` is a proportion."""
    if value is None:
        return ""
    return f"{100 * value:.{decimals}f}".replace(".", ",") + "\u00a0%"


def number(value: int) -> str:
    """« 1 234 », with a narrow no-break space."""
    return f"{value:,}".replace(",", "\u202f")


def day_name(day: date) -> str:
    """« 1er octobre 2026 »."""
    return f"{_day(day)} {month_name(day)}"
