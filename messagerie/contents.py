"""The sealed parts of a conversation, as types: sealed on the way in, opened on the way out.

A content that was erased, or whose key is gone, is a refusal that people read (ContentErased), or
a line that says so among others (`open_lines`). A blob that was altered or moved is an error.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from comptes.keys.cipher import SealBroken, cache, key_destroyed_at, load_keys, seal, unseal
from comptes.keys.provider import KeyUnavailable
from comptes.models import Professional
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, Message, MessageKind, Side

logger = logging.getLogger(__name__)


class ContentErased(Refused, KeyUnavailable):
    """What was written here is gone for ever, and nothing can be added. `at`: when, if known."""

    def __init__(self, conversation_id: UUID, at: datetime | None) -> None:
        self.conversation_id = conversation_id
        self.at = at
        super().__init__(RefusalCode.ERASED, erased_sentence(at), status=410)


def erased_sentence(at: datetime | None) -> str:
    """« Le contenu de cette conversation a été effacé le … », in French."""
    if at is None:
        return _("Le contenu de cette conversation a été effacé.")
    day = date_format(timezone.localtime(at), "j F Y")
    return _("Le contenu de cette conversation a été effacé le %(day)s.") % {"day": day}


def refuse_erased(conversation: Conversation) -> None:
    """Raises ContentErased when the mark is there, whatever key this process still holds."""
    if conversation.erased_at is not None:
        cache.drop(conversation.pk)
        raise ContentErased(conversation.pk, conversation.erased_at)


def _open(conversation: Conversation, purpose: str, blob: bytes) -> str:
    refuse_erased(conversation)
    try:
        return unseal(conversation.pk, purpose, blob)
    except KeyUnavailable:
        raise ContentErased(conversation.pk, key_destroyed_at(conversation.pk)) from None
    except SealBroken:
        logger.error("seal broken: %s of %s", purpose, conversation.pk)
        raise


class Subject(msgspec.Struct, frozen=True):
    """The person concerned. `relation`: SELF, CHILD or HELPED. Age in whole years (0: a baby)."""

    relation: str
    first_name: str
    age: int | None = None
    age_months: int | None = None

    @property
    def age_label(self) -> str:
        if self.age is None:
            return "âge non dit"
        if self.age < 2 and self.age_months is not None:
            return f"{self.age_months} mois"
        return f"{self.age} an" if self.age < 2 else f"{self.age} ans"

    @property
    def relation_label(self) -> str:
        return {"SELF": "pour soi", "CHILD": "pour son enfant", "HELPED": "pour un proche"}[
            self.relation
        ]


class CareDetails(msgspec.Struct, frozen=True):
    """What the door asked: own GP, long-term illness, declared signs, where and how to call."""

    medecin_traitant: str = "UNKNOWN"
    medecin_traitant_name: str = ""
    ald: bool | None = None
    sign_codes: tuple[str, ...] = ()
    sign_answer: str = ""
    callback_phone: str = ""
    present_place: str = ""
    visit: str = ""
    elsewhere: str = ""


@dataclass(frozen=True)
class Line:
    """One message, opened, as pages and sockets show it. `by`: the public name of the professional
    who wrote it."""

    seq: int
    side: str
    kind: str
    sender_id: int | None
    client_id: UUID
    created_at: datetime
    body: str
    by: str = ""


def _seal(owner: UUID, purpose: str, text: str, *, bind: tuple[object, ...] = ()) -> bytes:
    try:
        return seal(owner, purpose, text, bind=bind)
    except KeyUnavailable:
        raise ContentErased(owner, key_destroyed_at(owner)) from None


def seal_motive(owner: UUID, motive: str) -> bytes:
    return _seal(owner, "motive", motive)


def open_motive(conversation: Conversation) -> str:
    return _open(conversation, "motive", conversation.motive_sealed)


def seal_subject(owner: UUID, subject: Subject) -> bytes:
    return _seal(owner, "subject", msgspec.json.encode(subject).decode())


def open_subject(conversation: Conversation) -> Subject:
    raw = _open(conversation, "subject", conversation.subject_sealed)
    return msgspec.json.decode(raw, type=Subject)


def seal_details(owner: UUID, details: CareDetails) -> bytes:
    return _seal(owner, "situation", msgspec.json.encode(details).decode())


def open_details(conversation: Conversation) -> CareDetails:
    raw = _open(conversation, "situation", conversation.situation_sealed)
    return msgspec.json.decode(raw, type=CareDetails)


def seal_body(owner: UUID, sender_id: int | None, client_id: UUID, body: str) -> bytes:
    return _seal(owner, "body", body, bind=(sender_id or "service", client_id))


def open_body(message: Message) -> str:
    return unseal(
        message.conversation_id,
        "body",
        message.body_sealed,
        bind=(message.sender_id or "service", message.client_id),
    )


def open_lines(messages: Iterable[Message], names: dict[int, str] | None = None) -> list[Line]:
    """Open messages of one or several conversations; their keys come in one query, and so do the
    names of the professionals among their authors when they are not given.

    A line that was erased, or whose key is gone, comes as a line of the service that says so: the
    other conversations of the same reading are not held up.

    Raises:
        SealBroken: a line was altered or moved. Its place is logged, never its content.
    """
    messages = list(messages)
    load_keys(message.conversation_id for message in messages)
    if names is None:
        names = Professional.objects.names(
            message.sender_id
            for message in messages
            if message.side == Side.PROFESSIONAL and message.sender_id is not None
        )
    return [_open_line(message, names) for message in messages]


def _open_line(message: Message, names: dict[int, str]) -> Line:
    kind, body = message.kind, ""
    # Emptied outside an erasure, it would be found by `manage.py verify_messages`.
    erased = not message.body_sealed
    try:
        if not erased:
            body = open_body(message)
    except KeyUnavailable:
        erased = True
    except SealBroken:
        logger.error("seal broken: line %s of %s", message.seq, message.conversation_id)
        raise
    if erased:
        kind, body = MessageKind.EVENT.value, _("Contenu effacé.")
    return Line(
        seq=message.seq,
        side=message.side,
        kind=kind,
        sender_id=message.sender_id,
        client_id=message.client_id,
        created_at=message.created_at,
        body=body,
        by=names.get(message.sender_id, "") if message.sender_id is not None else "",
    )
