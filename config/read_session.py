"""The session of a socket: read, never written."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore

from comptes.sessions import key_in


class ReadSession:
    """Put the session that the cookie names into the scope; below Channels' CookieMiddleware.

    Channels' own SessionMiddleware stands between every frame and the socket, to save a session
    that changed. Ours never changes there, and each frame would pay for it.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        key = key_in(scope["cookies"]) or None
        await self.application(scope | {"session": SessionStore(key)}, receive, send)
