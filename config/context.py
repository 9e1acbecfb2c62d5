"""What every template may read: the service, the mode it runs in, the menu of the person."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from comptes.models import User, UserKind
from orientation.scope import scope_for

# Links of the header for each kind of account, in order: label, name of the route.
MENUS = {
    None: [(_("Se connecter"), "account_login")],
    UserKind.PATIENT: [
        (_("Mes conversations"), "patient:conversations"),
        (_("Mon dossier"), "dossier:page"),
        (_("Mon compte"), "account_email"),
        (_("Se déconnecter"), "account_logout"),
    ],
    UserKind.PROFESSIONAL: [
        ("Console", "console:accueil"),
        ("Ma structure", "structure:accueil"),
        ("Mon compte", "account_email"),
        ("Se déconnecter", "account_logout"),
    ],
    UserKind.ADMINISTRATOR: [
        ("Administration", "admin:index"),
        ("Résultats", "evaluation:rapport"),
        ("Mon compte", "account_email"),
        ("Se déconnecter", "account_logout"),
    ],
    UserKind.EVALUATOR: [
        ("Résultats", "evaluation:rapport"),
        ("Mon compte", "account_email"),
        ("Se déconnecter", "account_logout"),
    ],
}


@dataclass(frozen=True)
class MenuEntry:
    label: str
    url: str
    current: bool


def closed_to(user: User | None, request: HttpRequest) -> set[str]:
    """Routes of the menu that the roles of this professional do not open."""
    if user is None or user.kind != UserKind.PROFESSIONAL:
        return set()
    scope = getattr(request, "scope_of_user", None) or scope_for(user)
    if not scope.is_coordinator:
        return {"structure:accueil"}
    return set() if scope.is_professional else {"console:accueil"}


def menu_for(kind: str | None, path: str, closed: Collection[str] = ()) -> list[MenuEntry]:
    """Header links for one kind of account, the one that leads to `path` marked; none `closed`."""
    entries = []
    for label, name in MENUS[kind]:
        if name in closed:
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:  # a part that this installation does not open
            continue
        entries.append(MenuEntry(str(label), url, path.startswith(url)))
    if settings.LOCAL_MAILBOX:
        url = reverse("courriels")
        entries.append(MenuEntry("Courriels", url, path.startswith(url)))
    return entries


def service(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `service`, read by templates/base.html and its components."""
    user = getattr(request, "user", None)
    user = user if user is not None and user.is_authenticated else None
    kind = user.kind if user else None
    return {
        "service": {
            "name": settings.SERVICE_NAME,
            "demo": settings.DEMO_MODE,
            "state_look": settings.DSFR_STATE_LOOK,
            "mailbox": settings.LOCAL_MAILBOX,
            "contact": settings.SERVICE_CONTACT,
            "publisher": settings.SERVICE_PUBLISHER,
            "host": settings.SERVICE_HOST,
            "emergency_line": kind in (None, UserKind.PATIENT),
            "menu": SimpleLazyObject(
                lambda: menu_for(kind, request.path, closed_to(user, request))
            ),
        }
    }
