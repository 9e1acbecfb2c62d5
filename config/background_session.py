"""The session of what a page reads by itself, in the background.

Django takes the cookie of a dead session away with the answer. Somebody may have signed in in
another tab meanwhile: that answer would take the new cookie away, and they would be out at once.
Only a page that the person goes to may do that.
"""

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class BackgroundSessionMiddleware(SessionMiddleware):
    """Django's own, but for the cookies of dead sessions."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response = super().process_response(request, response)
        # Without the header (an old browser, plain http) nothing tells: Django's way.
        if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            sent = response.cookies.get(settings.SESSION_COOKIE_NAME)
            if sent is not None and not sent.value:
                del response.cookies[settings.SESSION_COOKIE_NAME]
        return response
