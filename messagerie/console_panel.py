"""The middle and right columns of the console: the lines of a conversation, and its situation."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from comptes.models import User
from messagerie import delivery
from messagerie.actions.orienting import OrientationCard
from messagerie.actions.safety import Transmission, Worsening, open_transmission
from messagerie.attachments.showing import Piece, pieces_of
from messagerie.console_rows import motive_label
from messagerie.contents import CareDetails, Line, Subject, open_details, open_motive, open_subject
from messagerie.danger import SIGNS, Sign
from messagerie.models import Conversation, MessageKind, Side
from messagerie.states import State
from orientation.structures import sas_of

GENERAL_LINE = "15"
MEDECIN_TRAITANT = {"DECLARED": "Déclaré", "NONE": "Aucun", "UNKNOWN": "Non renseigné"}
SIGN_ANSWERS = {
    "DECLARED": "Rien d'autre dit sur ces signes",
    "DISMISSED": "« Ce n'est pas mon cas »",
    "CALLED": "« J'ai appelé »",
}


@dataclass(frozen=True)
class Entry:
    """One line as the page shows it. `day`: the date to write above it, or None.

    `card` for an orientation, `signs` (with `phone` and `place`) for a worsening. Of what a
    professional wrote: `client_id`; `sent`, how far it went with the patient (envoye, remis,
    ouvert); `sent_quiet`, when the next such line is as far and says it.
    """

    seq: int
    kind: str
    side: str
    author: str
    body: str
    at: datetime
    day: date | None
    client_id: UUID | None = None
    card: OrientationCard | None = None
    signs: tuple[Sign, ...] = ()
    phone: str = ""
    place: str = ""
    sent: str = ""
    sent_quiet: bool = False
    piece: Piece | None = None


@dataclass(frozen=True)
class Sent15:
    """One transmission to the 15 already made."""

    at: datetime
    by: str
    told: Transmission


@dataclass(frozen=True)
class Panel:
    """What a professional knows of a conversation beside its lines."""

    conversation: Conversation
    subject: Subject
    details: CareDetails
    motive: str
    writer: str
    medecin_traitant: str
    ald: str
    door_signs: tuple[Sign, ...]
    sign_answer: str
    worsening_signs: tuple[Sign, ...]
    phone: str
    place: str
    is_mine: bool
    is_waiting: bool
    is_closed: bool
    local_time: datetime | None
    sent: list[Sent15] = field(default_factory=list)

    @property
    def written_by_other(self) -> bool:
        return self.subject.relation != "SELF"

    @property
    def signs(self) -> tuple[Sign, ...]:
        """All declared signs, each once."""
        return tuple(dict.fromkeys([*self.door_signs, *self.worsening_signs]))


def thread(conversation: Conversation, reader: User, before: int | None = None) -> list[Entry]:
    """The last lines of a conversation, or those before a number, oldest first."""
    lines = delivery.lines_before(conversation.pk, before)
    pieces = pieces_of(conversation, lines, route="console:piece")
    subject = open_subject(conversation)
    writer = writer_name(conversation, subject)
    entries: list[Entry] = []
    last_day: date | None = None
    for line in lines:
        day = timezone.localdate(line.created_at)  # as the hours beside it
        author = writer
        if line.side == Side.PROFESSIONAL:
            author = "Vous" if line.sender_id == reader.pk else line.by
        elif line.side == Side.SERVICE:
            author = "Service"
        entry = _entry(line, author, day if day != last_day else None)
        entries.append(replace(entry, piece=pieces.get(line.seq)))
        last_day = day
    return _with_progress(conversation, entries)


def _with_progress(conversation: Conversation, entries: list[Entry]) -> list[Entry]:
    """The same lines, those of professionals with how far each went."""
    told: list[Entry] = []
    following = ""
    for entry in reversed(entries):
        if entry.side == Side.PROFESSIONAL:
            sent = "envoye"
            if conversation.patient_opened_seq >= entry.seq:
                sent = "ouvert"
            elif conversation.patient_delivered_seq >= entry.seq:
                sent = "remis"
            entry = replace(entry, sent=sent, sent_quiet=sent == following)
            following = sent
        told.append(entry)
    return told[::-1]


def _entry(line: Line, author: str, day: date | None) -> Entry:
    more: dict[str, Any] = {}
    if line.kind == MessageKind.ORIENTATION:
        more["card"] = msgspec.json.decode(line.body, type=OrientationCard)
    elif line.kind == MessageKind.WORSENING:
        told = msgspec.json.decode(line.body, type=Worsening)
        more = {"signs": _signs(told.sign_codes), "phone": told.phone, "place": told.place}
    return Entry(
        seq=line.seq,
        kind=line.kind,
        side=line.side,
        author=author,
        body="" if more or line.kind == MessageKind.FILE else line.body,
        at=line.created_at,
        day=day,
        client_id=line.client_id if line.side == Side.PROFESSIONAL else None,
        **more,
    )


def _signs(codes: tuple[str, ...]) -> tuple[Sign, ...]:
    return tuple(SIGNS[code] for code in codes if code in SIGNS)


def writer_name(conversation: Conversation, subject: Subject) -> str:
    """Who holds the pen: the person concerned, or somebody close to them."""
    if subject.relation == "SELF":
        return subject.first_name
    return conversation.patient.first_name or "un proche"


def panel(conversation: Conversation, reader: User, now: datetime) -> Panel:
    """The situation of a conversation that the reader may open."""
    subject, details = open_subject(conversation), open_details(conversation)
    worsening = [
        msgspec.json.decode(line.body, type=Worsening)
        for line in delivery.lines_of_kind(conversation.pk, MessageKind.WORSENING)
    ]
    phones = [told.phone for told in reversed(worsening)] + [details.callback_phone]
    places = [told.place for told in reversed(worsening)] + [details.present_place]
    zone = ZoneInfo(conversation.time_zone)
    elsewhere = zone.utcoffset(now.replace(tzinfo=None)) != timezone.localtime(now).utcoffset()
    return Panel(
        conversation=conversation,
        subject=subject,
        details=details,
        motive=motive_label(open_motive(conversation)),
        writer=writer_name(conversation, subject),
        medecin_traitant=MEDECIN_TRAITANT.get(details.medecin_traitant, ""),
        ald={True: "Oui", False: "Non", None: "Non renseigné"}[details.ald],
        door_signs=_signs(details.sign_codes),
        sign_answer=SIGN_ANSWERS.get(details.sign_answer, ""),
        worsening_signs=_signs(tuple(code for told in worsening for code in told.sign_codes)),
        phone=next(filter(None, phones), ""),
        place=next(filter(None, places), ""),
        is_mine=conversation.state == State.IN_PROGRESS
        and conversation.professional_id == reader.pk,
        is_waiting=conversation.state == State.WAITING,
        is_closed=conversation.state == State.CLOSED,
        local_time=timezone.localtime(now, zone) if elsewhere else None,
        sent=[
            Sent15(at=row.at, by=row.by.professional.public_name, told=open_transmission(row))
            for row in conversation.emergency_transmissions.select_related(
                "by__professional"
            ).order_by("pk")
        ],
    )


def samu_line(conversation: Conversation, day: date) -> str:
    """The ten-digit line of the SAMU of the patient's department when it is recorded, else 15.

    15 reaches the SAMU of the caller's own department: a professional elsewhere needs the line.
    """
    sas = sas_of(conversation.departement, day)
    return sas.samu_line if sas and sas.samu_line else GENERAL_LINE
