"""The only writers of conversations. Each act checks, writes in one transaction, then announces.

A caller gives the person who acts and their scope; an act never trusts an id by itself.
"""

from messagerie.actions.closing import close, expire, reopen, withdraw
from messagerie.actions.handling import hand_back, release, take
from messagerie.actions.opening import Opened, OpenRequest, open_conversation
from messagerie.actions.orienting import orient, proposal_for, shown_mark
from messagerie.actions.reading import (
    mark_delivered,
    mark_opened,
    note_reading,
    open_for_reading,
)
from messagerie.actions.safety import declare_worsening, transmit_to_15
from messagerie.actions.talk import Posted, post

__all__ = [
    "OpenRequest",
    "Opened",
    "Posted",
    "close",
    "declare_worsening",
    "expire",
    "hand_back",
    "mark_delivered",
    "mark_opened",
    "note_reading",
    "open_conversation",
    "open_for_reading",
    "orient",
    "post",
    "proposal_for",
    "release",
    "reopen",
    "shown_mark",
    "take",
    "transmit_to_15",
    "withdraw",
]
