"""What a patient keeps: the list of conversations, who read, the sheet to print."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comptes.journal import record
from comptes.keys.cipher import load_keys
from comptes.models import Act
from messagerie.contents import ContentErased, open_details, open_motive, open_subject
from messagerie.danger import NUMBERS, SIGNS
from messagerie.models import Conversation, MessageKind, Side
from messagerie.readers import readers_of
from messagerie.states import Outcome, State
from messagerie.views.conversation import visible
from messagerie.views.pages import patient_only
from messagerie.views.thread import all_lines, bubbles, holder_name
from orientation.motives import LABELS
from orientation.scope import Scope, scope_for
from orientation.structures import sas_of

LISTED = 100
ANSWERS_ON_THE_SHEET = 2  # the newest; the sheet is one page of paper


@dataclass(frozen=True)
class Row:
    """One conversation in a list, as `composants/conversations.html` reads it."""

    url: str
    titre: str
    etat: str
    ton: str
    maj: datetime
    non_lus: int


def conversation_rows(scope: Scope, limit: int = LISTED) -> list[Row]:
    """The newest conversations of a patient, last moved first."""
    rows = list(
        Conversation.objects.visible_to(scope)
        .annotate(
            unread=Count(
                "messages",
                filter=Q(messages__seq__gt=F("patient_opened_seq"))
                & Q(messages__side=Side.PROFESSIONAL),
            )
        )
        .order_by("-opened_at")[:limit]
    )
    return [line for _, line in rows_of(rows)]


def rows_of(conversations: list[Conversation]) -> list[tuple[Conversation, Row]]:
    """Each conversation with its line; their keys come in one query."""
    load_keys(row.pk for row in conversations)
    return [(row, _row(row)) for row in conversations]


def _row(row: Conversation) -> Row:
    try:
        title, (state, tone) = _title(row), _said_state(row)
    except ContentErased:
        title, state, tone = _("Conversation effacée"), _("Contenu effacé"), "neutre"
    moved = (row.closed_at, row.last_professional_at, row.last_patient_at, row.opened_at)
    return Row(
        url=reverse("patient:conversation", args=[row.pk]),
        titre=title,
        etat=state,
        ton=tone,
        maj=max(at for at in moved if at),
        non_lus=getattr(row, "unread", 0),
    )


def _title(row: Conversation) -> str:
    return f"{open_subject(row).first_name} – {LABELS[open_motive(row)]}"


def _said_state(row: Conversation) -> tuple[str, str]:
    if row.state == State.WAITING:
        return _("En attente"), "attente"
    if row.state == State.IN_PROGRESS:
        return _("En cours"), "cours"
    return {
        Outcome.RESOLVED: (_("Réponse donnée"), "fait"),
        Outcome.EMERGENCY: (_("Numéro d'urgence donné"), "danger"),
        Outcome.ABANDONED: (_("Retirée"), "neutre"),
        Outcome.EXPIRED: (_("Close sans réponse"), "neutre"),
        Outcome.TECHNICAL_TEST: (_("Essai"), "neutre"),
    }.get(Outcome(row.outcome), (_("Orientée"), "fait"))


@patient_only
@require_GET
def conversations(request: HttpRequest) -> HttpResponse:
    rows = conversation_rows(scope_for(request.user))
    return render(request, "patient/conversations.html", {"conversations": rows})


@patient_only
@require_GET
def readings(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Who opened this conversation or acted on it, by person."""
    row = visible(conversation_id, scope_for(request.user))
    record(Act.FILE_READ_BY_PATIENT, actor=request.user, conversation_id=row.pk)
    context = {"conversation": row, "readers": readers_of(row, request.user)}
    with timezone.override(ZoneInfo(row.time_zone)):
        return render(request, "patient/lectures.html", context)


@patient_only
@require_GET
def sheet(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The transmission sheet: one page to print for the GP or the SAS."""
    row = visible(conversation_id, scope_for(request.user))
    record(Act.SHEET_PRINTED, actor=request.user, conversation_id=row.pk)
    now = timezone.now()
    lines = all_lines(row)
    shown = bubbles(row, lines, now)
    details, subject = open_details(row), open_subject(row)
    answers = [bubble for bubble in shown if bubble.kind in _ANSWERS] or [
        bubble for bubble in shown if bubble.author and bubble.kind == MessageKind.TEXT
    ][-1:]
    sas = sas_of(row.departement, timezone.localdate(now))
    context = {
        "conversation": row,
        "subject": subject,
        "details": details,
        "signs": [SIGNS[code].label for code in details.sign_codes if code in SIGNS],
        "worsenings": [bubble for bubble in shown if bubble.kind == MessageKind.WORSENING],
        "motive": LABELS[open_motive(row)],
        "question": shown[0].body if shown else "",
        "answers": answers[-ANSWERS_ON_THE_SHEET:],
        "holder": holder_name(row),
        "sas": sas,
        "emergency": [NUMBERS["15"], NUMBERS["114"]],
        "now": now,
    }
    with timezone.override(ZoneInfo(row.time_zone)):
        return render(request, "patient/fiche.html", context)


_ANSWERS = (MessageKind.CLOSING, MessageKind.ORIENTATION, MessageKind.EMERGENCY)
