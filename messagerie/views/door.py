"""The door, steps about the person: for whom, and their own GP."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from messagerie import actions, drafts
from messagerie.drafts import Draft
from messagerie.forms.door import CareForm, ForWhomForm
from messagerie.forms.fields import status_of
from messagerie.views.door_steps import go_on, step
from messagerie.views.pages import is_patient
from orientation import care_situation


@step("pour_qui")
def for_whom(request: HttpRequest, draft: Draft) -> HttpResponse:
    content = draft.content
    if request.method == "POST" and "effacer" in request.POST:
        if draft.row is not None:
            actions.discard_draft(draft.row.pk)
        drafts.forget(request.session)
        return redirect("porte:pour_qui")
    if request.method == "POST":
        form = ForWhomForm(request.POST)
        if form.is_valid():
            content.relation = form.cleaned_data["relation"]
            content.first_name = form.cleaned_data["first_name"]
            content.age = form.cleaned_data["age"]
            content.age_months = form.cleaned_data["age_months"]
            drafts.save(request.session, draft)
            return redirect("porte:ou")
    else:
        form = ForWhomForm(initial=_known(request, draft))
    return render(
        request,
        "patient/porte/pour_qui.html",
        {"form": form, "has_draft": draft.exists},
        status=status_of(form) if form.errors else 200,
    )


def _known(request: HttpRequest, draft: Draft) -> dict[str, object]:
    content = draft.content
    if content.relation:
        years = None if content.age_months is not None else content.age
        return {
            "relation": content.relation,
            "first_name": content.first_name,
            "age": years,
            "age_months": content.age_months,
        }
    return {"first_name": request.user.first_name} if is_patient(request) else {}


@step("medecin")
def care(request: HttpRequest, draft: Draft) -> HttpResponse:
    content = draft.content
    form = CareForm(request.POST) if request.method == "POST" else _care_form(request, draft)
    if request.method == "POST":
        skipped = "passer" in request.POST
        if not skipped and form.is_valid():
            content.medecin_traitant = form.cleaned_data["medecin_traitant"]
            declared = content.medecin_traitant == "DECLARED"
            name = form.cleaned_data["medecin_traitant_name"]
            content.medecin_traitant_name = name if declared else ""
            content.ald = form.cleaned_data["ald"]
        if skipped or form.is_valid():
            content.care_seen = True
            drafts.save(request.session, draft)
            return go_on(draft, "question")
    return render(
        request,
        "patient/porte/medecin.html",
        {"form": form, "subject": content.subject},
        status=status_of(form) if form.errors else 200,
    )


def _care_form(request: HttpRequest, draft: Draft) -> CareForm:
    """Prefilled with what this patient told once, when the question is for them."""
    content = draft.content
    if not content.care_seen and content.relation == "SELF" and is_patient(request):
        known = care_situation.recall(request.user)
        if known is not None:
            content.medecin_traitant = known.medecin_traitant
            content.ald = known.ald
    return CareForm.of(content)
