"""Talk: the door, conversations, messages, notices."""

from messagerie.models.attachment import Attachment, AttachmentState
from messagerie.models.conversation import Alternative, Conversation, Transition
from messagerie.models.door import DoorDraft, DoorFile, DoorPassage, PassageAnswer
from messagerie.models.erasure import ErasureReason, ErasureRefusal, ErasureRequest, ErasureState
from messagerie.models.live_epoch import LiveEpoch
from messagerie.models.message import Message, MessageKind, Side
from messagerie.models.notice import EmergencyTransmission, Notice, NoticeChoice, NoticeKind

__all__ = [
    "Alternative",
    "Attachment",
    "AttachmentState",
    "Conversation",
    "DoorDraft",
    "DoorFile",
    "DoorPassage",
    "EmergencyTransmission",
    "ErasureReason",
    "ErasureRefusal",
    "ErasureRequest",
    "ErasureState",
    "LiveEpoch",
    "Message",
    "MessageKind",
    "Notice",
    "NoticeChoice",
    "NoticeKind",
    "PassageAnswer",
    "Side",
    "Transition",
]
