"""The closed danger questions as a page shows them, at the door and during a conversation."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from messagerie.danger import (
    NUMBERS,
    QUESTIONS,
    SIGNS,
    Answers,
    Number,
    Question,
    Sign,
    numbers_of,
    primary_number,
    signs_for,
    validate_answers,
)


@dataclass(frozen=True)
class SignChoice:
    sign: Sign
    number: Number
    ticked: bool


@dataclass(frozen=True)
class QuestionChoice:
    question: Question
    ticked: bool
    signs: tuple[SignChoice, ...]


def sign_groups(
    ticked: Collection[str], questions: Iterable[Question] = QUESTIONS
) -> list[QuestionChoice]:
    """Each question with its signs, those of `ticked` checked."""
    return [
        QuestionChoice(
            question,
            question.code in ticked or any(s.code in ticked for s in signs_for([question.code])),
            tuple(
                SignChoice(sign, NUMBERS[sign.number], sign.code in ticked)
                for sign in signs_for([question.code])
            ),
        )
        for question in questions
    ]


@dataclass(frozen=True)
class Advice:
    """The fixed answer to declared signs: the number to call first, each sign's own text, and
    the other numbers."""

    first: Number
    signs: tuple[tuple[Sign, Number], ...]
    others: tuple[Number, ...]


def advice_for(sign_codes: Collection[str], question_codes: Collection[str] = ()) -> Advice:
    """What is shown for these signs; for a question alone, the numbers of all its signs."""
    asked = [sign.code for sign in signs_for(question_codes)]
    codes = [code for code in SIGNS if code in sign_codes]
    first = primary_number(codes or asked)
    others = {
        number.code: number
        for code in [*codes, *asked]
        for number in numbers_of(code)
        if number.code != first.code
    }
    return Advice(
        first=first,
        signs=tuple((SIGNS[code], NUMBERS[SIGNS[code].number]) for code in codes),
        others=tuple(others.values()),
    )


def declared_signs(answers: Answers) -> tuple[str, ...]:
    """The signs ticked, with the only sign of a question that has one."""
    lone = [found[0].code for q in answers.pending_questions if len(found := signs_for([q])) == 1]
    return (*answers.sign_codes, *lone)


def advice_to_whoever(ticked: Iterable[str]) -> Advice | None:
    """What to do about these ticks, for somebody whose form is not received; None without a yes.

    Nothing is refused here: what is not a danger is passed over, and the danger has its number.
    """
    known = {*SIGNS, *(question.code for question in QUESTIONS)}.intersection(ticked)
    if not known:
        return None
    answers = validate_answers(known)
    signs = declared_signs(answers)
    return advice_for(signs) if signs else advice_for((), answers.question_codes)
