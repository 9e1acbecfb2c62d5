"""Photos and documents chosen at the door: kept before there is an account, then moved along.

They take the way of any other file (written anew by a child process, sealed, stored), under the
key of the draft, which is that of the conversation to come. *Envoyer* moves rows, never bytes.
"""

import hashlib
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.journal import record
from comptes.keys.cipher import SealBroken, content_mac, destroy_key, key_lives, seal, unseal
from comptes.keys.provider import KeyUnavailable
from comptes.models import Act, User
from messagerie.actions.files import (
    PREVIEW,
    clear,
    keep_parts,
    open_stored,
    reference,
    same_id_other_file,
)
from messagerie.actions.writing import append
from messagerie.attachments.antivirus import wake_scan
from messagerie.attachments.record import FileRecord, read_record, write_record
from messagerie.attachments.workshop import busy, write_anew
from messagerie.errors import RefusalCode, Refused
from messagerie.models import (
    Attachment,
    AttachmentState,
    Conversation,
    DoorDraft,
    DoorFile,
    MessageKind,
    Side,
)

MAX_AT_DOOR = 5  # of one question; more can follow in the conversation
NOBODY = 0  # who has no account yet: all of them share one place of the workshop
PURPOSE = "door-file"  # of the seal of what a file is


def keep_at_door(
    draft_id: UUID,
    *,
    client_id: UUID,
    name: str,
    content: bytes,
    person: int = NOBODY,
    now: datetime | None = None,
) -> DoorFile:
    """Keep one file with a draft that is not sent. When this returns, it is stored and committed.

    Args:
        draft_id: the draft of this browser; its row and its key exist.
        client_id: UUID given by the page, the same for every try of one file.
        name: as the device calls the file.
        content: the file, whole.
        person: the account, when there is one already.

    Raises:
        Refused: TOO_LATE (the draft was sent or purged), SAME_ID_OTHER_TEXT, TOO_MANY_FILES, what
            `write_anew` says of the file, or BUSY when the store is away or the door is full.
    """
    if not key_lives(draft_id):
        raise _too_late()
    try:
        mac = content_mac(draft_id, hashlib.sha256(content).hexdigest())
    except KeyUnavailable:
        raise _too_late() from None
    if (held := _held(draft_id, client_id, mac)) is not None:
        return held
    _refuse_too_many(draft_id)
    anew = write_anew(content, person, check=partial(_refuse_too_many, draft_id))
    kept = DoorFile(
        draft_id=draft_id, client_id=client_id, content_mac=mac, created_at=now or timezone.now()
    )
    told = write_record(anew.record(kept.pk, name))
    keep_parts(draft_id, kept, anew, content)
    try:
        kept.record_sealed = seal(draft_id, PURPOSE, told, bind=(kept.pk,))
        committed = _commit(kept)
    except KeyUnavailable:
        clear([kept])
        raise _too_late() from None
    except Refused:
        clear([kept])
        raise  # after any other error the commit may have happened: the sweep knows later
    if committed is not kept:  # the same file, sent twice at once: the other one was first
        clear([kept])
    return committed


def _commit(kept: DoorFile) -> DoorFile:
    with transaction.atomic():
        draft = DoorDraft.objects.select_for_update().filter(pk=kept.draft_id).first()
        if draft is None or draft.sent_at is not None:
            raise _too_late()
        held = _held(kept.draft_id, kept.client_id, kept.content_mac)
        if held is not None:
            return held
        _refuse_too_many(kept.draft_id)
        kept.save(force_insert=True)
        draft.save(update_fields=["updated_at"])  # the purge counts from the last change
    return kept


def _held(draft_id: UUID, client_id: UUID, mac: bytes) -> DoorFile | None:
    held = DoorFile.objects.filter(draft_id=draft_id, client_id=client_id).first()
    if held is not None and bytes(held.content_mac) != mac:
        raise same_id_other_file()
    return held


def is_kept(draft_id: UUID, client_id: UUID) -> bool:
    """Whether a file came under this number already: sending it again costs nothing."""
    return DoorFile.objects.filter(draft_id=draft_id, client_id=client_id).exists()


def _refuse_too_many(draft_id: UUID) -> None:
    if DoorFile.objects.filter(draft_id=draft_id).count() >= MAX_AT_DOOR:
        said = _("Vous avez déjà joint %(most)d fichiers. ") % {"most": MAX_AT_DOOR}
        raise Refused(RefusalCode.TOO_MANY_FILES, said + later(), status=409)
    if DoorFile.objects.count() >= settings.DOOR_FILES_AT_MOST:
        raise busy(_("Trop de fichiers attendent en ce moment. ") + later())


def _too_late() -> Refused:
    sentence = _("Votre question est déjà partie, ou a été effacée : ce fichier n'est pas joint.")
    return Refused(RefusalCode.TOO_LATE, sentence, status=409)


def later() -> str:
    """What a bound never takes away."""
    return _("Vous pourrez joindre celui-ci après l'envoi, dans la conversation.")


def told_of(kept: DoorFile) -> FileRecord:
    """What a file of the door is. Raises KeyUnavailable, SealBroken."""
    return read_record(unseal(kept.draft_id, PURPOSE, bytes(kept.record_sealed), bind=(kept.pk,)))


def _told_to_send(kept: DoorFile) -> FileRecord:
    try:
        return told_of(kept)
    except (KeyUnavailable, SealBroken):
        sentence = _("Un fichier joint est abîmé. Retirez-le, puis envoyez votre question.")
        raise Refused(RefusalCode.UNREADABLE, sentence, status=409) from None


def preview_of(kept: DoorFile) -> bytes:
    """The small picture of it, a JPEG. Raises KeyUnavailable, SealBroken, StoreAway."""
    return open_stored(kept.draft_id, kept, PREVIEW)


def drop_from_door(draft_id: UUID, file_id: UUID) -> bool:
    """Take one file off a draft, and delete its bytes. Whether it was there."""
    with transaction.atomic():
        DoorDraft.objects.select_for_update().filter(pk=draft_id).first()
        kept = DoorFile.objects.filter(draft_id=draft_id, pk=file_id).first()
        if kept is None:
            return False
        _delete([kept])
    return True


def discard_draft(draft_id: UUID) -> None:
    """Forget a question that did not leave: its key first, then its row and its files. One that
    left meanwhile stays as it is: its key is the conversation's."""
    with transaction.atomic():
        draft = DoorDraft.objects.select_for_update().filter(pk=draft_id).first()
        if draft is None or draft.sent_at is not None:
            return
        destroy_key(draft_id)
        delete_drafts([draft_id])


def delete_drafts(ids: list[UUID]) -> None:
    """Delete drafts and their files, in the transaction of the caller, who has destroyed the keys
    or knows that these drafts were sent."""
    _delete(list(DoorFile.objects.filter(draft_id__in=ids)))
    DoorDraft.objects.filter(pk__in=ids).delete()


def _delete(files: list[DoorFile]) -> None:
    """Rows now, bytes after the commit. What the store cannot delete then, the sweep finds: a draft
    never lives as long as the sweep looks back."""
    if files:
        DoorFile.objects.filter(pk__in=[one.pk for one in files]).delete()
        transaction.on_commit(partial(clear, files))


def move_in(conversation: Conversation, patient: User, now: datetime) -> None:
    """Make the files of the draft lines of its conversation, in the order in which they came.

    The caller holds the draft and the conversation; their locks keep any other file of this draft
    from coming in between. The bytes stay where they are: same id, same key, same names.
    """
    files = list(DoorFile.objects.filter(draft_id=conversation.pk))
    for kept in files:
        # Unique in the conversation without trusting the page that gave `client_id`.
        told, client_id = _told_to_send(kept), kept.pk
        line = append(
            conversation,
            sender=patient,
            side=Side.PATIENT,
            kind=MessageKind.FILE,
            client_id=client_id,
            body=write_record(told),
            now=now,
        )
        attachment = Attachment(
            pk=kept.pk,
            conversation=conversation,
            message=line,
            uploader=patient,
            client_id=client_id,
            content_mac=bytes(kept.content_mac),
            state=AttachmentState.EN_ANALYSE if kept.stored_source else AttachmentState.PRET,
            media=told.media,
            size=told.size,
            width=told.width,
            height=told.height,
            pages=told.pages,
            stored_file=kept.stored_file,
            stored_preview=kept.stored_preview,
            stored_source=kept.stored_source,
            created_at=now,
            settled_at=None if kept.stored_source else now,
        )
        attachment.save(force_insert=True)
        record(
            Act.ATTACHMENT_ADDED,
            actor=patient,
            conversation_id=conversation.pk,
            seq=line.seq,
            object_ref=reference(attachment),
        )
    if files:
        DoorFile.objects.filter(draft_id=conversation.pk).delete()
    if any(kept.stored_source for kept in files):
        transaction.on_commit(wake_scan)
