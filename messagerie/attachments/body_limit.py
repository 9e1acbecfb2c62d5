"""Turn a request that is too large away before it is read into memory.

Django reads the whole body of a request before its view runs. This stands in front of it: what
announces more than its limit is refused at once, and what sends more than it announced is cut.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from messagerie.attachments.kinds import MAX_BYTES, refused
from messagerie.attachments.workshop import busy
from messagerie.errors import RefusalCode, Refused

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

LARGE_AT_ONCE = 24  # bodies with a file that one process holds: 250 MB at most
FORM_BYTES = 256 * 1024  # the other fields of the form, and its frame
FILE_ROUTES = ("/attachments/", "/joindre/")  # the ends of the addresses that take a file


class BodyTooLarge(Exception):
    """More came than was announced."""


class BodyLimit:
    """ASGI: the request bodies that the service is ready to hold."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.large = 0  # requests that may bring a file, now

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        most = limit_of(scope["path"])
        if announced(scope) > most:
            await _say(scope, send, refused(RefusalCode.FILE_TOO_LARGE))
            return
        if not (scope["method"] == "POST" and takes_file(scope["path"])):
            await self._pass(scope, receive, send, most)
            return
        if self.large >= LARGE_AT_ONCE:
            await _say(scope, send, busy())
            return
        self.large += 1
        try:
            await self._pass(scope, receive, send, most)
        finally:
            self.large -= 1

    async def _pass(self, scope: dict[str, Any], receive: Receive, send: Send, most: int) -> None:
        """Hand the request on, cut when it is longer than it may be."""
        heard = 0
        started = False

        async def counted() -> dict[str, Any]:
            nonlocal heard
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > most:
                raise BodyTooLarge
            return message

        async def noted(message: dict[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.application(scope, counted, noted)
        except BodyTooLarge:
            if not started:
                await _say(scope, send, refused(RefusalCode.FILE_TOO_LARGE))


async def _say(scope: dict[str, Any], send: Send, said: Refused) -> None:
    """Refuse in the language of the door. The connection ends: the rest is not read."""
    if scope["path"].startswith("/api/"):
        kind = b"application/json"
        body = msgspec.json.encode(
            {"code": said.code.value, "message": said.sentence, "retry": said.retry}
        )
    else:
        kind = b"text/plain; charset=utf-8"
        body = f"{said.sentence} {_('Revenez à la page précédente.')}".encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": said.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def takes_file(path: str) -> bool:
    return path.endswith(FILE_ROUTES)


def limit_of(path: str) -> int:
    """Bytes that a request to this address may hold. A file imported by an administrator counts
    as a form: its own page says more."""
    if takes_file(path):
        return MAX_BYTES + FORM_BYTES
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + FORM_BYTES


def announced(scope: dict[str, Any]) -> int:
    """The length that the request gives; 0 when it gives none, or none that can be read."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
