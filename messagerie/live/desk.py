"""The left column of a professional: told that it changed, once a second at most."""

import asyncio
import logging
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q, Sum

from messagerie.delivery import Hints
from messagerie.live.proving import in_thread
from messagerie.live.view import View
from messagerie.models import Conversation
from messagerie.states import State
from orientation.scope import Scope

if TYPE_CHECKING:
    from messagerie.live.hub import Hub

logger = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between two readings of one desk


def desk_mark(user_id: int, scope: Scope) -> tuple[object, ...]:
    """What the left column stands on: another value means that it must be read again."""
    mine = Q(state=State.IN_PROGRESS, professional_id=user_id)
    waiting = Q(state=State.WAITING)
    found = (
        Conversation.objects.visible_to(scope)
        .exclude(state=State.CLOSED)
        .aggregate(
            waiting=Count("pk", filter=waiting),
            waiting_lines=Sum("last_seq", filter=waiting),
            waiting_since=Max("waiting_since", filter=waiting),
            mine=Count("pk", filter=mine),
            mine_lines=Sum("last_seq", filter=mine),
            mine_seen=Sum("professional_opened_seq", filter=mine),
        )
    )
    return (*found.values(), tuple(sorted(scope.duty_structure_ids)))


async def open_desk(view: View, hub: "Hub") -> None:
    """Follow the queues of one's duty, and one's own conversations."""
    if view.scope.is_professional:
        view.desk = await in_thread(desk_mark)(view.user_id, view.scope)
        hub.desks.add(view)
        view.say({"t": "queue"})


def hear(hints: Hints, hub: "Hub") -> None:
    """Have the desks that these hints touch read again."""
    for user_id in hints.desks:
        for view in hub.of_user.get(user_id, ()):
            due(view, hub)
    if hints.queues:
        for view in hub.desks:
            if not hints.queues.isdisjoint(view.scope.duty_departement_codes):
                due(view, hub)


def due(view: View, hub: "Hub") -> None:
    """Read this desk soon: now, or a second after the last time."""
    if view.desk is None or view.desk_due is not None or view not in hub.views:
        return
    loop = asyncio.get_running_loop()
    wait = max(0.0, view.desk_at + PAUSE - loop.time())
    view.desk_due = loop.call_later(wait, _start, view, hub)


def _start(view: View, hub: "Hub") -> None:
    view.desk_due = None
    view.desk_at = asyncio.get_running_loop().time()
    hub.keep(read(view, hub))


async def read(view: View, hub: "Hub") -> None:
    """Say that the left column changed, if it did."""
    try:
        mark = await in_thread(desk_mark)(view.user_id, view.scope)
    except Exception as error:  # the tick reads it again
        logger.warning("desk put off: %s", type(error).__name__)
        return
    if view in hub.views and mark != view.desk:
        view.desk = mark
        view.say({"t": "queue"})
