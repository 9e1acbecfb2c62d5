"""Join a file to a conversation: one line, once.

The journey: what may be refused at once is refused; the file is written anew by a child process;
the sealed bytes go to the store; then one transaction adds the line, the row and the journal. No
lock is held while the file is worked on or stored. A row never points to bytes that are not
stored; bytes that no row points to are sealed, and the hourly sweep deletes them.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comptes.journal import record
from comptes.keys.cipher import content_mac
from comptes.keys.provider import KeyUnavailable
from comptes.models import Act, User
from messagerie.actions.files import clear, keep_parts, reference, same_id_other_file
from messagerie.actions.talk import notify_patient, refuse_closed, writing_side
from messagerie.actions.writing import announce, append, locked
from messagerie.attachments.antivirus import wake_scan
from messagerie.attachments.kinds import refused
from messagerie.attachments.record import FileRecord, read_record, write_record
from messagerie.attachments.workshop import write_anew
from messagerie.contents import open_body, refuse_erased
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.models import (
    Attachment,
    AttachmentState,
    Conversation,
    Message,
    MessageKind,
    NoticeKind,
    Side,
)
from messagerie.states import State
from orientation.scope import Scope

MAX_FILES = 30  # of one person in one conversation


@dataclass(frozen=True)
class Joined:
    """Where a file stands. `created` is False when it was a resend of a file already kept."""

    attachment: Attachment
    record: FileRecord
    seq: int
    at: datetime
    created: bool


def attach(
    conversation_id: UUID,
    *,
    author: User,
    scope: Scope,
    client_id: UUID,
    name: str,
    content: bytes,
    now: datetime | None = None,
) -> Joined:
    """Keep one file as a line of the conversation. When this returns, it is stored and committed.

    Args:
        conversation_id: a conversation visible to the scope.
        author: the patient, or the professional who holds it.
        client_id: UUID given by the device, the same for every try of one file.
        name: as the device calls the file.
        content: the file, whole.
        now: the time of the act; the present one by default.

    Raises:
        Refused: NOT_FOUND, NOT_YOURS, CLOSED, SAME_ID_OTHER_TEXT, TOO_MANY_FILES, what
            `write_anew` says of the file, or BUSY (worth another try) when the store is away.
    """
    now = now or timezone.now()
    mac = _mac(conversation_id, author, scope, client_id, content)
    if (held := _held(conversation_id, author, client_id, mac)) is not None:
        return held
    anew = write_anew(content, author.pk)
    attachment = Attachment(
        conversation_id=conversation_id,
        uploader=author,
        client_id=client_id,
        content_mac=mac,
        state=AttachmentState.PRET,
        media=anew.media,
        size=len(anew.file),
        width=anew.width,
        height=anew.height,
        pages=anew.pages,
        created_at=now,
        settled_at=now,
    )
    told = anew.record(attachment.pk, name)
    keep_parts(conversation_id, attachment, anew, content)
    if attachment.stored_source:
        attachment.state, attachment.settled_at = AttachmentState.EN_ANALYSE, None
    try:
        joined = _commit(attachment, told, author=author, scope=scope, now=now)
    except Refused:
        clear([attachment])
        raise  # after any other error the commit may have happened: the sweep knows later
    if not joined.created:  # the same file, sent twice at once: the other one was first
        clear([attachment])
    return joined


def _mac(
    conversation_id: UUID, author: User, scope: Scope, client_id: UUID, content: bytes
) -> bytes:
    """Refuse at once what the act would refuse later, and give the digest of what was sent."""
    conversation = Conversation.objects.visible_to(scope).filter(pk=conversation_id).first()
    if conversation is None:
        raise not_found()
    refuse_erased(conversation)
    try:
        mac = content_mac(conversation_id, hashlib.sha256(content).hexdigest())
    except KeyUnavailable:
        raise refused(RefusalCode.FILE_ERASED) from None
    mine = Message.objects.filter(conversation=conversation, sender=author)
    if not mine.filter(client_id=client_id).exists():  # a resend has its answer, whatever happened
        writing_side(conversation, author)
        refuse_closed(conversation)
        if mine.filter(kind=MessageKind.FILE).count() >= MAX_FILES:
            raise refused(RefusalCode.TOO_MANY_FILES)
    return mac


def _held(conversation_id: UUID, author: User, client_id: UUID, mac: bytes) -> Joined | None:
    """The file already kept under this client UUID, if any.

    Raises:
        Refused: SAME_ID_OTHER_TEXT when it is another file, or a text.
    """
    line = (
        Message.objects.select_related("attachment")
        .filter(conversation_id=conversation_id, sender=author, client_id=client_id)
        .first()
    )
    if line is None:
        return None
    held = getattr(line, "attachment", None)
    if held is None or bytes(held.content_mac) != mac:
        raise same_id_other_file()
    return Joined(held, read_record(open_body(line)), line.seq, line.created_at, created=False)


def _commit(
    attachment: Attachment, told: FileRecord, *, author: User, scope: Scope, now: datetime
) -> Joined:
    """The line, the row and the journal, in one transaction, under the lock of the conversation."""
    with transaction.atomic():
        conversation = locked(attachment.conversation_id, scope)
        held = _held(conversation.pk, author, attachment.client_id, attachment.content_mac)
        if held is not None:
            return held
        side = writing_side(conversation, author)
        refuse_closed(conversation)
        line = append(
            conversation,
            sender=author,
            side=side,
            kind=MessageKind.FILE,
            client_id=attachment.client_id,
            body=write_record(told),
            now=now,
        )
        conversation.save(
            update_fields=["last_seq", "last_patient_at", "last_professional_at", "first_answer_at"]
        )
        attachment.message = line
        attachment.save(force_insert=True)
        if side == Side.PROFESSIONAL:
            notify_patient(conversation, NoticeKind.ANSWER, now)
        record(
            Act.ATTACHMENT_ADDED,
            actor=author,
            conversation_id=conversation.pk,
            seq=line.seq,
            object_ref=reference(attachment),
        )
        announce(conversation, queue=conversation.state == State.WAITING)
        if attachment.state == AttachmentState.EN_ANALYSE:
            transaction.on_commit(wake_scan)
    return Joined(attachment, told, line.seq, now, created=True)
