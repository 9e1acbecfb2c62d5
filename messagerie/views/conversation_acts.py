"""What a patient may do with a conversation besides writing: worsen, withdraw, reopen."""

import uuid
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from messagerie import actions
from messagerie.actions.safety import Worsening
from messagerie.danger import DangerAnswerError, validate_answers
from messagerie.errors import Refused
from messagerie.forms.door import ReachForm
from messagerie.forms.fields import status_of
from messagerie.models import MessageKind
from messagerie.states import State
from messagerie.views.conversation import visible
from messagerie.views.pages import patient_only, refusal
from messagerie.views.session_over import keep_typed
from messagerie.views.signs import advice_for, declared_signs, sign_groups
from messagerie.views.thread import all_lines
from orientation.scope import scope_for


@patient_only
@require_http_methods(["GET", "POST"])
def worsening(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """« Mon état s'aggrave »: the same closed questions; a yes shows its number at once."""
    scope = scope_for(request.user)
    row = visible(conversation_id, scope)
    if row.state == State.CLOSED:
        messages.warning(
            request,
            _("Cette conversation est close. En cas de danger, appelez le 15 sans attendre."),
        )
        return redirect("patient:conversation", row.pk)
    ticked: list[str] = []
    form, error, advice = ReachForm(), "", None
    if request.method == "POST":
        ticked = request.POST.getlist("signe")
        form = ReachForm(request.POST)
        try:
            answers = validate_answers(ticked)
        except DangerAnswerError as refused:
            error = refused.message
        else:
            if not answers.declares_danger:
                messages.warning(
                    request,
                    _(
                        "Vous n'avez coché aucun signe : l'équipe n'a pas été prévenue. "
                        "Écrivez ci-dessous ce qui a changé. En cas de doute, appelez le 15."
                    ),
                )
                return redirect("patient:conversation", row.pk)
            signs = declared_signs(answers)
            if signs and form.is_valid():
                return _declare(request, row.pk, signs, form)
            if not signs:
                advice = advice_for((), answers.question_codes)
                error = _(
                    "Appelez ce numéro. Puis cochez le signe présent, pour prévenir l'équipe."
                )
    context = {
        "conversation": row,
        "groups": sign_groups(ticked),
        "advice": advice,
        "form": form,
        "error": error,
        "client_id": uuid.uuid4(),
    }
    status = 400 if error else status_of(form) if form.errors else 200
    return render(request, "patient/aggravation.html", context, status=status)


def _declare(
    request: HttpRequest, conversation_id: UUID, sign_codes: tuple[str, ...], form: ReachForm
) -> HttpResponse:
    """Tell the team first, then show the number."""
    try:
        client_id = UUID(request.POST.get("client_id", ""))
    except ValueError:
        client_id = uuid.uuid4()  # nobody who gets worse is sent back to a form
    actions.declare_worsening(
        conversation_id,
        patient=request.user,
        scope=scope_for(request.user),
        sign_codes=sign_codes,
        phone=form.cleaned_data["callback_phone"],
        place=form.cleaned_data["present_place"],
        client_id=client_id,
    )
    return redirect("patient:aggravation_numeros", conversation_id)


@patient_only
@require_GET
def worsening_numbers(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The number of what was declared last, and each sign's fixed text."""
    row = visible(conversation_id, scope_for(request.user))
    declared = [line for line in all_lines(row) if line.kind == MessageKind.WORSENING]
    if not declared:
        return redirect("patient:conversation", row.pk)
    last = msgspec.json.decode(declared[-1].body, type=Worsening)
    context = {"conversation": row, "advice": advice_for(last.sign_codes)}
    return render(request, "patient/aggravation_numeros.html", context)


@patient_only
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Asked once more on a page of its own; withdrawn twice, it is withdrawn."""
    scope = scope_for(request.user)
    row = visible(conversation_id, scope)
    if request.method == "POST":
        actions.withdraw(row.pk, patient=request.user, scope=scope)
        return redirect("patient:conversation", row.pk)
    if row.state == State.CLOSED:
        return redirect("patient:conversation", row.pk)
    return render(request, "patient/retirer.html", {"conversation": row})


@patient_only
@require_POST
def reopen(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Reopen within the delay; a text that found the conversation closed waits in the form."""
    scope = scope_for(request.user)
    row = visible(conversation_id, scope)
    typed = request.POST.get("body", "")
    try:
        actions.reopen(row.pk, patient=request.user, scope=scope)
    except Refused as refused:
        return refusal(request, refused, typed)
    keep_typed(request, row.pk, typed)
    return redirect(f"{reverse('patient:conversation', args=[row.pk])}#reponse")
