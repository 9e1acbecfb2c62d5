"""A body that is too large is turned away before it is read, whoever sends it."""

import html
import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from messagerie.attachments import body_limit
from messagerie.attachments.body_limit import (
    FORM_BYTES,
    LARGE_AT_ONCE,
    BodyLimit,
    form_limit,
    limit_of,
)
from messagerie.attachments.kinds import MAX_BYTES
from tests import factories

API = "/api/v1/conversations/9d5e9b99-67ee-400e-9e2a-3b93398d3b79/attachments/"
LINES = "/api/v1/conversations/9d5e9b99-67ee-400e-9e2a-3b93398d3b79/messages/"
PAGE = "/conversations/9d5e9b99-67ee-400e-9e2a-3b93398d3b79/joindre/"
WITH_FILE = MAX_BYTES + FORM_BYTES


async def swallow(scope, receive, send) -> None:
    """An application that reads its whole body and says how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def post(path: str, length: str | None, *parts: bytes) -> tuple[int, bytes]:
    headers = [] if length is None else [(b"content-length", length.encode())]
    scope = {"type": "http", "path": path, "method": "POST", "headers": headers}
    client = ApplicationCommunicator(BodyLimit(swallow), scope)
    for part in parts:
        await client.send_input({"type": "http.request", "body": part, "more_body": True})
    await client.send_input({"type": "http.request", "body": b"", "more_body": False})
    start = await client.receive_output(10)
    body = await client.receive_output(10)
    await client.wait(10)
    return start["status"], body["body"]


@pytest.fixture(autouse=True)
def no_long_silence(monkeypatch):
    """Clients that stop in the middle are here all through the file."""
    monkeypatch.setattr(body_limit, "SILENCE_SECONDS", 0.05)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (API, "FILE_TOO_LARGE"),
        (LINES, "TOO_LONG"),
        (PAGE, "Ce fichier est trop lourd : 10 Mo au plus"),
        ("/demande/question/", "Ce fichier est trop lourd : 10 Mo au plus"),
        ("/administration/", "C'est trop lourd. Envoyez-le en plusieurs fois."),
    ],
)
async def test_what_announces_too_much_is_refused(path, said):
    status, body = await post(path, str(limit_of(path) + 1))
    assert status == 413
    if path.startswith("/api/"):
        answer = json.loads(body)
        assert (answer["code"], answer["retry"]) == (said, False)
    else:
        assert said in html.unescape(body.decode())


@pytest.mark.parametrize("announces", [True, False])
async def test_what_still_comes_is_dropped_before_the_connection_ends(announces, monkeypatch):
    """Closed on what it has not read, a connection may lose the answer on its way."""
    monkeypatch.setattr(body_limit, "SILENCE_SECONDS", 30.0)
    guard, part = BodyLimit(swallow), b"x" * (WITH_FILE + 1)
    length = [(b"content-length", str(len(part)).encode())] if announces else []
    client = await begin(guard, PAGE, part, *length)
    assert (await client.receive_output(10))["status"] == 413
    assert (await client.receive_output(10))["more_body"]
    await client.send_input({"type": "http.request", "body": part, "more_body": True})
    assert await client.receive_nothing()
    assert set(guard.large.values()) == {0}
    await client.send_input({"type": "http.request", "body": b"x", "more_body": False})
    assert await client.receive_output(10) == {"type": "http.response.body", "body": b""}
    await client.wait(10)


@pytest.mark.parametrize(
    ("limit", "value"), [("SILENCE_SECONDS", 0.05), ("LINGER_SECONDS", 0.05), ("LINGER_BYTES", 1)]
)
async def test_it_is_not_read_for_ever(limit, value, monkeypatch):
    monkeypatch.setattr(body_limit, "SILENCE_SECONDS", 30.0)
    monkeypatch.setattr(body_limit, limit, value)
    client = await begin(BodyLimit(swallow), PAGE, b"x" * (WITH_FILE + 1))
    if limit == "LINGER_BYTES":
        await client.send_input({"type": "http.request", "body": b"x", "more_body": True})
    assert (await answer(client))[0] == 413


async def test_the_refusal_is_a_page_or_what_a_script_reads():
    """Both whole: numbers to call, nothing run, nothing kept."""
    for path, accept in ((PAGE, b"text/html"), (PAGE, b"application/json"), (API, b"*/*")):
        length = (b"content-length", str(limit_of(path) + 1).encode())
        scope = {"type": "http", "path": path, "method": "POST"}
        scope["headers"] = [length, (b"accept", accept)]
        client = ApplicationCommunicator(BodyLimit(swallow), scope)
        await client.send_input({"type": "http.disconnect"})
        start = await client.receive_output(10)
        body = (await client.receive_output(10))["body"]
        await client.wait(10)
        said = dict(start["headers"])
        assert int(said[b"content-length"]) == len(body)
        assert (said[b"cache-control"], said[b"connection"]) == (b"no-store", b"close")
        assert said[b"x-content-type-options"] == b"nosniff"
        if said[b"content-type"] == b"application/json":
            assert (accept, path) != (b"text/html", PAGE)
            assert json.loads(body)["code"] == "FILE_TOO_LARGE"
        else:
            assert (accept, path) == (b"text/html", PAGE)
            assert said[b"content-type"] == b"text/html; charset=utf-8"
            assert b"default-src 'none'" in said[b"content-security-policy"]
            assert 'href="tel:15"' in body.decode()
            assert "<h1>Votre envoi n'est pas parti</h1>" in body.decode()


@pytest.mark.parametrize("length", [None, "3", "", "-1", "9" * 30, "abc"])
async def test_what_sends_more_than_it_announced_is_cut(length):
    chunk = b"x" * 1024 * 1024
    assert (await post(API, length, *[chunk] * 12))[0] == 413
    assert await post(API, length, chunk) == (200, str(len(chunk)).encode())


async def test_a_whole_photo_passes():
    part = b"x" * (WITH_FILE // 2)
    assert await post(API, str(WITH_FILE), part, part) == (200, str(WITH_FILE).encode())
    assert (await post("/demande/question/", str(WITH_FILE), part, part))[0] == 200
    assert (await post("/demande/ou/", str(WITH_FILE), part, part))[0] == 413


DOOR = "/demande/question/"


@pytest.fixture
def guard() -> BodyLimit:
    return BodyLimit(swallow)


async def begin(guard: BodyLimit, path: str, part: bytes, *headers: tuple[bytes, bytes]):
    """A request whose body has only begun to come."""
    scope = {"type": "http", "path": path, "method": "POST", "headers": list(headers)}
    client = ApplicationCommunicator(guard, scope)
    await client.send_input({"type": "http.request", "body": part, "more_body": True})
    return client


async def end(client: ApplicationCommunicator) -> int:
    await client.send_input({"type": "http.request", "body": b"x", "more_body": False})
    return (await answer(client))[0]


async def answer(client: ApplicationCommunicator) -> tuple[int, bytes]:
    status = (await client.receive_output(10))["status"]
    body = (await client.receive_output(10))["body"]
    await client.wait(10)
    return status, body


async def test_only_so_many_files_are_held_at_once(guard):
    """Those beyond are told to try again; forms pass meanwhile."""
    large = b"x" * (form_limit() + 1)
    for path in (API, DOOR, "/nimporte/joindre/"):
        slow = [await begin(guard, path, large) for _ in range(LARGE_AT_ONCE["stranger"])]
        for client in slow:
            assert await client.receive_nothing()
        status, body = await answer(
            await begin(guard, path, large, (b"accept", b"application/json"))
        )
        said = json.loads(body)
        assert (status, said["code"], said["retry"]) == (503, "BUSY", True)
        assert await end(await begin(guard, path, b"a question without a file")) == 200
        assert {await end(client) for client in slow} == {200}
        assert set(guard.large.values()) == {0}
        assert await end(await begin(guard, path, large)) == 200


@pytest.mark.django_db(transaction=True)
async def test_strangers_take_no_place_of_those_who_are_signed_in(guard):
    large = b"x" * (form_limit() + 1)
    client = Client()
    await sync_to_async(client.force_login)(await sync_to_async(factories.patient)())
    mine = (b"cookie", f"autre=1; sessionid={client.cookies['sessionid'].value}".encode())
    slow = [await begin(guard, API, large) for _ in range(LARGE_AT_ONCE["stranger"])]
    for forged in ("", "x" * 32, "a';--", "é"):
        cookie = (b"cookie", f"sessionid={forged}".encode())
        assert (await answer(await begin(guard, API, large, cookie)))[0] == 503
    assert await end(await begin(guard, API, large, mine)) == 200
    assert {await end(one) for one in slow} == {200}


async def test_a_question_that_did_not_leave_is_told_so(guard):
    """Without a script the file and the question are one form."""
    large = b"x" * (form_limit() + 1)
    slow = [await begin(guard, DOOR, large) for _ in range(LARGE_AT_ONCE["stranger"])]
    _status, body = await answer(await begin(guard, DOOR, large))
    assert "Votre question n'est pas partie non plus" in body.decode()
    assert {await end(one) for one in slow} == {200}


async def test_what_announces_much_and_sends_little_takes_no_place(guard):
    """Connections that wait for nothing must not close the door to those who ask."""
    announces = (b"content-length", b"1000000")
    slow = [await begin(guard, DOOR, b"--X", announces) for _ in range(100)]
    assert await end(await begin(guard, DOOR, b"x" * (form_limit() + 1))) == 200
    assert {await end(client) for client in slow} == {200}


async def test_a_body_that_does_not_come_to_its_end_is_cut(guard, monkeypatch):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.05)
    for path, what in ((DOOR, "Votre fichier"), ("/compte/login/", "Votre envoi")):
        accept = (b"accept", b"application/json")
        status, body = await answer(await begin(guard, path, b"--X", accept))
        said = json.loads(body)
        assert (status, said["retry"]) == (408, True)
        assert said["message"].startswith(what)


async def test_an_answer_may_take_longer_than_a_body(monkeypatch):
    """Whoever listens for the end of the connection, once the body is there, is not cut."""
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.05)
    heard = []

    async def slow(scope, receive, send) -> None:
        heard.append(await receive())
        heard.append(await receive())
        await swallow(scope, iter_of([{"type": "http.request", "body": b""}]), send)

    def iter_of(messages):
        async def receive():
            return messages.pop(0)

        return receive

    scope = {"type": "http", "path": "/", "method": "GET", "headers": []}
    client = ApplicationCommunicator(BodyLimit(slow), scope)
    await client.send_input({"type": "http.request", "body": b"", "more_body": False})
    assert await client.receive_nothing(timeout=0.2)
    await client.send_input({"type": "http.disconnect"})
    assert (await answer(client))[0] == 200
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


def test_no_photo_is_written_to_a_disk_on_its_way(settings):
    """Whatever passes the limit stays in memory: Django keeps it there, and so do the forms."""
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE >= WITH_FILE
    assert [name.rsplit(".", 1)[1] for name in settings.FILE_UPLOAD_HANDLERS] == [
        "MemoryFileUploadHandler"
    ]
