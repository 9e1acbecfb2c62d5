"""The question, then *Envoyer*: an account is asked only here. The draft becomes a talk."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from comptes.models import Patient
from messagerie import actions, drafts
from messagerie.actions import OpenRequest
from messagerie.drafts import Draft
from messagerie.errors import RefusalCode, Refused, not_a_patient
from messagerie.forms.door import QuestionForm
from messagerie.forms.fields import status_of
from messagerie.views import door_files
from messagerie.views.door_steps import closed, commune_of, is_of_another, of_another, step
from messagerie.views.pages import is_other_account, is_patient, other_account, private, refusal
from messagerie.waiting import ClosedTerritory, service_for
from orientation.motives import LABELS

FILES_TEMPLATE = "patient/porte/_fichiers.html"
BOUNDS = (RefusalCode.RATE, RefusalCode.BUSY, RefusalCode.TOO_MANY_FILES)


@step("question")
def question(request: HttpRequest, draft: Draft) -> HttpResponse:
    content = draft.content
    agreed = agreed_before(request)
    if request.method != "POST":
        form = QuestionForm(
            agreed_before=agreed,
            initial={
                "motive": content.motive,
                "body": content.body,
                "alternative": content.alternative,
                "readers_agreed": content.readers_agreed,
            },
        )
        return question_page(request, draft, form)
    if "retirer" in request.POST:
        return _taken_off(request, draft)
    form = QuestionForm(request.POST, agreed_before=agreed)
    if form.is_valid():
        content.motive = form.cleaned_data["motive"]
        content.body = form.cleaned_data["body"]
        content.alternative = form.cleaned_data["alternative"]
        content.readers_agreed = agreed or form.cleaned_data["readers_agreed"]
        drafts.save(request.session, draft)
    try:
        # A browser cannot put a chosen file back in a form: it is kept even if the rest is not.
        if door_files.brings_file(request):
            door_files.bring(request, draft)
    except Refused as not_kept:
        if not (form.is_valid() and not_kept.code in BOUNDS):
            return question_page(request, draft, form, file_refusal=not_kept)
        # What bounds strangers' files never holds up a question.
        messages.warning(request, _("Votre fichier n'est pas joint. ") + door_files.later())
    if not form.is_valid():
        return question_page(request, draft, form)
    if content.missing_step:
        return redirect(f"porte:{content.missing_step}")
    if is_patient(request):
        return send(request, draft)
    return redirect("porte:envoyer")


def _taken_off(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The page again without one file; another one, chosen and not joined yet, is kept."""
    gone = door_files.take_off(request, draft)
    said = _("« %(name)s » est retiré.") % {"name": gone} if gone else ""
    form = _as_typed(request)
    if door_files.brings_file(request):
        try:
            door_files.bring(request, draft)
        except Refused as not_kept:
            return question_page(request, draft, form, file_refusal=not_kept)
    return question_page(request, draft, form, file_said=said)


@private
def join(request: HttpRequest) -> HttpResponse:
    """One file, before the rest is sent: by the page's script (JSON), or by the form without it."""
    if request.method != "POST":
        return other_account(request) if is_other_account(request) else redirect("porte:question")
    if request.get_preferred_type(["text/html", "application/json"]) != "application/json":
        return _joined_by_form(request)
    try:
        return _joined_alone(request)
    except Refused as refused:
        said = {"code": refused.code, "message": refused.sentence, "retry": refused.retry}
        return JsonResponse(said, status=refused.status)


def _joined_alone(request: HttpRequest) -> HttpResponse:
    draft = drafts.load(request.session)
    if is_other_account(request):
        raise not_a_patient()
    if draft.is_sent or is_of_another(request, draft):
        raise of_another()
    if "brouillon" in request.POST and not draft.exists:
        # The text comes with « Envoyer », into a new draft: a file alone must not make one before.
        raise Refused(
            RefusalCode.TOO_LATE,
            _("Votre session a expiré. Appuyez sur Envoyer : votre texte sera gardé."),
            status=409,
        )
    kept = door_files.bring(request, draft)
    html = render_to_string(FILES_TEMPLATE, door_files.context_of(draft), request)
    return JsonResponse({"attachment": str(kept.pk), "html": html}, status=201)


@step("question")
def _joined_by_form(request: HttpRequest, draft: Draft) -> HttpResponse:
    form = _as_typed(request)
    try:
        kept = door_files.bring(request, draft)
    except Refused as not_kept:
        return question_page(request, draft, form, file_refusal=not_kept)
    said = _("« %(name)s » est joint à votre question.") % {"name": door_files.name_of(kept)}
    return question_page(request, draft, form, file_said=said)


def _as_typed(request: HttpRequest) -> QuestionForm:
    """The form as it stands in the page, not judged: it was not sent."""
    return QuestionForm(agreed_before=agreed_before(request), initial=request.POST.dict())


def question_page(
    request: HttpRequest,
    draft: Draft,
    form: QuestionForm,
    status: int | None = None,
    file_refusal: Refused | None = None,
    file_said: str = "",
) -> HttpResponse:
    """The page of the question. `file_refusal`: why the file that came with it is not kept;
    `file_said`: what was just done with one."""
    if file_refusal is not None:
        status = file_refusal.status
    commune = commune_of(draft)
    service = service_for(commune, timezone.now()) if commune else None
    if isinstance(service, ClosedTerritory):
        return closed(request, service)
    return render(
        request,
        "patient/porte/question.html",
        {
            "form": form,
            "subject": draft.content.subject,
            "service_notice": service,
            "file_error": file_refusal.sentence if file_refusal else "",
            "file_said": file_said,
            "file_id": uuid.uuid4(),
            "draft_id": draft.row.pk if draft.exists else "",
            **door_files.context_of(draft),
        },
        status=status or (status_of(form) if form.errors else 200),
    )


@private
def confirm(request: HttpRequest) -> HttpResponse:
    """What is about to leave, then: sign up or in, or the button that sends."""
    if is_other_account(request):
        return other_account(request)
    draft = drafts.load(request.session)
    if draft.is_sent:
        return redirect("patient:conversation", draft.row.pk)
    missing = draft.content.missing_step
    if missing:
        if not draft.exists:
            messages.warning(
                request,
                _("Nous n'avons pas retrouvé votre question : la session a expiré. Recommencez."),
            )
        return redirect(f"porte:{missing}")
    if request.method == "POST" and is_patient(request):
        return send(request, draft)
    commune = commune_of(draft)
    service = service_for(commune, timezone.now()) if commune else None
    if service is None or isinstance(service, ClosedTerritory):
        return closed(request, service)
    after = urlencode({"next": reverse("porte:envoyer")})
    return render(
        request,
        "patient/porte/envoyer.html",
        {
            "content": draft.content,
            "subject": draft.content.subject,
            "place": commune.label,
            "motive": LABELS[draft.content.motive],
            "service_notice": service,
            "files": door_files.shown(draft),
            "signed_in": is_patient(request),
            "sign_up_url": f"{reverse('account_signup')}?{after}",
            "sign_in_url": f"{reverse('account_login')}?{after}",
        },
        status=403 if request.method == "POST" else 200,
    )


def agreed_before(request: HttpRequest) -> bool:
    """Whether this patient accepted the team of readers once already."""
    return (
        is_patient(request)
        and Patient.objects.filter(user=request.user, readers_agreed_at__isnull=False).exists()
    )


def send(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Open the conversation of a complete draft; sent twice, the same one."""
    content = draft.content
    commune = commune_of(draft)
    if commune is None:
        return redirect("porte:ou")
    if not content.readers_agreed and not agreed_before(request):
        return redirect("porte:question")
    try:
        opened = actions.open_conversation(
            OpenRequest(
                draft_id=draft.row.pk,
                client_id=UUID(content.client_id),
                commune=commune,
                subject=content.subject,
                details=content.details,
                motive=content.motive,
                alternative=content.alternative,
                body=content.body,
            ),
            patient=request.user,
        )
    except Refused as refused:
        return _not_sent(request, draft, refused)
    _keep_agreement(request)
    return redirect("patient:conversation", opened.conversation.pk)


def _keep_agreement(request: HttpRequest) -> None:
    Patient.objects.get_or_create(user=request.user)
    Patient.objects.filter(user=request.user, readers_agreed_at__isnull=True).update(
        readers_agreed_at=timezone.now()
    )


def _not_sent(request: HttpRequest, draft: Draft, refused: Refused) -> HttpResponse:
    """Say why, on the page where the person can do something about it; the draft stays."""
    if refused.code == RefusalCode.TERRITORY_CLOSED:
        return closed(request, service_for(commune_of(draft), timezone.now()))
    if refused.code in (RefusalCode.NOT_FOUND, RefusalCode.SAME_ID_OTHER_TEXT):
        return refusal(request, refused, draft.content.body)
    form = QuestionForm(
        {
            "motive": draft.content.motive,
            "body": draft.content.body,
            "alternative": draft.content.alternative,
            "readers_agreed": "on",
        },
        agreed_before=agreed_before(request),
    )
    form.is_valid()
    form.add_error(None, refused.sentence)
    return question_page(request, draft, form, status=refused.status)
