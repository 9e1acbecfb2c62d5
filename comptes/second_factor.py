"""The second factor: who needs one, whether a session has passed it, and the gate of every page.

A gate of the whole site and not a mark on each view: a view that forgets it would be an open
door, while a page that this gate wrongly holds back is seen at once.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from comptes import journal
from comptes.models import Act, User

ENROLLED = "second_factor_enrolled"  # session: the number of the account enrolled in it
DEMO_DOOR = "demo_door"  # session: entered by the demonstration's door

# Reached without the second factor: allauth's own pages, pages of text, the door with its danger
# numbers, the demonstration. `accounts` are whole names; the others are namespaces.
OPEN_PREFIXES = ("account_", "mfa_")
OPEN_NAMESPACES = {"pages", "porte", "demo"}
OPEN_NAMES = {"courriels"}
CLOSED_NAMES = {"porte:envoyer"}  # it acts in the name of the account


def required_for(user: User) -> bool:
    """Always for professionals, administrators and evaluators; a setting for patients."""
    return user.needs_second_factor_always or bool(settings.PATIENT_MFA_REQUIRED)


def barred(user: User) -> bool:
    """A fictitious person has no place outside the demonstration, whatever they can prove."""
    return user.is_demo and not settings.DEMO_MODE


def passed(user: User, session: SessionBase) -> bool:
    """Whether this session proved the second factor, at sign-in or while enrolling it."""
    if session.get(ENROLLED) == user.pk:
        return True
    records = get_authentication_records(SimpleNamespace(session=session), user)
    return any(record.get("method") == "mfa" for record in records)


def missing(user: User, session: SessionBase) -> bool:
    """Whether this session must still prove a second factor before anything else."""
    if barred(user):
        return True
    if not required_for(user) or passed(user, session):
        return False
    return not (user.is_demo and session.get(DEMO_DOOR) == user.pk)


def note_enrolled(request: HttpRequest) -> None:
    """The person has just proved the factor that they enrol: the session counts as passed."""
    request.session[ENROLLED] = request.user.pk


def note_demo_door(request: HttpRequest) -> None:
    """The session was opened by the demonstration's door, which exists in DEMO_MODE only."""
    request.session[DEMO_DOOR] = request.user.pk


class SecondFactorMiddleware:
    """Leads a session without its second factor to the page that asks for it, or enrols it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        user = request.user
        if user.is_authenticated and barred(user):
            logout(request)  # the page goes on as for anybody
            journal.record(Act.SIGN_OUT, actor=user, reason="hors démonstration")
            return None
        if not user.is_authenticated or _is_open(request) or not missing(user, request.session):
            return None
        if request.path.startswith("/api/") or request.headers.get("accept") == "application/json":
            sentence = _("Confirmez d'abord votre identité avec votre second facteur.")
            return JsonResponse({"detail": sentence, "code": "SECOND_FACTOR"}, status=403)
        if Authenticator.objects.filter(user=user).exists():
            target = reverse("mfa_reauthenticate")
            if request.method == "GET":
                target += "?" + urlencode({"next": request.get_full_path()})
            return redirect(target)
        messages.info(
            request,
            _(
                "Pour protéger les données de santé, votre compte a besoin d'un second facteur. "
                "Choisissez-en un pour continuer."
            ),
        )
        return redirect("mfa_index")


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None:
        return True
    if match.view_name in CLOSED_NAMES:
        return False
    if match.namespaces:
        return match.namespaces[0] in OPEN_NAMESPACES
    name = match.url_name or ""
    return name in OPEN_NAMES or name.startswith(OPEN_PREFIXES)
