"""The live view when things change or fail under it: sessions, locks, connections, the epoch."""

import asyncio
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from comptes.models import User
from messagerie import actions, consumers
from messagerie.live import tick
from messagerie.live.epoch import current_epoch
from messagerie.models import Conversation, Message
from messagerie.states import Outcome, State
from orientation.models import Membership
from tests import factories
from tests.messagerie.acting import by
from tests.messagerie.talking import (
    apart,
    hear_answer,
    hear_line,
    hear_to_the_end,
    locked_elsewhere,
    send,
    silently,
    watch,
)
from tests.signing import session_of
from tests.sockets import WAIT, Socket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory", "way"),
]


# --- No frame after the change, even when nobody told the socket


async def test_a_session_that_ended_is_served_no_line(talk, followed, sessions):
    await silently(lambda: Session.objects.filter(pk=sessions["patient"]).delete())
    await followed["pro"].say(send(talk, "Pour le patient seulement."))
    heard, code = await hear_to_the_end(followed["patient"])
    assert (heard, code) == ([], 4401)


async def test_a_session_that_ended_keeps_no_line(talk, followed, sessions, camille):
    await silently(lambda: User.objects.filter(pk=camille.pk).update(is_active=False))
    await followed["patient"].say(send(talk, "Trop tard."))
    heard, code = await hear_to_the_end(followed["patient"])
    assert (heard, code) == ([], 4401)
    assert not await apart(Message.objects.filter(sender=camille, seq__gt=talk.last_seq).exists)()


async def test_a_session_that_ended_gets_no_pong_and_no_receipt(talk, followed, camille):
    def change_password() -> None:
        camille.set_password("un autre mot de passe")
        camille.save()

    await silently(change_password)
    await followed["pro"].say({"t": "seen", "conversation": str(talk.pk), "seq": 2, "opened": True})
    await followed["patient"].say({"t": "ping"})
    heard, code = await hear_to_the_end(followed["patient"])
    assert (heard, code) == ([], 4401)


async def test_a_role_that_ended_is_served_no_line(talk, followed, lucie):
    await silently(lambda: Membership.objects.filter(user=lucie).delete())
    await followed["patient"].say(send(talk, "Pour qui soigne."))
    heard, code = await hear_to_the_end(followed["pro"])
    assert (heard, code) == ([], 4401)


async def test_a_new_sign_in_elsewhere_leaves_the_socket_alone(talk, followed, camille):
    await apart(session_of)(camille)  # last_login moves: the row of the account is another
    await followed["pro"].say(send(talk, "Toujours là ?"))
    assert (await hear_line(followed["patient"], "Toujours là ?"))["seq"] == talk.last_seq + 1
    frame = send(talk, "Oui.")
    await followed["patient"].say(frame)
    assert (await hear_answer(followed["patient"], frame["id"]))["t"] == "ack"


# --- Locks and connections


async def test_a_locked_conversation_waits_alone_and_keeps_its_order(talk, followed, lucie):
    other = await apart(factories.taken_conversation)(lucie)
    first, second, elsewhere = send(talk, "un"), send(talk, "deux"), send(other, "ailleurs")
    answers: list[str] = []
    with locked_elsewhere(talk):
        for frame in (first, second, elsewhere):
            await followed["pro"].say(frame)
        assert (await hear_answer(followed["pro"], elsewhere["id"]))["t"] == "ack"
    while len(answers) < 2:
        frame = await followed["pro"].hear()
        if frame["t"] == "ack":
            answers.append(frame["id"])
    assert answers == [first["id"], second["id"]]
    lines = [await hear_line(followed["patient"], body) for body in ("un", "deux")]
    assert [frame["seq"] for frame in lines] == [talk.last_seq + 1, talk.last_seq + 2]


def cut_connections() -> int:
    """End the connections of the live views on the database's side, as a restart does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'direct' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


async def test_lines_survive_the_end_of_their_connections(talk, followed):
    for number in range(5):
        frame = send(talk, f"Ligne {number}")
        assert await apart(cut_connections)() > 0
        await followed["pro"].say(frame)
        assert (await hear_answer(followed["pro"], frame["id"]))["t"] == "ack"
        await hear_line(followed["patient"], f"Ligne {number}")
    kept = await apart(list)(
        Message.objects.filter(conversation=talk).values_list("seq", flat=True)
    )
    assert kept == list(range(1, talk.last_seq + 6))


# --- The epoch


async def test_a_page_of_another_epoch_is_told(talk, sessions):
    page = Socket(sessions["patient"])
    await page.open()
    hello = await page.hear()
    assert hello["epoch"] == await apart(current_epoch)()
    for epoch, answer in ((hello["epoch"], "line"), ("0123456789abcdef", "nack")):
        await page.say({"t": "watch", "conversation": str(talk.pk), "cursor": 1, "epoch": epoch})
        heard = await page.hear_until(answer)
    assert (heard[-1]["code"], heard[-1]["retry"]) == ("OTHER_EPOCH", False)
    await page.close()


async def test_a_restored_database_makes_every_page_start_again(talk, followed):
    before = await apart(current_epoch)()
    await apart(call_command)("new_epoch", stdout=StringIO())
    assert await apart(current_epoch)() != before
    for page in followed.values():
        await page.say({"t": "ping"})
        assert (await hear_to_the_end(page))[1] == 1012


# --- Limits and signs


@override_settings(MESSAGE_RATE_PER_SECOND=1, MESSAGE_RATE_BURST=3)
async def test_who_writes_too_fast_is_told_to_wait_and_others_are_not(
    talk, followed, no_bucket_fills
):
    frames = [send(talk, f"{number}") for number in range(5)]
    for frame in frames:
        await followed["pro"].say(frame)
    answers = {}
    while len(answers) < 5:
        frame = await followed["pro"].hear()
        if frame["t"] in ("ack", "nack"):
            answers[frame["id"]] = frame
    refused = [answers[frame["id"]] for frame in frames if answers[frame["id"]]["t"] == "nack"]
    assert len(refused) == 2
    assert {(nack["code"], nack["retry"], nack["after"]) for nack in refused} == {("RATE", True, 1)}
    frame = send(talk, "Moi, j'écris peu.")
    await followed["patient"].say(frame)
    assert (await hear_answer(followed["patient"], frame["id"]))["t"] == "ack"


async def test_typing_reaches_the_other_side_only_and_leaves_nothing(talk, followed, monkeypatch):
    monkeypatch.setattr(consumers, "TYPING_PAUSE", 3600)
    typing = {"t": "typing", "conversation": str(talk.pk)}
    for _ in range(3):  # the second and the third come too soon to be passed on
        await followed["pro"].say(typing)
    frame = send(talk, "Voilà.")
    await followed["pro"].say(frame)
    heard = await followed["patient"].hear_until("line")
    assert [f["t"] for f in heard] == ["typing", "line"]
    assert heard[0] == {"t": "typing", "conversation": str(talk.pk), "side": "PROFESSIONAL"}
    own = await followed["pro"].hear_until("ack")
    assert "typing" not in {f["t"] for f in own}


async def test_who_only_looks_is_not_seen_typing(cpts, sessions):
    waiting = await apart(factories.conversation)()
    looking = Socket(sessions["pro"])
    await looking.open()
    await looking.hear_until("hello")
    await watch(looking, waiting)
    author = Socket(await apart(lambda: session_of(waiting.patient))())
    await author.open()
    await author.hear_until("hello")
    await watch(author, waiting)
    await looking.say({"t": "typing", "conversation": str(waiting.pk)})
    await looking.say({"t": "ping"})
    await looking.hear_until("pong")
    await author.say({"t": "ping"})
    assert [f["t"] for f in await author.hear_until("pong")] == ["pong"]
    for page in (looking, author):
        await page.close()


# --- A page that reads nothing


async def test_a_page_that_reads_nothing_is_closed_and_the_others_live(
    talk, followed, sessions, monkeypatch
):
    monkeypatch.setattr(tick, "SECONDS", 0.1)
    taken: asyncio.Queue[dict] = asyncio.Queue()
    for event in (
        {"type": "websocket.connect"},
        {
            "type": "websocket.receive",
            "text": f'{{"t":"watch","conversation":"{talk.pk}"}}',
        },
    ):
        taken.put_nowait(event)
    sent: list[dict] = []

    async def never_reads(message: dict) -> None:
        sent.append(message)
        if message["type"] != "websocket.accept":
            await asyncio.Event().wait()

    scope = {"type": "websocket", "session": type("", (), {"session_key": sessions["patient"]})}
    deaf = asyncio.create_task(consumers.live_socket(scope, taken.get, never_reads))
    await followed["pro"].say(send(talk, "Pour tous."))
    await hear_line(followed["patient"], "Pour tous.")
    await asyncio.wait_for(deaf, WAIT)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    await followed["pro"].say(send(talk, "Encore."))
    await hear_line(followed["patient"], "Encore.")


async def test_a_page_has_so_many_lines_under_way_and_no_more(talk, followed, monkeypatch):
    """What it says past that is refused for now: it keeps it, and says it again."""
    monkeypatch.setattr(consumers, "MAX_UNDER_WAY", 2)
    page, lines = followed["pro"], [send(talk, str(number)) for number in range(4)]
    with locked_elsewhere(talk):
        for line in lines[:3]:
            await page.say(line)
        refused = await hear_answer(page, lines[2]["id"])
        assert (refused["t"], refused["code"], refused["retry"]) == ("nack", "BUSY", True)
    for line in lines[:2]:
        assert (await hear_answer(page, line["id"]))["t"] == "ack"
    await page.say(lines[3])
    assert (await hear_answer(page, lines[3]["id"]))["t"] == "ack"


# --- What is erased


async def _erased(talk: Conversation, lucie: User, followed: dict[str, Socket]) -> None:
    """The term comes, without a hint, while the pages of `followed` show the whole of it."""

    def close() -> None:
        actions.close(talk.pk, **by(lucie), outcome=Outcome.RESOLVED, summary="Un conseil.")

    def erase() -> None:
        assert actions.erase_at_term(talk.pk, closed_before=timezone.now() + timedelta(days=1))

    await apart(close)()
    for socket in followed.values():
        while (await socket.hear_until("state"))[-1]["state"] != State.CLOSED:
            pass
    await silently(erase)


@pytest.mark.parametrize("reads", [False, True], ids=["quiet", "reading"])
async def test_what_is_erased_leaves_the_open_pages_without_a_hint(talk, followed, lucie, reads):
    await _erased(talk, lucie, followed)
    if reads:  # the receipt moves the row, and must not hide that it is erased
        seen = {"t": "seen", "conversation": str(talk.pk), "seq": 2**31 - 1, "opened": True}
        await followed["patient"].say(seen)
    for socket in followed.values():
        heard = await socket.hear_until("gone")
        assert heard[-1]["conversation"] == str(talk.pk)
        assert [frame["t"] for frame in heard if frame["t"] == "line"] == []


async def test_a_page_that_missed_the_erasure_is_told_when_it_comes_back(talk, pages, lucie):
    await _erased(talk, lucie, {})
    await pages["patient"].say(
        {"t": "watch", "conversation": str(talk.pk), "cursor": talk.last_seq}
    )
    assert (await pages["patient"].hear())["t"] == "gone"
