"""Rights over one conversation already read, pure: the same cases as `visible_to`.

The live paths read hundreds of rows in one statement for several people at once, and judge each
row here. A test holds these functions equal to `ConversationQuerySet.visible_to`.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from messagerie.models.message import Side
from messagerie.states import State
from orientation.scope import Level, Scope


class Row(NamedTuple):
    """What rights, numbering and receipts need of a conversation; see `COLUMNS`."""

    id: UUID
    patient_id: int
    professional_id: int | None
    structure_id: int | None
    departement_id: str
    state: str
    outcome: str
    last_seq: int
    patient_delivered_seq: int
    patient_opened_seq: int
    professional_delivered_seq: int
    professional_opened_seq: int
    erased_at: datetime | None

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def told(self) -> tuple[object, ...]:
        """What a view is told of a conversation besides its lines: state, outcome, receipts; once
        it is erased, that it is gone."""
        return (
            self.state,
            self.outcome,
            self.patient_delivered_seq,
            self.patient_opened_seq,
            self.professional_delivered_seq,
            self.professional_opened_seq,
            self.erased_at,
        )


COLUMNS = ", ".join(Row._fields)


def side_of(row: Row, scope: Scope) -> Side | None:
    """On which side of the conversation this person writes; None when they take no part."""
    if scope.level == Level.SELF:
        return Side.PATIENT if row.patient_id == scope.user_id else None
    holds = (
        scope.level == Level.STRUCTURE
        and scope.is_professional
        and row.professional_id == scope.user_id
        and row.structure_id in scope.structure_ids
    )
    return Side.PROFESSIONAL if holds else None


def covers(row: Row, scope: Scope) -> bool:
    """Whether this person may open the conversation."""
    if side_of(row, scope) is not None:
        return True
    return (
        scope.level == Level.STRUCTURE
        and scope.is_professional
        and row.state == State.WAITING
        and row.departement_id in scope.duty_departement_codes
    )
