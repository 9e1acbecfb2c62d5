"""« Mon dossier »: everything that the service keeps of a patient's conversations, as plain data.

The structures below are the schema of the JSON file (docs/patient-file.md): a field is added with
a new minor version, never renamed or removed within a version. The PDF is set from the same data,
and the archive (patient_file_zip.py) holds both, with the files.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from comptes.keys.cipher import load_keys
from comptes.models import User
from messagerie.attachments.record import read_record
from messagerie.contents import (
    ContentErased,
    Line,
    erased_sentence,
    open_details,
    open_motive,
    open_subject,
)
from messagerie.danger import SIGNS
from messagerie.models import Conversation, MessageKind, Side
from messagerie.readers import Reader, readers_of
from messagerie.views.thread import Bubble, all_lines, bubbles
from orientation import care_situation
from orientation.motives import LABELS
from orientation.scope import Scope

FORMAT = "messagerie-sante/dossier"
VERSION = "1.1"


class FileOfLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that was joined. `path`: where its bytes are in the archive that this document came
    in; "" when they are not there, or when the document came alone."""

    name: str
    media: str
    size: int
    path: str = ""


class Orientation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the patient was sent, as the card said it. Empty strings: not said."""

    place: str
    kind: str
    why: str
    address: str = ""
    phone: str = ""
    when: str = ""
    emergency_number: str = ""
    note: str = ""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. `from_side`: PATIENT, PROFESSIONAL or SERVICE. `kind`: TEXT, FILE, ORIENTATION,
    CLOSING, WORSENING, EMERGENCY or EVENT."""

    number: int
    at: datetime
    from_side: str
    author: str
    kind: str
    text: str = ""
    declared_signs: tuple[str, ...] = ()
    orientation: Orientation | None = None
    file: FileOfLine | None = None


class Person(msgspec.Struct, frozen=True):
    """The person concerned. `relation`: SELF, CHILD or HELPED."""

    first_name: str
    age: str
    relation: str


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was told at the door. `medecin_traitant`: DECLARED, NONE or UNKNOWN."""

    medecin_traitant: str
    medecin_traitant_name: str = ""
    ald: bool | None = None
    declared_signs: tuple[str, ...] = ()
    sign_answer: str = ""
    callback_phone: str = ""
    present_place: str = ""
    lives_elsewhere: str = ""


class WhoRead(msgspec.Struct, frozen=True):
    """One person of the journal: when they opened the conversation, and what they did."""

    name: str
    structure: str
    opened_at: tuple[datetime, ...]
    acts: tuple[tuple[datetime, str], ...]


class ConversationFile(msgspec.Struct, frozen=True):
    """One conversation. `erased`: a sentence when its content is gone, else ""; then `person`,
    `told` and `motive` are empty and `messages` too. Dates are UTC."""

    number: str
    state: str
    outcome: str
    opened_at: datetime
    closed_at: datetime | None
    commune: str
    departement: str
    time_zone: str
    erased: str
    motive: str
    person: Person | None
    told: Told | None
    messages: tuple[Message, ...]
    who_read: tuple[WhoRead, ...]


class Account(msgspec.Struct, frozen=True):
    email: str
    first_name: str
    last_name: str


class Remembered(msgspec.Struct, frozen=True):
    """What the patient told once of their own care, so that no page asks it again."""

    medecin_traitant: str
    ald: bool | None


class PatientFile(msgspec.Struct, frozen=True):
    """The whole document. `remembered`: None when nothing was told, or in the file of one
    conversation."""

    format: str
    version: str
    service: str
    made_at: datetime
    account: Account
    remembered: Remembered | None
    conversations: tuple[ConversationFile, ...]


def patient_file(
    patient: User, conversations: Iterable[Conversation], *, is_whole: bool
) -> PatientFile:
    """The file of a patient: conversations of their own, the newest first.

    The caller has checked that they are the patient's, and journals the download.
    """
    rows = list(conversations)
    load_keys(row.pk for row in rows)
    told = care_situation.recall(patient) if is_whole else None
    return PatientFile(
        format=FORMAT,
        version=VERSION,
        service=settings.SERVICE_NAME,
        made_at=timezone.now(),
        account=Account(patient.email, patient.first_name, patient.last_name),
        remembered=Remembered(told.medecin_traitant, told.ald) if told else None,
        conversations=tuple(_conversation(row, patient) for row in rows),
    )


def own_conversations(scope: Scope) -> QuerySet[Conversation]:
    """The patient's conversations, the newest first, with all that the file says of them."""
    return (
        Conversation.objects.visible_to(scope)
        .select_related("commune", "departement", "structure", "professional__professional")
        .order_by("-opened_at")
    )


def _conversation(row: Conversation, patient: User) -> ConversationFile:
    erased, motive, person, told = "", "", None, None
    messages: tuple[Message, ...] = ()
    try:
        subject, details = open_subject(row), open_details(row)
        motive = str(LABELS[open_motive(row)])
        person = Person(subject.first_name, subject.age_label, subject.relation)
        told = Told(
            medecin_traitant=details.medecin_traitant,
            medecin_traitant_name=details.medecin_traitant_name,
            ald=details.ald,
            declared_signs=_signs(details.sign_codes),
            sign_answer=details.sign_answer,
            callback_phone=details.callback_phone,
            present_place=details.present_place,
            lives_elsewhere=details.elsewhere,
        )
        messages = _messages(row)
    except ContentErased as gone:
        with timezone.override(ZoneInfo(row.time_zone)):
            erased = erased_sentence(gone.at)
    return ConversationFile(
        number=str(row.pk),
        state=row.state,
        outcome=row.outcome,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        commune=row.commune.label,
        departement=row.departement.name,
        time_zone=row.time_zone,
        erased=erased,
        motive=motive,
        person=person,
        told=told,
        messages=messages,
        who_read=tuple(_who_read(reader) for reader in readers_of(row, patient)),
    )


def _signs(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(SIGNS[code].label) for code in codes if code in SIGNS)


def _messages(row: Conversation) -> tuple[Message, ...]:
    lines = all_lines(row)
    shown = bubbles(row, lines, timezone.now())
    return tuple(_message(line, bubble) for line, bubble in zip(lines, shown, strict=True))


def _message(line: Line, bubble: Bubble) -> Message:
    is_file = line.kind == MessageKind.FILE
    record = read_record(line.body) if is_file else None
    card = bubble.card
    return Message(
        number=line.seq,
        at=line.created_at,
        from_side=line.side,
        author=bubble.author if line.side == Side.PROFESSIONAL else "",
        kind=line.kind,
        text="" if is_file else bubble.body,
        declared_signs=bubble.signs,
        orientation=Orientation(
            place=str(card.title),
            kind=str(card.kind),
            why=card.why,
            address=card.address,
            phone=card.phone,
            when=card.when,
            emergency_number=card.number,
            note=card.note,
        )
        if card
        else None,
        file=FileOfLine(record.name, record.media, record.size) if record else None,
    )


def _who_read(reader: Reader) -> WhoRead:
    return WhoRead(
        name=reader.name,
        structure=reader.structure,
        opened_at=tuple(at for day in reader.days for at in day.times),
        acts=tuple((done.at, done.did) for done in reader.acts),
    )


def as_json(made: PatientFile) -> bytes:
    """The file as UTF-8 JSON, dates in UTC."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2)
