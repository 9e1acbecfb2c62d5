"""The door of the demonstration: enter as a fictitious person, without a password.

Exists only under DEMO_MODE, which production settings refuse; otherwise the route answers 404.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_POST

from comptes import journal
from comptes.models import Act, User, UserKind
from comptes.second_factor import note_demo_door
from config.home import DEMO_ROLES

app_name = "demo"

ARRIVALS = {
    UserKind.PATIENT: "accueil",
    UserKind.PROFESSIONAL: "console:accueil",
    UserKind.ADMINISTRATOR: "admin:index",
}
NOBODY_YET = (
    "Les personnes fictives ne sont pas encore créées. Attendez la fin de la préparation, "
    "puis essayez de nouveau."
)


@require_POST
def enter(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in the first fictitious account of the asked role and lead to its first page."""
    if not settings.DEMO_MODE:
        raise Http404
    kind = next((known.kind for known in DEMO_ROLES if known.slug == role), None)
    if kind is None:
        raise Http404
    person = User.objects.filter(is_demo=True, is_active=True, kind=kind).order_by("pk").first()
    if person is None:
        messages.warning(request, NOBODY_YET)
        return redirect("accueil")
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    note_demo_door(request)
    journal.record(Act.DEMO_DOOR, actor=person)
    try:
        return redirect(reverse(ARRIVALS[kind]))
    except NoReverseMatch:
        return redirect("accueil")


urlpatterns = [path("<slug:role>/", enter, name="entrer")]
