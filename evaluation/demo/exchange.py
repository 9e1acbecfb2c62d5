"""One conversation of the demonstration, act after act, through the real acts."""

import uuid
from datetime import datetime, timedelta

from comptes.models import User
from evaluation.demo.live_requests import Request
from evaluation.demo.people import INES
from evaluation.demo.places import cpts_covering
from evaluation.demo.world import MARSEILLE_1, World
from messagerie import actions
from messagerie.actions.orienting import OrientRequest, proposal_for
from messagerie.contents import CareDetails
from messagerie.danger import SIGNS
from messagerie.models import Conversation, DoorPassage, PassageAnswer
from messagerie.states import Outcome
from orientation.models import Commune, OverrideReason, Role
from orientation.rules import Destination
from orientation.scope import Level, Scope, scope_for

NAMESPACE = uuid.UUID("7d5f2a52-31a5-5c0e-8a71-c7c1a9be2f10")
BOUCHES_DU_RHONE = "13"


def stable_id(name: str) -> uuid.UUID:
    """The same number for the same name, at every start."""
    return uuid.uuid5(NAMESPACE, name)


def open_request(name: str, request: Request, patient: User, at: datetime) -> bool:
    """Open one conversation, as the door does; False when it is there already."""
    if Conversation.objects.filter(pk=stable_id(name)).exists():
        return False
    commune = Commune.objects.get(pk=request.commune)
    visit = ""
    if request.signs:
        visit = str(stable_id(f"{name}:visit"))
        DoorPassage.objects.bulk_create(
            [
                DoorPassage(
                    visit=uuid.UUID(visit),
                    at=at,
                    commune=commune,
                    departement_id=commune.departement_id,
                    question_code=SIGNS[code].question_code,
                    sign_code=code,
                    number=SIGNS[code].number,
                    answer=PassageAnswer.DISMISSED,
                )
                for code in request.signs
            ]
        )
    return actions.open_conversation(
        actions.OpenRequest(
            draft_id=stable_id(name),
            client_id=stable_id(f"{name}:first"),
            commune=commune,
            subject=request.subject,
            details=CareDetails(
                medecin_traitant=request.medecin_traitant,
                ald=request.ald,
                sign_codes=request.signs,
                sign_answer=PassageAnswer.DISMISSED if request.signs else "",
                visit=visit,
            ),
            motive=request.motive,
            alternative=request.alternative,
            body=request.body,
        ),
        patient=patient,
        now=at,
    ).created


class Exchange:
    """One conversation between a patient and Inès, minute after minute."""

    def __init__(self, world: World, name: str, patient: User, begins: datetime) -> None:
        self.id = stable_id(name)
        self.name = name
        self.at = begins
        self.patient = patient
        self.ines = world.people[INES.email]
        self._patient_scope = scope_for(patient)
        self._ines_scope = duty_scope(self.ines, cpts_covering(MARSEILLE_1).pk, BOUCHES_DU_RHONE)
        self._lines = 0

    def wait(self, minutes: int) -> "Exchange":
        self.at += timedelta(minutes=minutes)
        return self

    def take(self) -> "Exchange":
        actions.take(self.id, professional=self.ines, scope=self._ines_scope, now=self.at)
        return self

    def patient_says(self, body: str) -> "Exchange":
        return self._say(self.patient, self._patient_scope, body)

    def ines_says(self, body: str) -> "Exchange":
        return self._say(self.ines, self._ines_scope, body)

    def _say(self, author: User, scope: Scope, body: str) -> "Exchange":
        self._lines += 1
        actions.post(
            self.id,
            author=author,
            scope=scope,
            client_id=stable_id(f"{self.name}:{self._lines}"),
            body=body,
            now=self.at,
        )
        return self.wait(3)

    def resolve(self, summary: str) -> None:
        actions.close(
            self.id,
            professional=self.ines,
            scope=self._ines_scope,
            outcome=Outcome.RESOLVED,
            summary=summary,
            now=self.at,
        )

    def orient_to_cpts(self, when: str, note: str) -> None:
        conversation = Conversation.objects.get(pk=self.id)
        proposal = proposal_for(conversation, self.at, reachable=False).proposal
        cpts = conversation.cpts
        accepted = proposal.destination == Destination.CPTS
        actions.orient(
            self.id,
            professional=self.ines,
            scope=self._ines_scope,
            request=OrientRequest(
                accept=accepted,
                structure_id=None if accepted or cpts is None else cpts.pk,
                override_reason="" if accepted else OverrideReason.CLOSER,
                when=when,
                note=note,
                medecin_traitant_reachable=False,
            ),
            now=self.at,
        )


def duty_scope(user: User, structure_id: int, departement: str) -> Scope:
    """The scope of a professional on duty for one structure."""
    return Scope(
        level=Level.STRUCTURE,
        user_id=user.pk,
        departement_codes=frozenset({departement}),
        structure_ids=frozenset({structure_id}),
        duty_structure_ids=frozenset({structure_id}),
        duty_departement_codes=frozenset({departement}),
        roles=frozenset({Role.PROFESSIONAL}),
    )
