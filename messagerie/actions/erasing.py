"""Erase the content of a closed conversation: at its term, or by two administrators.

The mark and the emptied columns are committed first: from then on nothing reads. Then the data key
and the files are destroyed; a task finishes what a crash left (`shred_left`). What stays: dates,
places, states and outcomes, for the figures. The journal keeps who asked and who decided.
"""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.journal import record
from comptes.keys.cipher import destroy_key
from comptes.models import Act, User
from messagerie.actions.closing import refuse_not_patient
from messagerie.actions.files import destroy_files
from messagerie.actions.writing import announce
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.models import (
    Conversation,
    EmergencyTransmission,
    ErasureReason,
    ErasureRefusal,
    ErasureRequest,
    ErasureState,
    Message,
)
from messagerie.models.erasure import OPEN_STATES
from messagerie.states import State
from orientation import engine
from orientation.scope import Scope

AT_TERM = "terme de conservation"

logger = logging.getLogger(__name__)


# --- Asking and deciding


def request_erasure(
    conversation_id: UUID, *, patient: User, scope: Scope, now: datetime | None = None
) -> ErasureRequest:
    """The patient asks; two administrators will decide. Asked twice, it is one request.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, BAD_CHOICE (still open), ERASED.
    """
    now = now or timezone.now()
    with transaction.atomic():
        conversation = _locked(Conversation.objects.visible_to(scope), conversation_id)
        refuse_not_patient(conversation, patient)
        _refuse_not_erasable(conversation)
        held = conversation.erasure_requests.filter(state__in=OPEN_STATES).first()
        if held is not None:
            return held
        made = ErasureRequest.objects.create(
            conversation=conversation,
            departement_id=conversation.departement_id,
            state=ErasureState.REQUESTED,
            reason=ErasureReason.PATIENT_ASKED,
            requested_at=now,
        )
        _note(Act.ERASURE_ASKED, made, patient, made.reason)
    return made


def ask_erasure(
    conversation_id: UUID,
    *,
    administrator: User,
    scope: Scope,
    reason: str,
    now: datetime | None = None,
) -> ErasureRequest:
    """The first administrator asks, with a reason; takes up the patient's request if there is one.

    Raises:
        Refused: NOT_FOUND (also outside the territory), BAD_CHOICE (still open, reason not in the
            list, already asked), ERASED.
    """
    now = now or timezone.now()
    if reason not in ErasureReason.values:
        raise Refused(RefusalCode.BAD_CHOICE, "Choisissez une raison dans la liste.")
    with transaction.atomic():
        conversation = _locked(_of_territory(scope), conversation_id)
        _refuse_not_erasable(conversation)
        held = conversation.erasure_requests.filter(state__in=OPEN_STATES).first()
        if held is not None and held.state == ErasureState.ASKED:
            raise Refused(
                RefusalCode.BAD_CHOICE,
                "Une demande attend déjà une seconde personne pour cette conversation.",
                status=409,
            )
        made = held or ErasureRequest(
            conversation=conversation, departement_id=conversation.departement_id
        )
        made.state = ErasureState.ASKED
        made.reason = reason
        made.asked_by = administrator
        made.asked_at = now
        made.save(force_insert=held is None)
        _note(Act.ERASURE_ASKED, made, administrator, reason)
    return made


def confirm_erasure(
    request_id: int, *, administrator: User, scope: Scope, now: datetime | None = None
) -> ErasureRequest:
    """The second administrator confirms: the content is erased. One decision wins.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS (the same person), BAD_CHOICE (already decided, or not asked
            by an administrator yet, or the conversation is open again).
    """
    now = now or timezone.now()
    with transaction.atomic():
        asked = _visible_request(request_id, scope)
        if asked.asked_by_id == administrator.pk:
            raise Refused(
                RefusalCode.NOT_YOURS,
                "Vous avez demandé cet effacement : une autre personne doit le confirmer.",
                status=409,
            )
        won = (
            ErasureRequest.objects.filter(pk=asked.pk, state=ErasureState.ASKED)
            .exclude(asked_by=administrator)
            .update(state=ErasureState.DONE, decided_by=administrator, decided_at=now)
        )
        if not won:
            raise _already_decided()
        conversation = _locked(Conversation.objects.all(), asked.conversation_id)
        if conversation.erased_at is None:
            _erase(conversation, actor=administrator, reason=asked.reason, now=now)
    asked.refresh_from_db()
    return asked


def refuse_erasure(
    request_id: int,
    *,
    administrator: User,
    scope: Scope,
    refusal: str,
    now: datetime | None = None,
) -> ErasureRequest:
    """An administrator refuses, with a reason that the patient reads; or who asked withdraws.

    Raises:
        Refused: NOT_FOUND, BAD_CHOICE (already decided, reason not in the list).
    """
    now = now or timezone.now()
    if refusal not in ErasureRefusal.values:
        raise Refused(RefusalCode.BAD_CHOICE, "Choisissez une raison dans la liste.")
    with transaction.atomic():
        asked = _visible_request(request_id, scope)
        won = ErasureRequest.objects.filter(pk=asked.pk, state__in=OPEN_STATES).update(
            state=ErasureState.REFUSED, refusal=refusal, decided_by=administrator, decided_at=now
        )
        if not won:
            raise _already_decided()
        _note(Act.ERASURE_REFUSED, asked, administrator, refusal)
    asked.refresh_from_db()
    return asked


def _of_territory(scope: Scope):
    """Conversations of an administrator's territory, by their number alone; never to be shown."""
    if not scope.is_administrator:
        return Conversation.objects.none()
    if scope.is_national:
        return Conversation.objects.all()
    return Conversation.objects.filter(departement__in=scope.departement_codes)


def _visible_request(request_id: int, scope: Scope) -> ErasureRequest:
    found = ErasureRequest.objects.visible_to(scope).filter(pk=request_id).first()
    if found is None:
        raise not_found()
    return found


def _locked(rows, conversation_id: UUID) -> Conversation:
    found = rows.filter(pk=conversation_id).select_for_update(of=("self",)).first()
    if found is None:
        raise not_found()
    return found


def _refuse_not_erasable(conversation: Conversation) -> None:
    if conversation.erased_at is not None:
        raise Refused(RefusalCode.ERASED, _("Ce contenu est déjà effacé."), status=410)
    if conversation.state != State.CLOSED:
        raise Refused(
            RefusalCode.BAD_CHOICE,
            _("Cette conversation est encore ouverte. Elle doit d'abord être close."),
            status=409,
        )


def _already_decided() -> Refused:
    return Refused(
        RefusalCode.BAD_CHOICE,
        "Cette demande n'attend plus de confirmation : quelqu'un vient de décider.",
        status=409,
    )


def _note(act: Act, asked: ErasureRequest, actor: User, reason: str) -> None:
    record(
        act,
        actor=actor,
        conversation_id=asked.conversation_id,
        object_ref=f"erasure:{asked.pk}",
        reason=reason,
    )


# --- Erasing


def erase_at_term(
    conversation_id: UUID, *, closed_before: datetime, now: datetime | None = None
) -> bool:
    """Erase a conversation closed before a date; True if this call did. Reopened meanwhile, or
    erased already, it is left alone."""
    now = now or timezone.now()
    with transaction.atomic():
        conversation = (
            Conversation.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=conversation_id, state=State.CLOSED, erased_at__isnull=True)
            .filter(closed_at__lt=closed_before)
            .first()
        )
        if conversation is None:
            return False
        _erase(conversation, actor=None, reason=AT_TERM, now=now)
    return True


def erase_files_at_term(conversation_id: UUID, *, closed_before: datetime) -> bool:
    """Erase the files of a conversation closed before a date; its lines stay. True if it did."""
    with transaction.atomic():
        closed = Conversation.objects.filter(state=State.CLOSED, closed_at__lt=closed_before)
        held = closed.select_for_update(of=("self",), skip_locked=True).filter(pk=conversation_id)
        return held.first() is not None and destroy_files(conversation_id) > 0


def _erase(conversation: Conversation, *, actor: User | None, reason: str, now: datetime) -> None:
    """Mark, empty and journal, in the caller's transaction; destroy after its commit."""
    _refuse_not_erasable(conversation)
    conversation.erased_at = now
    conversation.reopen_until = None
    conversation.motive_sealed = b""
    conversation.subject_sealed = b""
    conversation.situation_sealed = b""
    conversation.save(
        update_fields=[
            "erased_at",
            "reopen_until",
            "motive_sealed",
            "subject_sealed",
            "situation_sealed",
        ]
    )
    Message.objects.filter(conversation=conversation).update(body_sealed=b"", content_mac=b"")
    EmergencyTransmission.objects.filter(conversation=conversation).update(sealed=b"")
    engine.forget_why(conversation.pk)
    destroy_files(conversation.pk)
    record(Act.CONVERSATION_ERASED, actor=actor, conversation_id=conversation.pk, reason=reason)
    transaction.on_commit(partial(shred, conversation.pk), robust=True)
    announce(conversation)


def shred(conversation_id: UUID) -> None:
    """Destroy the data key and the files of an erased conversation; again does nothing more."""
    destroy_key(conversation_id)
    destroy_files(conversation_id)
    Conversation.objects.filter(
        pk=conversation_id, erased_at__isnull=False, shredded_at__isnull=True
    ).update(shredded_at=timezone.now())


def shred_left() -> int:
    """Finish the erasures that a crash cut between the mark and the key. Returns how many."""
    left = Conversation.objects.filter(erased_at__isnull=False, shredded_at__isnull=True)
    done = 0
    for pk in list(left.values_list("pk", flat=True)):
        shred(pk)
        done += 1
    return done
