"""Every door of a web process: HTTP and socket."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
http = get_asgi_application()

from config.origin import SameOrigin, no_socket  # noqa: E402 - needs the settings
from config.read_session import ReadSession  # noqa: E402 - needs the settings
from messagerie.attachments.body_limit import BodyLimit  # noqa: E402 - needs the settings
from messagerie.routing import websocket_urlpatterns  # noqa: E402 - needs the models

# The router answers an address that it does not know with an exception.
routes = [*websocket_urlpatterns, re_path("", no_socket)]
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        # The consumer proves the session itself, again and again: no account is looked up here,
        # in the one thread that all handshakes would share.
        "websocket": SameOrigin(CookieMiddleware(ReadSession(URLRouter(routes)))),
    }
)
