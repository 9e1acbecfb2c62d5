"""Whatever comes through the socket of a real web process gets a typed answer, and moves nobody.

Beside each bad input, two other people talk: their lines are acknowledged all the while.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import pytest

from messagerie.live_client import LineRefused, LiveClient
from tests import factories
from tests.messagerie.bad_inputs import BAD_BODIES, GOOD_BODIES, bad_frames
from tests.messagerie.live_pages import QUICK, Shown, until
from tests.messagerie.raw_link import (
    BINARY,
    CLOSE,
    HEAD_SECONDS,
    PING,
    TEXT,
    WAIT,
    RawLink,
    WebProcess,
    connected,
    frame,
    handshake,
    raw_link,
    web_process,
)
from tests.signing import session_of

READABLE = b'{"t":"ping"}'


@pytest.fixture(scope="module")
def process(django_db_setup, tmp_path_factory) -> Iterator[WebProcess]:
    with web_process(tmp_path_factory.mktemp("web")) as started:
        yield started


@pytest.fixture
def web(process) -> Iterator[WebProcess]:
    """The process; after each test it still stands, and wrote of no exception."""
    yield process
    process.stands()


@pytest.fixture
def people(transactional_db, territory) -> dict[str, object]:
    """Sessions and conversations of who errs and of the witnesses."""
    factories.open_region()
    lucie = factories.professional(factories.StructureFactory(), first_name="Lucie")
    camille, witness = factories.patient(), factories.patient()
    return {
        "erring": session_of(camille),
        "talk": factories.taken_conversation(lucie, camille).pk,
        "lucie": session_of(lucie),
        "witness": session_of(witness),
        "beside": factories.taken_conversation(lucie, witness).pk,
    }


class Witnesses:
    """Two people who talk beside."""

    def __init__(self, page: LiveClient, shown: Shown, conversation: UUID) -> None:
        self.page, self.shown, self.conversation = page, shown, conversation
        self.said = 0

    async def talk_on(self) -> None:
        """A line is acknowledged, and its reader has it, on the links of the beginning."""
        self.said += 1
        body = f"Ligne {self.said}"
        await asyncio.wait_for(self.page.send(self.conversation, body), WAIT)
        await until(lambda: self.shown.shows(body))
        assert self.shown.links == [True]


@pytest.fixture
async def witnesses(web, people) -> AsyncIterator[Witnesses]:
    def client(who: str, shown: Shown) -> LiveClient:
        address = f"127.0.0.1:{web.port}"
        return LiveClient(
            f"ws://{address}/ws/v1/",
            session=people[who],
            origin=f"http://{address}",
            listener=shown,
            pace=QUICK,
        )

    shown = Shown()
    async with client("witness", Shown()) as page, client("lucie", shown) as reader:
        reader.watch(people["beside"])
        yield Witnesses(page, shown, people["beside"])


@pytest.fixture
async def link(web, people) -> AsyncIterator[RawLink]:
    async with raw_link(web.port, people["erring"]) as opened:
        yield opened


async def lives(link: RawLink) -> None:
    link.send(frame(TEXT, READABLE))
    assert await link.answer() == {"t": "pong"}


async def test_frames_that_cannot_be_read(link, people, witnesses):
    answers = {}
    for name, text in bad_frames(people["talk"]).items():
        link.say(text)
        answers[name] = await link.answer()
        await lives(link)
        await witnesses.talk_on()
    assert {name: (one["t"], one.get("code")) for name, one in answers.items()} == dict.fromkeys(
        answers, ("error", "BAD_FRAME")
    )
    assert all(one["message"] for one in answers.values())


async def test_binary_frames(link, witnesses):
    for payload in (b"", READABLE, b"\x00\xff\xfe", b"\x00" * 60_000):
        link.send(frame(BINARY, payload))
        answer = await link.answer()
        assert (answer["t"], answer["code"]) == ("error", "BAD_FRAME")
        await lives(link)
        await witnesses.talk_on()


async def test_lines_that_are_no_text(link, people, witnesses):
    answers = {}
    for name, (body, _, _) in BAD_BODIES.items():
        line_id = str(uuid4())
        link.say({"t": "send", "conversation": str(people["talk"]), "id": line_id, "body": body})
        answer = await link.answer()
        assert answer["id"] == line_id and answer["message"] and answer["retry"] is False
        answers[name] = (answer["t"], answer["code"])
        await lives(link)
        await witnesses.talk_on()
    assert answers == {name: ("nack", code) for name, (_, code, _) in BAD_BODIES.items()}


async def test_odd_lines_that_are_text_come_back_as_they_are_kept(link, people, witnesses):
    link.say({"t": "watch", "conversation": str(people["talk"]), "cursor": 2})
    await link.answer_of("state")
    for name, (body, kept) in GOOD_BODIES.items():
        line_id = str(uuid4())
        link.say({"t": "send", "conversation": str(people["talk"]), "id": line_id, "body": body})
        heard = [await link.answer_of("ack", "nack", "line") for _ in range(2)]
        found = {one["t"]: one for one in heard}
        assert set(found) == {"ack", "line"}, name
        assert found["ack"]["id"] == found["line"]["id"] == line_id
        assert found["line"]["body"] == kept, name
    await witnesses.talk_on()


BROKEN = {
    "half of a character of UTF-8": (frame(TEXT, b'{"t":"ping\xc3"}'), 1007),
    "a surrogate in UTF-8": (frame(TEXT, b'{"t":"\xed\xa0\xbd"}'), 1007),
    "half of a character at the end": (frame(TEXT, b'{"t":"ping"}\xe2\x82'), 1007),
    "half of a character over two frames": (
        frame(TEXT, b'{"t":"\xe2', fin=False) + frame(0, b'ping"}'),
        1007,
    ),
    "more than the limit": (frame(TEXT, b" " * 65_537), 1009),
    "more than the limit in pieces": (
        frame(TEXT, b"{" * 40_000, fin=False) + frame(0, b"{" * 40_000),
        1009,
    ),
    "announced as 2^62 bytes": (b"\x81\xff" + (2**62).to_bytes(8, "big") + b"\0\0\0\0", 1009),
    "announced as 2^63 bytes": (b"\x81\xff" + (2**63).to_bytes(8, "big") + b"\0\0\0\0", 1009),
    "a continuation of nothing": (frame(0, READABLE), 1002),
    "a second beginning": (frame(TEXT, b"{", fin=False) + frame(TEXT, READABLE), 1002),
    "no mask": (frame(TEXT, READABLE, mask=False), 1002),
    "an unknown kind": (frame(3, READABLE), 1002),
    "an unknown control": (frame(11, b""), 1002),
    "compressed, which nobody agreed to": (frame(TEXT, READABLE, rsv=4), 1002),
    "reserved bits": (frame(TEXT, READABLE, rsv=3), 1002),
    "a ping in pieces": (frame(PING, b"", fin=False), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a closing of one byte": (frame(CLOSE, b"\x03"), 1002),
    "a closing with a code that is none": (frame(CLOSE, (999).to_bytes(2, "big")), 1002),
    "a closing whose reason is no UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "another protocol": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1002),
}


async def test_frames_that_break_the_protocol_close_with_its_code(web, people, witnesses):
    codes = {}
    for name, (sent, _) in BROKEN.items():
        async with raw_link(web.port, people["erring"]) as link:
            link.send(sent)
            codes[name] = (await link.answer()).get("code")
            assert await link.ended()
        await witnesses.talk_on()
    assert codes == {name: code for name, (_, code) in BROKEN.items()}


async def test_pieces_and_pings_within_the_protocol_are_answered(link):
    link.send(frame(TEXT, READABLE[:4], fin=False), frame(PING, b"?"), frame(0, READABLE[4:]))
    assert await link.hear() == (10, b"?")
    assert await link.answer() == {"t": "pong"}
    link.send(frame(TEXT, b"", fin=False), *[frame(0, b"", fin=False)] * 500, frame(0, b""))
    assert (await link.answer())["code"] == "BAD_FRAME"
    await lives(link)


async def test_a_page_that_leaves_in_the_middle_of_a_frame(web, people, witnesses):
    for sent in (b"\x81", b"\x81\xff", frame(TEXT, READABLE)[:9], frame(TEXT, b"{", fin=False)):
        async with raw_link(web.port, people["erring"]) as link:
            link.send(sent)
            await link.writer.drain()
        await witnesses.talk_on()


async def test_handshakes_that_are_none(web, people, witnesses):
    def opening(**changes: str | None) -> bytes:
        return handshake(web.port, people["erring"], **changes)

    openings = {
        "another site": (opening(Origin="http://exemple.invalid"), 403),
        "another port": (opening(Origin="http://127.0.0.1:1"), 403),
        "no origin": (opening(Origin=None), 403),
        "an origin that is no address": (opening(Origin="http://[::1"), 403),
        "a port that is no number": (opening(Origin="http://127.0.0.1:zz"), 403),
        "no host": (opening(Host=None), 403),
        "a host of somebody else": (
            opening(Host="exemple.invalid", Origin="http://exemple.invalid"),
            403,
        ),
        "an address that does not exist": (opening(request="GET /ws/v2/ HTTP/1.1"), 403),
        "an address with a NUL": (opening(request="GET /ws/v1/%00 HTTP/1.1"), 403),
        "no key": (opening(Sec_WebSocket_Key=None), 400),
        "a key that is none": (opening(Sec_WebSocket_Key="zz"), 400),
        "another version": (opening(Sec_WebSocket_Version="12"), 400),
        "not an upgrade": (opening(Connection="close", Upgrade=None), 404),
        "POST": (opening(request="POST /ws/v1/ HTTP/1.1"), 405),
        "HTTP/1.0": (opening(request="GET /ws/v1/ HTTP/1.0"), 426),
        "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        "a header with a control character": (opening(X_Odd="a\x01b"), 400),
        "200 headers": (opening(**{f"X_{number}": "a" for number in range(200)}), 431),
        "a header of 20,000 bytes": (opening(X_Long="a" * 20_000), 431),
        "a head of 70,000 bytes": (opening(X_Long="a" * 70_000), 431),
    }
    statuses = {}
    for name, (sent, _) in openings.items():
        async with connected(web.port) as link:
            statuses[name] = await link.greet(sent)
            assert await link.ended(), name
        await witnesses.talk_on()
    assert statuses == {name: status for name, (_, status) in openings.items()}


@pytest.mark.parametrize(
    "cookie",
    ["", "zz", "a" * 4000, "é;;=;", "\ud83d"],
    ids=["none", "short", "long", "signs", "half a character"],
)
async def test_a_session_that_is_none_is_led_to_sign_in(web, people, cookie):
    async with connected(web.port) as link:
        assert await link.greet(_with_cookie(web.port, cookie)) == 101
        assert await link.answer() == {"t": "closed", "code": 4401}


def _with_cookie(port: int, cookie: str) -> bytes:
    head = handshake(port, "", Cookie=None).removesuffix(b"\r\n")
    return head + b"Cookie: sessionid=" + cookie.encode("utf-8", "surrogatepass") + b"\r\n\r\n"


async def test_heads_that_do_not_end_are_cut(web, people, witnesses):
    """Half handshakes, one byte now and then, and connections that say nothing."""
    async with contextlib.AsyncExitStack() as stack:
        links = [await stack.enter_async_context(connected(web.port)) for _ in range(60)]
        half = handshake(web.port, people["erring"])[:-2]
        for link in links[:40]:
            link.writer.write(half)
        ended = asyncio.gather(*(link.ended() for link in links))
        while not ended.done():
            for link in links[20:40]:
                with contextlib.suppress(ConnectionError):
                    link.writer.write(b"X-A: b\r\n")
            await witnesses.talk_on()
            await asyncio.wait([ended], timeout=HEAD_SECONDS / 10)
        assert all(ended.result())


async def test_the_python_client_brings_every_text_that_may_be_kept(web, people, witnesses):
    """5,000 emoji would not fit in a frame by their numbers; what fits in none never leaves."""
    page, talk = witnesses.page, witnesses.conversation
    await asyncio.wait_for(page.send(talk, "\U0001f642" * 5000), WAIT)
    for body, code in (
        ("a" * 60_000, "TOO_LONG"),
        ("a" * 9_000, "TOO_LONG"),
        ("\ud83d", "UNREADABLE"),
    ):
        with pytest.raises(LineRefused) as refused:
            await asyncio.wait_for(page.send(talk, body), WAIT)
        assert refused.value.frame["code"] == code
    await witnesses.talk_on()


async def test_frames_asked_for_nothing_are_bounded(link, people, witnesses):
    """What a page may ask for is counted: conversations that it follows."""
    for _ in range(60):
        link.say({"t": "watch", "conversation": str(uuid4()), "cursor": 0})
    codes = [(await link.answer_of("nack"))["code"] for _ in range(60)]
    assert set(codes) <= {"NOT_FOUND", "BUSY"}
    await lives(link)
    await witnesses.talk_on()


async def test_a_flood_of_bad_frames_moves_nobody(link, people, witnesses):
    texts = [text for text in bad_frames(people["talk"]).values() if len(text) < 500]
    for _ in range(20):
        for text in texts:
            link.say(text)
        await link.writer.drain()
        await witnesses.talk_on()
    for _ in range(20 * len(texts)):
        assert (await link.answer())["code"] == "BAD_FRAME"
    await lives(link)


def test_the_catalogue_is_json_where_it_says_so():
    """A case that is refused for another reason than its own would prove nothing."""
    for name, text in bad_frames(uuid4()).items():
        if name.startswith("json: "):
            json.loads(text)
