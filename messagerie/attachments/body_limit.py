"""Turn a request that is too large away before it is read into memory.

Django reads the whole body of a request before its view runs. This stands in front of it: what
announces more than its limit is refused at once, and what sends more than it announced is cut.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from django.conf import settings

from messagerie.attachments.kinds import MAX_BYTES, refused
from messagerie.errors import RefusalCode

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

FORM_BYTES = 256 * 1024  # the other fields of the form, and its frame
FILE_ROUTES = ("/attachments/", "/joindre/")  # the ends of the addresses that take a file


class BodyTooLarge(Exception):
    """More came than was announced."""


class BodyLimit:
    """ASGI: the request bodies that the service is ready to hold."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        most = limit_of(scope["path"])
        if announced(scope) > most:
            await self._refuse(scope, send)
            return
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
                await self._refuse(scope, send)

    async def _refuse(self, scope: dict[str, Any], send: Send) -> None:
        """Said in the language of the door. The connection ends: the rest is not read."""
        said = refused(RefusalCode.FILE_TOO_LARGE)
        if scope["path"].startswith("/api/"):
            kind = b"application/json"
            body = msgspec.json.encode(
                {"code": said.code.value, "message": said.sentence, "retry": False}
            )
        else:
            kind = b"text/plain; charset=utf-8"
            body = (
                "Ce fichier ou ce texte est trop lourd. Un fichier pèse 10 Mo au plus. "
                "Rien n'a été enregistré. Revenez à la page précédente."
            ).encode()
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": said.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def limit_of(path: str) -> int:
    """Bytes that a request to this address may hold. A file imported by an administrator counts
    as a form: its own page says more."""
    if path.endswith(FILE_ROUTES):
        return MAX_BYTES + FORM_BYTES
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + FORM_BYTES


def announced(scope: dict[str, Any]) -> int:
    """The length that the request gives; 0 when it gives none, or none that can be read."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
