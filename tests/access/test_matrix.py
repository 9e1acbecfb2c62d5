"""Every door is called as every role, on one's own things and on foreign ones.

The policy says who reaches each door; a door without a line fails. Whatever the answer, no
sentinel of somebody else's secret may stand in it.
"""

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.access import policy
from tests.access.routes import Route, every_route
from tests.access.world import World, build
from tests.sockets import Closed, Socket

REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
METHODS = ("get", "post")


@pytest.fixture
def world(territory, db) -> World:
    return build()


def reached(response: HttpResponse, line: policy.Line) -> bool:
    """Whether the door let the caller in (an empty form it then refuses is still reached)."""
    if response.status_code in REFUSED:
        return False
    if response.status_code == HTTPStatus.CONFLICT and line.conflict_refuses:
        return False
    target = urlsplit(response.headers.get("Location", "")).path
    if target == policy.ADMINISTRATION_HOME:
        return not line.home_refuses
    return target not in policy.DOORS_OF_REFUSAL


def call(client: Client, method: str, url: str) -> HttpResponse:
    """An empty request, in the language of the door: JSON for the API, a form elsewhere."""
    if method == "post" and url.startswith("/api/"):
        return client.post(url, data="{}", content_type="application/json")
    return getattr(client, method)(url)


def body_of(response: HttpResponse) -> str:
    content = streamed(response) if response.streaming else response.content
    if response.headers.get("Content-Type") == "application/zip":
        # What is compressed would hide a leak.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join([content, *map(archive.read, archive.namelist())])
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return content.decode("utf-8", "replace") + "\n" + headers


def streamed(response: HttpResponse) -> bytes:
    if not response.is_async:
        return b"".join(response.streaming_content)

    async def all_of_it() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(all_of_it)()


def cells(world: World) -> Iterator[tuple[Route, str, str, dict[str, Any], policy.Line]]:
    """Route, method, variant, parameter values and policy line, for every cell of the matrix."""
    for route in every_route():
        line = policy.line_for(route.name)
        if line is None:
            continue
        for variant, values in line.variants(world, route):
            for method in METHODS:
                yield route, method, variant, values, line


def test_every_route_has_a_line():
    missing = [r.name for r in every_route() if policy.line_for(r.name) is None]
    assert missing == []


def test_no_line_without_a_route():
    names = {route.name for route in every_route()}
    assert [name for name in policy.POLICY if name not in names] == []


def test_every_door_as_every_role(world: World, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600  # all sign in once, for the whole of it
    clients = {role: world.client(role) for role in world.roles}
    cookies = {role: client.cookies.output() for role, client in clients.items()}
    wrong: dict[str, dict[str, int]] = {}
    leaks, broken, calls = [], [], 0
    for route, method, variant, values, line in cells(world):
        allowed = line.allowed(variant, method)
        # Those let in come first: when the method does not exist for them, it does for nobody.
        for role in sorted(clients, key=lambda role: role not in allowed):
            calls += 1
            client = clients[role]
            client.cookies = SimpleCookie(cookies[role].replace("Set-Cookie: ", ""))
            with transaction.atomic():
                response = call(client, method, route.url(values))
                text = body_of(response)
                transaction.set_rollback(True)
            cell = f"{method.upper()} {route.name} [{variant}]"
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                broken.append(f"{cell} as {role}: {response.exc_info[1]!r}")
                break
            leaks += [
                f"{cell} as {role}: {word}"
                for word, readers in world.sentinels.items()
                if word in text and role not in readers
            ]
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                break
            if reached(response, line) != (role in allowed):
                wrong.setdefault(cell, {})[role] = response.status_code
    assert broken == []
    assert leaks == []
    assert wrong == {}
    assert calls > 1000


def test_the_matrix_can_see_a_leak(world: World):
    """The searcher itself works: the owner's own page does hold the sentinel."""
    held = world.things["own"]["held"]
    response = world.client("patient_own").get(f"/conversations/{held.pk}/")
    assert "sentinelle-own-tenue-texte" in body_of(response)


# --- Socket


@pytest.mark.django_db(transaction=True)
def test_socket_as_every_role(territory):
    """Each role watches each conversation by the socket: lines for its readers, else a refusal."""
    world = build()
    conversations = {
        f"{name}_{side}": world.things[side][name]
        for side in ("own", "other")
        for name in ("waiting", "held")
    }

    async def lines_seen(session: str, conversation: Any) -> str:
        """Everything that the socket says after asking for one conversation."""
        socket, seen = Socket(session), ""
        if not await socket.open():
            return seen
        try:
            await socket.say({"t": "watch", "conversation": str(conversation.pk)})
            while True:
                frame = await socket.hear()
                seen += json.dumps(frame, ensure_ascii=False)
                if frame["t"] in {"state", "nack"}:
                    break
        except Closed:
            return seen
        await socket.close()
        return seen

    wrong = []
    for role in world.roles:
        cookie = world.client(role).cookies.get("sessionid")
        for name, conversation in conversations.items():
            seen = asyncio.run(lines_seen(cookie.value if cookie else "", conversation))
            kind, side = name.split("_")
            word = f"sentinelle-{side}-{'attente' if kind == 'waiting' else 'tenue'}"
            expected = role in world.sentinels[word]
            if (f"{word}-texte" in seen) != expected:
                wrong.append(f"{role} watches {name}: expected {expected}, saw {seen[:200]}")
            wrong += [
                f"{role} on {name} read {text}"
                for text, readers in world.sentinels.items()
                if text in seen and role not in readers
            ]
    assert wrong == []
