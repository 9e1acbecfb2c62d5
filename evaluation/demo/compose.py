"""The rows that the acts of one request leave behind, made in memory.

Playing a quarter of history act by act would keep the machine of a visitor busy for many minutes.
This composes the same rows; a test plays the same requests through `messagerie.actions` and
compares every column.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta

import msgspec

from comptes.keys.cipher import seal
from comptes.models import Act, User
from evaluation.demo.atlas import Atlas
from evaluation.demo.planned import PlannedRequest, Step, StepKind
from evaluation.demo.rows import Rows, signs_declared
from evaluation.demo.thread import Thread
from evaluation.demo.world import Member
from messagerie import danger, sentences
from messagerie.actions.orienting import OUTCOME_OF, OrientRequest, card_for
from messagerie.actions.safety import Transmission, Worsening
from messagerie.models import EmergencyTransmission, MessageKind, NoticeKind, PassageAnswer, Side
from messagerie.states import REOPEN_DELAY, Outcome, State
from orientation.care_situation import key_owner
from orientation.engine import Choice, Facts, Proposed, decision_row
from orientation.models import OverrideReason, Structure, StructureKind
from orientation.rules import Destination

PHONE = "06 39 98 00 00"  # kept by the numbering plan for works of fiction
SAMU_LINE = "01 99 00 15 15"
PLACE = "À la maison"
DESTINATION_OF = {outcome: destination for destination, outcome in OUTCOME_OF.items()}
KINDS = {
    Destination.CPTS: (StructureKind.CPTS,),
    Destination.SAS: (StructureKind.SAS,),
    Destination.OTHER_PROFESSIONAL: (StructureKind.MAISON_SANTE, StructureKind.CENTRE_SANTE),
}


class Composer:
    """Composes the rows of requests. accounts: patients by number. crews: by department."""

    def __init__(
        self, atlas: Atlas, accounts: Mapping[int, User], crews: Mapping[str, list[Member]]
    ) -> None:
        self.atlas = atlas
        self.accounts = accounts
        self.crews = crews

    def key_owners(self, requests: Iterable[PlannedRequest]) -> set[uuid.UUID]:
        """The names of all keys that composing these requests needs."""
        requests = list(requests)
        patients = {request.patient.number for request in requests}
        return {request.id for request in requests} | {
            key_owner(self.accounts[number].pk) for number in patients
        }

    def add(self, request: PlannedRequest, rows: Rows) -> None:
        """Add every row of one request. Its data key must exist."""
        crew = self.crews[request.patient.place.departement]
        patient = self.accounts[request.patient.number]
        _Story(self.atlas, patient, crew, request, rows).compose()


class _Story(Thread):
    """The acts of one request, step by step."""

    def compose(self) -> None:
        acts = {
            StepKind.TAKE: self._take,
            StepKind.HAND_BACK: self._hand_back,
            StepKind.PATIENT_SAYS: self._patient_says,
            StepKind.PROFESSIONAL_SAYS: self._professional_says,
            StepKind.WORSENING: self._worsening,
            StepKind.TRANSMIT: self._transmit,
            StepKind.ORIENT: self._orient,
            StepKind.CLOSE: self._close,
            StepKind.WITHDRAW: self._withdraw,
            StepKind.EXPIRE: self._expire,
            StepKind.REOPEN: self._reopen,
        }
        for rank, step in enumerate(self.request.steps, start=1):
            acts[step.kind](step, rank)
        self._seen()
        self.rows.conversations.append(self.conversation)

    def _take(self, step: Step, rank: int) -> None:
        member = self.crew[step.crew]
        conversation = self.conversation
        conversation.state = State.IN_PROGRESS
        conversation.professional = member.user
        conversation.structure = member.structure
        conversation.taken_at = step.at
        name = member.user.professional.public_name
        self._event(step.at, sentences.taken(name, member.structure.name))
        self._passage(State.WAITING, Act.CONVERSATION_TAKEN, member.user, step.at)

    def _hand_back(self, step: Step, rank: int) -> None:
        self._waits_again()
        self._event(
            step.at,
            sentences.HANDED_BACK,
        )
        holder = self.crew[step.crew].user
        self._passage(State.IN_PROGRESS, Act.CONVERSATION_RETURNED, holder, step.at)

    def _waits_again(self) -> None:
        self.conversation.state = State.WAITING
        self.conversation.professional = None
        self.conversation.structure = None

    def _patient_says(self, step: Step, rank: int) -> None:
        self._post(step, rank, Side.PATIENT, self.patient)

    def _professional_says(self, step: Step, rank: int) -> None:
        self._post(step, rank, Side.PROFESSIONAL, self.crew[step.crew].user)

    def _post(self, step: Step, rank: int, side: Side, author: User) -> None:
        client_id = self.request.client_id(rank)
        self._line(step.at, side, MessageKind.TEXT, step.text, sender=author, client_id=client_id)
        if side == Side.PROFESSIONAL:
            self._notice(NoticeKind.ANSWER, step.at)
        self._journal(Act.MESSAGE_POSTED, author)

    def _worsening(self, step: Step, rank: int) -> None:
        worsening = Worsening(sign_codes=step.signs, phone=PHONE, place=PLACE)
        body = msgspec.json.encode(worsening).decode()
        self._line(step.at, Side.PATIENT, MessageKind.WORSENING, body, sender=self.patient)
        self.worsened = step.signs
        self.conversation.declared_sign = True
        place = self.request.patient.place
        self.rows.passages += signs_declared(
            uuid.uuid4(),
            at=step.at,
            commune=place.code,
            departement=place.departement,
            signs=step.signs,
            answer=PassageAnswer.DECLARED,
            continued=True,
            during_conversation=True,
        )
        self._passage(self.conversation.state, Act.WORSENING_DECLARED, self.patient, step.at)

    def _transmit(self, step: Step, rank: int) -> None:
        user = self.crew[step.crew].user
        told = Transmission(
            phone=PHONE,
            place=PLACE,
            age=f"{self.request.age} ans",
            sign_codes=step.signs,
            samu_line=SAMU_LINE,
        )
        self.rows.transmissions.append(
            EmergencyTransmission(
                conversation=self.conversation,
                by=user,
                at=step.at,
                number="15",
                sealed=seal(self.conversation.pk, "emergency", msgspec.json.encode(told).decode()),
            )
        )
        self._line(
            step.at,
            Side.PROFESSIONAL,
            MessageKind.EMERGENCY,
            "J'ai transmis votre situation au 15. Gardez votre téléphone près de vous : "
            "le SAMU peut vous rappeler. Si cela s'aggrave, appelez le 15 sans attendre.",
            sender=user,
        )
        self._notice(NoticeKind.ANSWER, step.at)
        self._passage(self.conversation.state, Act.EMERGENCY_TRANSMITTED, user, step.at)

    def _proposed(self, step: Step) -> Proposed:
        dismissed = self.details.sign_answer == PassageAnswer.DISMISSED
        at_the_door = () if dismissed else self.details.sign_codes
        signs = tuple(dict.fromkeys([*at_the_door, *self.worsened]))
        return self.atlas.propose_for(
            Facts(
                commune=self.atlas.commune(self.request.patient.place.code),
                medecin_traitant=self.details.medecin_traitant,
                medecin_traitant_reachable=step.reachable,
                ald=self.details.ald,
                age=self.request.age,
                motive=self.request.motive,
                declared_signs=signs,
                sign_number=danger.primary_number(signs).code if signs else "",
                asked_at=self.request.opened_at,
                decided_at=step.at,
            )
        )

    def _choice(self, step: Step, proposed: Proposed) -> Choice:
        wanted = DESTINATION_OF[Outcome(step.outcome)]
        proposal = proposed.proposal
        if proposal.destination == wanted:
            held = proposal.structure_id
            return Choice(wanted, self.atlas.structures[held] if held else None, None)
        return Choice(wanted, self._place_of(wanted, step), OverrideReason(step.reason))

    def _place_of(self, wanted: Destination, step: Step) -> Structure | None:
        kinds = KINDS.get(wanted, ())
        choices = self.atlas.choices(self.request.patient.place.code, step.at)
        return next((row for row in choices if row.kind in kinds), None)

    def _orient(self, step: Step, rank: int) -> None:
        user = self.crew[step.crew].user
        proposed = self._proposed(step)
        choice = self._choice(step, proposed)
        self.rows.decisions.append(
            decision_row(self.conversation.pk, proposed, choice, by=user, at=step.at)
        )
        card = card_for(
            OrientRequest(accept=choice.accepted, when=step.when, note=step.text), proposed, choice
        )
        body = msgspec.json.encode(card).decode()
        self._line(step.at, Side.PROFESSIONAL, MessageKind.ORIENTATION, body, sender=user)
        self._end(step, OUTCOME_OF[choice.destination], user, Act.ORIENTED)

    def _close(self, step: Step, rank: int) -> None:
        user = self.crew[step.crew].user
        body = step.text or "La conversation est close."
        self._line(step.at, Side.PROFESSIONAL, MessageKind.CLOSING, body, sender=user)
        self._end(step, Outcome(step.outcome), user, Act.CONVERSATION_CLOSED)

    def _withdraw(self, step: Step, rank: int) -> None:
        self._event(step.at, sentences.WITHDRAWN)
        self._end(step, Outcome.ABANDONED, self.patient, Act.CONVERSATION_CLOSED)

    def _expire(self, step: Step, rank: int) -> None:
        conversation = self.conversation
        answered = conversation.last_professional_at
        asked = max(at for at in (conversation.last_patient_at, conversation.waiting_since) if at)
        silent = bool(answered and answered >= asked)
        self._event(step.at, sentences.SILENT)
        outcome = Outcome.ABANDONED if silent else Outcome.EXPIRED
        self._end(step, outcome, None, Act.CONVERSATION_EXPIRED)

    def _end(self, step: Step, outcome: Outcome, actor: User | None, act: Act) -> None:
        conversation = self.conversation
        before = conversation.state
        opening = self.atlas.opening(self.request.patient.place.departement, step.at)
        delay = timedelta(days=opening.reopen_days) if opening else REOPEN_DELAY
        conversation.state = State.CLOSED
        conversation.outcome = outcome
        conversation.closed_at = step.at
        conversation.reopen_until = step.at + delay
        self._passage(before, act, actor, step.at, outcome)
        if actor is None or actor.pk != self.patient.pk:
            self._notice(NoticeKind.CLOSED, step.at)

    def _reopen(self, step: Step, rank: int) -> None:
        conversation = self.conversation
        self._waits_again()
        conversation.outcome = ""
        conversation.closed_at = None
        conversation.waiting_since = step.at
        status = self.atlas.status(self.request.patient.place.departement, step.at)
        assert status is not None
        conversation.promised_before = status.promised_before
        self._event(step.at, sentences.REOPENED)
        self._passage(State.CLOSED, Act.CONVERSATION_REOPENED, self.patient, step.at)
