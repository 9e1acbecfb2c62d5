"""The connections of the live views: few, shared by all, and renewed."""

import asyncio

import pytest

from messagerie.actions.statements import Steps
from messagerie.live.pool import SIZE, Pool
from tests.sockets import WAIT

pytestmark = pytest.mark.django_db(transaction=True)


async def nobody(_: object) -> None:
    """Greets no connection."""


def backend() -> Steps[int]:
    """Which process of the server answers, after a moment."""
    (((pid, _),),) = yield [("SELECT pg_backend_pid(), pg_sleep(0.05)", [])]
    return pid


@pytest.fixture
async def pool():
    pool = Pool(nobody)
    await pool.open()
    yield pool
    await pool.close()


async def test_many_more_acts_than_connections_all_have_their_turn(pool):
    pids = await asyncio.wait_for(
        asyncio.gather(*(pool.carry(backend()) for _ in range(5 * SIZE))), WAIT
    )
    assert len(pids) == 5 * SIZE
    assert len(set(pids)) <= SIZE


async def test_one_act_after_the_other_finds_the_same_connection(pool):
    await asyncio.gather(*(pool.carry(backend()) for _ in range(SIZE)))
    assert len({await pool.carry(backend()) for _ in range(SIZE)}) == 1
    await pool.rest()
    assert await pool.carry(backend())
    ((answer,),) = await pool.at_once(("SELECT %s::int + 1", [41]))
    assert answer == 42


def endless(begun: asyncio.Event) -> Steps[None]:
    """Says when its connection answers; what it asks then would take longer than any test."""
    yield [("SELECT 1", [])]
    begun.set()
    yield [("SELECT pg_sleep(600)", [])]


async def test_an_act_that_is_given_up_leaves_its_place(pool):
    for _ in range(2 * SIZE):
        begun = asyncio.Event()
        act = asyncio.create_task(pool.carry(endless(begun)))
        await asyncio.wait_for(begun.wait(), WAIT)
        assert await asyncio.wait_for(pool.carry(backend()), WAIT)  # beside it
        act.cancel()
        with pytest.raises(asyncio.CancelledError):
            await act
    assert await asyncio.wait_for(pool.carry(backend()), WAIT)


async def test_an_act_that_fails_leaves_nothing_behind(pool):
    for _ in range(2 * SIZE):
        with pytest.raises(Exception, match="division"):
            await pool.at_once(("SELECT 1 / %s::int", [0]))
    ((status,),) = await pool.at_once(
        ("SELECT count(*) FROM pg_stat_activity WHERE state LIKE %s", ["idle in%"])
    )
    assert status == 0


async def test_a_connection_that_comes_free_goes_to_whoever_waits(pool):
    """The server grants one connection only, as after a restart: nobody waits for another one."""
    pool._pool._max_size = 1
    pool._pool.timeout = WAIT
    first = await asyncio.wait_for(
        asyncio.gather(*(pool.carry(backend()) for _ in range(SIZE))), WAIT
    )
    assert len(set(first)) == 1
