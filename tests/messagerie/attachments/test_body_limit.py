"""A body that is too large is turned away before it is read, whoever sends it."""

import json

import pytest
from asgiref.testing import ApplicationCommunicator

from messagerie.attachments.body_limit import FORM_BYTES, LARGE_AT_ONCE, BodyLimit, limit_of
from messagerie.attachments.kinds import MAX_BYTES

API = "/api/v1/conversations/9d5e9b99-67ee-400e-9e2a-3b93398d3b79/attachments/"
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


@pytest.mark.parametrize("path", [API, PAGE, "/demande/question/", "/administration/"])
async def test_what_announces_too_much_is_refused_unread(path):
    status, body = await post(path, str(limit_of(path) + 1))
    assert status == 413
    if path == API:
        said = json.loads(body)
        assert (said["code"], said["retry"]) == ("FILE_TOO_LARGE", False)
    else:
        assert "trop lourd" in body.decode()


@pytest.mark.parametrize("length", [None, "3", "", "-1", "9" * 30, "abc"])
async def test_what_sends_more_than_it_announced_is_cut(length):
    chunk = b"x" * 1024 * 1024
    assert (await post(API, length, *[chunk] * 12))[0] == 413
    assert await post(API, length, chunk) == (200, str(len(chunk)).encode())


async def test_a_whole_photo_passes():
    part = b"x" * (WITH_FILE // 2)
    assert await post(API, str(WITH_FILE), part, part) == (200, str(WITH_FILE).encode())
    assert (await post("/demande/question/", str(WITH_FILE), part, part))[0] == 413


async def test_only_so_many_files_are_held_at_once():
    """Those beyond are told to try again; a line of text passes meanwhile."""
    guard = BodyLimit(swallow)

    def open_one(path: str) -> ApplicationCommunicator:
        scope = {"type": "http", "path": path, "method": "POST", "headers": []}
        return ApplicationCommunicator(guard, scope)

    async def end(client: ApplicationCommunicator) -> int:
        await client.send_input({"type": "http.request", "body": b"x", "more_body": False})
        status = (await client.receive_output(10))["status"]
        await client.receive_output(10)
        await client.wait(10)
        return status

    slow = [open_one(API) for _ in range(LARGE_AT_ONCE)]
    for client in slow:
        await client.send_input({"type": "http.request", "body": b"x", "more_body": True})
        assert await client.receive_nothing()
    late = open_one(API)
    assert (await late.receive_output(10))["status"] == 503
    said = json.loads((await late.receive_output(10))["body"])
    assert (said["code"], said["retry"]) == ("BUSY", True)
    assert await end(open_one("/conversations/1/repondre/")) == 200
    assert {await end(client) for client in slow} == {200}
    assert guard.large == 0
    assert await end(open_one(PAGE)) == 200


def test_no_photo_is_written_to_a_disk_on_its_way(settings):
    """Whatever passes the limit stays in memory: Django keeps it there, and so do the forms."""
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE >= WITH_FILE
    assert [name.rsplit(".", 1)[1] for name in settings.FILE_UPLOAD_HANDLERS] == [
        "MemoryFileUploadHandler"
    ]
