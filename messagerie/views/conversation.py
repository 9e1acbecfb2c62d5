"""The patient's conversation: the whole page, the reply without JavaScript, its live parts."""

import uuid
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from comptes.outbox_key import outbox_keys
from messagerie import actions, drafts
from messagerie.clock import said_before
from messagerie.contents import open_subject
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.live.epoch import current_epoch
from messagerie.models import Conversation, MessageKind
from messagerie.states import Outcome, State
from messagerie.views.pages import (
    is_patient,
    other_account,
    patient_only,
    private,
    refusal,
)
from messagerie.views.session_over import keep_typed, session_over
from messagerie.views.thread import all_lines, bubbles, holder_name, with_progress
from messagerie.waiting import people_before, service_notice
from orientation.openings import local_day, opening_for
from orientation.scope import Scope, scope_for


@patient_only
@require_GET
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return conversation_page(request, conversation_id)


def conversation_page(
    request: HttpRequest,
    conversation_id: UUID,
    *,
    typed: str = "",
    error: str = "",
    status: int = 200,
    client_id: UUID | None = None,
) -> HttpResponse:
    """The whole page. Its opening is journaled, and its lines are marked as opened.

    typed, error: what was written and why it did not leave. client_id: UUID of the next line,
    kept when the same line may be tried again.
    """
    scope = scope_for(request.user)
    epoch = current_epoch()  # before the lines that it counts
    row = actions.open_for_reading(conversation_id, reader=request.user, scope=scope)
    actions.mark_opened(row.pk, reader=request.user, scope=scope, seq=row.last_seq)
    now = timezone.now()
    lines = all_lines(row)
    kept = _kept(request, row)
    context = live_parts(row)
    context |= {
        "subject": open_subject(row),
        "bubbles": with_progress(row, bubbles(row, lines, now)),
        "last_seq": lines[-1].seq if lines else 0,
        "typed": typed or (kept.body if kept else ""),
        "kept": kept,
        "error": error,
        "now": now,
        "client_id": client_id or uuid.uuid4(),
        "boite": outbox_keys(request.user),
        "live_epoch": epoch,
    }
    with timezone.override(ZoneInfo(row.time_zone)):
        return render(request, "patient/conversation.html", context, status=status)


def _kept(request: HttpRequest, row: Conversation) -> drafts.KeptReply | None:
    """The line kept aside for this reader; None when there is none, or once they sent another one,
    by whatever way."""
    kept = drafts.kept_reply(request.session, row.pk)
    if kept is None:
        return None
    sent = row.messages.filter(sender=request.user, kind=MessageKind.TEXT, seq__gt=kept.after)
    if sent.exists():
        drafts.drop_reply(request.session, row.pk)
        return None
    return kept


def live_parts(row: Conversation) -> dict[str, object]:
    """What changes while the page is open: who answers, how long to wait, what can be done."""
    now = timezone.now()
    context: dict[str, object] = {
        "conversation": row,
        "holder": holder_name(row),
        "can_reopen": bool(row.reopen_until and now <= row.reopen_until),
        "is_referred": row.outcome.startswith("REFERRED") or row.outcome == Outcome.EMERGENCY,
    }
    if row.state == State.WAITING:
        departement = row.departement
        opening = opening_for(departement, local_day(departement, now))
        promised = row.promised_before
        context |= {
            "before": people_before(row),
            "promise": said_before(promised, row.time_zone, now) if promised else "",
            "is_late": bool(promised and promised < now),
            "service_notice": service_notice(departement, opening, now) if opening else None,
        }
    return context


def visible(conversation_id: UUID, scope: Scope) -> Conversation:
    """A conversation of this patient, without opening its content. Raises Refused NOT_FOUND."""
    row = (
        Conversation.objects.visible_to(scope)
        .select_related("commune", "departement", "structure", "professional__professional")
        .filter(pk=conversation_id)
        .first()
    )
    if row is None:
        raise not_found()
    return row


@patient_only
@require_GET
def live(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The parts that the page replaces when its state changes, and the cards after a number.

    Plain lines come by the socket alone: this page holds none of them.
    """
    row = visible(conversation_id, scope_for(request.user))
    after = request.GET.get("apres", "")
    cursor = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    cards = [
        line
        for line in all_lines(row)
        if line.seq > cursor and line.kind not in (MessageKind.TEXT, MessageKind.EVENT)
    ]
    context = live_parts(row) | {"bubbles": bubbles(row, cards, timezone.now())}
    with timezone.override(ZoneInfo(row.time_zone)):
        return render(request, "patient/_vivant.html", context)


@private
@require_POST
def reply(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One line, by a plain form. What was typed comes back with each refusal."""
    typed = request.POST.get("body", "")
    if not request.user.is_authenticated:
        return session_over(request)
    if not is_patient(request):
        return other_account(request)
    if "garder" in request.POST:  # by the page, whose session had ended: nobody pressed « Envoyer »
        try:
            visible(conversation_id, scope_for(request.user))
            keep_typed(request, conversation_id, typed)
            return conversation_page(request, conversation_id, typed=typed)
        except Refused as hidden:
            return refusal(request, hidden, "")
    try:
        client_id = UUID(request.POST.get("client_id", ""))
    except ValueError:
        sentence = _("Le formulaire est incomplet : votre message n'est pas parti. Renvoyez-le.")
        return page_again(request, conversation_id, typed, Refused(RefusalCode.BAD_ID, sentence))
    try:
        posted = actions.post(
            conversation_id,
            author=request.user,
            scope=scope_for(request.user),
            client_id=client_id,
            body=typed,
        )
    except Refused as refused:
        same = None if refused.code == RefusalCode.SAME_ID_OTHER_TEXT else client_id
        return page_again(request, conversation_id, typed, refused, same)
    return redirect(f"{reverse('patient:conversation', args=[conversation_id])}#m{posted.seq}")


def page_again(
    request: HttpRequest,
    conversation_id: UUID,
    typed: str,
    refused: Refused,
    client_id: UUID | None = None,
) -> HttpResponse:
    """The page again, with the sentence of the refusal and the text in its form."""
    try:
        return conversation_page(
            request,
            conversation_id,
            typed=typed,
            error=refused.sentence,
            status=refused.status,
            client_id=client_id,
        )
    except Refused as hidden:
        return refusal(request, hidden, typed)
