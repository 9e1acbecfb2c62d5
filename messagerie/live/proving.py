"""Prove sessions: whose they are, what they may see, and the stamp of what they stand on."""

import time
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from channels.db import database_sync_to_async
from django.db import connection, transaction
from django.utils import timezone

from comptes.models import Professional, User, UserKind
from comptes.sessions import live_users
from orientation.scope import Scope, scopes_for
from orientation.standing import stamps_statement


class Proof(NamedTuple):
    """A session proved. It holds while its stamp does (orientation.standing), and for its day:
    roles begin and end with days. `name`: how patients read a professional; "" for others."""

    user: User
    scope: Scope
    stamp: str
    day: date
    name: str = ""


_today = (0.0, date.min)  # until when it is known (time.monotonic), and the day


def today() -> date:
    """The local day, asked of the clock once a second: rights begin and end with days."""
    global _today
    now = time.monotonic()
    if now >= _today[0]:
        _today = now + 1, timezone.localdate()
    return _today[1]


def in_thread(function):
    """Database work of Django off the event loop, several threads at once."""
    return database_sync_to_async(function, thread_sensitive=False)


@transaction.atomic
def _prove(session_keys: Iterable[str]) -> dict[str, Proof]:
    with connection.cursor() as cursor:
        # One snapshot: a stamp never belongs to a later state than the rights beside it.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        day = timezone.localdate()
        users = live_users(session_keys)
        cursor.execute(*stamps_statement([(key, user.pk) for key, user in users.items()]))
        stamps = dict(cursor.fetchall())
        scopes = scopes_for(list(users.values()))
        names = Professional.objects.names(
            user.pk for user in users.values() if user.kind == UserKind.PROFESSIONAL
        )
        return {
            key: Proof(user, scope, stamps[key], day, names.get(user.pk, ""))
            for (key, user), scope in zip(users.items(), scopes, strict=True)
            if key in stamps
        }


async def prove(session_keys: Iterable[str]) -> dict[str, Proof]:
    """Prove sessions; one that ended is missing from the answer.

    Raises:
        django.db.Error: the database does not answer.
    """
    return await in_thread(_prove)(list(session_keys))
