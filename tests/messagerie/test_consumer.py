"""The socket between two people, on the real channel layer and the real database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from comptes.models import User
from messagerie import actions, delivery
from messagerie.models import Conversation, Message
from messagerie.states import Outcome
from orientation.models import Structure
from orientation.scope import scope_for
from tests import factories
from tests.sockets import Closed, Socket

# A broker that nobody runs: hints are lost, only the tick is left.
NOWHERE = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": "redis://127.0.0.1:1/0"}]},
    }
}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory"),
]


def apart(function):
    """Database work of a test that runs in the event loop."""
    return database_sync_to_async(function, thread_sensitive=False)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@pytest.fixture
def cpts() -> Structure:
    factories.open_region()
    return factories.StructureFactory()


@pytest.fixture
def lucie(cpts) -> User:
    return factories.professional(cpts, first_name="Lucie")


@pytest.fixture
def camille(cpts) -> User:
    return factories.patient()


@pytest.fixture
def talk(lucie, camille) -> Conversation:
    return factories.taken_conversation(lucie, camille)


@pytest.fixture
def sessions(lucie, camille) -> dict[str, str]:
    return {"pro": session_of(lucie), "patient": session_of(camille)}


@pytest.fixture
async def pages(sessions) -> AsyncIterator[dict[str, Socket]]:
    """Both people, connected."""
    opened = {}
    for who, session in sessions.items():
        opened[who] = Socket(session)
        assert await opened[who].open()
        assert (await opened[who].hear()) == {"t": "hello", "version": 1}
    yield opened
    for socket in opened.values():
        await socket.close()


async def watch(page: Socket, talk: Conversation, cursor: int = 0) -> list[dict]:
    await page.say({"t": "watch", "conversation": str(talk.pk), "cursor": cursor})
    return await page.hear_until("state")


def send(talk: Conversation | UUID, body: str = "Bonjour.", line_id: str = "") -> dict:
    conversation = talk if isinstance(talk, UUID) else talk.pk
    return {
        "t": "send",
        "conversation": str(conversation),
        "id": line_id or str(uuid4()),
        "body": body,
    }


async def hear_line(page: Socket, body: str) -> dict:
    """The line with this body; receipts and acknowledgements may come before it."""
    while True:
        frame = await page.hear()
        if frame["t"] == "line" and frame["body"] == body:
            return frame


async def hear_answer(page: Socket, line_id: str) -> dict:
    """The acknowledgement or the refusal of a line."""
    while True:
        frame = await page.hear()
        if frame["t"] in ("ack", "nack") and frame["id"] == line_id:
            return frame


async def test_both_see_each_line_with_the_same_number(talk, pages):
    for page in pages.values():
        lines = [frame["seq"] for frame in await watch(page, talk) if frame["t"] == "line"]
        assert lines == [1, 2]
    for number, (who, other) in enumerate([("pro", "patient"), ("patient", "pro")] * 2, start=3):
        body = f"Ligne {number}"
        await pages[who].say(send(talk, body))
        heard = [await hear_line(pages[one], body) for one in (who, other)]
        assert [frame["seq"] for frame in heard] == [number, number]
        assert heard[0]["side"] == ("PROFESSIONAL" if who == "pro" else "PATIENT")


async def test_an_acknowledged_line_is_committed(talk, pages):
    frame = send(talk)
    await pages["pro"].say(frame)
    ack = await hear_answer(pages["pro"], frame["id"])
    kept = await apart(Message.objects.get)(client_id=frame["id"])
    assert (ack["t"], ack["seq"]) == ("ack", kept.seq)


async def test_a_resend_is_acknowledged_alike_and_shown_once(talk, pages):
    await watch(pages["patient"], talk)
    frame = send(talk, "Une fois.")
    for _ in range(3):
        await pages["pro"].say(frame)
    acks = [await hear_answer(pages["pro"], frame["id"]) for _ in range(3)]
    assert {(ack["t"], ack["seq"], ack["at"]) for ack in acks} == {("ack", 3, acks[0]["at"])}
    await pages["pro"].say(send(talk, "Ensuite."))
    bodies = []
    while "Ensuite." not in bodies:
        heard = await pages["patient"].hear()
        if heard["t"] == "line":
            bodies.append(heard["body"])
    assert bodies == ["Une fois.", "Ensuite."]


async def test_a_page_that_comes_back_reads_what_it_missed(talk, lucie, pages, sessions):
    await watch(pages["patient"], talk)
    await pages["patient"].close()
    for number in (3, 4, 5):
        await apart(actions.post)(
            talk.pk,
            author=lucie,
            scope=await apart(scope_for)(lucie),
            client_id=uuid4(),
            body=f"Ligne {number}",
        )
    pages["patient"] = Socket(sessions["patient"])
    await pages["patient"].open()
    await pages["patient"].hear_until("hello")
    heard = await watch(pages["patient"], talk, cursor=3)
    assert [frame["seq"] for frame in heard if frame["t"] == "line"] == [4, 5]


async def test_a_long_conversation_is_caught_up_in_order(talk, lucie, pages, monkeypatch):
    monkeypatch.setattr("messagerie.delivery.PAGE", 3)
    scope = await apart(scope_for)(lucie)
    for number in range(3, 12):
        await apart(actions.post)(
            talk.pk, author=lucie, scope=scope, client_id=uuid4(), body=f"Ligne {number}"
        )
    heard = await watch(pages["patient"], talk)
    assert [frame["seq"] for frame in heard if frame["t"] == "line"] == list(range(1, 12))


async def test_receipts_go_to_the_other_side(talk, pages):
    for page in pages.values():
        await watch(page, talk)
    await pages["patient"].say(
        {"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": False}
    )
    state = (await pages["pro"].hear_until("state"))[-1]
    assert state["patient"] == {"delivered": 2, "opened": 0}
    await pages["patient"].say(
        {"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True}
    )
    state = (await pages["pro"].hear_until("state"))[-1]
    assert state["patient"] == {"delivered": 2, "opened": 2}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"t":"zzz"}',
        '{"t":"ping","more":1}',
        '{"t":"watch","conversation":"zzz"}',
        '{"t":"watch","conversation":"00000000-0000-0000-0000-000000000000","cursor":-1}',
        '{"t":"watch","conversation":"00000000-0000-0000-0000-000000000000","cursor":4294967296}',
        '{"t":"send","conversation":"00000000-0000-0000-0000-000000000000","id":"1","body":"a"}',
        '{"t":"seen","conversation":"00000000-0000-0000-0000-000000000000","seq":"1"}',
        "[" * 30_000,
        '{"t":"ping"}' + " " * 40_000,
    ],
)
async def test_a_bad_frame_gets_a_typed_error_and_the_socket_lives(pages, text):
    await pages["pro"].say(text)
    answer = await pages["pro"].hear()
    assert (answer["t"], answer["code"]) == ("error", "BAD_FRAME")
    assert answer["message"]
    await pages["pro"].say({"t": "ping"})
    assert await pages["pro"].hear() == {"t": "pong"}


async def test_a_binary_frame_is_refused_alike(pages):
    await pages["pro"].send_input({"type": "websocket.receive", "bytes": b"\x00\xff"})
    assert (await pages["pro"].hear())["code"] == "BAD_FRAME"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "EMPTY"),
        ("\u200b\u2060", "EMPTY"),
        ("a\x00b", "UNREADABLE"),
        ("x" * 20_000, "TOO_LONG"),
    ],
)
async def test_a_line_that_is_no_text_is_refused_for_good(talk, pages, body, code):
    frame = send(talk, body)
    await pages["pro"].say(frame)
    answer = await hear_answer(pages["pro"], frame["id"])
    assert (answer["t"], answer["code"], answer["retry"]) == ("nack", code, False)


async def test_foreign_conversations_do_not_exist(talk, pages):
    foreign = await apart(factories.conversation)()
    for conversation in (foreign.pk, uuid4()):
        line = send(conversation)
        for frame in (
            line,
            {"t": "watch", "conversation": str(conversation), "cursor": 0},
            {"t": "seen", "conversation": str(conversation), "seq": 1},
        ):
            await pages["patient"].say(frame)
            answer = await pages["patient"].hear()
            assert (answer["t"], answer["code"], answer["retry"]) == ("nack", "NOT_FOUND", False)
    assert await apart(foreign.messages.count)() == 1


async def test_a_closed_conversation_takes_no_line(talk, lucie, pages):
    scope = await apart(scope_for)(lucie)
    await apart(actions.close)(talk.pk, professional=lucie, scope=scope, outcome=Outcome.ABANDONED)
    frame = send(talk)
    await pages["patient"].say(frame)
    assert (await hear_answer(pages["patient"], frame["id"]))["code"] == "CLOSED"


async def test_the_console_hears_of_a_new_conversation(talk, pages):
    await pages["pro"].say({"t": "queue"})
    assert await pages["pro"].hear() == {"t": "queue"}
    await apart(factories.conversation)()
    assert await pages["pro"].hear() == {"t": "queue"}


async def test_the_console_hears_of_a_line_in_a_conversation_it_does_not_show(talk, camille, pages):
    await pages["pro"].say({"t": "queue"})
    await pages["pro"].hear()
    scope = await apart(scope_for)(camille)
    await apart(actions.post)(
        talk.pk, author=camille, scope=scope, client_id=uuid4(), body="Encore moi."
    )
    assert await pages["pro"].hear() == {"t": "queue"}


async def closed_with(page: Socket) -> int:
    with pytest.raises(Closed) as closed:
        while True:
            await page.hear()
    return closed.value.code


async def test_logging_out_closes_the_socket_at_the_next_frame(talk, sessions, pages):
    await apart(Session.objects.filter(pk=sessions["pro"]).delete)()
    await pages["pro"].say({"t": "ping"})
    assert await closed_with(pages["pro"]) == 4401


async def test_a_disabled_account_reads_nothing_more(talk, lucie, camille, pages):
    """The tick closes the socket even if its page says nothing."""
    await watch(pages["pro"], talk)
    await apart(User.objects.filter(pk=lucie.pk).update)(is_active=False)
    assert await closed_with(pages["pro"]) == 4401


async def test_without_a_session_the_page_is_led_to_sign_in():
    page = Socket("")
    await page.open()
    assert await closed_with(page) == 4401


async def test_an_administrator_has_no_live_view():
    administrator = await apart(factories.national_administrator)()
    page = Socket(await apart(session_of)(administrator))
    await page.open()
    assert await closed_with(page) == 4403


@pytest.mark.parametrize("origin", ["", "null", "http://autre.example", "http://testserver.autre"])
async def test_another_site_opens_no_socket(sessions, origin):
    page = Socket(sessions["pro"], origin=origin)
    assert not await page.open()


async def test_a_lost_hint_is_made_up_for_by_the_tick(talk, lucie, pages):
    """The act is announced nowhere: the view reads it all the same, within one tick."""
    await watch(pages["patient"], talk)
    scope = await apart(scope_for)(lucie)

    def post_unannounced() -> None:
        with delivery.quiet():
            actions.post(
                talk.pk, author=lucie, scope=scope, client_id=uuid4(), body="Sans annonce."
            )

    await apart(post_unannounced)()
    assert (await hear_line(pages["patient"], "Sans annonce."))["seq"] == 3


async def test_without_a_broker_lines_still_go_both_ways(talk, sessions):
    with override_settings(CHANNEL_LAYERS=NOWHERE):
        pages = {}
        for who, session in sessions.items():
            pages[who] = Socket(session)
            await pages[who].open()
            await pages[who].hear_until("hello")
            await watch(pages[who], talk)
        frame = send(talk, "Sans courtier.")
        await pages["pro"].say(frame)
        assert (await hear_answer(pages["pro"], frame["id"]))["t"] == "ack"
        await hear_line(pages["patient"], "Sans courtier.")
        await asyncio.gather(*(page.close() for page in pages.values()))


async def test_what_happens_at_the_same_time_keeps_one_order(talk, pages):
    """Twenty lines from both sides at once: one order, without a hole, the same for both."""
    for page in pages.values():
        await watch(page, talk)
    frames = [(who, send(talk, f"{who} {n}")) for n in range(10) for who in pages]
    await asyncio.gather(*(pages[who].say(frame) for who, frame in frames))
    seen: dict[str, list] = {}
    for who, page in pages.items():
        seen[who] = []
        while len(seen[who]) < len(frames):
            heard = await page.hear()
            if heard["t"] == "line":
                seen[who].append((heard["seq"], heard["body"]))
    assert seen["pro"] == seen["patient"]
    assert [seq for seq, _ in seen["pro"]] == list(range(3, 3 + len(frames)))
    assert sorted(body for _, body in seen["pro"]) == sorted(f["body"] for _, f in frames)


async def test_time_in_frames_is_exact_and_aware(talk, pages):
    line = (await watch(pages["pro"], talk))[0]
    assert datetime.fromisoformat(line["at"]).tzinfo is not None
