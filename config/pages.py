"""The home page, the footer pages and the error pages: pages that belong to no app."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.generic import TemplateView

from comptes.models import UserKind

app_name = "pages"


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


def home(request: HttpRequest) -> HttpResponse:
    """The patient's home, signed in or not; in demonstration mode, the three doors first."""
    context: dict[str, Any] = {}
    if settings.DEMO_MODE and not request.user.is_authenticated:
        context["roles"] = DEMO_ROLES
    return render(request, "accueil.html", context)


class FooterPage(TemplateView):
    """A page of text, the same for everybody."""


class RightsPage(FooterPage):
    template_name = "pages/droits.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(terms=settings.RETENTION_TERMS, **kwargs)


urlpatterns = [
    path(
        "a-propos/service/",
        FooterPage.as_view(template_name="pages/service.html"),
        name="service",
    ),
    path(
        "a-propos/qui-peut-lire/",
        FooterPage.as_view(template_name="pages/lecteurs.html"),
        name="lecteurs",
    ),
    path("a-propos/mes-droits/", RightsPage.as_view(), name="droits"),
    path(
        "accessibilite/",
        FooterPage.as_view(template_name="pages/accessibilite.html"),
        name="accessibilite",
    ),
    path(
        "mentions-legales/",
        FooterPage.as_view(template_name="pages/mentions.html"),
        name="mentions",
    ),
]
