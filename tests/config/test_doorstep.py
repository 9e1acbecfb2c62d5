"""Requests byte by byte against a real web process: each is answered with a status, or cut."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.messagerie.raw_link import HEAD_SECONDS, WebProcess, connected, web_process


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory) -> Iterator[WebProcess]:
    with web_process(tmp_path_factory.mktemp("web")) as started:
        yield started


async def status_of(web: WebProcess, sent: bytes) -> int:
    async with connected(web.port) as link:
        return await link.greet(sent)


def request(*headers: str, first: str = "GET /accessibilite/ HTTP/1.1", body: bytes = b"") -> bytes:
    return "\r\n".join([first, "Host: localhost", *headers, "", ""]).encode("latin-1") + body


POST = "POST /demande/ HTTP/1.1"
CASES = {
    "a page": (request(), {200}),
    "HTTP/1.0": (request(first="GET /accessibilite/ HTTP/1.0"), {200}),
    "no host": (b"GET /accessibilite/ HTTP/1.1\r\n\r\n", {200, 400}),
    "two hosts": (request("Host: exemple.invalid"), {200, 400}),
    "a host that is none": (b"GET /accessibilite/ HTTP/1.1\r\nHost: a b\x7f\r\n\r\n", {400}),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "no request": (b"\x00\r\n\r\n", {400}),
    "a method that is none": (request(first="DROP /accessibilite/ HTTP/1.1"), {400}),
    "a header without a colon": (request("abc"), {400}),
    "a header with NUL": (request("X-A: a\0b"), {400}),
    "an address beyond ASCII": (request(first="GET /\xe9 HTTP/1.1"), {400, 404}),
    "NUL in the address": (request(first="GET /%00 HTTP/1.1"), {404}),
    "no UTF-8 in the address": (request(first="GET /%ff%fe HTTP/1.1"), {404}),
    "a long address": (request(first=f"GET /{'a' * 20_000} HTTP/1.1"), {404}),
    "an endless address": (b"GET /" + b"a" * 70_000, {431}),
    "an endless header": (request()[:-2] + b"X-A: " + b"a" * 70_000, {431}),
    "endless headers": (request()[:-2] + b"X-A: b\r\n" * 8_750, {431}),
    "two lengths": (request("Content-Length: 1", "Content-Length: 2", first=POST), {400}),
    "length and pieces": (
        request("Content-Length: 1", "Transfer-Encoding: chunked", first=POST),
        {400},
    ),
    "a negative length": (request("Content-Length: -1", first=POST), {400}),
    "a length that is none": (request("Content-Length: 1e3", first=POST), {400}),
    "an enormous length": (request(f"Content-Length: {'9' * 18}", first=POST), {413}),
    "a length beyond 64 bits": (request(f"Content-Length: {'9' * 30}", first=POST), {400, 413}),
    "pieces that are none": (
        request("Transfer-Encoding: chunked", first=POST, body=b"zz\r\nabc\r\n"),
        {400, 403},
    ),
    "an unknown coding": (request("Transfer-Encoding: gzip", first=POST), {400, 403}),
    "a form without its token": (request("Content-Length: 3", first=POST, body=b"a=b"), {403}),
    "cookies that are none": (request("Cookie: ;;=;\xff\xfe; sessionid=\xe9; a"), {200}),
    "a language that is none": (request("Accept-Language: \xff," + "a;q=9," * 500), {200}),
    "a range that is none": (request("Range: bytes=9-1,--", "If-Modified-Since: zz"), {200}),
    "an upgrade to something else": (request("Connection: Upgrade", "Upgrade: h2c"), {200}),
}


async def test_requests_that_are_none(web):
    found = {name: await status_of(web, sent) for name, (sent, _) in CASES.items()}
    assert not {name: status for name, status in found.items() if status not in CASES[name][1]}
    assert await status_of(web, request()) == 200
    web.stands()


async def test_a_later_request_of_the_same_connection_is_awaited_as_long(web):
    async with connected(web.port) as link:
        assert await link.greet(request()) == 200
        link.writer.write(b"GET /accessibilite/ HTTP/1.1\r\nHost: localhost\r\n")
        assert await link.ended()
    web.stands()


async def test_a_head_in_pieces_is_whole_when_it_comes_in_time(web):
    async with connected(web.port) as link:
        for place in range(0, len(request()), 20):
            link.writer.write(request()[place : place + 20])
            await link.writer.drain()
            await asyncio.sleep(HEAD_SECONDS / 100)
        assert await link.greet(b"") == 200
    web.stands()
