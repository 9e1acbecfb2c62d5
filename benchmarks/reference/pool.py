"""The pool of the tuned variant: one per process, opened by its first message."""

import os

from psycopg_pool import AsyncConnectionPool

_pool: AsyncConnectionPool | None = None


async def opened_pool() -> AsyncConnectionPool:
    """The pool of this process, ready to lend a connection."""
    global _pool
    if _pool is None:
        _pool = AsyncConnectionPool(
            os.environ["DATABASE_URL"],
            min_size=4,
            max_size=8,
            open=False,
            kwargs={"autocommit": True},
        )
    await _pool.open()
    return _pool
