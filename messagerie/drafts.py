"""What the door keeps before *Envoyer*: one sealed row, found by the browser's session alone.
Beside it, the lines of a conversation that could not leave, each in a row of its own.

The session holds the id of the row, never a word. Signing up or in renews the key of the session
and keeps its data, so the draft follows the person through.
"""

import uuid
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from comptes.keys.cipher import SealBroken, destroy_key, ensure_key, seal, unseal
from comptes.keys.provider import KeyUnavailable
from messagerie.contents import CareDetails, Subject
from messagerie.models import DoorDraft

DOOR = "door_draft"
REPLIES = "reply_drafts"  # by conversation
REPLIES_AT_MOST = 10
PURPOSE = "draft"


class DoorContent(msgspec.Struct):
    """All that was typed at the door, step after step.

    Attributes:
        client_id: UUID of the first line, the same for every try of *Envoyer*.
        visit: groups the passages of this visit; unknown outside this row.
        place_typed: as typed; `commune` is the INSEE code it led to, "" before.
        ticked: codes ticked on the page of danger signs; None before it was answered.
        sign_codes: every sign declared during the visit, also those unticked since.
        care_seen: the page on the GP was answered or skipped.
    """

    client_id: str
    visit: str
    relation: str = ""
    first_name: str = ""
    age: int | None = None
    age_months: int | None = None
    place_typed: str = ""
    commune: str = ""
    place_confirmed: bool = False
    lives_elsewhere: bool = False
    elsewhere: str = ""
    ticked: tuple[str, ...] | None = None
    sign_codes: tuple[str, ...] = ()
    sign_answer: str = ""
    callback_phone: str = ""
    present_place: str = ""
    medecin_traitant: str = "UNKNOWN"
    medecin_traitant_name: str = ""
    ald: bool | None = None
    care_seen: bool = False
    motive: str = ""
    body: str = ""
    alternative: str = ""
    readers_agreed: bool = False

    @property
    def subject(self) -> Subject:
        return Subject(self.relation, self.first_name, self.age, self.age_months)

    @property
    def details(self) -> CareDetails:
        return CareDetails(
            medecin_traitant=self.medecin_traitant,
            medecin_traitant_name=self.medecin_traitant_name,
            ald=self.ald,
            sign_codes=self.sign_codes,
            sign_answer=self.sign_answer,
            callback_phone=self.callback_phone,
            present_place=self.present_place,
            visit=self.visit,
            elsewhere=self.elsewhere if self.lives_elsewhere else "",
        )

    @property
    def missing_step(self) -> str:
        """Name of the first step without an answer; "" when the question is ready to go."""
        if not self.relation:
            return "pour_qui"
        if not (self.commune and self.place_confirmed):
            return "ou"
        if self.ticked is None:
            return "signes"
        if self.sign_answer == "DECLARED":
            return "signe"
        if not self.care_seen:
            return "medecin"
        if not (self.motive and self.body):
            return "question"
        return ""


@dataclass
class Draft:
    """A draft at hand. `row` is None until the first save; `is_sent` once its question left."""

    content: DoorContent
    row: DoorDraft | None = None

    @property
    def is_sent(self) -> bool:
        return self.row is not None and self.row.sent_at is not None

    @property
    def exists(self) -> bool:
        return self.row is not None


def load(session: SessionBase) -> Draft:
    """The draft of this browser; an empty one when there is none, or when it cannot be read."""
    fresh = DoorContent(client_id=str(uuid.uuid4()), visit=str(uuid.uuid4()))
    row = _held(session.get(DOOR))
    if row is None:
        return Draft(fresh)
    if row.sent_at is not None:
        return Draft(fresh, row)
    raw = _open(row)
    return Draft(msgspec.json.decode(raw, type=DoorContent), row) if raw else Draft(fresh)


def save(session: SessionBase, draft: Draft) -> None:
    """Keep the draft, sealed; its id goes to the session."""
    if draft.row is None:
        draft.row = DoorDraft(pk=uuid.uuid4())
        session[DOOR] = str(draft.row.pk)
    _seal(draft.row, msgspec.json.encode(draft.content).decode())


def forget(session: SessionBase) -> None:
    """Start anew: the next save makes another row."""
    session.pop(DOOR, None)


class Reply(msgspec.Struct, frozen=True):
    """A line typed in a conversation that could not leave (session over, conversation closed).

    Attributes:
        after: number of the last line of the conversation when this one was kept.
    """

    conversation: str
    body: str
    after: int = 0


class KeptReply(NamedTuple):
    """Such a line, read back. `number`: another one each time that a line is kept."""

    number: str
    body: str
    after: int


def keep_reply(session: SessionBase, conversation_id: UUID, body: str, *, after: int) -> None:
    """Keep a line aside until its author has sent one in that conversation, or until the purge.

    One for each conversation, the last few conversations only; what is replaced here is left to
    the purge. The session holds ids, never a word.
    """
    row = DoorDraft(pk=uuid.uuid4())
    _seal(row, msgspec.json.encode(Reply(str(conversation_id), body, after)).decode())
    held = dict(session.get(REPLIES, {}))
    held.pop(str(conversation_id), None)  # the newest stands last
    held[str(conversation_id)] = str(row.pk)
    session[REPLIES] = dict(list(held.items())[-REPLIES_AT_MOST:])


def kept_reply(session: SessionBase, conversation_id: UUID) -> KeptReply | None:
    """The line kept aside for this conversation. It stays kept: an answer that shows it may be
    lost on the way. The caller has checked that the reader is a party to the conversation."""
    row = _held(session.get(REPLIES, {}).get(str(conversation_id)))
    raw = _open(row) if row is not None else ""
    reply = msgspec.json.decode(raw, type=Reply) if raw else None
    if row is None or reply is None or reply.conversation != str(conversation_id):
        return None
    return KeptReply(str(row.pk), reply.body, reply.after)


def drop_reply(session: SessionBase, conversation_id: UUID) -> None:
    """Forget the line kept aside for this conversation, its key first."""
    held = dict(session.get(REPLIES, {}))
    row = _held(held.pop(str(conversation_id), None))
    session[REPLIES] = held
    if row is not None:
        destroy_key(row.pk)
        row.delete()


def _held(pk: str | None) -> DoorDraft | None:
    return DoorDraft.objects.filter(pk=pk).first() if pk else None


def _seal(row: DoorDraft, text: str) -> None:
    """Write the draft; one that another request has sent meanwhile stays sent and empty."""
    ensure_key(row.pk)
    row.sealed = seal(row.pk, PURPOSE, text)
    if row._state.adding:
        row.save(force_insert=True)
    else:
        DoorDraft.objects.filter(pk=row.pk, sent_at__isnull=True).update(
            sealed=row.sealed, updated_at=timezone.now()
        )


def _open(row: DoorDraft) -> str:
    try:
        return unseal(row.pk, PURPOSE, row.sealed)
    except (SealBroken, KeyUnavailable):
        return ""
