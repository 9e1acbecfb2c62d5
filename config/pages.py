"""The footer pages: what people must always find, whatever the page they are on."""

from typing import Any

from django.urls import path
from django.utils import timezone
from django.views.generic import TemplateView

from messagerie import retention
from messagerie.danger_numbers import NUMBERS

app_name = "pages"


class FooterPage(TemplateView):
    """A page of text, the same for everybody."""


class ServicePage(FooterPage):
    """The intended purpose, with the table of numbers: who answers, read where and when."""

    template_name = "pages/service.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(numbers=NUMBERS.values(), **kwargs)


class RightsPage(FooterPage):
    template_name = "pages/droits.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(classes=retention.shown(timezone.localdate()), **kwargs)


urlpatterns = [
    path("a-propos/service/", ServicePage.as_view(), name="service"),
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
