"""What a live view reads: a step from its cursor, what moved, what the desk stands on."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from messagerie import delivery
from messagerie.models import Conversation
from messagerie.rendering import line_frame, receipts_frame
from messagerie.states import State
from orientation.models import Structure
from orientation.scope import Scope


@dataclass(frozen=True)
class Step:
    """Frames of the lines after a cursor, the state after them, and whether more lines wait."""

    lines: list[dict[str, Any]]
    state: dict[str, Any]
    more: bool


def read_step(scope: Scope, conversation_id: UUID, cursor: int) -> Step | None:
    """One step of a pump, or None when the scope no longer covers the conversation."""
    conversation = Conversation.objects.visible_to(scope).filter(pk=conversation_id).first()
    if conversation is None:
        return None
    lines = delivery.lines_after(conversation_id, cursor)
    return Step(
        lines=[line_frame(conversation, line) for line in lines],
        state=receipts_frame(conversation),
        more=len(lines) == delivery.PAGE,
    )


def moved(scope: Scope, watched: dict[UUID, int], told: dict[UUID, object]) -> list[UUID]:
    """The watched conversations to pump: new lines, another state, or no longer visible."""
    if not watched:
        return []
    rows = Conversation.objects.visible_to(scope).in_bulk(watched)
    return [
        pk
        for pk, cursor in watched.items()
        if pk not in rows or rows[pk].last_seq > cursor or receipts_frame(rows[pk]) != told.get(pk)
    ]


def queue_codes(scope: Scope) -> set[str]:
    """The departments whose queue this professional serves now."""
    return set(
        Structure.objects.filter(pk__in=scope.duty_structure_ids).values_list(
            "departement_id", flat=True
        )
    )


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
