"""The Python client of the live view against a real web process, through links that break."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections

from benchmarks.fire.links import Door
from config.embedded.ports import free_port
from config.start.instance import CHECKOUT, programs
from messagerie.live_client import LineRefused, LinkRefused, Listener, LiveClient, Pace
from messagerie.models import Message
from tests import factories
from tests.config.conftest import until as answers
from tests.messagerie.live_pages import QUICK, WAIT, Shown, until
from tests.messagerie.talking import apart
from tests.signing import session_of


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory) -> Iterator[int]:
    """One web process on the databases of the tests; its port."""
    port = free_port()
    folder = tmp_path_factory.mktemp("web")
    env = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    for name, alias in (("DATABASE_URL", "default"), ("KEYS_DATABASE_URL", "keys")):
        address, _, _ = os.environ[name].rpartition("/")
        env[name] = f"{address}/{connections[alias].settings_dict['NAME']}"
    with open(folder / "web.log", "wb") as log:
        child = subprocess.Popen(
            programs(port, Path(settings.STATE_DIR))[0].command,
            cwd=CHECKOUT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        answers(lambda: child.poll() is not None or _listens(port), seconds=WAIT)
        assert child.poll() is None, (folder / "web.log").read_text()
        yield port
    finally:
        child.terminate()
        child.wait(WAIT)


def _listens(port: int) -> bool:
    return (
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import socket; socket.create_connection(('127.0.0.1', {port}))",
            ],
            stderr=subprocess.DEVNULL,
        ).returncode
        == 0
    )


@pytest.fixture
async def door(web) -> AsyncIterator[Door]:
    door = Door("test", [web])
    await door.open()
    yield door
    await door.close()


def client(door: Door, session: str, listener: Listener, pace: Pace = QUICK) -> LiveClient:
    address = f"127.0.0.1:{door.port}"
    return LiveClient(
        f"ws://{address}/ws/v1/",
        session=session,
        origin=f"http://{address}",
        listener=listener,
        pace=pace,
    )


@pytest.fixture
def lucie(transactional_db, territory):
    factories.open_region()
    return factories.professional(factories.StructureFactory(), first_name="Lucie")


@pytest.fixture
def camille(lucie):
    return factories.patient()


@pytest.fixture
def talk(lucie, camille) -> UUID:
    return factories.taken_conversation(lucie, camille).pk


@pytest.fixture
def sessions(lucie, camille) -> dict[str, str]:
    return {"pro": session_of(lucie), "patient": session_of(camille)}


async def test_a_line_goes_from_one_to_the_other(door, talk, sessions):
    shown = {who: Shown() for who in sessions}
    async with client(door, sessions["pro"], shown["pro"]) as pro:
        async with client(door, sessions["patient"], shown["patient"]) as patient:
            pro.watch(talk)
            patient.watch(talk)
            ack = await asyncio.wait_for(pro.send(talk, "Bonjour."), WAIT)
            await until(lambda: all(page.shows("Bonjour.") for page in shown.values()))
            assert (ack["t"], ack["seq"]) == ("ack", pro.cursor(talk))
            assert pro.pending == 0
    assert shown["pro"].lines == shown["patient"].lines
    assert [seq for seq, _ in shown["pro"].lines] == list(range(1, ack["seq"] + 1))


async def test_lines_typed_without_a_link_go_in_order_when_it_comes(door, talk, sessions):
    shown = Shown()
    pro = client(door, sessions["pro"], shown)
    pro.watch(talk)
    answers = [pro.send(talk, f"Ligne {number}") for number in range(5)]
    async with pro:
        acks = await asyncio.wait_for(asyncio.gather(*answers), WAIT)
        await until(lambda: shown.shows("Ligne 4"))
    numbers = [ack["seq"] for ack in acks]
    assert numbers == list(range(numbers[0], numbers[0] + 5))


async def test_an_answer_lost_with_the_link_is_asked_again_under_the_same_id(door, talk, sessions):
    shown = Shown()
    async with client(door, sessions["pro"], shown) as pro:
        pro.watch(talk)
        await until(lambda: len(shown.lines) == 2)
        door.mute()
        answer = pro.send(talk, "Une fois.")
        stored = Message.objects.filter(conversation_id=talk)
        async with asyncio.timeout(WAIT):
            while await apart(stored.count)() < 3:
                await asyncio.sleep(0.02)
        assert not answer.done()
        door.cut()
        ack = await asyncio.wait_for(answer, WAIT)
        await until(lambda: shown.shows("Une fois."))
    assert ack["seq"] == 3
    assert await apart(stored.count)() == 3
    assert [seq for seq, _ in shown.lines] == [1, 2, 3]


async def test_after_a_cut_only_what_was_missed_comes(door, talk, sessions):
    shown = {who: Shown() for who in sessions}
    async with client(door, sessions["pro"], shown["pro"]) as pro:
        async with client(door, sessions["patient"], shown["patient"]) as patient:
            pro.watch(talk)
            patient.watch(talk)
            await asyncio.wait_for(pro.send(talk, "Avant."), WAIT)
            await until(lambda: all(page.shows("Avant.") for page in shown.values()))
            door.cut()
            await asyncio.wait_for(pro.send(talk, "Pendant."), WAIT)
            await until(lambda: all(page.shows("Pendant.") for page in shown.values()))
    for page in shown.values():
        assert [seq for seq, _ in page.lines] == [1, 2, 3, 4]
        assert page.links.count(True) == 2


async def test_a_half_open_link_is_noticed_and_replaced(door, talk, sessions):
    shown = Shown()
    async with client(door, sessions["pro"], shown, replace(QUICK, pong_within=2.0)) as pro:
        pro.watch(talk)
        await until(lambda: len(shown.lines) == 2)
        door.freeze()
        answer = pro.send(talk, "Dans le vide.")
        await until(lambda: shown.links[-1:] == [False])
        assert not answer.done()
        door.thaw()
        await asyncio.wait_for(answer, WAIT)
        await until(lambda: shown.shows("Dans le vide."))
    assert [seq for seq, _ in shown.lines] == [1, 2, 3]


async def test_a_refusal_for_good_drops_the_line_and_the_next_one_passes(door, talk, sessions):
    async with client(door, sessions["pro"], Shown()) as pro:
        refused, kept = pro.send(talk, " \u200b "), pro.send(talk, "Bonjour.")
        with pytest.raises(LineRefused) as error:
            await asyncio.wait_for(refused, WAIT)
        assert error.value.frame["code"] == "EMPTY"
        assert (await asyncio.wait_for(kept, WAIT))["seq"] == 3
        assert pro.pending == 0


async def test_the_same_id_for_another_text_is_refused(door, talk, sessions):
    line_id = uuid4()
    async with client(door, sessions["pro"], Shown()) as pro:
        first = await asyncio.wait_for(pro.send(talk, "Bonjour.", line_id), WAIT)
        again = await asyncio.wait_for(pro.send(talk, "Bonjour.", line_id), WAIT)
        assert again["seq"] == first["seq"]
        with pytest.raises(LineRefused) as error:
            await asyncio.wait_for(pro.send(talk, "Autre chose.", line_id), WAIT)
    assert error.value.frame["code"] == "SAME_ID_OTHER_TEXT"


async def test_a_session_that_ends_stops_the_client_and_keeps_the_lines(door, talk, sessions):
    async with client(door, sessions["pro"], Shown()) as pro:
        await until(lambda: pro.linked)
        await apart(Session.objects.all().delete)()
        answer = pro.send(talk, "Trop tard.")
        with pytest.raises(LinkRefused) as error:
            await asyncio.wait_for(pro.closed(), WAIT)
        assert error.value.code == 4401
        with pytest.raises(LinkRefused):
            await asyncio.wait_for(answer, WAIT)
        with pytest.raises(LinkRefused):  # nor does a later one wait for ever
            await asyncio.wait_for(pro.send(talk, "Encore."), WAIT)
        assert pro.pending == 2


async def test_another_origin_never_gets_a_link(door, talk, sessions):
    pro = LiveClient(
        f"ws://127.0.0.1:{door.port}/ws/v1/",
        session=sessions["pro"],
        origin="http://exemple.invalid",
        pace=QUICK,
    )
    async with pro:
        await asyncio.sleep(0.5)
        assert not pro.linked
