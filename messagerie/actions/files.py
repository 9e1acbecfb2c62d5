"""Join a file to a conversation, open it, settle it after the antivirus, destroy it.

The journey: what may be refused at once is refused; the file is written anew by a child process;
the sealed bytes go to the store; then one transaction adds the line, the row and the journal. No
lock is held while the file is worked on or stored. A row never points to bytes that are not
stored; bytes that no row points to are sealed, and the hourly sweep deletes them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.journal import record
from comptes.keys.cipher import SealBroken, content_mac, key_lives
from comptes.keys.files import seal_bytes, unseal_bytes
from comptes.keys.provider import KeyUnavailable
from comptes.models import Act, JournalEntry, User
from messagerie.actions.talk import notify_patient, refuse_closed, writing_side
from messagerie.actions.writing import announce, append, locked, say
from messagerie.attachments import store
from messagerie.attachments.antivirus import wake_scan
from messagerie.attachments.kinds import JPEG, refused
from messagerie.attachments.record import FileRecord, clean_name, read_record, write_record
from messagerie.attachments.workshop import Anew, busy, write_anew
from messagerie.contents import open_body
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
from messagerie.sentences import file_refused
from messagerie.states import State
from orientation.scope import Scope

FILE, PREVIEW, SOURCE = "file", "preview", "source"
MAX_FILES = 30  # of one person in one conversation
RECENT = timedelta(minutes=10)


@dataclass(frozen=True)
class Joined:
    """Where a file stands. `created` is False when it was a resend of a file already kept."""

    attachment: Attachment
    record: FileRecord
    seq: int
    at: datetime
    created: bool


@dataclass(frozen=True)
class Opened:
    """A file, or its preview, as it may be handed over."""

    content: bytes
    media: str
    name: str


# --- Joining


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
    anew = write_anew(content)
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
    parts = {FILE: anew.file, PREVIEW: anew.preview}
    if settings.CLAMAV_ADDRESS:
        attachment.state, attachment.settled_at = AttachmentState.EN_ANALYSE, None
        parts[SOURCE] = content
    told = _record(attachment, clean_name(name, anew.media), anew)
    _store(attachment, parts)
    try:
        joined = _commit(attachment, told, author=author, scope=scope, now=now)
    except Refused:
        _clear([attachment])
        raise  # after any other error the commit may have happened: the sweep knows later
    if not joined.created:  # the same file, sent twice at once: the other one was first
        _clear([attachment])
    return joined


def _mac(
    conversation_id: UUID, author: User, scope: Scope, client_id: UUID, content: bytes
) -> bytes:
    """Refuse at once what the act would refuse later, and give the digest of what was sent."""
    conversation = Conversation.objects.visible_to(scope).filter(pk=conversation_id).first()
    if conversation is None:
        raise not_found()
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
        raise Refused(
            RefusalCode.SAME_ID_OTHER_TEXT,
            _("Cet envoi est déjà parti avec un autre contenu. Choisissez de nouveau le fichier."),
            status=409,
        )
    return Joined(held, read_record(open_body(line)), line.seq, line.created_at, created=False)


def _record(attachment: Attachment, name: str, anew: Anew) -> FileRecord:
    return FileRecord(
        attachment=str(attachment.pk),
        name=name,
        media=anew.media,
        size=attachment.size,
        width=anew.width,
        height=anew.height,
        pages=anew.pages,
    )


def _store(attachment: Attachment, parts: dict[str, bytes]) -> None:
    """Seal and store each part; all of them, or none and a refusal worth another try."""
    try:
        for part, content in parts.items():
            sealed = seal_bytes(
                attachment.conversation_id, "attachment", content, bind=(attachment.pk, part)
            )
            setattr(attachment, f"stored_{part}", store.put(sealed))
    except store.StoreAway:
        _clear([attachment])
        raise busy() from None
    except KeyUnavailable:
        _clear([attachment])
        raise refused(RefusalCode.FILE_ERASED) from None


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
            object_ref=_reference(attachment),
        )
        announce(conversation, queue=conversation.state == State.WAITING)
        if attachment.state == AttachmentState.EN_ANALYSE:
            transaction.on_commit(wake_scan)
    return Joined(attachment, told, line.seq, now, created=True)


def _reference(attachment: Attachment) -> str:
    return f"attachment:{attachment.pk}"


# --- Opening


def look_at(conversation_id: UUID, attachment_id: UUID, *, scope: Scope) -> Attachment:
    """The row of a file that the scope may see. Raises Refused NOT_FOUND."""
    found = (
        Attachment.objects.visible_to(scope)
        .select_related("message")
        .filter(pk=attachment_id, conversation_id=conversation_id)
        .first()
    )
    if found is None:
        raise Refused(
            RefusalCode.NOT_FOUND,
            _("Ce fichier n'existe pas, ou vous n'y avez pas accès."),
            status=404,
        )
    return found


def refuse_unready(attachment: Attachment) -> None:
    """Raises Refused FILE_IN_ANALYSIS, FILE_REFUSED or FILE_ERASED; nothing when it is ready."""
    codes = {
        AttachmentState.EN_ANALYSE: RefusalCode.FILE_IN_ANALYSIS,
        AttachmentState.REFUSE: RefusalCode.FILE_REFUSED,
        AttachmentState.EFFACE: RefusalCode.FILE_ERASED,
    }
    if attachment.state in codes:
        raise refused(codes[AttachmentState(attachment.state)])


def open_file(
    conversation_id: UUID,
    attachment_id: UUID,
    *,
    reader: User,
    scope: Scope,
    preview: bool = False,
) -> Opened:
    """A file, or its preview, opened. The opening goes to the journal (a preview's, once in ten
    minutes: a page shows it each time it is loaded).

    Raises:
        Refused: NOT_FOUND, FILE_IN_ANALYSIS (worth another try), FILE_REFUSED, FILE_ERASED,
            UNREADABLE when the bytes were altered, BUSY (worth another try) when the store is away.
    """
    found = look_at(conversation_id, attachment_id, scope=scope)
    refuse_unready(found)
    part = PREVIEW if preview else FILE
    try:
        name = read_record(open_body(found.message)).name
        content = open_part(found, part)
    except KeyUnavailable:
        raise refused(RefusalCode.FILE_ERASED) from None
    except store.StoreAway:
        raise busy(_("Ce fichier ne peut pas être lu pour l'instant. Réessayez.")) from None
    except SealBroken:
        raise Refused(
            RefusalCode.UNREADABLE,
            _("Ce fichier a été altéré : il ne peut plus être lu."),
            status=410,
        ) from None
    if not (preview and _just_opened(found, reader)):
        record(
            Act.ATTACHMENT_READ,
            actor=reader,
            conversation_id=conversation_id,
            seq=found.message.seq,
            object_ref=_reference(found),
            reason="aperçu" if preview else "",
        )
    return Opened(content, JPEG if preview else found.media, name)


def open_part(attachment: Attachment, part: str) -> bytes:
    """The bytes of one part. A key that was destroyed elsewhere is not used from memory.

    Raises:
        KeyUnavailable, SealBroken, StoreAway.
    """
    if not key_lives(attachment.conversation_id):
        raise KeyUnavailable("clé détruite")
    sealed = store.get(getattr(attachment, f"stored_{part}"))
    return unseal_bytes(
        attachment.conversation_id, "attachment", sealed, bind=(attachment.pk, part)
    )


def _just_opened(attachment: Attachment, reader: User) -> bool:
    return JournalEntry.objects.filter(
        conversation_id=attachment.conversation_id,
        actor_id=reader.pk,
        act=Act.ATTACHMENT_READ,
        object_ref=_reference(attachment),
        at__gte=timezone.now() - RECENT,
    ).exists()


# --- After the antivirus


def settle(attachment_id: UUID, *, clean: bool) -> bool:
    """Ready, or refused with a line that tells it. Run twice, the second does nothing."""
    now = timezone.now()
    with transaction.atomic():
        row = Attachment.objects.select_related("message").get(pk=attachment_id)
        conversation = Conversation.objects.select_for_update().get(pk=row.conversation_id)
        settled = Attachment.objects.filter(
            pk=attachment_id, state=AttachmentState.EN_ANALYSE
        ).update(state=AttachmentState.PRET if clean else AttachmentState.REFUSE, settled_at=now)
        if not settled:
            return False
        if not clean:
            told = file_refused(read_record(open_body(row.message)).name)
            say(conversation, told, now)
            conversation.save(update_fields=["last_seq"])
            announce(conversation)
        transaction.on_commit(partial(clear_stored, [attachment_id]))
    return True


# --- Destroying


def destroy_files(conversation_id: UUID) -> int:
    """Erase every file of a conversation, in the caller's transaction if there is one: none opens
    from its commit on, and the sealed bytes leave the store just after. Returns how many."""
    with transaction.atomic():
        rows = Attachment.objects.filter(conversation_id=conversation_id).exclude(
            state=AttachmentState.EFFACE
        )
        ids = list(rows.select_for_update().values_list("pk", flat=True))
        Attachment.objects.filter(pk__in=ids).update(
            state=AttachmentState.EFFACE, settled_at=timezone.now()
        )
        transaction.on_commit(partial(clear_stored, ids))
    return len(ids)


def clear_stored(ids: Iterable[UUID]) -> int:
    """Delete the bytes that these rows no longer need. What the store cannot delete now keeps its
    name in the row, for the next sweep. Returns how many rows are now clear."""
    rows = list(Attachment.objects.filter(pk__in=list(ids)))
    cleared = 0
    for row in rows:
        parts = {
            AttachmentState.EN_ANALYSE: (),
            AttachmentState.PRET: (SOURCE,),
        }.get(AttachmentState(row.state), (FILE, PREVIEW, SOURCE))
        if _clear([row], parts):
            row.save(update_fields=[f"stored_{part}" for part in parts])
            cleared += 1
    return cleared


def _clear(rows: Iterable[Attachment], parts: Iterable[str] = (FILE, PREVIEW, SOURCE)) -> bool:
    """Delete the bytes of these parts and empty their names; whether all could be."""
    whole = True
    for row in rows:
        for part in parts:
            name = getattr(row, f"stored_{part}")
            try:
                if name:
                    store.delete(name)
            except store.StoreAway:
                whole = False
            else:
                setattr(row, f"stored_{part}", "")
    return whole
