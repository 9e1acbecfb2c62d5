"""Stop and resume notices: from the mail without signing in, or from « Mon dossier »."""

from datetime import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from comptes.models import User
from messagerie.actions.notice_choices import resume_notices, stop_notices
from messagerie.models import NoticeChoice
from messagerie.notices import user_of
from messagerie.views.pages import patient_only

ONE_CLICK = "One-Click"


def _quiet_words() -> str:
    """The quiet hours of today, as people say them; "" when there are none."""
    rules = [one for one in settings.NOTICE_QUIET_HOURS if one.since <= timezone.localdate()]
    if not rules or rules[-1].starts == rules[-1].ends:
        return ""
    starts, ends = (_hour(at) for at in (rules[-1].starts, rules[-1].ends))
    return _("de %(starts)s à %(ends)s") % {"starts": starts, "ends": ends}


def _hour(at: time) -> str:
    return f"{at.hour}\u00a0h" + (f"\u00a0{at.minute:02d}" if at.minute else "")


def _is_stopped(user: User) -> bool:
    return NoticeChoice.objects.filter(user=user, stopped_at__isnull=False).exists()


@patient_only
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """The choice of the person signed in."""
    if request.method == "POST":
        act = resume_notices if request.POST.get("choix") == "reprendre" else stop_notices
        act(request.user)
        return redirect("dossier:avis")
    context = {
        "stopped": _is_stopped(request.user),
        "known": True,
        "by_link": False,
        "quiet": _quiet_words(),
    }
    return render(request, "patient/avis.html", context)


@extend_schema(exclude=True)
class LinkView(APIView):
    """The address in the mails. A mail program posts to it (RFC 8058): no session, no token of
    the site, so the signed name in the address is the only proof, and it can do nothing else.

    GET changes nothing: programs that look at links in mails open them.
    """

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (FormParser, MultiPartParser)

    def get(self, request: Request, token: str) -> HttpResponse:
        return self._page(request, user_of(token))

    def post(self, request: Request, token: str) -> HttpResponse:
        user = user_of(token)
        if user is None:
            return self._page(request, None)
        act = resume_notices if request.data.get("choix") == "reprendre" else stop_notices
        act(user, by_link=True)
        if request.data.get("List-Unsubscribe") == ONE_CLICK:
            return HttpResponse("Avis arrêtés.", content_type="text/plain; charset=utf-8")
        return self._page(request, user)

    def _page(self, request: Request, user: User | None) -> HttpResponse:
        context = {
            "known": user is not None,
            "stopped": user is not None and _is_stopped(user),
            "by_link": True,
            "quiet": _quiet_words(),
        }
        response = render(
            request._request, "patient/avis.html", context, status=200 if user else 404
        )
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response
