"""A form that comes after the session ended: nothing is done, and nothing typed is lost.

What was typed is given back to be copied; a patient's line is kept too, sealed. Whoever ticked a
danger sign first sees whom to call.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from messagerie import drafts
from messagerie.models import Conversation
from messagerie.typed import MESSAGE, TEXTS, route_of, typed_in
from messagerie.views.signs import advice_to_whoever

KEPT_AT_MOST = 20_000  # characters of a line kept aside; longer ones are refused anyway
# Addresses that take a form and also open by a link.
PAGES = {
    "console:rendre",
    "console:orienter",
    "console:clore",
    "console:transmettre",
    "dossier:avis",
    "dossier:effacement",
    "patient:aggravation",
    "patient:retirer",
}
# Not opened again by its address: a colleague may have taken it meanwhile.
FROM_THE_QUEUE = {"console:prendre"}


def session_over(request: HttpRequest) -> HttpResponse:
    """What strangers see: the sign-in page, or what they had typed and the way to it."""
    route = route_of(request)
    url = sign_in_url(way_back(request))
    if request.method != "POST":
        return redirect(url)
    if route == "patient:aggravation":
        return _worsening_not_told(request, url)
    typed = typed_in(request)
    waiting = request.POST.getlist("waiting") if route == "patient:repondre" else []
    if not (typed or waiting or request.FILES or route == "patient:repondre"):
        return redirect(url)
    is_kept = TEXTS.get(route) is MESSAGE and bool(typed or waiting)
    if is_kept:
        held = request.resolver_match.kwargs["conversation_id"]
        keep_typed(request, held, request.POST.get("body", ""))
    context = {
        "typed": typed,
        "is_kept": is_kept,
        "waiting": waiting,
        "has_file": bool(request.FILES),
        "sign_in_url": url,
    }
    return render(request, "session_finie.html", context, status=403)


def _worsening_not_told(request: HttpRequest, url: str) -> HttpResponse:
    context = {
        "advice": advice_to_whoever(request.POST.getlist("signe")),
        "typed": typed_in(request),
        "sign_in_url": url,
    }
    return render(request, "patient/aggravation_session.html", context, status=403)


def keep_typed(request: HttpRequest, conversation_id: UUID, typed: str) -> None:
    """Keep a patient's line, sealed, for the page of its conversation. A blank one is nothing.

    Anybody may ask for it, and reads nothing by it: the page checks who opens it.
    """
    if not typed.strip():
        return
    last = Conversation.objects.filter(pk=conversation_id).values_list("last_seq", flat=True)
    drafts.keep_reply(
        request.session, conversation_id, typed[:KEPT_AT_MOST], after=last.first() or 0
    )


def sign_in_url(back_to: str) -> str:
    return f"{reverse('account_login')}?{urlencode({'next': back_to})}"


def way_back(request: HttpRequest) -> str:
    """A page that opens by a link: the one asked for, or the one that holds the form posted."""
    route = route_of(request)
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    if route in PAGES:
        return request.path
    space = "console" if route.startswith("console:") else "patient"
    held = request.resolver_match.kwargs.get("conversation_id") if request.resolver_match else None
    if held and route not in FROM_THE_QUEUE:
        return reverse(f"{space}:conversation", args=[held])
    return reverse("console:accueil" if space == "console" else "patient:conversations")
