"""The closed danger questions at the door. A yes shows the number on the very next page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from messagerie import drafts
from messagerie.actions import passages
from messagerie.danger import (
    NONE,
    Answers,
    DangerAnswerError,
    question,
    signs_for,
    validate_answers,
)
from messagerie.drafts import Draft
from messagerie.forms.door import ReachForm
from messagerie.forms.fields import status_of
from messagerie.models import PassageAnswer
from messagerie.views.door_steps import commune_of, go_on, step
from messagerie.views.signs import advice_for, sign_groups


@step("signes")
def signs(request: HttpRequest, draft: Draft) -> HttpResponse:
    ticked: list[str] = list(draft.content.ticked or ())
    error = ""
    if request.method == "POST":
        ticked = request.POST.getlist("signe")
        try:
            answers = validate_answers(ticked)
        except DangerAnswerError as refused:
            error = refused.message
        else:
            return _answered(request, draft, ticked, answers)
    context = {"groups": sign_groups(ticked), "none_ticked": NONE in ticked, "error": error}
    return render(request, "patient/porte/signes.html", context, status=400 if error else 200)


def _answered(
    request: HttpRequest, draft: Draft, ticked: list[str], answers: Answers
) -> HttpResponse:
    """Keep the answers, count the signs, and show the number at once after a yes."""
    content = draft.content
    lone = [
        found[0].code for code in answers.pending_questions if len(found := signs_for([code])) == 1
    ]
    if lone:
        ticked = [*ticked, *lone]
        answers = validate_answers(ticked)
    changed = set(content.ticked or ()) != set(ticked)
    content.ticked = tuple(dict.fromkeys(ticked))
    content.sign_codes = tuple(dict.fromkeys([*content.sign_codes, *answers.sign_codes]))
    if answers.declares_danger:
        content.sign_answer = PassageAnswer.DECLARED if changed else content.sign_answer
    elif content.sign_answer:
        content.sign_answer = PassageAnswer.DISMISSED
    drafts.save(request.session, draft)
    commune = commune_of(draft)
    if commune is not None:
        passages.record(content, answers, commune, timezone.now())
    return redirect("porte:signe") if answers.declares_danger else go_on(draft, "medecin")


@step("signe")
def sign(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The fixed text and the number, then where to call back and where the person is."""
    content = draft.content
    answers = _answers(content.ticked)
    if answers is None or not answers.declares_danger:
        return go_on(draft, "medecin")
    form = ReachForm(
        initial={
            "callback_phone": content.callback_phone,
            "present_place": content.present_place,
        }
    )
    error = ""
    if request.method == "POST":
        form = ReachForm(request.POST)
        chosen = [
            found.code
            for found in signs_for(answers.pending_questions)
            if found.code in request.POST.getlist("signe")
        ]
        then = request.POST.get("suite", "")
        if then == "preciser" or (then == "appele" and answers.pending_questions):
            if chosen:
                _keep_reach(content, form)
                ticked = [*(content.ticked or ()), *chosen]
                return _answered(request, draft, ticked, validate_answers(ticked))
            error = _("Cochez le signe présent. Puis appelez le numéro affiché.")
        elif form.is_valid():
            _keep_reach(content, form)
            return _leave(request, draft, then)
    pending = [question(code) for code in answers.pending_questions]
    return render(
        request,
        "patient/porte/signe.html",
        {
            "advice": advice_for(answers.sign_codes, answers.pending_questions),
            "pending": sign_groups((), pending),
            "form": form,
            "error": error,
        },
        status=400 if error else status_of(form) if form.errors else 200,
    )


def _answers(ticked: tuple[str, ...] | None) -> Answers | None:
    try:
        return validate_answers(ticked or ())
    except DangerAnswerError:
        return None


def _keep_reach(content: drafts.DoorContent, form: ReachForm) -> None:
    if form.is_valid():
        content.callback_phone = form.cleaned_data["callback_phone"]
        content.present_place = form.cleaned_data["present_place"]


def _leave(request: HttpRequest, draft: Draft, then: str) -> HttpResponse:
    """« J'ai appelé » or « Ce n'est pas mon cas »; both may go on to the question."""
    called = then == "appele"
    given = PassageAnswer.CALLED if called else PassageAnswer.DISMISSED
    draft.content.sign_answer = given
    drafts.save(request.session, draft)
    passages.answer(draft.content, given)
    if called:
        messages.info(
            request,
            _(
                "Faites d'abord ce qu'on vous a dit au téléphone. "
                "Vous pouvez ensuite poser une question ici."
            ),
        )
    return go_on(draft, "medecin")
