"""What all patient pages share: who may come, and how a refusal is said."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from comptes.models import UserKind
from messagerie.contents import ContentErased
from messagerie.errors import Refused
from messagerie.views.session_over import session_over

View = Callable[..., HttpResponseBase]


def private(view: View) -> View:
    """A page about somebody's health: no copy is kept on the way, nor by the browser."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return inner


def is_patient(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.kind == UserKind.PATIENT


def is_other_account(request: HttpRequest) -> bool:
    """Somebody is signed in, and not as a patient."""
    return request.user.is_authenticated and not is_patient(request)


def patient_only(view: View) -> View:
    """Lead strangers to the sign-in page with what they typed in hand, tell other kinds of account
    that this is not for them.

    A refusal of an act becomes a page with its sentence and its status.
    """

    @private
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return session_over(request)
        if not is_patient(request):
            return other_account(request)
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refusal(request, refused)

    return inner


def other_account(request: HttpRequest) -> HttpResponse:
    """Somebody signed in as a professional, an administrator or an evaluator."""
    return render(request, "patient/autre_compte.html", status=403)


def refusal(request: HttpRequest, refused: Refused, typed: str = "") -> HttpResponse:
    """The page of an act refused, with what was typed so that it can be copied."""
    if isinstance(refused, ContentErased):
        context = {"sentence": refused.sentence, "conversation_id": refused.conversation_id}
        return render(request, "patient/effacee.html", context, status=refused.status)
    return render(
        request,
        "patient/refus.html",
        {"sentence": refused.sentence, "typed": typed},
        status=refused.status,
    )
