"""Files on the pages of both sides: join one by a plain form, open one by a link.

The form is the one of the reply: what was typed goes along, and comes back whatever happens.
"""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from messagerie import actions
from messagerie.api_files import content_of, number_of
from messagerie.attachments.serving import answer
from messagerie.errors import Refused
from messagerie.forms.console import ReplyForm
from messagerie.views.console import conversation_page as console_page
from messagerie.views.console import home_page
from messagerie.views.console_access import ConsoleRequest, professionals_only
from messagerie.views.conversation import page_again
from messagerie.views.pages import patient_only
from messagerie.views.session_over import keep_typed
from orientation.scope import scope_for

FIELD = "fichier"


@require_POST
@patient_only
def join_by_patient(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    typed = request.POST.get("body", "")
    client_id = None
    try:
        client_id = number_of(request.POST.get("client_id", ""))
        name, content = content_of(request.FILES.get(FIELD))
        joined = actions.attach(
            conversation_id,
            author=request.user,
            scope=scope_for(request.user),
            client_id=client_id,
            name=name,
            content=content,
        )
    except Refused as refused:
        # Another file is another sending: only what may pass as it is keeps its number.
        same = client_id if refused.retry else None
        return page_again(request, conversation_id, typed, refused, same)
    keep_typed(request, conversation_id, typed)
    return redirect(f"{reverse('patient:conversation', args=[conversation_id])}#m{joined.seq}")


@require_POST
@professionals_only
def join_by_professional(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    typed = request.POST.get("body", "")
    try:
        name, content = content_of(request.FILES.get(FIELD))
        actions.attach(
            conversation_id,
            author=request.user,
            scope=request.scope_of_user,
            client_id=number_of(request.POST.get("id", "")),
            name=name,
            content=content,
        )
    except Refused as refused:
        if refused.status == 404:
            return home_page(request, refusal=refused)
        form = ReplyForm(request.POST if refused.retry else {"body": typed})
        form.refuse(refused.sentence, "body")
        return console_page(request, conversation_id, status=refused.status, reply=form)
    if typed.strip():
        # Loaded again, this page sends the same file under the same number: harmless.
        return console_page(request, conversation_id, reply=ReplyForm(initial={"body": typed}))
    return redirect(f"{reverse('console:conversation', args=[conversation_id])}#fin")


@require_GET
@patient_only
def file_for_patient(
    request: ConsoleRequest, conversation_id: UUID, attachment_id: UUID
) -> HttpResponseBase:
    return answer(
        actions.open_file(
            conversation_id, attachment_id, reader=request.user, scope=scope_for(request.user)
        )
    )


@require_GET
@professionals_only
def file_for_professional(
    request: ConsoleRequest, conversation_id: UUID, attachment_id: UUID
) -> HttpResponseBase:
    try:
        opened = actions.open_file(
            conversation_id, attachment_id, reader=request.user, scope=request.scope_of_user
        )
    except Refused as refused:
        return home_page(request, refusal=refused)
    return answer(opened)
