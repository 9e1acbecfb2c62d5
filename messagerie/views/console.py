"""Pages of the console. One frame of three columns; what is open decides the middle and right.

Every page works alone: a narrow screen shows one column, a wide one shows the three.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from comptes.outbox_key import outbox_keys
from messagerie import actions, console_panel
from messagerie.console_rows import Desk, closed_by, desk
from messagerie.errors import Refused
from messagerie.forms.console import CloseForm, OrientForm, ReplyForm, TransmitForm
from messagerie.live.epoch import current_epoch
from messagerie.models import Conversation
from messagerie.views.console_access import ConsoleRequest, professionals_only
from orientation.engine import Proposed, choices_for


@require_safe
@professionals_only
def home(request: ConsoleRequest) -> HttpResponse:
    """The queue and one's own conversations. `?partie`: the one on screen has just left it."""
    if "partie" in request.GET:
        messages.info(
            request,
            "La conversation ouverte n'est plus dans votre file : "
            "un collègue l'a prise, elle n'attend plus, ou son contenu a été effacé.",
        )
    return home_page(request)


def home_page(request: ConsoleRequest, *, refusal: Refused | None = None) -> HttpResponse:
    """The console without an open conversation; `refusal` says why the last act was not done."""
    context = _left(request) | {"vue": "file", "panneau": "", "ouverte": None, "refus": refusal}
    status = refusal.status if refusal else 200
    return render(request, "console/accueil.html", context, status=status)


@require_safe
@professionals_only
def queue_fragment(request: ConsoleRequest) -> HttpResponse:
    """The left column alone, for a page that refreshes it. `ouverte`: the open conversation."""
    context = _left(request) | {"ouverte": _uuid_or_none(request.GET.get("ouverte", ""))}
    return render(request, "console/_listes.html", context)


@require_safe
@professionals_only
def closed(request: ConsoleRequest) -> HttpResponse:
    """The conversations that this professional closed."""
    page = closed_by(request.user, request.scope_of_user, request.GET.get("page", 1))
    return render(request, "console/closes.html", {"page": page})


@require_safe
@professionals_only
def conversation(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    return conversation_page(request, conversation_id)


@require_safe
@professionals_only
def situation(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """The same page, with the right column first on a narrow screen."""
    return conversation_page(request, conversation_id, column="panneau")


@require_safe
@professionals_only
def thread_fragment(request: ConsoleRequest, conversation_id: UUID) -> HttpResponse:
    """The lines alone, for a page that has more than text to show."""
    found = opened(request, conversation_id)
    return render(request, "console/_fil.html", {"lignes": _thread(request, found)})


def opened(request: ConsoleRequest, conversation_id: UUID) -> Conversation:
    """The conversation, its opening journaled; 404 for what is foreign or does not exist."""
    try:
        return actions.open_for_reading(
            conversation_id, reader=request.user, scope=request.scope_of_user
        )
    except Refused as refused:
        raise Http404 from refused


def conversation_page(
    request: ConsoleRequest,
    conversation_id: UUID,
    *,
    column: str = "conversation",
    panel: str = "situation",
    status: int = 200,
    refusal: Refused | None = None,
    **forms: Any,
) -> HttpResponse:
    """The whole console around one conversation.

    `column`: the one that a narrow screen shows. `panel`: what the right column holds (situation,
    orienter, clore, transmettre, rendre). `forms`: bound forms, after a refusal.
    """
    epoch = current_epoch()  # before the lines that it counts
    found = opened(request, conversation_id)
    now = timezone.now()
    known = console_panel.panel(found, request.user, now)
    if not known.is_mine and forms.get("form") is None:
        panel = "situation"  # nothing to do here any more; a form already filled stays
    lines = _thread(request, found)
    context = _left(request) | {
        "vue": column,
        "panneau": panel,
        "ouverte": found.pk,
        "refus": refusal,
        "conversation": found,
        "situation": known,
        "lignes": lines,
        "plus_anciennes": bool(lines) and lines[0].seq > 1,
        "plus_recentes": bool(lines) and lines[-1].seq < found.last_seq,
        "reponse": forms.get("reply") or ReplyForm(),
        "formulaire": forms.get("form"),
        "live_epoch": epoch,
    }
    if panel == "orienter":
        context |= _orientation(request, found, forms.get("form"))
    elif panel == "clore" and context["formulaire"] is None:
        context["formulaire"] = CloseForm()
    elif panel == "transmettre":
        context["ligne_samu"] = console_panel.samu_line(found, timezone.localdate(now))
        context["formulaire"] = context["formulaire"] or TransmitForm(
            initial={"phone": known.phone, "place": known.place, "age": known.subject.age_label}
        )
    if known.is_mine:
        actions.mark_delivered(
            found.pk, reader=request.user, scope=request.scope_of_user, seq=found.last_seq
        )
    return render(request, "console/conversation.html", context, status=status)


def _thread(request: ConsoleRequest, found: Conversation) -> list[console_panel.Entry]:
    before = request.GET.get("avant", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 9 else None
    return console_panel.thread(found, request.user, number)


def _orientation(
    request: ConsoleRequest, found: Conversation, bound: OrientForm | None
) -> dict[str, Any]:
    said = bound.data.get("reachable", "") if bound else request.GET.get("joignable", "")
    proposed = actions.proposal_for(found, timezone.now(), reachable=reachable(said))
    form = bound or OrientForm(
        structures=choices_for(found.commune, timezone.now()),
        initial={"reachable": said, "shown": actions.shown_mark(proposed)},
    )
    if bound is not None:  # the proposal on the page is the present one
        form.data = form.data.copy()
        form.data["shown"] = actions.shown_mark(proposed)
    return {"formulaire": form, "proposition": _proposal(proposed), "joignable": said}


def _proposal(proposed: Proposed) -> dict[str, Any]:
    proposal = proposed.proposal
    return {
        "destination": DESTINATIONS[proposal.destination.value],
        "name": proposal.structure_name,
        "number": proposal.number,
        "sentence": proposal.sentence,
        "version": proposal.rule_set_version,
        "trace": [
            {"sentence": s.sentence, "kept": s.verdict.value == "RETENUE", "reason": s.reason}
            for s in proposal.trace
        ],
    }


DESTINATIONS = {
    "NUMBER": "Un numéro d'urgence",
    "MEDECIN_TRAITANT": "Son médecin traitant",
    "OTHER_PROFESSIONAL": "Un autre professionnel",
    "CPTS": "La CPTS du territoire",
    "SAS": "Le service d'accès aux soins",
}


def reachable(said: str) -> bool | None:
    """Whether the professional says that the declared GP can receive."""
    return {"oui": True, "non": False}.get(said)


def _left(request: ConsoleRequest) -> dict[str, Any]:
    """The left column: duty, lists and their pages."""
    scope = request.scope_of_user
    lists: Desk = desk(
        request.user,
        scope,
        waiting_page=request.GET.get("page", 1),
        mine_page=request.GET.get("mes", 1),
    )
    return {
        "bureau": lists,
        "structures": request.structures,
        "garde": next((s for s in request.structures if s.pk in scope.duty_structure_ids), None),
        "en_garde": bool(scope.duty_structure_ids),
        "boite": outbox_keys(request.user),
    }


def _uuid_or_none(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None
