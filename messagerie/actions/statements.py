"""Acts on many rows at once, told as statements and run by whoever has a connection.

Such an act is a generator: it yields statements, is given their rows, and returns its answer. It
runs on Django's connection (`run`, for pages and tasks) or, many people's acts at once, on the
connections of the live views (messagerie.live.pool): one act, two ways to carry it.
"""

from collections.abc import Generator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

Statement = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]
Answer = TypeVar("Answer")
Steps = Generator[list[Statement], list[Rows], Answer]


def existing(table: str, ids: list[UUID]) -> Statement:
    """Which of these rows exist: those that a SKIP LOCKED left out, from those that never were."""
    return f"SELECT id FROM {table} WHERE id = ANY(%s)", [ids]  # noqa: S608


class Last(list[Statement]):
    """The last statements of an act: their commit may travel with them."""


def run(steps: Steps[Answer]) -> Answer:
    """Carry an act on Django's connection; the caller holds the transaction."""
    with connection.cursor() as cursor:
        try:
            statements = next(steps)
            while True:
                given: list[Rows] = []
                for sql, parameters in statements:
                    cursor.execute(sql, parameters)
                    given.append(cursor.fetchall() if cursor.description else [])
                statements = steps.send(given)
        except StopIteration as done:
            return done.value
