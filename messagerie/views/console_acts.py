"""Acts of the console: each one a POST, then a redirect; a refusal keeps what was typed.

On the acts that need a form, GET shows the same page with that form open at the right.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from messagerie import actions, delivery
from messagerie.actions.orienting import OrientRequest
from messagerie.actions.safety import Transmission
from messagerie.console_panel import panel as panel_of
from messagerie.console_panel import samu_line
from messagerie.errors import RefusalCode, Refused
from messagerie.forms.console import CloseForm, OrientForm, ReplyForm, TransmitForm
from messagerie.states import Outcome
from messagerie.views.console import conversation_page, home_page, opened, reachable
from messagerie.views.console_access import ConsoleRequest, professionals_only
from orientation.duty import DutyRefused, end_duty, start_duty
from orientation.engine import choices_for

show_or_do = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@professionals_only
def start(request: ConsoleRequest, structure_id: int) -> HttpResponse:
    """« Prendre ma garde »."""
    try:
        duty = start_duty(request.user, structure_id, scope=request.scope_of_user)
    except DutyRefused as refused:
        return home_page(
            request, refusal=Refused(RefusalCode.NOT_ON_DUTY, str(refused), status=409)
        )
    delivery.hint_rights(request.user.pk)
    messages.success(request, f"Vous êtes de garde pour {duty.structure.name}.")
    return redirect("console:accueil")


@require_POST
@professionals_only
def stop(request: ConsoleRequest) -> HttpResponse:
    """« Quitter ma garde »: the queue goes away, held conversations stay."""
    if end_duty(request.user):
        delivery.hint_rights(request.user.pk)
        messages.success(
            request, "Vous n'êtes plus de garde. Les conversations que vous avez prises restent."
        )
    return redirect("console:accueil")


@require_POST
@professionals_only
def take(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Take; the loser stays on the queue and reads who won."""
    try:
        actions.take(conversation_id, professional=request.user, scope=request.scope_of_user)
    except Refused as refused:
        return home_page(request, refusal=refused)
    return redirect("console:conversation", conversation_id)


@require_POST
@professionals_only
def reply(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return conversation_page(request, conversation_id, status=400, reply=form)
    try:
        posted = actions.post(
            conversation_id,
            author=request.user,
            scope=request.scope_of_user,
            client_id=form.cleaned_data["id"],
            body=form.cleaned_data["body"],
        )
        actions.mark_opened(
            conversation_id, reader=request.user, scope=request.scope_of_user, seq=posted.seq
        )
    except Refused as refused:
        form.refuse(refused.sentence, "body")
        return conversation_page(request, conversation_id, status=refused.status, reply=form)
    return redirect(f"{_address(conversation_id)}#fin")


def _address(conversation_id: UUID) -> str:
    return redirect("console:conversation", conversation_id).url


@show_or_do
@professionals_only
def hand_back(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """Give the conversation back to the queue, after a page that says what it means."""
    if request.method != "POST":
        return conversation_page(request, conversation_id, column="panneau", panel="rendre")
    try:
        actions.hand_back(conversation_id, professional=request.user, scope=request.scope_of_user)
    except Refused as refused:
        return _refused(request, conversation_id, refused, "rendre")
    messages.success(request, "La conversation est revenue dans la file.")
    return redirect("console:accueil")


@show_or_do
@professionals_only
def close(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return conversation_page(request, conversation_id, column="panneau", panel="clore")
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _refused(request, conversation_id, None, "clore", form)
    try:
        actions.close(
            conversation_id,
            professional=request.user,
            scope=request.scope_of_user,
            outcome=Outcome(form.cleaned_data["outcome"]),
            summary=form.cleaned_data["summary"],
        )
    except Refused as refused:
        return _refused(request, conversation_id, refused, "clore", form)
    messages.success(request, "La conversation est close. Le patient est prévenu.")
    return redirect("console:accueil")


@show_or_do
@professionals_only
def orient(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return conversation_page(request, conversation_id, column="panneau", panel="orienter")
    commune = opened(request, conversation_id).commune
    form = OrientForm(request.POST, structures=choices_for(commune, timezone.now()))
    if not form.is_valid():
        return _refused(request, conversation_id, None, "orienter", form)
    said = form.cleaned_data
    accept = "accepter" in request.POST
    structure_id = form.chosen_structure
    try:
        actions.orient(
            conversation_id,
            professional=request.user,
            scope=request.scope_of_user,
            request=OrientRequest(
                accept=accept,
                destination="" if structure_id else said["place"],
                structure_id=structure_id,
                override_reason="" if accept else said["reason"],
                when=said["when"],
                note=said["note"],
                medecin_traitant_reachable=reachable(said["reachable"]),
                shown=said["shown"],
            ),
        )
    except Refused as refused:
        return _refused(request, conversation_id, refused, "orienter", form)
    messages.success(request, "L'orientation est envoyée au patient. La conversation est close.")
    return redirect("console:accueil")


@show_or_do
@professionals_only
def transmit(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return conversation_page(request, conversation_id, column="panneau", panel="transmettre")
    form = TransmitForm(request.POST)
    if not form.is_valid():
        return _refused(request, conversation_id, None, "transmettre", form)
    found = opened(request, conversation_id)
    now = timezone.now()
    try:
        actions.transmit_to_15(
            conversation_id,
            professional=request.user,
            scope=request.scope_of_user,
            transmission=Transmission(
                phone=form.cleaned_data["phone"],
                place=form.cleaned_data["place"],
                age=form.cleaned_data["age"],
                sign_codes=tuple(sign.code for sign in panel_of(found, request.user, now).signs),
                samu_line=samu_line(found, timezone.localdate(now)),
            ),
        )
    except Refused as refused:
        return _refused(request, conversation_id, refused, "transmettre", form)
    messages.success(
        request, "La transmission au 15 est notée. Le patient sait que le SAMU peut le rappeler."
    )
    return redirect("console:conversation", conversation_id)


def _refused(
    request: ConsoleRequest,
    conversation_id: UUID,
    refused: Refused | None,
    panel: str,
    form: CloseForm | OrientForm | TransmitForm | None = None,
) -> HttpResponse:
    """The same page, the form as it was typed, and what stands in the way."""
    if refused is not None and form is not None:
        form.refuse(refused.sentence)
    return conversation_page(
        request,
        conversation_id,
        column="panneau",
        panel=panel,
        status=refused.status if refused else 400,
        refusal=refused,
        form=form,
    )
