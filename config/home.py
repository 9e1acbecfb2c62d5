"""The home page: what the service does, one button, my conversations; the demonstration's doors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from comptes.models import User, UserKind
from messagerie.models import Conversation
from messagerie.views.records import conversation_rows
from messagerie.waiting import ClosedTerritory, ServiceNotice, service_for
from orientation.models import Opening
from orientation.scope import scope_for

SHOWN_CONVERSATIONS = 5
# Where the home of each other kind of account is: name of the route.
OWN_HOMES = {
    UserKind.PROFESSIONAL: "console:accueil",
    UserKind.ADMINISTRATOR: "admin:index",
    UserKind.EVALUATOR: "evaluation:rapport",
}


@dataclass(frozen=True)
class DemoRole:
    """One tile of the demonstration's home."""

    slug: str
    kind: UserKind
    title: str
    entry: str
    first_try: str
    then_try: str


DEMO_ROLES = (
    DemoRole(
        "patient",
        UserKind.PATIENT,
        "Patient",
        "Entrer comme patient",
        "Posez une question depuis votre commune\u00a0: quelques étapes, puis l'envoi.",
        "Lisez ensuite la réponse, et où l'on vous oriente.",
    ),
    DemoRole(
        "professionnel",
        UserKind.PROFESSIONAL,
        "Professionnel de santé",
        "Entrer comme professionnel",
        "Prenez une demande en attente sur votre territoire et répondez en direct.",
        "Puis proposez une orientation\u00a0: la règle qui la motive s'affiche en clair.",
    ),
    DemoRole(
        "administratrice",
        UserKind.ADMINISTRATOR,
        "Administratrice régionale",
        "Entrer comme administratrice",
        "Voyez les demandes ouvertes de votre région, sans jamais lire un message.",
        "Puis ouvrez les résultats\u00a0: part des demandes résolues, par département.",
    ),
)


def patient_home(user: User, now: datetime) -> dict[str, Any]:
    """My last conversations, and the state of the service where I last asked."""
    scope = scope_for(user)
    last = (
        Conversation.objects.visible_to(scope)
        .select_related("commune")
        .order_by("-opened_at")
        .first()
    )
    notice = service_for(last.commune, now) if last else None
    return {
        "conversations": conversation_rows(scope, SHOWN_CONVERSATIONS) if last else [],
        "garde": notice if isinstance(notice, ServiceNotice) else None,
        "ferme": notice if isinstance(notice, ClosedTerritory) else None,
    }


def open_territories(now: datetime) -> list[str]:
    """Names of the regions and departments that take part today, in alphabetical order."""
    today = timezone.localdate(now)
    rows = (
        Opening.objects.filter(opens_on__lte=today)
        .filter(Q(closes_on__isnull=True) | Q(closes_on__gte=today))
        .select_related("region", "departement")
    )
    return sorted({(row.departement or row.region).name for row in rows})


def own_home(user: User) -> str:
    """Name of the route where somebody who is no patient works; a coordinator who does not answer
    patients has no console."""
    if user.kind == UserKind.PROFESSIONAL:
        scope = scope_for(user)
        if scope.is_coordinator and not scope.is_professional:
            return "structure:accueil"
    return OWN_HOMES[UserKind(user.kind)]


def home(request: HttpRequest) -> HttpResponse:
    """The patient's home, signed in or not; the others are led to theirs."""
    user = request.user
    now = timezone.now()
    if user.is_authenticated and user.kind in OWN_HOMES:
        return redirect(own_home(user))
    context: dict[str, Any] = {
        "roles": DEMO_ROLES if settings.DEMO_MODE and not user.is_authenticated else (),
        "territoires": open_territories(now),
        "conversations": [],
        "garde": None,
        "ferme": None,
    }
    if user.is_authenticated:
        context |= patient_home(user, now)
    return render(request, "accueil.html", context)
