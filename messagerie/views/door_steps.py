"""What the steps of the door share: the draft, the way back to what is missing, closed places."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from messagerie import drafts
from messagerie.drafts import Draft
from messagerie.errors import RefusalCode, Refused
from messagerie.views.pages import is_other_account, other_account, private, refusal
from messagerie.waiting import ClosedTerritory
from orientation.models import Commune
from orientation.resolver import commune_by_insee

STEPS = ("pour_qui", "ou", "signes", "signe", "medecin", "question")
Step = Callable[[HttpRequest, Draft], HttpResponse]


def step(name: str) -> Callable[[Step], Callable[[HttpRequest], HttpResponse]]:
    """A step of the door: gives it the draft, and leads back to what was not answered yet.

    A question that already left leads to its conversation. What is posted without a draft (the
    session ended) is kept in a new one, and the person is told to take the first steps again. The
    page of another question changes nothing in this one, and gets its text back.
    """

    def wrap(view: Step) -> Callable[[HttpRequest], HttpResponse]:
        @private
        @wraps(view)
        def inner(request: HttpRequest) -> HttpResponse:
            if is_other_account(request):
                return other_account(request)
            draft = drafts.load(request.session)
            if request.method == "POST" and is_of_another(request, draft):
                return refusal(request, of_another(), request.POST.get("body", ""))
            if draft.is_sent:
                if request.method == "POST" and name != "pour_qui":
                    messages.info(request, _("Votre question est déjà partie."))
                    return redirect("patient:conversation", draft.row.pk)
                drafts.forget(request.session)
                draft = drafts.load(request.session)
            if request.method == "POST":
                if not draft.exists and name != "pour_qui":
                    messages.warning(request, _session_over(request))
                return view(request, draft)
            missing = draft.content.missing_step
            if missing and STEPS.index(missing) < STEPS.index(name):
                return redirect(f"porte:{missing}")
            return view(request, draft)

        return inner

    return wrap


def is_of_another(request: HttpRequest, draft: Draft) -> bool:
    """Whether a page was opened for another question of this browser, sent or forgotten since.

    A page drawn when there was no draft names none (""): the one made since is not its own. The
    steps before the question name nothing at all.
    """
    named = request.POST.get("brouillon")
    return named is not None and draft.exists and named != str(draft.row.pk)


def of_another() -> Refused:
    return Refused(
        RefusalCode.TOO_LATE,
        _("Cette page est celle d'une autre question. Rechargez-la."),
        status=409,
    )


def _session_over(request: HttpRequest) -> str:
    """Files go with the draft that the page named: what comes with the form is kept, they are not.

    The draft cannot be asked whether it had some: it is not of this session any more.
    """
    said = _(
        "Votre session a expiré. Reprenez les premières étapes : "
        "ce que vous venez d'écrire est gardé."
    )
    if request.POST.get("brouillon"):
        said += " " + _(
            "Si vous aviez déjà joint des photos ou des documents, "
            "il faut les joindre de nouveau avec votre question."
        )
    return said


def go_on(draft: Draft, default: str) -> HttpResponse:
    """To the next step; to an earlier one when it still waits for an answer."""
    missing = draft.content.missing_step
    if missing and STEPS.index(missing) < STEPS.index(default):
        default = missing
    return redirect(f"porte:{default}")


def commune_of(draft: Draft) -> Commune | None:
    return commune_by_insee(draft.content.commune) if draft.content.commune else None


def closed(
    request: HttpRequest, territory: ClosedTerritory | None, sentence: str = ""
) -> HttpResponse:
    """The service is not open there: whom to call instead, and when it opens."""
    return render(
        request,
        "patient/porte/ferme.html",
        {"territory": territory, "sentence": sentence},
        status=409 if request.method == "POST" else 200,
    )
