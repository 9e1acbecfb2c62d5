"""The session of a socket: read, never written."""

import re
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

SESSION_KEY = re.compile(r"[0-9a-z]{8,40}")


class ReadSession:
    """Put the session that the cookie names into the scope; below Channels' CookieMiddleware.

    Channels' own SessionMiddleware stands between every frame and the socket, to save a session
    that changed. Ours never changes there, and each frame would pay for it.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        if not SESSION_KEY.fullmatch(key):
            key = None  # nothing that we gave: it must not reach the database
        await self.application(scope | {"session": SessionStore(key)}, receive, send)
