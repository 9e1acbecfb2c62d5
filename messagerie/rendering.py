"""A line as the socket and the API say it. Bodies that are records become objects."""

import json
from typing import Any
from uuid import UUID

from messagerie.contents import Line
from messagerie.models import Conversation, MessageKind
from messagerie.rights import Row

RECORD_KINDS = frozenset({MessageKind.ORIENTATION, MessageKind.WORSENING, MessageKind.FILE})


def line_frame(conversation_id: UUID, line: Line) -> dict[str, Any]:
    """One line for a live view of the conversation. `by` names the professional who wrote it."""
    frame = {
        "t": "line",
        "conversation": conversation_id,
        "seq": line.seq,
        "side": line.side,
        "kind": line.kind,
        "id": line.client_id,
        "at": line.created_at,
        "body": json.loads(line.body) if line.kind in RECORD_KINDS else line.body,
    }
    return frame | {"by": line.by} if line.by else frame


def receipts_frame(conversation: Conversation | Row) -> dict[str, Any]:
    """The state of the conversation and how far each side is."""
    return {
        "t": "state",
        "conversation": conversation.pk,
        "state": conversation.state,
        "outcome": conversation.outcome,
        "last_seq": conversation.last_seq,
        "patient": {
            "delivered": conversation.patient_delivered_seq,
            "opened": conversation.patient_opened_seq,
        },
        "professional": {
            "delivered": conversation.professional_delivered_seq,
            "opened": conversation.professional_opened_seq,
        },
    }
