"""« Mon dossier »: the page, the downloads, and the request to erase."""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from comptes.journal import record
from comptes.models import Act
from messagerie import actions
from messagerie.errors import not_found
from messagerie.models import Attachment, AttachmentState, Conversation, ErasureRequest
from messagerie.patient_file import as_json, own_conversations, patient_file
from messagerie.patient_file_pdf import as_pdf
from messagerie.patient_file_zip import archive, joined_files, refuse_another
from messagerie.printing import CannotMakePdf
from messagerie.states import State
from messagerie.views.conversation import visible
from messagerie.views.pages import patient_only
from messagerie.views.records import Row, rows_of
from orientation.scope import Scope, scope_for

logger = logging.getLogger(__name__)


@patient_only
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Each conversation with its number, its downloads, who read it, and its erasure."""
    kept = Attachment.objects.filter(
        conversation=OuterRef("pk"), state__in=(AttachmentState.PRET, AttachmentState.EN_ANALYSE)
    )
    found = list(own_conversations(scope_for(request.user)).annotate(has_files=Exists(kept)))
    last: dict[UUID, ErasureRequest] = {}
    for asked in ErasureRequest.objects.filter(conversation__in=found).order_by("pk"):
        last[asked.conversation_id] = asked
    shown = [_entry(row, line, last.get(row.pk)) for row, line in rows_of(found)]
    context = {"entries": shown, "has_files": any(row.has_files for row in found)}
    return render(request, "patient/dossier.html", context)


def _entry(row: Conversation, line: Row, asked: ErasureRequest | None) -> dict[str, object]:
    is_erased = row.erased_at is not None
    open_request = asked is not None and asked.state in ("REQUESTED", "ASKED")
    return {
        "conversation": row,
        "line": line,
        "is_erased": is_erased,
        "has_files": row.has_files and not is_erased,
        "asked": open_request and not is_erased,
        "refusal": asked.get_refusal_display()
        if asked is not None and asked.state == "REFUSED" and not is_erased
        else "",
        "may_ask": row.state == State.CLOSED and not is_erased and not open_request,
    }


@patient_only
@require_GET
def whole(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Everything, as `json`, `pdf` or `zip`."""
    scope = scope_for(request.user)
    return _download(request, scope, list(own_conversations(scope)), kind, "mon-dossier")


@patient_only
@require_GET
def one(request: HttpRequest, conversation_id: UUID, kind: str) -> HttpResponseBase:
    """One conversation, as `json`, `pdf` or `zip`."""
    scope = scope_for(request.user)
    row = _own(scope, conversation_id)
    name = f"conversation-{timezone.localdate(row.opened_at)}"
    return _download(request, scope, [row], kind, name, one=row.pk)


def _own(scope: Scope, conversation_id: UUID) -> Conversation:
    row = own_conversations(scope).filter(pk=conversation_id).first()
    if row is None:
        raise not_found()
    return row


def _download(
    request: HttpRequest,
    scope: Scope,
    rows: Iterable[Conversation],
    kind: str,
    name: str,
    *,
    one: UUID | None = None,
) -> HttpResponseBase:
    """The document, journaled. `one`: the only conversation of it; None for the whole file."""
    if kind == "zip":
        refuse_another(request.user)
    record(Act.FILE_DOWNLOADED, actor=request.user, conversation_id=one, reason=kind)
    # Before what is said of them: a file that comes in between is in the text, and said to lack.
    files = joined_files(scope, rows) if kind == "zip" else []
    made = patient_file(request.user, rows, is_whole=one is None)
    response: HttpResponseBase
    if kind == "zip":
        response = StreamingHttpResponse(
            archive(made, files, patient=request.user, scope=scope, name=name),
            content_type="application/zip",
        )
        # A proxy that is slower than us would put the rest on its disk.
        response["X-Accel-Buffering"] = "no"
    elif kind == "json":
        response = HttpResponse(as_json(made), content_type="application/json; charset=utf-8")
    else:
        try:
            response = HttpResponse(as_pdf(made), content_type="application/pdf")
        except CannotMakePdf as why:
            logger.warning("patient file not made as a PDF: %s", why)
            return render(request, "patient/sans_pdf.html", status=503)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@patient_only
@require_http_methods(["GET", "POST"])
def erasure(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask for the content to be erased; what it means is said first."""
    scope = scope_for(request.user)
    row = visible(conversation_id, scope)
    if request.method == "POST":
        actions.request_erasure(row.pk, patient=request.user, scope=scope)
        messages.success(
            request,
            _("Votre demande est enregistrée. La réponse s'affichera sur cette page."),
        )
        return redirect("dossier:page")
    if row.state != State.CLOSED or row.erased_at is not None:
        return redirect("dossier:page")
    return render(request, "patient/effacement.html", {"conversation": row})
