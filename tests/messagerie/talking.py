"""Shorthands of the tests that talk through a socket."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from channels.db import database_sync_to_async
from django.db import connection, transaction

from messagerie import delivery
from messagerie.models import Conversation
from tests.sockets import WAIT, Closed, Socket


def apart(function):
    """Database work of a test that runs in the event loop."""
    return database_sync_to_async(function, thread_sensitive=False)


def id_of(talk: Conversation | UUID) -> str:
    return str(talk if isinstance(talk, UUID) else talk.pk)


async def watch(page: Socket, talk: Conversation | UUID, cursor: int = 0) -> list[dict]:
    await page.say({"t": "watch", "conversation": id_of(talk), "cursor": cursor})
    return await page.hear_until("state")


def send(talk: Conversation | UUID, body: str = "Bonjour.", line_id: str = "") -> dict:
    return {
        "t": "send",
        "conversation": id_of(talk),
        "id": line_id or str(uuid4()),
        "body": body,
    }


async def hear_line(page: Socket, body: str) -> dict:
    """The line with this body; receipts and acknowledgements may come before it."""
    while True:
        frame = await page.hear()
        if frame["t"] == "line" and frame["body"] == body:
            return frame


async def hear_answer(page: Socket, line_id: str) -> dict:
    """The acknowledgement or the refusal of a line."""
    while True:
        frame = await page.hear()
        if frame["t"] in ("ack", "nack") and frame["id"] == line_id:
            return frame


def silently(change) -> Any:
    """A change in the database that no hint tells: what a lost hint leaves."""

    def act() -> None:
        with delivery.quiet():
            change()

    return apart(act)()


async def hear_to_the_end(page: Socket) -> tuple[list[dict], int]:
    """Every frame until the server closes, and its code."""
    heard: list[dict] = []
    while True:
        try:
            heard.append(await page.hear())
        except Closed as closed:
            return heard, closed.code


@contextmanager
def locked_elsewhere(talk: Conversation | None = None) -> Iterator[None]:
    """Another session of the database holds the row; without `talk`, the whole table."""
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            if talk is None:
                with connection.cursor() as cursor:
                    cursor.execute(f"LOCK TABLE {Conversation._meta.db_table}")
            else:
                Conversation.objects.select_for_update().get(pk=talk.pk)
            held.set()
            go_on.wait(WAIT)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(WAIT)
    try:
        yield
    finally:
        go_on.set()
        holder.join(WAIT)


async def somebody_waits_for_a_lock() -> None:
    """Until a statement waits behind a lock that is held elsewhere."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            return cursor.fetchone()[0]

    async with asyncio.timeout(WAIT):
        while not await apart(waits)():
            await asyncio.sleep(0.01)
