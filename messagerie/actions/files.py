"""Open the files of a conversation, settle them after the antivirus, destroy them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from comptes.journal import record
from comptes.keys.cipher import SealBroken, key_lives
from comptes.keys.files import seal_bytes, unseal_bytes
from comptes.keys.provider import KeyUnavailable
from comptes.models import Act, JournalEntry, User
from messagerie.actions.writing import announce, say
from messagerie.attachments import store
from messagerie.attachments.kinds import JPEG, refused
from messagerie.attachments.record import FileRecord, read_record
from messagerie.attachments.workshop import Anew, busy
from messagerie.contents import ContentErased, open_body, refuse_erased
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Attachment, AttachmentState, Conversation, DoorFile
from messagerie.sentences import file_refused
from orientation.scope import Scope

PURPOSE = "attachment"  # of the seal, bound to the id of the row and to the part
FILE, PREVIEW, SOURCE = "file", "preview", "source"
RECENT = timedelta(minutes=10)


@dataclass(frozen=True)
class Opened:
    """A file, or its preview, as it may be handed over."""

    content: bytes
    media: str
    name: str


def reference(attachment: Attachment) -> str:
    """How the journal names it."""
    return f"attachment:{attachment.pk}"


# --- Keeping


def same_id_other_file() -> Refused:
    """Another file, or a text, came under this number before."""
    return Refused(
        RefusalCode.SAME_ID_OTHER_TEXT,
        _("Cet envoi est déjà parti avec un autre contenu. Choisissez de nouveau le fichier."),
        status=409,
    )


def keep_parts(owner: UUID, row: Attachment | DoorFile, anew: Anew, sent: bytes) -> None:
    """Seal the parts of a file under the key of `owner` and store them; their names go to the row,
    not saved. `sent`: the file as it came, kept when an antivirus is to see it.

    Raises:
        Refused: BUSY (worth another try) when the store is away, FILE_ERASED when the key is gone;
            nothing stays in the store then.
    """
    parts = {FILE: anew.file, PREVIEW: anew.preview}
    if settings.CLAMAV_ADDRESS:
        parts[SOURCE] = sent
    try:
        for part, content in parts.items():
            sealed = seal_bytes(owner, PURPOSE, content, bind=(row.pk, part))
            setattr(row, f"stored_{part}", store.put(sealed))
    except store.StoreAway:
        clear([row])
        raise busy() from None
    except KeyUnavailable:
        clear([row])
        raise refused(RefusalCode.FILE_ERASED) from None


# --- Opening


def look_at(conversation_id: UUID, attachment_id: UUID, *, scope: Scope) -> Attachment:
    """The row of a file that the scope may see. Raises Refused NOT_FOUND."""
    found = (
        Attachment.objects.visible_to(scope)
        .select_related("conversation", "message")
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


def record_of(attachment: Attachment) -> FileRecord:
    """What its line says of it; without the name when the line is erased."""
    try:
        return read_record(open_body(attachment.message))
    except (KeyUnavailable, SealBroken):
        return FileRecord(
            attachment=str(attachment.pk),
            name="",
            media=attachment.media,
            size=attachment.size,
            width=attachment.width,
            height=attachment.height,
            pages=attachment.pages,
        )


def refuse_unready(attachment: Attachment) -> None:
    """Raises Refused FILE_IN_ANALYSIS, FILE_REFUSED or FILE_ERASED; nothing when it is ready.

    An erased conversation answers for its files: a ContentErased, as for its lines.
    """
    refuse_erased(attachment.conversation)
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
    except ContentErased:
        raise
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
            object_ref=reference(found),
            reason="aperçu" if preview else "",
        )
    return Opened(content, JPEG if preview else found.media, name)


def open_part(attachment: Attachment, part: str) -> bytes:
    """The bytes of one part. A key that was destroyed elsewhere is not used from memory.

    Raises:
        KeyUnavailable, SealBroken, StoreAway.
    """
    return open_stored(attachment.conversation_id, attachment, part)


def open_stored(owner: UUID, row: Attachment | DoorFile, part: str) -> bytes:
    """The bytes of one part, sealed under the key of `owner`; raises as `open_part`."""
    if not key_lives(owner):
        raise KeyUnavailable("clé détruite")
    sealed = store.get(getattr(row, f"stored_{part}"))
    return unseal_bytes(owner, PURPOSE, sealed, bind=(row.pk, part))


def _just_opened(attachment: Attachment, reader: User) -> bool:
    return JournalEntry.objects.filter(
        conversation_id=attachment.conversation_id,
        actor_id=reader.pk,
        act=Act.ATTACHMENT_READ,
        object_ref=reference(attachment),
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
            state=AttachmentState.EFFACE, settled_at=timezone.now(), content_mac=b""
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
        if clear([row], parts):
            row.save(update_fields=[f"stored_{part}" for part in parts])
            cleared += 1
    return cleared


def clear(
    rows: Iterable[Attachment | DoorFile], parts: Iterable[str] = (FILE, PREVIEW, SOURCE)
) -> bool:
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
