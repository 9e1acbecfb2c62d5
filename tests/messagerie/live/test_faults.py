"""The live view when two things happen at the worst moment. Without the tick, which mends late,
each is mended by itself or the test waits in vain."""

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import override_settings

from comptes.models import Act, JournalEntry
from messagerie import consumers, delivery
from messagerie.live import hub as hubs
from messagerie.live import sessions as proofs
from messagerie.live import tick, writing
from messagerie.models import Conversation, Message
from tests.messagerie.talking import apart, hear_answer, hear_to_the_end, send, silently, watch
from tests.sockets import WAIT, Closed, Socket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory", "no_tick", "way"),
]


@pytest.fixture(autouse=True)
def no_tick(monkeypatch) -> None:
    monkeypatch.setattr(tick, "SECONDS", 3600)


def the_hub() -> hubs.Hub:
    return hubs._hubs[asyncio.get_running_loop()]


ALONE = "at_once"  # the transaction of a lone line


class Gate:
    """Holds the first transaction of one kind open, then lets it end, or break."""

    def __init__(self, monkeypatch, kind: str, *, breaks: bool = False) -> None:
        self.entered, self.open = asyncio.Event(), asyncio.Event()
        door = ALONE if kind == ALONE else "carry"
        carry, used = getattr(the_hub().pool, door), False

        async def gated(steps: Any) -> Any:
            nonlocal used
            if used or (kind != ALONE and steps.__name__ != kind):
                return await carry(steps)
            used = True
            answer = None if breaks else await carry(steps)
            self.entered.set()
            await self.open.wait()
            if breaks:
                raise psycopg.OperationalError("the connection is lost")
            return answer

        monkeypatch.setattr(the_hub().pool, door, gated)


async def kept_order(conversation: Conversation, sent: list[str]) -> list[int]:
    ids = await apart(list)(
        Message.objects.filter(conversation=conversation, client_id__in=sent)
        .order_by("seq")
        .values_list("client_id", flat=True)
    )
    return [sent.index(str(one)) for one in ids]


@override_settings(MESSAGE_RATE_PER_SECOND=100_000, MESSAGE_RATE_BURST=100_000)
async def test_receipts_that_lock_the_row_leave_the_lines_in_order(talk, followed, monkeypatch):
    """Lines in a row, while the reader says how far they are: both want the same row."""
    frames = [send(talk, str(number)) for number in range(150)]
    # On a slow machine all of them may be under way at once; that limit has its own test.
    monkeypatch.setattr(consumers, "MAX_UNDER_WAY", len(frames))
    monkeypatch.setattr(writing, "PATIENCE", WAIT)

    async def read() -> None:
        for seq in range(10_000):
            frame = {"t": "seen", "conversation": str(talk.pk), "seq": seq, "opened": True}
            await followed["patient"].say(frame)
            await asyncio.sleep(0.001)

    reading = asyncio.create_task(read())
    for frame in frames:
        await followed["pro"].say(frame)
        await asyncio.sleep(0.001)
    answered = set()
    while len(answered) < len(frames):
        frame = await followed["pro"].hear()
        if frame["t"] in ("ack", "nack"):
            answered.add((frame["id"], frame["t"]))
    reading.cancel()
    assert {kind for _, kind in answered} == {"ack"}
    order = await kept_order(talk, [frame["id"] for frame in frames])
    assert order == list(range(len(frames)))


async def test_a_line_whose_connection_broke_keeps_its_place(talk, followed, way, monkeypatch):
    gate = Gate(monkeypatch, ALONE if way == "alone" else "beside_stamps", breaks=True)
    first, second = send(talk, "un"), send(talk, "deux")
    await followed["pro"].say(first)
    await asyncio.wait_for(gate.entered.wait(), WAIT)
    await followed["pro"].say(second)
    await asyncio.sleep(0.05)
    gate.open.set()
    for frame in (first, second):
        assert (await hear_answer(followed["pro"], frame["id"]))["t"] == "ack"
    assert await kept_order(talk, [first["id"], second["id"]]) == [0, 1]


async def test_a_cookie_that_is_no_key_fails_nobody_else(talk, sessions):
    answers = {}

    async def come(name: str, cookie: str) -> None:
        page = Socket(cookie)
        await page.open()
        try:
            answers[name] = (await page.hear())["t"]
        except Closed as closed:
            answers[name] = closed.code
        await page.close()

    bad = ['"aaaaaaaa\\000"', "x" * 4000, "é" * 20]
    await asyncio.gather(
        *(come(cookie, cookie) for cookie in bad), come("good", sessions["patient"])
    )
    assert answers.pop("good") == "hello"
    assert set(answers.values()) == {4401}


async def test_a_receipt_on_nothing_is_asked_once(followed):
    nobody = str(uuid4())
    await followed["patient"].say({"t": "watch", "conversation": nobody})
    await followed["patient"].say({"t": "seen", "conversation": nobody, "seq": 1})
    assert (await followed["patient"].hear_until("nack"))[-1]["code"] == "NOT_FOUND"
    await followed["patient"].say({"t": "ping"})
    await followed["patient"].hear_until("pong")
    assert the_hub().receipts._pending == {}


async def test_a_session_that_ended_marks_nothing_as_opened(talk, followed, sessions):
    await silently(lambda: Session.objects.filter(pk=sessions["patient"]).delete())
    seen = {"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True}
    await followed["patient"].say(seen)
    assert (await hear_to_the_end(followed["patient"]))[1] == 4401
    await apart(talk.refresh_from_db)()
    assert talk.patient_opened_seq == 0


async def test_a_second_change_during_a_proof_is_not_missed(
    talk,
    followed,
    sessions,
    camille,
    monkeypatch,
):
    real, held, calls = proofs.prove, asyncio.Event(), 0

    async def prove(keys: Any) -> Any:
        nonlocal calls
        calls += 1
        found = await real(keys)
        if calls == 1:
            await held.wait()
        return found

    monkeypatch.setattr(proofs, "prove", prove)
    the_hub().hear(delivery.Hints(rights={camille.pk}))
    async with asyncio.timeout(WAIT):
        while not calls:
            await asyncio.sleep(0.01)
    await silently(lambda: Session.objects.filter(pk=sessions["patient"]).delete())
    the_hub().hear(delivery.Hints(rights={camille.pk}))
    held.set()
    assert (await hear_to_the_end(followed["patient"]))[1] == 4401


async def test_no_line_is_served_before_its_opening_is_journaled(
    talk,
    sessions,
    monkeypatch,
):
    """The session's row is written between proof and look, and proved anew during the look."""

    def openings() -> int:
        return JournalEntry.objects.filter(
            act=Act.CONVERSATION_READ, conversation_id=talk.pk
        ).count()

    page = Socket(sessions["pro"])
    await page.open()
    await page.hear_until("hello")
    (view,) = the_hub().views

    def rewrite() -> None:
        store = SessionStore(sessions["pro"])
        store["something"] = 1
        store.save()

    await silently(rewrite)
    gate = Gate(monkeypatch, "look")
    await page.say({"t": "watch", "conversation": str(talk.pk)})
    await asyncio.wait_for(gate.entered.wait(), WAIT)
    before = view.proof
    the_hub().sessions.prove_again([view])
    async with asyncio.timeout(WAIT):
        while view.proof is before:
            await asyncio.sleep(0.01)
    gate.open.set()
    await page.hear_until("line")
    assert await apart(openings)() == 1
    await page.close()


async def test_a_watch_said_again_survives_a_look_that_failed(
    talk,
    followed,
    monkeypatch,
):
    gate = Gate(monkeypatch, "look", breaks=True)
    the_hub().hear(delivery.Hints(conversations={talk.pk: 0}))
    await asyncio.wait_for(gate.entered.wait(), WAIT)
    again = asyncio.create_task(watch(followed["patient"], talk))
    await asyncio.sleep(0.05)
    gate.open.set()
    heard = await asyncio.wait_for(again, WAIT)
    assert [frame["seq"] for frame in heard if frame["t"] == "line"] == [1, 2]
