"""The sealed parts of a conversation, as types: sealed on the way in, opened on the way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from comptes.keys.cipher import load_keys, seal, unseal
from messagerie.models import Conversation, Message


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
    """One message, opened, as pages and sockets show it."""

    seq: int
    side: str
    kind: str
    sender_id: int | None
    client_id: UUID
    created_at: datetime
    body: str


def seal_motive(owner: UUID, motive: str) -> bytes:
    return seal(owner, "motive", motive)


def open_motive(conversation: Conversation) -> str:
    return unseal(conversation.pk, "motive", conversation.motive_sealed)


def seal_subject(owner: UUID, subject: Subject) -> bytes:
    return seal(owner, "subject", msgspec.json.encode(subject).decode())


def open_subject(conversation: Conversation) -> Subject:
    raw = unseal(conversation.pk, "subject", conversation.subject_sealed)
    return msgspec.json.decode(raw, type=Subject)


def seal_details(owner: UUID, details: CareDetails) -> bytes:
    return seal(owner, "situation", msgspec.json.encode(details).decode())


def open_details(conversation: Conversation) -> CareDetails:
    raw = unseal(conversation.pk, "situation", conversation.situation_sealed)
    return msgspec.json.decode(raw, type=CareDetails)


def seal_body(owner: UUID, sender_id: int | None, client_id: UUID, body: str) -> bytes:
    return seal(owner, "body", body, bind=(sender_id or "service", client_id))


def open_body(message: Message) -> str:
    return unseal(
        message.conversation_id,
        "body",
        message.body_sealed,
        bind=(message.sender_id or "service", message.client_id),
    )


def open_lines(messages: Iterable[Message]) -> list[Line]:
    """Open messages of one or several conversations; their keys come in one query."""
    messages = list(messages)
    load_keys(message.conversation_id for message in messages)
    return [
        Line(
            seq=message.seq,
            side=message.side,
            kind=message.kind,
            sender_id=message.sender_id,
            client_id=message.client_id,
            created_at=message.created_at,
            body=open_body(message),
        )
        for message in messages
    ]
