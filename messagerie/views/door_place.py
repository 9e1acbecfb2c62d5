"""The door, where: from what a person types to a commune, and what the service promises there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from messagerie import drafts
from messagerie.drafts import Draft
from messagerie.forms.door import ElsewhereForm
from messagerie.forms.fields import status_of
from messagerie.views.door_steps import closed, commune_of, go_on, step
from messagerie.waiting import ClosedTerritory, service_for
from orientation.models import Commune
from orientation.resolver import Resolution, Status, places_of, resolve_patient_input


@step("ou")
def where(request: HttpRequest, draft: Draft) -> HttpResponse:
    if request.method == "POST":
        if "suite" in request.POST:
            return _confirm_place(request, draft)
        return _find_place(request, draft)
    commune = commune_of(draft)
    if commune is not None and "changer" not in request.GET:
        return _place_found(request, draft, commune)
    typed = draft.content.place_typed
    resolution = resolve_patient_input(typed) if typed else None
    if resolution is not None and resolution.status != Status.AMBIGUOUS:
        resolution = None
    return _ask_place(request, typed, resolution)


def _ask_place(
    request: HttpRequest, typed: str, resolution: Resolution | None, *, error: str = ""
) -> HttpResponse:
    return render(
        request,
        "patient/porte/ou.html",
        {"typed": typed, "resolution": resolution, "error": error},
        status=400 if error else 200,
    )


def _find_place(request: HttpRequest, draft: Draft) -> HttpResponse:
    """From what was typed, or the choice made in the list, to a commune."""
    typed = request.POST.get("lieu", "").replace("\x00", " ")
    resolution = resolve_patient_input(typed)
    chosen = resolution.place
    if resolution.status == Status.AMBIGUOUS and typed == draft.content.place_typed:
        code = request.POST.get("commune", "")
        chosen = next((row for row in resolution.choices if row.code_insee == code), None)
        if chosen is None:
            return _ask_place(request, typed, resolution, error=_("Choisissez une commune."))
    if resolution.status in (Status.EMPTY, Status.NOT_FOUND):
        return _ask_place(request, typed, None, error=resolution.message)
    draft.content.place_typed = typed[:200]
    draft.content.commune = chosen.code_insee if chosen else ""
    draft.content.place_confirmed = False
    drafts.save(request.session, draft)
    if resolution.status == Status.NOT_COVERED:
        return closed(request, None, resolution.message)
    if chosen is None:
        return redirect("porte:ou")
    service = service_for(Commune.objects.get(pk=chosen.code_insee), timezone.now())
    if isinstance(service, ClosedTerritory):
        return closed(request, service)
    return redirect("porte:ou")


def _place_found(
    request: HttpRequest, draft: Draft, commune: Commune, form: ElsewhereForm | None = None
) -> HttpResponse:
    """The commune is known: say who is on duty and by when, ask where the person lives."""
    service = service_for(commune, timezone.now())
    if isinstance(service, ClosedTerritory):
        return closed(request, service)
    form = form or ElsewhereForm(
        initial={
            "lives_elsewhere": draft.content.lives_elsewhere,
            "elsewhere": draft.content.elsewhere,
        }
    )
    (place,) = places_of([commune])
    context = {"place": place, "service_notice": service, "form": form}
    status = status_of(form) if form.errors else 200
    return render(request, "patient/porte/ou_trouve.html", context, status=status)


def _confirm_place(request: HttpRequest, draft: Draft) -> HttpResponse:
    commune = commune_of(draft)
    form = ElsewhereForm(request.POST)
    if commune is None:
        return redirect("porte:ou")
    if not form.is_valid():
        return _place_found(request, draft, commune, form)
    draft.content.lives_elsewhere = form.cleaned_data["lives_elsewhere"]
    draft.content.elsewhere = _resolved(form.cleaned_data["elsewhere"])
    draft.content.place_confirmed = True
    drafts.save(request.session, draft)
    return go_on(draft, "signes")


def _resolved(typed: str) -> str:
    """The commune where the person lives, with its department when it is sure; else as typed."""
    place = resolve_patient_input(typed).place if typed else None
    return f"{place.label} ({place.departement_name})" if place else typed
