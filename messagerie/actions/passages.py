"""Declared signs at the door, counted without a name: one row per sign and per visit."""

from datetime import datetime
from uuid import UUID

from messagerie.danger import QUESTIONS, SIGNS, Answers, primary_number, signs_for
from messagerie.drafts import DoorContent
from messagerie.models import DoorPassage, PassageAnswer
from orientation.models import Commune

# A question answered yes whose sign was never chosen is still counted, under its own number.
OPEN_QUESTION = "?"


def record(content: DoorContent, answers: Answers, commune: Commune, now: datetime) -> None:
    """Write the signs of a visit. Written twice (double submit, page back), each row is one.

    A sign declared before and no longer ticked is answered « ce n'est pas mon cas ».
    """
    visit = UUID(content.visit)
    rows = [(SIGNS[code].question_code, code, SIGNS[code].number) for code in answers.sign_codes]
    for position, question in enumerate(QUESTIONS):
        if question.code in answers.pending_questions:
            number = primary_number(sign.code for sign in signs_for([question.code])).code
            rows.append((question.code, f"{OPEN_QUESTION}{position}", number))
    DoorPassage.objects.bulk_create(
        [
            DoorPassage(
                visit=visit,
                at=now,
                commune=commune,
                departement_id=commune.departement_id,
                question_code=question_code,
                sign_code=sign_code,
                number=number,
                answer=PassageAnswer.DECLARED,
            )
            for question_code, sign_code, number in rows
        ],
        ignore_conflicts=True,
    )
    held = DoorPassage.objects.filter(visit=visit)
    held.filter(sign_code__startswith=OPEN_QUESTION).exclude(
        question_code__in=answers.pending_questions
    ).delete()
    current = [sign_code for _question, sign_code, _number in rows]
    held.exclude(sign_code__in=current).update(answer=PassageAnswer.DISMISSED)
    held.filter(sign_code__in=current).update(answer=PassageAnswer.DECLARED)


def answer(content: DoorContent, given: PassageAnswer) -> None:
    """« Ce n'est pas mon cas » or « J'ai appelé », for every sign of the visit still open."""
    DoorPassage.objects.filter(visit=UUID(content.visit), answer=PassageAnswer.DECLARED).update(
        answer=given
    )
