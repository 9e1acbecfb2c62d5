"""The socket between two people, on the real channel layer and the real database."""

import asyncio
from datetime import datetime
from uuid import uuid4

import pytest
from django.test import override_settings

from messagerie import actions, delivery
from messagerie.live import hub
from messagerie.models import Conversation, Message
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.talking import (
    apart,
    hear_answer,
    hear_line,
    locked_elsewhere,
    send,
    watch,
)
from tests.sockets import WAIT, Socket

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


async def test_a_line_of_a_professional_says_whose_it_is_however_it_comes(talk, lucie, pages):
    """A colleague may take over: the page must not lend these words to who answers now."""
    own = {"by": "Lucie, infirmier"}
    await watch(pages["patient"], talk)
    await pages["pro"].say(send(talk, "Au repos."))
    live = await hear_line(pages["patient"], "Au repos.")
    assert live | own == live
    caught_up = [frame for frame in await watch(pages["patient"], talk) if frame["t"] == "line"]
    assert caught_up[-1] == live
    assert ["by" in line for line in caught_up] == [
        line["side"] == "PROFESSIONAL" for line in caught_up
    ]
    (read,) = await apart(delivery.lines_after)(talk.pk, live["seq"] - 1)
    assert {"by": read.by} == own


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


async def test_a_receipt_said_before_the_watch_is_answered_counts(talk, pages):
    """A page that opens says both at once; nothing is asked twice of a slow database."""
    await watch(pages["patient"], talk)
    await pages["pro"].say({"t": "watch", "conversation": str(talk.pk), "cursor": 2})
    await pages["pro"].say({"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True})
    state = (await pages["patient"].hear_until("state"))[-1]
    assert state["professional"] == {"delivered": 2, "opened": 2}


async def test_a_receipt_counts_when_its_page_leaves_at_once(talk, pages):
    await watch(pages["pro"], talk)
    await watch(pages["patient"], talk)
    with locked_elsewhere(talk):
        seen = {"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True}
        await pages["pro"].say(seen)
        await pages["pro"].close()
    state = (await pages["patient"].hear_until("state"))[-1]
    assert state["professional"] == {"delivered": 2, "opened": 2}


async def test_the_last_page_of_a_process_leaves_its_receipt(talk, sessions, monkeypatch):
    monkeypatch.setattr(hub, "LAST_WORDS", WAIT)
    only = Socket(sessions["pro"])
    assert await only.open()
    await watch(only, talk)
    await only.say({"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True})
    await only.close()
    assert (await apart(Conversation.objects.get)()).professional_opened_seq == 2


async def test_the_last_page_leaves_its_receipt_behind_a_short_lock(talk, sessions, monkeypatch):
    monkeypatch.setattr(hub, "LAST_WORDS", WAIT)
    only = Socket(sessions["pro"])
    assert await only.open()
    await watch(only, talk)
    with locked_elsewhere(talk):
        await only.say({"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True})
        await only.send_input({"type": "websocket.disconnect", "code": 1000})
        await asyncio.sleep(0.05)
    await only.wait(WAIT)
    assert (await apart(Conversation.objects.get)()).professional_opened_seq == 2


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
