"""Conversations by JSON, for professionals and, for their own, patients.

Every view goes through `visible_to(scope)` and the actions: what is foreign does not exist here.
"""

from typing import Any
from uuid import UUID

import msgspec
from django.core.paginator import Page
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from comptes.models import User
from messagerie import actions, delivery
from messagerie import api_schemas as schemas
from messagerie.actions.orienting import OrientRequest
from messagerie.actions.safety import Transmission
from messagerie.console_panel import panel, samu_line
from messagerie.console_rows import desk
from messagerie.contents import refuse_erased
from messagerie.errors import RefusalCode, Refused, not_found, other_epoch
from messagerie.frames import LARGEST_NUMBER
from messagerie.live.epoch import current_epoch
from messagerie.models import Conversation
from messagerie.rate import rate
from messagerie.rendering import line_frame, receipts_frame
from messagerie.states import Outcome
from orientation.scope import Level, Scope, scope_for

REFUSALS = {400: schemas.RefusalSerializer, 404: schemas.RefusalSerializer}
CONFLICTS = REFUSALS | {409: schemas.RefusalSerializer}


class ConversationsView(APIView):
    """Base of every view here: a scope that has conversations, and nobody else."""

    professionals_only = False
    hides_foreign = True
    scope_of_user: Scope

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.scope_of_user = scope_for(request.user)
        allowed = self.scope_of_user.is_professional or (
            self.scope_of_user.level == Level.SELF and not self.professionals_only
        )
        if not allowed:
            raise PermissionDenied
        # Before the body is read: what is foreign answers the same whatever one posts to it.
        asked = self.hides_foreign and kwargs.get("conversation_id")
        if (
            asked
            and not Conversation.objects.visible_to(self.scope_of_user).filter(pk=asked).exists()
        ):
            raise not_found()

    def finalize_response(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What is said here is about somebody's health: the browser keeps no copy."""
        response = super().finalize_response(*args, **kwargs)
        if not response.has_header("Cache-Control"):  # files say it in their own words
            add_never_cache_headers(response)
        return response

    @property
    def user(self) -> User:
        return self.request.user

    def checked(self, form: type[Serializer]) -> dict[str, Any]:
        """The body of the request, or a 400."""
        filled = form(data=self.request.data)
        filled.is_valid(raise_exception=True)
        return dict(filled.validated_data)

    def read(self, conversation_id: UUID) -> Conversation:
        found = actions.open_for_reading(
            conversation_id, reader=self.user, scope=self.scope_of_user
        )
        refuse_erased(found)
        return found

    def act(self, name: str, conversation_id: UUID, **more: Any) -> Any:
        """Call one act of a professional."""
        return getattr(actions, name)(
            conversation_id, professional=self.user, scope=self.scope_of_user, **more
        )


def _rows(page: Page) -> Response:
    body = {
        "count": page.paginator.count,
        "page": page.number,
        "pages": page.paginator.num_pages,
        "results": page.object_list,
    }
    return Response(schemas.RowsSerializer(body).data)


def _state(conversation: Conversation) -> Response:
    return Response(
        {
            "id": conversation.pk,
            "state": conversation.state,
            "outcome": conversation.outcome,
            "last_seq": conversation.last_seq,
        }
    )


def _lines_after(conversation: Conversation, cursor: int) -> Response:
    lines = delivery.lines_after(conversation.pk, cursor)
    body = receipts_frame(conversation) | {
        "id": conversation.pk,
        "lines": [line_frame(conversation.pk, line) for line in lines],
        "more": len(lines) == delivery.PAGE,
    }
    return Response(schemas.ConversationSerializer(body).data)


PAGE = OpenApiParameter("page", int, description="Page de la liste, à partir de 1")


class WaitingView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_waiting",
        summary="La file de la garde : signes déclarés d'abord, puis les plus anciennes",
        parameters=[PAGE],
        responses=schemas.RowsSerializer,
    )
    def get(self, request: Request) -> Response:
        page = request.query_params.get("page", 1)
        return _rows(desk(self.user, self.scope_of_user, waiting_page=page).waiting)


class MineView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_mine",
        summary="Les conversations que ce professionnel tient",
        parameters=[PAGE],
        responses=schemas.RowsSerializer,
    )
    def get(self, request: Request) -> Response:
        page = request.query_params.get("page", 1)
        return _rows(desk(self.user, self.scope_of_user, mine_page=page).mine)


class OneView(ConversationsView):
    @extend_schema(
        operation_id="conversations_retrieve",
        summary="Une conversation et ses lignes après un numéro",
        parameters=[OpenApiParameter("cursor", int, description="0 pour tout lire")],
        responses={200: schemas.ConversationSerializer} | REFUSALS,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        raw = request.query_params.get("cursor", "0")
        readable = raw.isascii() and raw.isdigit() and len(raw) < 11
        if not readable or int(raw) > LARGEST_NUMBER:
            raise Refused(RefusalCode.BAD_CHOICE, "Ce numéro de ligne n'est pas lisible.")
        return _lines_after(self.read(conversation_id), int(raw))


class ReadingView(ConversationsView):
    @extend_schema(
        operation_id="reading_create",
        summary="Lire la suite, pour une page sans liaison directe ; note ce qu'elle a reçu",
        request=schemas.ReadingSerializer,
        responses={200: schemas.ConversationSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        asked = self.checked(schemas.ReadingSerializer)
        if asked["epoch"] and asked["epoch"] != current_epoch():  # before the lines that it counts
            raise other_epoch()
        conversation = actions.read_on(
            conversation_id,
            reader=self.user,
            scope=self.scope_of_user,
            cursor=asked["cursor"],
            opened=asked["opened"],
        )
        return _lines_after(conversation, asked["cursor"])


class MessagesView(ConversationsView):
    @extend_schema(
        operation_id="messages_create",
        summary="Écrire une ligne ; la même, envoyée deux fois, n'est gardée qu'une fois",
        request=schemas.LineInSerializer,
        responses={200: schemas.PostedSerializer, 201: schemas.PostedSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        line = self.checked(schemas.LineInSerializer)
        rate.take(self.user.pk)
        posted = actions.post(
            conversation_id,
            author=self.user,
            scope=self.scope_of_user,
            client_id=line["id"],
            body=line["body"],
        )
        body = {"seq": posted.seq, "at": posted.at, "created": posted.created}
        return Response(schemas.PostedSerializer(body).data, status=201 if posted.created else 200)


class TakeView(ConversationsView):
    professionals_only = True
    hides_foreign = False  # the act does: who lost the race is told who won

    @extend_schema(
        operation_id="conversations_take",
        summary="Prendre une conversation ; le second apprend qui était le premier",
        request=None,
        responses={200: schemas.StateSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        return _state(self.act("take", conversation_id))


class HandBackView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_hand_back",
        summary="Rendre une conversation à la file",
        request=None,
        responses={200: schemas.StateSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        return _state(self.act("hand_back", conversation_id))


class CloseView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_close",
        summary="Clore avec une issue et le résumé du conseil",
        request=schemas.CloseSerializer,
        responses={200: schemas.StateSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        said = self.checked(schemas.CloseSerializer)
        return _state(
            self.act(
                "close",
                conversation_id,
                outcome=Outcome(said["outcome"]),
                summary=said["summary"],
            )
        )


class ProposalView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_proposal",
        summary="Ce que proposent les règles, la phrase et les branches examinées",
        parameters=[
            OpenApiParameter("reachable", bool, description="Le médecin traitant peut recevoir")
        ],
        responses={200: schemas.ProposalSerializer} | REFUSALS,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        said = request.query_params.get("reachable", "")
        proposed = actions.proposal_for(
            self.read(conversation_id),
            timezone.now(),
            reachable={"true": True, "false": False}.get(said),
        )
        proposal = proposed.proposal
        return Response(
            {
                "destination": proposal.destination,
                "structure_id": proposal.structure_id,
                "structure_name": proposal.structure_name,
                "number": proposal.number,
                "sentence": proposal.sentence,
                "rule_id": proposal.rule_id,
                "rule_set_version": proposal.rule_set_version,
                "mark": actions.shown_mark(proposed),
                "trace": proposal.trace_data(),
            }
        )


class OrientView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_orient",
        summary="Suivre la proposition, ou choisir un autre lieu avec une raison",
        request=schemas.OrientSerializer,
        responses={200: schemas.CardSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        said = self.checked(schemas.OrientSerializer)
        card = self.act("orient", conversation_id, request=OrientRequest(**said))
        return Response(msgspec.to_builtins(card))


class TransmitView(ConversationsView):
    professionals_only = True

    @extend_schema(
        operation_id="conversations_transmit",
        summary="Noter ce qui a été transmis au 15",
        request=schemas.TransmitSerializer,
        responses={201: schemas.TransmittedSerializer} | CONFLICTS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        said = self.checked(schemas.TransmitSerializer)
        conversation = self.read(conversation_id)
        now = timezone.now()
        line = samu_line(conversation, timezone.localdate(now))
        signs = tuple(sign.code for sign in panel(conversation, self.user, now).signs)
        told = Transmission(**said, sign_codes=signs, samu_line=line)
        sent = self.act("transmit_to_15", conversation_id, transmission=told)
        body = {"at": sent.at, "number": sent.number, "samu_line": line}
        return Response(schemas.TransmittedSerializer(body).data, status=201)
