"""One planned request, played through `messagerie.actions`: what `rows` must equal."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache

from comptes.models import User
from evaluation.demo.compose import DESTINATION_OF, KINDS, PHONE, PLACE, SAMU_LINE
from evaluation.demo.exchange import duty_scope
from evaluation.demo.planned import PlannedRequest, Step, StepKind
from evaluation.demo.rows import signs_declared
from evaluation.demo.story import SILENCE
from evaluation.demo.world import Member
from messagerie import actions
from messagerie.actions.orienting import OrientRequest, proposal_for
from messagerie.actions.safety import Transmission
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation, DoorPassage
from messagerie.states import Outcome
from orientation.engine import choices_for
from orientation.models import Commune
from orientation.rules import Destination
from orientation.scope import Level, Scope


class Acts:
    """Plays requests. accounts: patients by number. crews: professionals by department."""

    def __init__(self, accounts: Mapping[int, User], crews: dict[str, list[Member]]) -> None:
        self.accounts = accounts
        self.crews = crews
        self._play: dict[StepKind, Callable[[PlannedRequest, Step, int], object]] = {
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

    def play(self, request: PlannedRequest) -> None:
        """Open the conversation and play every act of it, at its own time."""
        self._open(request)
        for rank, step in enumerate(request.steps, start=1):
            self._play[step.kind](request, step, rank)

    def _patient(self, request: PlannedRequest) -> User:
        return self.accounts[request.patient.number]

    def _patient_scope(self, request: PlannedRequest) -> Scope:
        return Scope(level=Level.SELF, user_id=self._patient(request).pk)

    def _member(self, request: PlannedRequest, step: Step) -> tuple[User, Scope]:
        departement = request.patient.place.departement
        member = self.crews[departement][step.crew]
        return member.user, duty_scope(member.user, member.structure.pk, departement)

    def _open(self, request: PlannedRequest) -> None:
        if request.visit is not None:
            DoorPassage.objects.bulk_create(
                signs_declared(
                    request.visit,
                    at=request.opened_at - timedelta(minutes=2),
                    commune=request.patient.place.code,
                    departement=request.patient.place.departement,
                    signs=request.signs,
                    answer=request.sign_answer,
                )
            )
        actions.open_conversation(
            actions.OpenRequest(
                draft_id=request.id,
                client_id=request.client_id(0),
                commune=_commune(request.patient.place.code),
                subject=Subject(
                    relation=request.relation, first_name=request.name, age=request.age
                ),
                details=CareDetails(
                    medecin_traitant=request.medecin_traitant,
                    ald=request.ald,
                    sign_codes=request.signs,
                    sign_answer=request.sign_answer,
                    visit=str(request.visit) if request.visit else "",
                ),
                motive=request.motive,
                alternative=request.alternative,
                body=request.body,
            ),
            patient=self._patient(request),
            now=request.opened_at,
        )

    def _take(self, request: PlannedRequest, step: Step, rank: int) -> None:
        user, scope = self._member(request, step)
        actions.take(request.id, professional=user, scope=scope, now=step.at)

    def _hand_back(self, request: PlannedRequest, step: Step, rank: int) -> None:
        user, scope = self._member(request, step)
        actions.hand_back(request.id, professional=user, scope=scope, now=step.at)

    def _patient_says(self, request: PlannedRequest, step: Step, rank: int) -> None:
        self._post(request, step, rank, self._patient(request), self._patient_scope(request))

    def _professional_says(self, request: PlannedRequest, step: Step, rank: int) -> None:
        self._post(request, step, rank, *self._member(request, step))

    def _post(
        self, request: PlannedRequest, step: Step, rank: int, author: User, scope: Scope
    ) -> None:
        actions.post(
            request.id,
            author=author,
            scope=scope,
            client_id=request.client_id(rank),
            body=step.text,
            now=step.at,
        )

    def _worsening(self, request: PlannedRequest, step: Step, rank: int) -> None:
        actions.declare_worsening(
            request.id,
            patient=self._patient(request),
            scope=self._patient_scope(request),
            sign_codes=step.signs,
            phone=PHONE,
            place=PLACE,
            now=step.at,
        )

    def _transmit(self, request: PlannedRequest, step: Step, rank: int) -> None:
        user, scope = self._member(request, step)
        actions.transmit_to_15(
            request.id,
            professional=user,
            scope=scope,
            transmission=Transmission(
                phone=PHONE,
                place=PLACE,
                age=f"{request.age} ans",
                sign_codes=step.signs,
                samu_line=SAMU_LINE,
            ),
            now=step.at,
        )

    def _orient(self, request: PlannedRequest, step: Step, rank: int) -> None:
        user, scope = self._member(request, step)
        wanted = DESTINATION_OF[Outcome(step.outcome)]
        conversation = Conversation.objects.select_related("commune").get(pk=request.id)
        proposal = proposal_for(conversation, step.at, reachable=step.reachable).proposal
        accept = proposal.destination == wanted
        actions.orient(
            request.id,
            professional=user,
            scope=scope,
            request=OrientRequest(
                accept=accept,
                destination="" if accept else wanted,
                structure_id=None if accept else _structure_id(wanted, conversation, step),
                override_reason="" if accept else step.reason,
                when=step.when,
                note=step.text,
                medecin_traitant_reachable=step.reachable,
            ),
            now=step.at,
        )

    def _close(self, request: PlannedRequest, step: Step, rank: int) -> None:
        user, scope = self._member(request, step)
        actions.close(
            request.id,
            professional=user,
            scope=scope,
            outcome=Outcome(step.outcome),
            summary=step.text,
            now=step.at,
        )

    def _withdraw(self, request: PlannedRequest, step: Step, rank: int) -> None:
        actions.withdraw(
            request.id,
            patient=self._patient(request),
            scope=self._patient_scope(request),
            now=step.at,
        )

    def _expire(self, request: PlannedRequest, step: Step, rank: int) -> None:
        actions.expire(request.id, silent_since=step.at - SILENCE, now=step.at)

    def _reopen(self, request: PlannedRequest, step: Step, rank: int) -> None:
        actions.reopen(
            request.id,
            patient=self._patient(request),
            scope=self._patient_scope(request),
            now=step.at,
        )


@lru_cache(maxsize=4096)
def _commune(code: str) -> Commune:
    return Commune.objects.get(pk=code)


def _structure_id(wanted: Destination, conversation: Conversation, step: Step) -> int | None:
    """A place of the wanted kind that serves the commune; None for the GP, who has no row."""
    kinds = KINDS.get(wanted, ())
    rows = choices_for(conversation.commune, step.at) if kinds else []
    return next((row.pk for row in rows if row.kind in kinds), None)
