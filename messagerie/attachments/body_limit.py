"""Turn a request that is too large away before it is read into memory.

Django reads the whole body of a request before its view runs. This stands in front of it: what
announces more than its limit is refused at once, and what sends more than it announced is cut.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import parse_cookie
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from comptes.connections import give_back_connections
from comptes.sessions import key_in, live_user
from messagerie.attachments.kinds import MAX_BYTES, refused
from messagerie.attachments.workshop import busy
from messagerie.errors import RefusalCode, Refused

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

# Bodies larger than a form that one process holds: 250 MB at most of those who are signed in, and
# apart from them 85 MB of strangers, at the door or wherever they knock.
LARGE_AT_ONCE = {"signed in": 24, "stranger": 8}
FORM_BYTES = 256 * 1024  # the other fields of the form, and its frame
BODY_SECONDS = 180.0  # for a whole body: the page's own wait for a photo
# After a refusal, what still comes is dropped: so much at most, for so long, waited for so long.
LINGER_BYTES = 24 * 1024 * 1024
LINGER_SECONDS = 30.0
SILENCE_SECONDS = 5.0
QUESTION = "/demande/question/"  # a whole form, with a file when there is no script
# The ends of the addresses that take a file.
FILE_ROUTES = ("/attachments/", "/joindre/", QUESTION)
# Django's own layers, which say this elsewhere, stand behind.
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"connection", b"close"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
PAGE_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


class Turned(Exception):
    """A request that is not heard to its end; `said`: what its sender is told."""

    def __init__(self, said: Refused) -> None:
        self.said = said


class BodyLimit:
    """ASGI: the request bodies that the service is ready to hold, and to wait for."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.large = dict.fromkeys(LARGE_AT_ONCE, 0)  # bodies larger than a form, now

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        if announced(scope) > limit_of(scope["path"]):
            await _say(scope, send, too_large(scope["path"]))
            await _let_go(receive, send)
            return
        body = _Body(scope, receive, self.large)
        started = False

        async def noted(message: dict[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.application(scope, body.receive, noted)
        except Turned as turned:
            if not started:
                body.end()  # what is dropped takes no place
                await _say(scope, send, turned.said)
                await _let_go(body.rest, send)
        finally:
            body.end()


class _Body:
    """One body on its way: counted, and given a place once it is larger than a form. A place is
    not taken by what is announced, nor by a question without a file."""

    def __init__(self, scope: dict[str, Any], receive: Receive, large: dict[str, int]) -> None:
        self._scope = scope
        self._receive = receive
        self._large = large
        self._most = limit_of(scope["path"])
        self._heard = 0
        self._place = ""  # the kind of place that it has
        self._is_whole = False
        self._until = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive(self) -> dict[str, Any]:
        """Raises Turned: too large, too slow, or no place for it."""
        if self._is_whole:  # what comes now is the end of the connection, whenever it is
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise Turned(too_slow(self._scope["path"])) from None
        self._heard += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._heard > self._most:
            raise Turned(too_large(self._scope["path"]))
        if self._heard > form_limit() and not self._place:
            kind = "signed in" if await is_signed_in(self._scope) else "stranger"
            if self._large[kind] >= LARGE_AT_ONCE[kind]:
                raise Turned(busy())
            self._large[kind] += 1
            self._place = kind
        return message

    async def rest(self) -> dict[str, Any]:
        """What still comes, uncounted; a disconnect when nothing does."""
        return {"type": "http.disconnect"} if self._is_whole else await self._receive()

    def end(self) -> None:
        if self._place:
            self._large[self._place] -= 1
            self._place = ""


async def is_signed_in(scope: dict[str, Any]) -> bool:
    """Whether the cookie of a request names the session of somebody: one reading, for large bodies
    alone. What they may do is judged later, by the view."""
    headers = dict(scope["headers"])
    key = key_in(parse_cookie(headers.get(b"cookie", b"").decode("latin-1")))
    return bool(key) and await sync_to_async(_is_of_somebody)(key)


def _is_of_somebody(key: str) -> bool:
    try:
        return live_user(key) is not None
    finally:
        give_back_connections()


def too_large(path: str) -> Refused:
    """More than a request to this address may hold."""
    if path.endswith(FILE_ROUTES):
        return refused(RefusalCode.FILE_TOO_LARGE)
    sentence = _("C'est trop lourd. Envoyez-le en plusieurs fois.")
    return Refused(RefusalCode.TOO_LONG, sentence, status=413)


def too_slow(path: str) -> Refused:
    """The same may pass on a better network."""
    sentence = _("Votre envoi met trop de temps à venir : il n'est pas parti. Réessayez.")
    if path.endswith(FILE_ROUTES):
        sentence = _("Votre fichier met trop de temps à venir : il n'est pas parti. Réessayez.")
    return Refused(RefusalCode.BUSY, sentence, status=408, retry=True)


async def _say(scope: dict[str, Any], send: Send, said: Refused) -> None:
    """Refuse in the language of the door. The connection ends after it."""
    if scope["path"].startswith("/api/") or _wants_json(scope):
        headers = [(b"content-type", b"application/json"), *HEADERS]
        body = msgspec.json.encode(
            {"code": said.code.value, "message": said.sentence, "retry": said.retry}
        )
    else:
        headers = [(b"content-type", b"text/html; charset=utf-8"), *HEADERS, *PAGE_HEADERS]
        context = {"sentence": said.sentence, "is_question": scope["path"] == QUESTION}
        body = render_to_string("envoi_refuse.html", context).encode()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": said.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _let_go(receive: Receive, send: Send) -> None:
    """Read what still comes and drop it, then end the answer, and with it the connection.

    Closed on what it has not read, a connection is reset, and the answer may be lost before
    anybody sees it (RFC 9112, 9.6).
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            more, dropped = True, 0
            while more and dropped < LINGER_BYTES:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await receive()
                more = message.get("more_body", False)  # a disconnect has none
                dropped += len(message.get("body", b""))
    await send({"type": "http.response.body", "body": b""})


def _wants_json(scope: dict[str, Any]) -> bool:
    return any(
        name == b"accept" and value == b"application/json" for name, value in scope["headers"]
    )


def form_limit() -> int:
    """Bytes of a request without a file."""
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE + FORM_BYTES


def limit_of(path: str) -> int:
    """Bytes that a request to this address may hold. A file imported by an administrator counts
    as a form: its own page says more."""
    return MAX_BYTES + FORM_BYTES if path.endswith(FILE_ROUTES) else form_limit()


def announced(scope: dict[str, Any]) -> int:
    """The length that the request gives; 0 when it gives none, or none that can be read."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
