"""Danger signs declared at the door: closed answers in, fixed texts and telephone numbers out.

Pure: no database, no request, no staffing. Every input is a code of a closed list; a text that a
person typed never enters this module, and no table here turns a symptom into a degree. The same
functions serve the door and « Mon état s'aggrave ».
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messagerie.danger_numbers import NUMBERS, Number, with_written_emergency
from messagerie.danger_questions import QUESTIONS, Question
from messagerie.danger_signs import SIGNS, Sign

__all__ = [
    "NONE",
    "NUMBERS",
    "QUESTIONS",
    "SIGNS",
    "Answers",
    "DangerAnswerError",
    "Number",
    "Question",
    "Sign",
    "numbers_of",
    "primary_number",
    "question",
    "questions",
    "sign",
    "signs_for",
    "validate_answers",
]

NONE = "AUCUN"  # value of « Aucun de ces signes »

_QUESTIONS = {row.code: row for row in QUESTIONS}

# Which first number is written largest when several signs are ticked. A fixed order of lines, not
# of signs: the emergency services come first because they pass calls on to one another, the SAMU
# ahead since it sends care; then the listening lines.
FIRST_NUMBER_ORDER = ("15", "18", "17", "3114", "119", "3977", "3018")


class DangerAnswerError(ValueError):
    """A set of answers that cannot be taken. `code` is one of EMPTY, CONTRADICTION, UNKNOWN;
    the message is French, for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Answers:
    """Valid answers: `question_codes` answered yes, `sign_codes` ticked, in the order of the
    page. Every other question was answered no."""

    question_codes: tuple[str, ...]
    sign_codes: tuple[str, ...]

    @property
    def declares_danger(self) -> bool:
        """A yes was given."""
        return bool(self.question_codes)

    @property
    def pending_questions(self) -> tuple[str, ...]:
        """Questions answered yes whose sign is not chosen yet."""
        chosen = {SIGNS[code].question_code for code in self.sign_codes}
        return tuple(code for code in self.question_codes if code not in chosen)

    def by_question(self) -> tuple[tuple[str, bool], ...]:
        """Every question with its yes (True) or no (False): what a passage records."""
        return tuple((row.code, row.code in self.question_codes) for row in QUESTIONS)


def questions() -> tuple[Question, ...]:
    """The questions, in the order of the page."""
    return QUESTIONS


def question(code: str) -> Question:
    """The question of a code. Raises KeyError."""
    return _QUESTIONS[code]


def sign(code: str) -> Sign:
    """The sign of a code. Raises KeyError."""
    return SIGNS[code]


def signs_for(question_codes: Iterable[str]) -> tuple[Sign, ...]:
    """Signs of these questions, in the order of the page. Unknown codes give nothing."""
    wanted = frozenset(question_codes)
    return tuple(row for row in SIGNS.values() if row.question_code in wanted)


def numbers_of(code: str) -> tuple[Number, ...]:
    """Numbers of one sign: its own first, then the others, 114 always beside 15, 17 and 18.
    Raises KeyError."""
    row = SIGNS[code]
    return tuple(NUMBERS[item] for item in with_written_emergency((row.number, *row.other_numbers)))


def primary_number(sign_codes: Iterable[str]) -> Number:
    """The number written largest for one or several signs.

    One sign: its own. Several: the first of `FIRST_NUMBER_ORDER` among their own numbers.
    Without any sign: 15. Raises KeyError for an unknown code.
    """
    own = {SIGNS[code].number for code in sign_codes}
    for code in FIRST_NUMBER_ORDER:
        if code in own:
            return NUMBERS[code]
    return NUMBERS["15"]


def validate_answers(raw: Iterable[str]) -> Answers:
    """Answers from the ticked values of a form: codes of questions, codes of signs, or `NONE`.

    A sign ticked alone says yes to its question. Raises DangerAnswerError when nothing is ticked
    (EMPTY), when « Aucun de ces signes » comes with something else (CONTRADICTION), or when a
    value is not in the closed lists (UNKNOWN).
    """
    ticked = frozenset(raw)
    if not ticked:
        raise DangerAnswerError(
            "EMPTY", _("Cochez les signes présents, ou « Aucun de ces signes ».")
        )
    if not ticked <= {NONE, *_QUESTIONS, *SIGNS}:
        raise DangerAnswerError(
            "UNKNOWN", _("Cette réponse n'est pas dans la liste. Cochez une des cases proposées.")
        )
    if NONE in ticked:
        if len(ticked) > 1:
            raise DangerAnswerError(
                "CONTRADICTION",
                _("Vous avez coché un signe et « Aucun de ces signes ». Gardez une seule réponse."),
            )
        return Answers((), ())
    yes = {SIGNS[code].question_code for code in ticked if code in SIGNS} | ticked
    return Answers(
        question_codes=tuple(row.code for row in QUESTIONS if row.code in yes),
        sign_codes=tuple(code for code in SIGNS if code in ticked),
    )
