"""What the socket refuses, and when it closes."""

from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session

from comptes.models import User
from messagerie import actions
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.talking import apart, hear_answer, send, watch
from tests.signing import session_of
from tests.sockets import Closed, Socket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory"),
]


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
        '{"t":"ping\\ud83d"}',
        '{"t":"send","id":"\\ud83d","body":"a"}',
        "[" * 30_000,
        "[" * 30_000 + '"\\ud83d',
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
        ("\ud83d", "UNREADABLE"),
        ("un \ude00\ud83d mot", "UNREADABLE"),
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
