"""Danger during a conversation: the patient gets worse, the professional calls the 15.

Nothing here grades anything: the patient ticks closed signs, a fixed text answers, a person
decides.
"""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.keys.cipher import seal, unseal
from comptes.models import Act, User
from messagerie.actions.closing import refuse_not_patient
from messagerie.actions.handling import refuse_not_holder
from messagerie.actions.talk import notify_patient, refuse_closed
from messagerie.actions.writing import announce, append, locked, note_passage, resent
from messagerie.danger import SIGNS
from messagerie.errors import RefusalCode, Refused
from messagerie.models import (
    Conversation,
    DoorPassage,
    EmergencyTransmission,
    MessageKind,
    NoticeKind,
    PassageAnswer,
    Side,
)
from messagerie.texts import MAX_SHORT, clean_text
from orientation.scope import Scope

SAME_CLICK = timedelta(minutes=1)


class Worsening(msgspec.Struct, frozen=True):
    """The body of a WORSENING line."""

    sign_codes: tuple[str, ...]
    phone: str = ""
    place: str = ""


class Transmission(msgspec.Struct, frozen=True):
    """What the professional passed on to the 15, kept sealed."""

    phone: str
    place: str
    age: str
    sign_codes: tuple[str, ...]
    samu_line: str


def _short(raw: str, what: str) -> str:
    return clean_text(raw, limit=MAX_SHORT, what=what) if raw.strip() else ""


def declare_worsening(
    conversation_id: UUID,
    *,
    patient: User,
    scope: Scope,
    sign_codes: tuple[str, ...],
    phone: str = "",
    place: str = "",
    client_id: UUID | None = None,
    now: datetime | None = None,
) -> Conversation:
    """« Mon état s'aggrave »: the signs ticked become a line, and the conversation goes first.

    Sent twice under one `client_id` (a double click), it is declared once.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED, BAD_CHOICE (no sign, or not in the list).
    """
    now = now or timezone.now()
    if not sign_codes or any(code not in SIGNS for code in sign_codes):
        raise Refused(RefusalCode.BAD_CHOICE, _("Cochez au moins un signe de la liste."))
    worsening = Worsening(
        sign_codes=tuple(sign_codes),
        phone=_short(phone, _("Le numéro de téléphone")),
        place=_short(place, _("Le lieu")),
    )
    body = msgspec.json.encode(worsening).decode()
    client_id = client_id or uuid.uuid4()
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_patient(conversation, patient)
        try:
            if resent(conversation, patient, client_id, body) is not None:
                return conversation
        except Refused:  # the same page came back with other signs: they are declared too
            client_id = uuid.uuid4()
        refuse_closed(conversation)
        append(
            conversation,
            sender=patient,
            side=Side.PATIENT,
            kind=MessageKind.WORSENING,
            client_id=client_id,
            body=body,
            now=now,
        )
        conversation.declared_sign = True
        conversation.save(update_fields=["last_seq", "last_patient_at", "declared_sign"])
        visit = uuid.uuid4()
        DoorPassage.objects.bulk_create(
            DoorPassage(
                visit=visit,
                at=now,
                commune_id=conversation.commune_id,
                departement_id=conversation.departement_id,
                question_code=SIGNS[code].question_code,
                sign_code=code,
                number=SIGNS[code].number,
                answer=PassageAnswer.DECLARED,
                continued=True,
                during_conversation=True,
            )
            for code in sign_codes
        )
        note_passage(
            conversation,
            from_state=conversation.state,
            act=Act.WORSENING_DECLARED,
            actor=patient,
            now=now,
        )
        announce(conversation, queue=True)
    return conversation


def transmit_to_15(
    conversation_id: UUID,
    *,
    professional: User,
    scope: Scope,
    transmission: Transmission,
    now: datetime | None = None,
) -> EmergencyTransmission:
    """*Transmettre au 15*: keep what was passed on, and tell the patient what to do now.

    The conversation stays open: the professional closes it as EMERGENCY when it is over. The
    same words within `SAME_CLICK` are one transmission.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED, or what `clean_text` says.
    """
    now = now or timezone.now()
    checked = Transmission(
        phone=clean_text(transmission.phone, limit=MAX_SHORT, what="Le numéro de téléphone"),
        place=clean_text(transmission.place, limit=MAX_SHORT, what="Le lieu"),
        age=_short(transmission.age, "L'âge"),
        sign_codes=tuple(code for code in transmission.sign_codes if code in SIGNS),
        samu_line=_short(transmission.samu_line, "La ligne du SAMU"),
    )
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_holder(conversation, professional)
        last = conversation.emergency_transmissions.order_by("-pk").first()
        if last and now - last.at < SAME_CLICK and open_transmission(last) == checked:
            return last
        sent = EmergencyTransmission.objects.create(
            conversation=conversation,
            by=professional,
            at=now,
            number="15",
            sealed=seal(conversation.pk, "emergency", msgspec.json.encode(checked).decode()),
        )
        append(
            conversation,
            sender=professional,
            side=Side.PROFESSIONAL,
            kind=MessageKind.EMERGENCY,
            client_id=uuid.uuid4(),
            body="J'ai transmis votre situation au 15. Gardez votre téléphone près de vous : "
            "le SAMU peut vous rappeler. Si cela s'aggrave, appelez le 15 sans attendre.",
            now=now,
        )
        conversation.save(update_fields=["last_seq", "last_professional_at", "first_answer_at"])
        notify_patient(conversation, NoticeKind.ANSWER, now)
        note_passage(
            conversation,
            from_state=conversation.state,
            act=Act.EMERGENCY_TRANSMITTED,
            actor=professional,
            now=now,
        )
        announce(conversation)
    return sent


def open_transmission(row: EmergencyTransmission) -> Transmission:
    raw = unseal(row.conversation_id, "emergency", row.sealed)
    return msgspec.json.decode(raw, type=Transmission)
