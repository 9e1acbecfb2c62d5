"""Connections of the live views: asynchronous, few, and kept open.

The hot paths of the sockets would otherwise queue in threads, one query each. The models keep
the schema; the acts are the same generators that pages run (messagerie.actions.statements).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from django.db import connections
from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool

from messagerie.actions.statements import Answer, Last, Rows, Statement, Steps

SIZE = 6  # two for lines, one for receipts, one for readings, two spare
APPLICATION = "direct"  # how the database lists these connections
PATIENCE = 3  # seconds to wait for a connection, or for a lock
# Every statement here goes by a key. Planning it anew costs more than running it; and a plan made
# while a table was small, which reads it whole, would stay until the next ANALYZE. A store of rows
# already found (memoize) costs more to set up than the few keys of one statement cost to look up.
SETTINGS = ", ".join(
    f"set_config('{name}', '{value}', false)"
    for name, value in {
        "TimeZone": "UTC",
        "lock_timeout": "3s",
        "statement_timeout": "6s",
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "enable_memoize": "off",
        "jit": "off",
    }.items()
)
# Given by the settings to Django's own connections; these are what the driver itself knows.
DRIVER_KEYS = {"dbname", "host", "port", "user", "password", "connect_timeout", "service"}
# A server that vanishes without a word must not hold a lane: the link is asked, and given up.
LINK = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,  # milliseconds
}
ACT_SECONDS = 8  # of one transaction, answer included


def driver_parameters() -> dict[str, Any]:
    """How to reach the database "default", as the driver takes it; TLS options included."""
    given = connections["default"].get_connection_params()
    known = DRIVER_KEYS | LINK.keys() | {"keepalives"}
    return LINK | {
        key: value
        for key, value in given.items()
        if value is not None and (key in known or key.startswith("ssl"))
    }


Given = TypeVar("Given")


class Together(AsyncCursor):
    """A cursor that sends nothing by itself: its statement leaves with the others of its round
    trip. The driver's own would wait for the socket after each of them, which costs a lonely line
    more than its statements do."""

    def _execute_gen(self, query, params=None, *, prepare=None, binary=None):
        yield from self._start_query(query)
        converted = self._convert_query(query, params)
        yield from self._maybe_prepare_gen(converted, prepare=prepare, binary=binary)
        self._last_query = query
        yield from self._conn._prepared.maintain_gen(self._conn)


class Pool:
    """A pool on one event loop.

    Args:
        greet: called with each new connection, before its first use.
    """

    def __init__(self, greet: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        self._greet = greet
        # The last one used goes first: the server's process behind it has all at hand, where one
        # that slept for a while takes half as long again.
        self._warm: list[AsyncConnection] = []
        self._asking = 0  # acts that wait for a connection, since none was warm
        self._places = asyncio.Semaphore(SIZE)
        self._pool = AsyncConnectionPool(
            kwargs=driver_parameters()
            | {"prepare_threshold": 0, "application_name": APPLICATION, "autocommit": True},
            min_size=0,
            max_size=SIZE,
            timeout=PATIENCE,
            # Giving up soon frees the place: the next act tries afresh, instead of waiting for a
            # pause that doubles with the length of the outage.
            reconnect_timeout=1,
            configure=self._configure,
            open=False,
        )

    async def _configure(self, connection: AsyncConnection) -> None:
        await connection.execute(f"SELECT {SETTINGS}")
        await self._greet(connection)

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self.rest()
        await self._pool.close(timeout=PATIENCE)

    async def carry(self, steps: Steps[Answer]) -> Answer:
        """Run an act in one transaction; when this returns, it is committed.

        The statements of one step go in one round trip.

        Raises:
            psycopg.OperationalError: no connection, or it broke; whether the commit was done
                is then unknown, and the act must be harmless to repeat.
        """
        return await self._lend(_carry, steps)

    async def at_once(self, statement: Statement) -> Rows:
        """Run one statement that is a transaction by itself, in one round trip; when this
        returns, it is committed.

        Raises:
            psycopg.OperationalError: as above.
            psycopg.Error: the statement was refused, and changed nothing.
        """
        return await self._lend(_at_once, statement)

    async def rest(self) -> None:
        """Give back what was kept warm: the pool renews its old connections then."""
        while self._warm:
            await self._pool.putconn(self._warm.pop())

    async def _lend(
        self, work: Callable[[AsyncConnection, Given], Awaitable[Answer]], given: Given
    ) -> Answer:
        try:
            async with asyncio.timeout(ACT_SECONDS), self._places:
                connection = self._warm.pop() if self._warm else await self._ask()
                try:
                    answer = await work(connection, given)
                except BaseException as error:
                    await self._take_back(connection, error)
                    raise
                if self._asking or self._pool.closed:  # somebody waits for it, or nobody will
                    await self._pool.putconn(connection)
                else:
                    self._warm.append(connection)
                return answer
        except TimeoutError:
            raise psycopg.OperationalError("no answer in time") from None
        except psycopg.errors.ReadOnlySqlTransaction as error:
            raise psycopg.OperationalError("the database only reads") from error

    async def _ask(self) -> AsyncConnection:
        self._asking += 1
        try:
            return await self._pool.getconn()
        finally:
            self._asking -= 1

    async def _take_back(self, connection: AsyncConnection, error: BaseException) -> None:
        """An act failed: its transaction ends, and the pool judges what the connection is worth."""
        try:
            if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                await connection.close()  # a standby: not the one to keep
            with suppress(psycopg.Error):
                await connection.rollback()
        finally:
            await self._pool.putconn(connection)


async def _at_once(connection: AsyncConnection, statement: Statement) -> Rows:
    sql, parameters = statement
    cursor = await connection.execute(_binary(sql), parameters)
    return await cursor.fetchall()


async def _carry(connection: AsyncConnection, steps: Steps[Answer]) -> Answer:
    try:
        statements = next(steps)
        begun = False
        while True:
            statements = steps.send(await _together(connection, statements, begin=not begun))
            begun = True
    except StopIteration as done:
        await connection.commit()  # nothing to do when it went with the last statements
        return done.value


async def _together(
    connection: AsyncConnection, statements: list[Statement], *, begin: bool
) -> list[Rows]:
    """One round trip: with the first statements, the beginning of their transaction; with the
    `Last` ones, its commit."""
    async with connection.pipeline():
        if begin:
            await Together(connection).execute(b"BEGIN")
        cursors = []
        for sql, parameters in statements:
            cursor = Together(connection)
            cursors.append(await cursor.execute(_binary(sql), parameters))
        if isinstance(statements, Last):
            await Together(connection).execute(b"COMMIT")
    return [await cursor.fetchall() if _has_rows(cursor) else [] for cursor in cursors]


def _has_rows(cursor: AsyncCursor) -> bool:
    return cursor.pgresult is not None and cursor.pgresult.nfields > 0


@lru_cache(maxsize=64)
def _binary(sql: str) -> bytes:
    """The same statement with its parameters sent in binary: arrays of bytes cost half as much."""
    return sql.replace("%s", "%b").encode()
