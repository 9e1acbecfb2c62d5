"""Open a conversation from the door: *Envoyer*."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.keys.cipher import ensure_key, key_lives
from comptes.models import Act, User, UserKind
from messagerie.actions.door_files import move_in
from messagerie.actions.writing import announce, append, note_passage, resent
from messagerie.contents import CareDetails, Subject, seal_details, seal_motive, seal_subject
from messagerie.errors import RefusalCode, Refused, not_a_patient, not_found
from messagerie.models import (
    Alternative,
    Conversation,
    DoorDraft,
    DoorPassage,
    MessageKind,
    Side,
)
from messagerie.states import State
from messagerie.texts import clean_text
from orientation import care_situation
from orientation.care_situation import Told
from orientation.engine import version_in_force
from orientation.models import Commune, Opening
from orientation.motives import Motive
from orientation.openings import departement_of, local_day, opening_for, service_status
from orientation.structures import cpts_of


@dataclass(frozen=True)
class OpenRequest:
    """Everything the door gathered.

    Attributes:
        draft_id: id of the draft; it becomes the id of the conversation.
        client_id: UUID of the first line, the same for every try.
        commune: the commune (or arrondissement) of residence, as resolved.
        motive: a code of `orientation.motives.Motive`.
        alternative: a code of `Alternative`, or "" when the question was skipped.
    """

    draft_id: UUID
    client_id: UUID
    commune: Commune
    subject: Subject
    details: CareDetails
    motive: str
    alternative: str
    body: str


@dataclass(frozen=True)
class Opened:
    conversation: Conversation
    created: bool


def open_conversation(
    request: OpenRequest, *, patient: User, now: datetime | None = None
) -> Opened:
    """Open the conversation of a draft, with its first line and the files that were chosen at the
    door, in one transaction.

    Sent twice (double click, lost answer), it gives the same conversation.

    Raises:
        Refused: NOT_YOURS (not a patient's account), TERRITORY_CLOSED, BAD_CHOICE, NOT_FOUND
            (the draft belongs to somebody else), TOO_LATE (the draft was purged),
            SAME_ID_OTHER_TEXT, or what `clean_text` says.
    """
    now = now or timezone.now()
    text = clean_text(request.body, what=_("Votre question"))
    _check(request, patient)
    departement = departement_of(request.commune)
    opening = opening_for(departement, local_day(departement, now))
    if opening is None:
        raise Refused(
            RefusalCode.TERRITORY_CLOSED,
            _("Le service n'est pas ouvert dans votre département."),
            status=409,
        )
    ensure_key(request.draft_id)
    with transaction.atomic():
        _hold_draft(request.draft_id)
        made = _new_row(request, patient, departement, opening, now)
        _row, created = Conversation.objects.get_or_create(
            pk=request.draft_id, defaults={"patient": patient, **made}
        )
        conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=request.draft_id)
        if conversation.patient_id != patient.pk:
            raise not_found()
        if not created:
            if resent(conversation, patient, request.client_id, text) is None:
                raise Refused(
                    RefusalCode.SAME_ID_OTHER_TEXT,
                    _("Cette question est déjà partie. Posez la nouvelle séparément."),
                    status=409,
                )
            return Opened(conversation, created=False)
        append(
            conversation,
            sender=patient,
            side=Side.PATIENT,
            kind=MessageKind.TEXT,
            client_id=request.client_id,
            body=text,
            now=now,
        )
        note_passage(
            conversation, from_state="", act=Act.CONVERSATION_OPENED, actor=patient, now=now
        )
        move_in(conversation, patient, now)
        conversation.save(update_fields=["last_seq", "last_patient_at"])
        _after(request, patient, now)
        announce(conversation, queue=True)
    return Opened(conversation, created=True)


def _hold_draft(draft_id: UUID) -> None:
    """Keep the purge of old drafts away until the commit; refuse when it was first, since what
    this process would still seal with a key in memory could never be read again."""
    DoorDraft.objects.select_for_update().filter(pk=draft_id).first()
    if not key_lives(draft_id):
        raise Refused(
            RefusalCode.TOO_LATE,
            _("Votre question a attendu trop longtemps et a été effacée. Recommencez."),
            status=409,
        )


def _check(request: OpenRequest, patient: User) -> None:
    if patient.kind != UserKind.PATIENT:
        raise not_a_patient()
    if request.motive not in set(Motive):
        raise Refused(RefusalCode.BAD_CHOICE, _("Choisissez le sujet de votre question."))
    if request.alternative and request.alternative not in Alternative.values:
        raise Refused(RefusalCode.BAD_CHOICE, _("Cette réponse n'est pas dans la liste."))


def _new_row(
    request: OpenRequest, patient: User, departement, opening: Opening, now: datetime
) -> dict[str, object]:
    owner = request.draft_id
    return {
        "commune": request.commune,
        "departement": departement,
        "region_id": departement.region_id,
        "cpts": cpts_of(request.commune, local_day(departement, now)),
        "time_zone": departement.time_zone,
        "rule_set_version": version_in_force(departement, now),
        "state": State.WAITING,
        "declared_sign": bool(request.details.sign_codes),
        "alternative": request.alternative,
        "motive_sealed": seal_motive(owner, request.motive),
        "subject_sealed": seal_subject(owner, request.subject),
        "situation_sealed": seal_details(owner, request.details),
        "opened_at": now,
        "waiting_since": now,
        "promised_before": service_status(opening, departement, now).promised_before,
    }


def _after(request: OpenRequest, patient: User, now: datetime) -> None:
    """What a sent question changes elsewhere: the passage went on, the draft is done."""
    if request.details.visit:
        DoorPassage.objects.filter(visit=UUID(request.details.visit)).update(continued=True)
    DoorDraft.objects.filter(pk=request.draft_id).update(sent_at=now, sealed=b"")
    if request.subject.relation == "SELF":
        care_situation.remember(
            patient, Told(request.details.medecin_traitant, request.details.ald)
        )
