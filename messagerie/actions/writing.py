"""Shared by every act: lock the row, number the line, seal it, note the passage, announce."""

import uuid
from datetime import datetime
from uuid import UUID

from django.db import transaction

from comptes.journal import record
from comptes.keys.cipher import content_mac
from comptes.models import Act, User
from messagerie import delivery, states
from messagerie.actions.lines import same_id_other_text
from messagerie.contents import seal_body
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.models import Conversation, Message, MessageKind, Side, Transition
from messagerie.states import Outcome, State
from orientation.scope import Scope


def locked(conversation_id: UUID, scope: Scope) -> Conversation:
    """Lock the row of a conversation that the scope may see; call it inside a transaction.

    Raises:
        Refused: NOT_FOUND, the same for what does not exist and for what is not yours.
    """
    conversation = (
        Conversation.objects.visible_to(scope)
        .filter(pk=conversation_id)
        .select_for_update(of=("self",))
        .first()
    )
    if conversation is None:
        raise not_found()
    return conversation


def permitted(
    conversation: Conversation, act: states.Act, outcome: Outcome | None = None
) -> states.Passage:
    """Ask the table of transitions; its refusal becomes one that pages and sockets show.

    Raises:
        Refused: CLOSED, ALREADY_TAKEN, NOT_YOURS or BAD_CHOICE, with the table's sentence.
    """
    try:
        return states.check_transition(State(conversation.state), act, outcome)
    except states.TransitionRefused as refusal:
        code = {
            states.AlreadyClosed: RefusalCode.CLOSED,
            states.AlreadyTaken: RefusalCode.ALREADY_TAKEN,
            states.NotTaken: RefusalCode.NOT_YOURS,
        }.get(type(refusal), RefusalCode.BAD_CHOICE)
        raise Refused(code, str(refusal), status=409) from None


def resent(
    conversation: Conversation, sender: User | None, client_id: UUID, body: str
) -> Message | None:
    """The message already kept under this client UUID, if any.

    Raises:
        Refused: SAME_ID_OTHER_TEXT when the text is another one.
    """
    held = Message.objects.filter(
        conversation=conversation, sender=sender, client_id=client_id
    ).first()
    if held is not None and bytes(held.content_mac) != content_mac(conversation.pk, body):
        raise same_id_other_text()
    return held


def append(
    conversation: Conversation,
    *,
    sender: User | None,
    side: Side,
    kind: MessageKind,
    client_id: UUID,
    body: str,
    now: datetime,
) -> Message:
    """Add the next line of a locked (or just made) conversation. The caller saves the row."""
    conversation.last_seq += 1
    conversation.line_id = client_id
    if side == Side.PATIENT:
        conversation.last_patient_at = now
    elif side == Side.PROFESSIONAL:
        conversation.last_professional_at = now
        if conversation.first_answer_at is None:
            conversation.first_answer_at = now
    return Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        sender=sender,
        side=side,
        kind=kind,
        client_id=client_id,
        body_sealed=seal_body(conversation.pk, sender.pk if sender else None, client_id, body),
        content_mac=content_mac(conversation.pk, body),
        created_at=now,
    )


def say(conversation: Conversation, sentence: str, now: datetime) -> Message:
    """Add a sentence of the service itself (see messagerie.sentences). The caller saves the row."""
    return append(
        conversation,
        sender=None,
        side=Side.SERVICE,
        kind=MessageKind.EVENT,
        client_id=uuid.uuid4(),
        body=sentence,
        now=now,
    )


def note_passage(
    conversation: Conversation,
    *,
    from_state: State | str,
    act: Act,
    actor: User | None,
    now: datetime,
    outcome: Outcome | str = "",
) -> None:
    """Write the transition and the line of the journal of one act. The journal names the line
    that the act added, number and client UUID: its seals then cover the order of the lines."""
    Transition.objects.create(
        conversation=conversation,
        from_state=from_state,
        to_state=conversation.state,
        act=act,
        outcome=outcome,
        actor=actor,
        at=now,
    )
    record(
        act,
        actor=actor,
        conversation_id=conversation.pk,
        seq=conversation.last_seq or None,
        object_ref=f"client:{conversation.line_id}" if conversation.line_id else "",
    )


def announce(conversation: Conversation, *, queue: bool = False) -> None:
    """After commit, hint the views of a conversation and the desk of who holds it; with `queue`,
    the department's queue too."""
    hints = delivery.Hints()
    hints.moved(conversation, queue=queue)
    transaction.on_commit(hints.send)
