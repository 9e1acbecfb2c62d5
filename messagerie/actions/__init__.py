"""The only writers of conversations. Each act checks, writes in one transaction, then announces.

A caller gives the person who acts and their scope; an act never trusts an id by itself.
"""

from messagerie.actions.closing import close, expire, reopen, withdraw
from messagerie.actions.door_files import (
    delete_drafts,
    discard_draft,
    drop_from_door,
    keep_at_door,
)
from messagerie.actions.erasing import (
    ask_erasure,
    confirm_erasure,
    erase_at_term,
    erase_files_at_term,
    refuse_erasure,
    request_erasure,
    shred_left,
)
from messagerie.actions.files import destroy_files, look_at, open_file
from messagerie.actions.handling import hand_back, release, take
from messagerie.actions.joining import Joined, attach
from messagerie.actions.lines import Kept
from messagerie.actions.opening import Opened, OpenRequest, open_conversation
from messagerie.actions.orienting import orient, proposal_for, shown_mark
from messagerie.actions.reading import (
    mark_delivered,
    mark_opened,
    note_readings,
    open_for_reading,
    read_on,
)
from messagerie.actions.safety import declare_worsening, transmit_to_15
from messagerie.actions.talk import post

__all__ = [
    "Joined",
    "Kept",
    "OpenRequest",
    "Opened",
    "ask_erasure",
    "attach",
    "close",
    "confirm_erasure",
    "declare_worsening",
    "delete_drafts",
    "destroy_files",
    "discard_draft",
    "drop_from_door",
    "erase_at_term",
    "erase_files_at_term",
    "expire",
    "hand_back",
    "keep_at_door",
    "look_at",
    "mark_delivered",
    "mark_opened",
    "note_readings",
    "open_conversation",
    "open_file",
    "open_for_reading",
    "orient",
    "post",
    "proposal_for",
    "read_on",
    "refuse_erasure",
    "release",
    "reopen",
    "request_erasure",
    "shown_mark",
    "shred_left",
    "take",
    "transmit_to_15",
    "withdraw",
]
