"""Connections of the live views: asynchronous, few, and kept open.

The hot paths of the sockets would otherwise queue in threads, one query each. The models keep
the schema; the acts are the same generators that pages run (messagerie.actions.statements).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from messagerie.actions.statements import Answer, Rows, Statement, Steps

SIZE = 4  # one for lines, one for receipts, one for readings, one spare
PATIENCE = 3  # seconds to wait for a connection, or for a lock
# Given by the settings to Django's own connections; these are what the driver itself knows.
DRIVER_KEYS = {"dbname", "host", "port", "user", "password", "connect_timeout", "service"}


def driver_parameters() -> dict[str, Any]:
    """How to reach the database "default", as the driver takes it; TLS options included."""
    given = connections["default"].get_connection_params()
    return {
        key: value
        for key, value in given.items()
        if value is not None and (key in DRIVER_KEYS or key.startswith("ssl"))
    }


class Pool:
    """A pool on one event loop.

    Args:
        greet: called with each new connection, before its first use.
    """

    def __init__(self, greet: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        self._greet = greet
        self._pool = AsyncConnectionPool(
            kwargs=driver_parameters() | {"prepare_threshold": 0, "application_name": "direct"},
            min_size=0,
            max_size=getattr(settings, "LIVE_POOL_SIZE", SIZE),
            timeout=PATIENCE,
            configure=self._configure,
            open=False,
        )

    async def _configure(self, connection: AsyncConnection) -> None:
        await connection.execute(
            "SELECT set_config('TimeZone', 'UTC', false), set_config('lock_timeout', '3s', false),"
            " set_config('statement_timeout', '10s', false)"
        )
        await self._greet(connection)
        await connection.commit()

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=PATIENCE)

    async def carry(self, steps: Steps[Answer]) -> Answer:
        """Run an act in one transaction; when this returns, it is committed.

        The statements of one step go in one round trip.

        Raises:
            psycopg.OperationalError: no connection, or it broke; whether the commit was done
                is then unknown, and the act must be harmless to repeat.
        """
        async with self._pool.connection() as connection:
            try:
                statements = next(steps)
                while True:
                    statements = steps.send(await _together(connection, statements))
            except StopIteration as done:
                await connection.commit()
                return done.value


async def _together(connection: AsyncConnection, statements: list[Statement]) -> list[Rows]:
    if len(statements) == 1:
        ((sql, parameters),) = statements
        cursors = [await connection.execute(sql, parameters)]
    else:
        async with connection.pipeline():
            cursors = [await connection.execute(sql, parameters) for sql, parameters in statements]
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]
