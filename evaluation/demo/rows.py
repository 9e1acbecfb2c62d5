"""Rows of a piece of history, gathered before they are written."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from comptes.models import JournalEntry
from messagerie.danger import SIGNS
from messagerie.models import (
    Conversation,
    DoorPassage,
    EmergencyTransmission,
    Message,
    Notice,
    Transition,
)
from orientation.models import CareSituation, Decision


@dataclass
class Rows:
    """Rows to insert, table by table, in the order in which they refer to one another."""

    conversations: list[Conversation] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    passages: list[DoorPassage] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    transmissions: list[EmergencyTransmission] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)
    situations: dict[int, CareSituation] = field(default_factory=dict)

    def insert(self) -> None:
        """Write everything; inside the caller's transaction."""
        for rows in (
            self.conversations,
            self.messages,
            self.transitions,
            self.passages,
            self.decisions,
            self.transmissions,
            self.notices,
            self.journal,
        ):
            if rows:
                type(rows[0])._default_manager.bulk_create(rows, batch_size=1000)
        CareSituation.objects.bulk_create(
            self.situations.values(),
            update_conflicts=True,
            unique_fields=["user"],
            update_fields=["sealed", "updated_at"],
        )


def signs_declared(
    visit: uuid.UUID,
    *,
    at: datetime,
    commune: str,
    departement: str,
    signs: tuple[str, ...],
    answer: str,
    continued: bool = False,
    during_conversation: bool = False,
) -> list[DoorPassage]:
    """One row for each sign, as the door writes them."""
    return [
        DoorPassage(
            visit=visit,
            at=at,
            commune_id=commune,
            departement_id=departement,
            question_code=SIGNS[code].question_code,
            sign_code=code,
            number=SIGNS[code].number,
            answer=answer,
            continued=continued,
            during_conversation=during_conversation,
        )
        for code in signs
    ]
