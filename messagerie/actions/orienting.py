"""Orient: keep the decision, give the patient a card, close with the outcome that says where."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from comptes.keys.cipher import load_keys
from comptes.models import Act, User
from messagerie import danger, states
from messagerie.actions.closing import end
from messagerie.actions.handling import refuse_not_holder
from messagerie.actions.safety import Worsening
from messagerie.actions.writing import append, locked, permitted
from messagerie.contents import (
    CareDetails,
    open_body,
    open_details,
    open_motive,
    open_subject,
)
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, MessageKind, PassageAnswer, Side
from messagerie.states import Outcome
from messagerie.texts import MAX_SHORT, clean_text
from orientation import engine
from orientation.engine import Choice, Facts, Proposed
from orientation.models import OverrideReason, Structure, StructureKind
from orientation.rules import Destination, MedecinTraitant
from orientation.scope import Scope
from orientation.wording import patient_sentence

OUTCOME_OF = {
    Destination.NUMBER: Outcome.EMERGENCY,
    Destination.MEDECIN_TRAITANT: Outcome.REFERRED_MEDECIN_TRAITANT,
    Destination.CPTS: Outcome.REFERRED_CPTS,
    Destination.SAS: Outcome.REFERRED_SAS,
    Destination.OTHER_PROFESSIONAL: Outcome.REFERRED_OTHER,
}
DESTINATION_OF_KIND = {
    StructureKind.CPTS: Destination.CPTS,
    StructureKind.SAS: Destination.SAS,
}


class OrientationCard(msgspec.Struct, frozen=True):
    """The body of an ORIENTATION line: who, where, when, telephone, why.

    `number` is the emergency number of a NUMBER orientation, else "". `note` is what the
    professional adds for the patient. `rule_sentence` is the sentence of the rule retained.
    """

    destination: str
    why: str
    structure_id: int | None = None
    name: str = ""
    address: str = ""
    phone: str = ""
    when: str = ""
    number: str = ""
    note: str = ""
    is_fictitious: bool = False
    accepted: bool = True


@dataclass(frozen=True)
class OrientRequest:
    """What the professional posts.

    Attributes:
        accept: follow the proposal; else `destination` and `structure_id` say where instead.
        override_reason: a code of `OverrideReason`, required when not accepting.
        when: within which delay, in the professional's words ("dans la semaine").
        note: a word for the patient; may be empty.
        medecin_traitant_reachable: what the professional knows, or None.
        shown: `shown_mark` of the proposal that was on the page, or "" when none was: what a
            person accepts is what they read, though an hour or a closing may have changed it.
    """

    accept: bool
    destination: str = ""
    structure_id: int | None = None
    override_reason: str = ""
    when: str = ""
    note: str = ""
    medecin_traitant_reachable: bool | None = None
    shown: str = ""


def shown_mark(proposed: Proposed) -> str:
    """What tells one proposal from another: where it leads."""
    proposal = proposed.proposal
    return f"{proposal.destination}:{proposal.structure_id or proposal.number}"


def standing_signs(conversation: Conversation, details: CareDetails) -> tuple[str, ...]:
    """Signs declared at the door and not dismissed, then those declared since, each once."""
    at_the_door = () if details.sign_answer == PassageAnswer.DISMISSED else details.sign_codes
    since = [
        code
        for message in conversation.messages.filter(kind=MessageKind.WORSENING).order_by("seq")
        for code in msgspec.json.decode(open_body(message), type=Worsening).sign_codes
    ]
    return tuple(dict.fromkeys([*at_the_door, *since]))


def proposal_for(
    conversation: Conversation, now: datetime, *, reachable: bool | None = None
) -> Proposed:
    """Ask the rules for a conversation that the caller may open."""
    load_keys([conversation.pk])
    details, subject = open_details(conversation), open_subject(conversation)
    signs = standing_signs(conversation, details)
    return engine.propose_for(
        Facts(
            commune=conversation.commune,
            medecin_traitant=details.medecin_traitant,
            medecin_traitant_reachable=reachable,
            ald=details.ald,
            age=subject.age,
            motive=open_motive(conversation),
            declared_signs=signs,
            sign_number=danger.primary_number(signs).code if signs else "",
            asked_at=conversation.opened_at,
            decided_at=now,
        )
    )


def orient(
    conversation_id: UUID,
    *,
    professional: User,
    scope: Scope,
    request: OrientRequest,
    now: datetime | None = None,
) -> OrientationCard:
    """Accept the proposal, or choose another place with a reason; the conversation closes.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED, BAD_CHOICE, or what `clean_text` says.
    """
    now = now or timezone.now()
    with transaction.atomic():
        conversation = locked(conversation_id, scope)
        refuse_not_holder(conversation, professional)
        proposed = proposal_for(conversation, now, reachable=request.medecin_traitant_reachable)
        choice = _choice(request, proposed, conversation, now)
        outcome = OUTCOME_OF[choice.destination]
        permitted(conversation, states.Act.CLOSE, outcome)
        engine.keep_decision(conversation.pk, proposed, choice, by=professional, at=now)
        card = card_for(request, proposed, choice)
        append(
            conversation,
            sender=professional,
            side=Side.PROFESSIONAL,
            kind=MessageKind.ORIENTATION,
            client_id=uuid.uuid4(),
            body=msgspec.json.encode(card).decode(),
            now=now,
        )
        end(conversation, outcome, professional, Act.ORIENTED, now)
    return card


def _choice(
    request: OrientRequest, proposed: Proposed, conversation: Conversation, now: datetime
) -> Choice:
    proposal = proposed.proposal
    if request.accept:
        if request.shown and request.shown != shown_mark(proposed):
            raise Refused(
                RefusalCode.BAD_CHOICE,
                "La proposition a changé pendant ce temps. Relisez-la, puis confirmez.",
                status=409,
            )
        structure = (
            Structure.objects.get(pk=proposal.structure_id) if proposal.structure_id else None
        )
        return Choice(proposal.destination, structure, None)
    if request.override_reason not in OverrideReason.values:
        raise Refused(RefusalCode.BAD_CHOICE, "Dites pourquoi vous choisissez un autre lieu.")
    reason = OverrideReason(request.override_reason)
    if request.structure_id is not None:
        allowed = engine.choices_for(conversation.commune, now)
        structure = next((row for row in allowed if row.pk == request.structure_id), None)
        if structure is None:
            raise Refused(
                RefusalCode.BAD_CHOICE, "Ce lieu ne reçoit pas les personnes de cette commune."
            )
        destination = DESTINATION_OF_KIND.get(
            StructureKind(structure.kind), Destination.OTHER_PROFESSIONAL
        )
        return Choice(destination, structure, reason)
    if request.destination == Destination.MEDECIN_TRAITANT:
        if proposed.situation.medecin_traitant == MedecinTraitant.NONE:
            raise Refused(RefusalCode.BAD_CHOICE, "Cette personne n'a pas de médecin traitant.")
        return Choice(Destination.MEDECIN_TRAITANT, None, reason)
    if request.destination == Destination.NUMBER:
        return Choice(Destination.NUMBER, None, reason)
    raise Refused(RefusalCode.BAD_CHOICE, "Choisissez un lieu dans la liste.")


def card_for(request: OrientRequest, proposed: Proposed, choice: Choice) -> OrientationCard:
    """What the patient reads of a choice. Raises Refused when a word cannot be kept."""
    structure = choice.structure
    number = ""
    if choice.destination == Destination.NUMBER:
        number = proposed.proposal.number or "15"
    told = replace(
        proposed.proposal,
        destination=choice.destination,
        structure_id=structure.pk if structure else None,
        structure_name=structure.name if structure else "",
        number=number,
        rule_id=proposed.proposal.rule_id if choice.accepted else "",
    )
    when = request.when.strip()
    note = request.note.strip()
    return OrientationCard(
        destination=choice.destination,
        why=patient_sentence(told),
        structure_id=structure.pk if structure else None,
        name=structure.name if structure else "",
        address=structure.address if structure else "",
        phone=structure.phone if structure else "",
        when=clean_text(when, limit=MAX_SHORT, what="Le délai")
        if when
        else (structure.opening_note if structure else ""),
        number=number,
        note=clean_text(note, what="Le mot pour le patient") if note else "",
        is_fictitious=bool(structure and structure.is_fictitious),
        accepted=choice.accepted,
    )
