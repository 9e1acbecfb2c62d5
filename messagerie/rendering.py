"""A line as the socket and the API say it. Bodies that are records become objects."""

import json
from typing import Any

from messagerie import delivery
from messagerie.contents import Line
from messagerie.models import Conversation, MessageKind

RECORD_KINDS = frozenset({MessageKind.ORIENTATION, MessageKind.WORSENING})


def line_frame(conversation: Conversation, line: Line) -> dict[str, Any]:
    """One line for a live view of the conversation."""
    return {
        "t": "line",
        "conversation": conversation.pk,
        "seq": line.seq,
        "side": line.side,
        "kind": line.kind,
        "id": line.client_id,
        "at": line.created_at,
        "body": json.loads(line.body) if line.kind in RECORD_KINDS else line.body,
    }


def receipts_frame(conversation: Conversation) -> dict[str, Any]:
    """The state of the conversation and how far each side is."""
    receipts = delivery.receipts_of(conversation)
    return {
        "t": "state",
        "conversation": conversation.pk,
        "state": conversation.state,
        "outcome": conversation.outcome,
        "last_seq": receipts.last_seq,
        "patient": {
            "delivered": receipts.patient_delivered,
            "opened": receipts.patient_opened,
        },
        "professional": {
            "delivered": receipts.professional_delivered,
            "opened": receipts.professional_opened,
        },
    }
