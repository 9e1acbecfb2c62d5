"""The live view under what goes wrong: lost keys, a dead database, a broker that says nothing."""

import socket as network
import threading
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from comptes.keys.cipher import destroy_key
from comptes.models import Act, JournalEntry
from messagerie import actions, delivery
from messagerie.consumers import MAX_WATCHED
from messagerie.models import Conversation, Message
from orientation.models import Duty
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.talking import (
    apart,
    hear_answer,
    locked_elsewhere,
    send,
    somebody_waits_for_a_lock,
    watch,
)
from tests.signing import session_of
from tests.sockets import WAIT, Closed, Socket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory"),
]


@pytest.fixture
def talk(lucie) -> Conversation:
    return factories.taken_conversation(lucie)


@pytest.fixture
def session(lucie) -> str:
    return session_of(lucie)


@pytest.fixture
async def page(session) -> AsyncIterator[Socket]:
    """A page of the professional who holds the conversation, connected."""
    one = Socket(session)
    assert await one.open()
    await one.hear_until("hello")
    yield one
    await one.close()


async def test_a_destroyed_key_is_a_refusal_for_good_and_the_socket_lives(talk, page):
    await apart(destroy_key)(talk.pk)
    await page.say(send(talk))
    nack = await page.hear()
    assert (nack["t"], nack["code"], nack["retry"]) == ("nack", "UNREADABLE", False)
    await page.say({"t": "ping"})
    assert (await page.hear())["t"] == "pong"


async def test_a_database_that_fails_is_a_refusal_to_retry_and_the_socket_lives(talk, page):
    def rename(old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    await apart(rename)("messagerie_message", "elsewhere")
    frame = send(talk)
    try:
        await page.say(frame)
        nack = await page.hear()
    finally:
        await apart(rename)("elsewhere", "messagerie_message")
    assert (nack["t"], nack["retry"], nack["id"]) == ("nack", True, frame["id"])
    await page.say(frame)
    assert (await page.hear_until("ack"))[-1]["id"] == frame["id"]


async def test_a_failing_account_table_does_not_break_the_socket(session, page):
    def rename(old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    await apart(rename)("comptes_user", "elsewhere")
    try:
        await page.say({"t": "ping"})
        nack = await page.hear()
        late = Socket(session)
        assert await late.open()
        with pytest.raises(Closed) as closed:
            await late.hear()
    finally:
        await apart(rename)("elsewhere", "comptes_user")
    assert (nack["t"], nack["retry"]) == ("nack", True)
    assert closed.value.code == 1013
    await page.say({"t": "ping"})
    assert (await page.hear())["t"] == "pong"


async def test_an_opening_by_the_socket_alone_is_journaled_once(talk, lucie, page):
    def openings() -> int:
        return JournalEntry.objects.filter(
            act=Act.CONVERSATION_READ, conversation_id=talk.pk, actor_id=lucie.pk
        ).count()

    assert await apart(openings)() == 0
    await watch(page, talk)
    await watch(page, talk)
    assert await apart(openings)() == 1


async def test_a_foreign_conversation_and_an_absent_one_answer_alike(cpts, page):
    def foreign() -> UUID:
        factories.open_region("53")
        return factories.conversation(commune=factories.RENNES).pk

    answers = []
    for conversation in (await apart(foreign)(), uuid4()):
        await page.say({"t": "watch", "conversation": str(conversation)})
        nack = await page.hear()
        assert nack.pop("conversation") == str(conversation)
        answers.append(nack)
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "NOT_FOUND"


async def test_who_insists_on_what_they_may_not_open_costs_nobody_their_answer(talk, page):
    await watch(page, talk)
    stranger = Socket(await apart(lambda: session_of(factories.patient()))())
    assert await stranger.open()
    about = {"conversation": str(talk.pk)}
    with locked_elsewhere():
        await stranger.say({"t": "watch", **about})
        await somebody_waits_for_a_lock()
        for frame in ({"t": "unwatch", **about}, {"t": "watch", **about}, {"t": "ping"}):
            await stranger.say(frame)
        await stranger.hear_until("pong")
    assert (await stranger.hear())["code"] == "NOT_FOUND"
    line = send(talk)
    await page.say(line)
    assert (await hear_answer(page, line["id"]))["t"] == "ack"
    await stranger.close()


async def test_a_page_watches_a_bounded_number_of_conversations(lucie, page):
    def many() -> list[UUID]:
        author = factories.patient()
        return [factories.conversation(author).pk for _ in range(MAX_WATCHED + 1)]

    watched = await apart(many)()
    for conversation in watched[:-1]:
        await watch(page, conversation)
    await page.say({"t": "watch", "conversation": str(watched[-1])})
    assert (await page.hear())["t"] == "nack"


async def test_a_page_that_watches_again_from_further_back_reads_the_lines_again(talk, page):
    first = await watch(page, talk)
    again = await watch(page, talk)
    assert [f["seq"] for f in again if f["t"] == "line"] == [
        f["seq"] for f in first if f["t"] == "line"
    ]


async def test_the_end_of_a_duty_takes_waiting_conversations_off_the_page(lucie, page):
    waiting = await apart(factories.conversation)()
    await watch(page, waiting)
    await page.say({"t": "queue"})
    await page.hear_until("queue")

    def stop() -> None:
        Duty.objects.update(ended_at=timezone.now())
        delivery.hint_rights(lucie.pk)

    await apart(stop)()
    heard = await page.hear_until("gone")
    assert heard[-1]["conversation"] == str(waiting.pk)


async def test_a_receipt_beyond_the_last_line_moves_once(talk, lucie):
    def see() -> int:
        scope = scope_for(lucie)
        actions.mark_opened(talk.pk, reader=lucie, scope=scope, seq=2**31 - 1)
        before = Conversation.objects.values_list("professional_opened_seq", flat=True).get()
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin FROM messagerie_conversation")
            version = cursor.fetchone()
            actions.mark_opened(talk.pk, reader=lucie, scope=scope, seq=2**31 - 1)
            cursor.execute("SELECT xmin FROM messagerie_conversation")
            assert cursor.fetchone() == version
        return before

    assert await apart(see)() == talk.last_seq


# --- The broker


@pytest.fixture
def silent_broker(settings) -> Iterator[None]:
    """A server that takes connections and never answers."""
    with network.create_server(("127.0.0.1", 0)) as server:
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        default = dict(settings.CHANNEL_LAYERS["default"])
        default["CONFIG"] = {"hosts": [{"address": address, "socket_timeout": None}]}
        settings.CHANNEL_LAYERS = {"default": default}
        yield


def test_a_broker_that_never_answers_does_not_hold_a_line_back(talk, lucie, silent_broker):
    def post() -> None:
        actions.post(
            talk.pk, author=lucie, scope=scope_for(lucie), client_id=uuid4(), body="Bonjour."
        )
        connection.close()

    writer = threading.Thread(target=post, daemon=True)
    writer.start()
    writer.join(WAIT)
    assert not writer.is_alive()
    assert Message.objects.filter(sender=lucie).count() == 1
