"""Who calls the API: the session of the pages, with answers that our clients can tell apart."""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request


class FormExpired(PermissionDenied):
    """The token is not the one of this session: somebody signed in since the page was made, or
    another site posts. Nothing was read, nothing was kept."""

    default_detail = _("Cette page a expiré. Rechargez-la, ou connectez-vous de nouveau.")
    default_code = "FORM_EXPIRED"


class ApiSession(SessionAuthentication):
    """The cookie of the pages. Without a session the answer is 401, and says by which scheme.

    Browsers ask for a password under the schemes that they know (Basic, Digest): not this one.
    """

    def authenticate_header(self, request: Request) -> str:
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:  # with a reason in English, for a developer
            raise FormExpired from None
