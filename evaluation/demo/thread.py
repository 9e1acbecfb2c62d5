"""One conversation of the history as it is opened, and the rows that every act leaves behind."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from comptes.keys.cipher import content_mac
from comptes.models import Act, JournalEntry, User
from evaluation.demo.atlas import Atlas
from evaluation.demo.planned import PlannedRequest
from evaluation.demo.rows import Rows, signs_declared
from evaluation.demo.world import Member
from messagerie.contents import (
    CareDetails,
    Subject,
    seal_body,
    seal_details,
    seal_motive,
    seal_subject,
)
from messagerie.models import (
    Conversation,
    Message,
    MessageKind,
    Notice,
    NoticeKind,
    Side,
    Transition,
)
from messagerie.states import State
from orientation import care_situation
from orientation.care_situation import Told


class Thread:
    """The conversation of one request: its opening, and what every act writes."""

    def __init__(
        self,
        atlas: Atlas,
        patient: User,
        crew: Sequence[Member],
        request: PlannedRequest,
        rows: Rows,
    ) -> None:
        self.atlas = atlas
        self.crew = crew
        self.patient = patient
        self.request = request
        self.rows = rows
        self.worsened: tuple[str, ...] = ()
        self.noticed: set[NoticeKind] = set()
        self.conversation = self._opened()

    def _line(
        self,
        at: datetime,
        side: Side,
        kind: MessageKind,
        body: str,
        *,
        sender: User | None = None,
        client_id: uuid.UUID | None = None,
    ) -> None:
        conversation = self.conversation
        client_id = client_id or uuid.uuid4()
        conversation.last_seq += 1
        conversation.line_id = client_id
        if side == Side.PATIENT:
            conversation.last_patient_at = at
        elif side == Side.PROFESSIONAL:
            conversation.last_professional_at = at
            conversation.first_answer_at = conversation.first_answer_at or at
        self.rows.messages.append(
            Message(
                conversation=conversation,
                seq=conversation.last_seq,
                sender=sender,
                side=side,
                kind=kind,
                client_id=client_id,
                body_sealed=seal_body(
                    conversation.pk, sender.pk if sender else None, client_id, body
                ),
                content_mac=content_mac(conversation.pk, body),
                created_at=at,
            )
        )

    def _event(self, at: datetime, body: str) -> None:
        self._line(at, Side.SERVICE, MessageKind.EVENT, body)

    def _passage(
        self, before: str, act: Act, actor: User | None, at: datetime, outcome: str = ""
    ) -> None:
        self.rows.transitions.append(
            Transition(
                conversation=self.conversation,
                from_state=before,
                to_state=self.conversation.state,
                act=act,
                outcome=outcome,
                actor=actor,
                at=at,
            )
        )
        self._journal(act, actor)

    def _journal(self, act: Act, actor: User | None) -> None:
        self.rows.journal.append(
            JournalEntry(
                at=timezone.now(),
                act=act,
                actor_id=actor.pk if actor else None,
                actor_kind=actor.kind if actor else "",
                conversation_id=self.conversation.pk,
                seq=self.conversation.last_seq or None,
                object_ref=f"client:{self.conversation.line_id}",
            )
        )

    def _notice(self, kind: NoticeKind, at: datetime) -> None:
        """One mail of each kind, already sent: no reader waits for it any more."""
        if kind in self.noticed:
            return
        self.noticed.add(kind)
        self.rows.notices.append(
            Notice(
                user_id=self.patient.pk,
                conversation=self.conversation,
                kind=kind,
                seq=self.conversation.last_seq,
                created_at=at,
                sent_at=at,
            )
        )

    def _seen(self) -> None:
        """Both sides have received and seen everything since."""
        conversation = self.conversation
        conversation.patient_delivered_seq = conversation.last_seq
        conversation.patient_opened_seq = conversation.last_seq
        conversation.professional_delivered_seq = conversation.last_seq
        conversation.professional_opened_seq = conversation.last_seq

    def _opened(self) -> Conversation:
        request, place = self.request, self.request.patient.place
        at = request.opened_at
        day = self.atlas.day(place.departement, at)
        departement = self.atlas.departements[place.departement]
        status = self.atlas.status(place.departement, at)
        assert status is not None  # the demonstration opens its regions before its history
        self.details = CareDetails(
            medecin_traitant=request.medecin_traitant,
            ald=request.ald,
            sign_codes=request.signs,
            sign_answer=request.sign_answer,
            visit=str(request.visit) if request.visit else "",
        )
        self.conversation = Conversation(
            pk=request.id,
            patient=self.patient,
            commune_id=place.code,
            departement=departement,
            region_id=departement.region_id,
            cpts=self.atlas.cpts(place.code, day),
            time_zone=departement.time_zone,
            rule_set_version=self.atlas.version(place.departement, at),
            state=State.WAITING,
            declared_sign=bool(request.signs),
            alternative=request.alternative,
            motive_sealed=seal_motive(request.id, request.motive),
            subject_sealed=seal_subject(
                request.id,
                Subject(relation=request.relation, first_name=request.name, age=request.age),
            ),
            situation_sealed=seal_details(request.id, self.details),
            opened_at=at,
            waiting_since=at,
            promised_before=status.promised_before,
        )
        self._line(
            at,
            Side.PATIENT,
            MessageKind.TEXT,
            request.body,
            sender=self.patient,
            client_id=request.client_id(0),
        )
        if request.visit is not None:
            self.rows.passages += signs_declared(
                request.visit,
                at=at - timedelta(minutes=2),
                commune=place.code,
                departement=place.departement,
                signs=request.signs,
                answer=request.sign_answer,
                continued=True,
            )
        if request.relation == "SELF":
            self.rows.situations[self.patient.pk] = care_situation.row(
                self.patient, Told(request.medecin_traitant, request.ald), timezone.now()
            )
        self._passage("", Act.CONVERSATION_OPENED, self.patient, at)
        return self.conversation
