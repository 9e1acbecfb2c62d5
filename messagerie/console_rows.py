"""The left column of the console: the queue and one's own conversations, read in few queries.

Whatever the number of rows, a page costs the same queries: the rows, their count, their keys.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from comptes.keys.cipher import load_keys
from comptes.models import User
from messagerie.contents import ContentErased, open_details, open_motive, open_subject
from messagerie.models import Conversation, Message, MessageKind, Side
from messagerie.models.conversation import ConversationQuerySet
from messagerie.states import State
from orientation.motives import LABELS
from orientation.scope import Scope

ROWS = 20  # rows of one page of a list


@dataclass(frozen=True)
class Row:
    """One conversation, as a line of the left column.

    `turn`: whose turn it is, in French. `said_at`: the patient's last message. `mine_to_answer`:
    the patient waits for this professional. `danger`: "" or what to say beside the mark.
    """

    id: UUID
    first_name: str
    age: str
    relation: str
    motive: str
    commune: str
    danger: str
    turn: str
    mine_to_answer: bool
    said_at: datetime
    unread: int
    last_seq: int


@dataclass(frozen=True)
class Desk:
    """What the left column shows: two pages of rows, and the counts of their headings."""

    waiting: Page
    mine: Page
    waiting_signs: int

    @property
    def to_answer(self) -> int:
        return sum(row.mine_to_answer for row in self.mine.object_list)


_WORSENED = Exists(Message.objects.filter(conversation=OuterRef("pk"), kind=MessageKind.WORSENING))


def motive_label(code: str) -> str:
    """The motive as people read it."""
    return next((label for motive, label in LABELS.items() if motive.value == code), code)


def desk(user: User, scope: Scope, *, waiting_page: object = 1, mine_page: object = 1) -> Desk:
    """Both lists of one professional. Page numbers come as typed: a wrong one gives the nearest."""
    queue = Conversation.objects.waiting_for(scope)
    waiting = Paginator(_to_show(queue), ROWS).get_page(waiting_page)
    mine = Paginator(_to_show(held_by(user, scope)), ROWS).get_page(mine_page)
    found = {row.pk: row for row in [*waiting.object_list, *mine.object_list]}
    load_keys(found)
    unread = _unread(mine.object_list)
    waiting.object_list = [_row(c, 0) for c in waiting.object_list]
    mine.object_list = [_row(c, unread.get(c.pk, 0)) for c in mine.object_list]
    signs = queue.filter(declared_sign=True).order_by().count()
    return Desk(waiting=waiting, mine=mine, waiting_signs=signs)


def _to_show(rows: ConversationQuerySet) -> ConversationQuerySet:
    """With all that a row says, in the same query."""
    return rows.select_related("commune").annotate(worsened=_WORSENED)


def held_by(user: User, scope: Scope) -> ConversationQuerySet:
    """The conversations that a professional holds: those to answer first, then the oldest word."""
    return (
        Conversation.objects.visible_to(scope)
        .filter(state=State.IN_PROGRESS, professional=user)
        .annotate(
            answered=Case(
                When(_ANSWERED, then=Value(1)), default=Value(0), output_field=IntegerField()
            )
        )
        .order_by("answered", "-declared_sign", Coalesce("last_patient_at", "opened_at"), "id")
    )


_ANSWERED = Q(last_professional_at__gte=Coalesce(F("last_patient_at"), F("opened_at")))


def closed_by(user: User, scope: Scope, page: object = 1) -> Page:
    """The conversations that this professional closed, newest first."""
    rows = _to_show(
        Conversation.objects.visible_to(scope)
        .filter(state=State.CLOSED, professional=user)
        .order_by("-closed_at", "id")
    )
    found = Paginator(rows, ROWS).get_page(page)
    found.object_list = list(found.object_list)
    load_keys(row.pk for row in found.object_list)
    found.object_list = [_row(row, 0) for row in found.object_list]
    return found


def _unread(conversations: list[Conversation]) -> dict[UUID, int]:
    """How many lines of the patient stand after what the professional has seen."""
    seen = Conversation.objects.filter(pk=OuterRef("conversation_id"))
    return dict(
        Message.objects.filter(
            conversation__in=[c.pk for c in conversations],
            side=Side.PATIENT,
            seq__gt=Subquery(seen.values("professional_opened_seq")[:1]),
        )
        .order_by()
        .values("conversation_id")
        .annotate(n=Count("pk"))
        .values_list("conversation_id", "n")
    )


def _row(conversation: Conversation, unread: int) -> Row:
    said_at = conversation.last_patient_at or conversation.opened_at
    try:
        subject, details = open_subject(conversation), open_details(conversation)
    except ContentErased:
        return _erased_row(conversation, said_at)
    answered = conversation.last_professional_at
    to_answer = conversation.state == State.IN_PROGRESS and (answered is None or answered < said_at)
    return Row(
        id=conversation.pk,
        first_name=subject.first_name,
        age=subject.age_label,
        relation=subject.relation_label,
        motive=motive_label(open_motive(conversation)),
        commune=conversation.commune.label,
        danger=_danger(conversation, details.sign_answer),
        turn=_turn(conversation, to_answer),
        mine_to_answer=to_answer,
        said_at=said_at,
        unread=unread,
        last_seq=conversation.last_seq,
    )


def _erased_row(conversation: Conversation, said_at: datetime) -> Row:
    """What is left of a conversation whose content was erased: when, where, how it ended."""
    return Row(
        id=conversation.pk,
        first_name="Contenu effacé",
        age="",
        relation="",
        motive="",
        commune=conversation.commune.label,
        danger="",
        turn=_turn(conversation, to_answer=False),
        mine_to_answer=False,
        said_at=said_at,
        unread=0,
        last_seq=conversation.last_seq,
    )


def _danger(conversation: Conversation, sign_answer: str) -> str:
    if not conversation.declared_sign:
        return ""
    if conversation.worsened:  # declared since: what was answered at the door no longer counts
        return "Aggravation déclarée"
    return {
        "DISMISSED": "Signe coché, puis écarté",
        "CALLED": "Signe déclaré, a appelé",
    }.get(sign_answer, "Signe déclaré")


def _turn(conversation: Conversation, to_answer: bool) -> str:
    if conversation.state == State.WAITING:
        return "En attente"
    if conversation.state == State.CLOSED:
        return conversation.get_outcome_display()
    return "À vous" if to_answer else "Au patient"
