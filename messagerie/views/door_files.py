"""Photos and documents on the page of the question: bring one, show them, take one off."""

from dataclasses import dataclass
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from comptes.keys.cipher import SealBroken
from comptes.keys.provider import KeyUnavailable
from messagerie import actions, drafts
from messagerie.actions.door_files import (
    MAX_AT_DOOR,
    NOBODY,
    is_kept,
    later,
    preview_of,
    told_of,
)
from messagerie.actions.files import Opened
from messagerie.api_files import content_of, number_of
from messagerie.attachments.kinds import JPEG, refused
from messagerie.attachments.record import FileRecord
from messagerie.attachments.serving import answer
from messagerie.attachments.showing import kind_label
from messagerie.attachments.store import StoreAway
from messagerie.drafts import Draft
from messagerie.errors import RefusalCode, Refused
from messagerie.models import DoorFile
from messagerie.views.pages import is_other_account, is_patient, private

# In the form of the page, and as static/js/pieces.mjs sends one alone.
FILE_FIELDS = ("fichier", "file")
ID_FIELDS = ("fichier_id", "id")


@dataclass(frozen=True)
class AtDoor:
    """One file of a draft. `record`: None when it cannot be read any more. `preview_url` is "" when
    it is not shown before the antivirus saw it."""

    pk: UUID
    record: FileRecord | None
    name: str
    preview_url: str

    @property
    def detail(self) -> str:
        """« Photo, 340 Ko »."""
        if self.record is None:
            return _("Retirez-le pour envoyer votre question.")
        return f"{kind_label(self.record)}, {self.record.size_label}"


def shown(draft: Draft) -> list[AtDoor]:
    """The files of a draft, in the order in which they came."""
    if draft.row is None:
        return []
    return [_shown(kept) for kept in DoorFile.objects.filter(draft_id=draft.row.pk)]


def name_of(kept: DoorFile) -> str:
    """As it was called when it came."""
    return _shown(kept).name


def _shown(kept: DoorFile) -> AtDoor:
    try:
        record = told_of(kept)
    except (KeyUnavailable, SealBroken):  # it can still be taken off
        return AtDoor(kept.pk, None, _("fichier abîmé"), "")
    url = "" if settings.CLAMAV_ADDRESS else reverse("porte:apercu", args=[kept.pk])
    return AtDoor(kept.pk, record, record.name, url)


def context_of(draft: Draft) -> dict[str, object]:
    """What the template of the files reads."""
    files = shown(draft)
    return {"files": files, "may_join": len(files) < MAX_AT_DOOR, "most": MAX_AT_DOOR}


def brings_file(request: HttpRequest) -> bool:
    """Whether the form came with a file chosen."""
    return any(name in request.FILES for name in FILE_FIELDS)


def bring(request: HttpRequest, draft: Draft) -> DoorFile:
    """Keep the file of a form with the draft, whatever the rest of the form holds.

    Raises:
        Refused: FILE_MISSING, BAD_ID, RATE, or what `actions.keep_at_door` says.
    """
    file = next((request.FILES[name] for name in FILE_FIELDS if name in request.FILES), None)
    name, content = content_of(file)
    client_id = number_of(
        next((request.POST[name] for name in ID_FIELDS if name in request.POST), "")
    )
    if not draft.exists:
        drafts.save(request.session, draft)
    is_new = not is_kept(draft.row.pk, client_id)
    if is_new and not _may_bring(request, dry_run=True):
        raise Refused(
            RefusalCode.RATE,
            _("Beaucoup de fichiers sont venus de votre connexion. ") + later(),
            status=429,
        )
    person = request.user.pk if is_patient(request) else NOBODY
    try:
        kept = actions.keep_at_door(
            draft.row.pk, client_id=client_id, name=name, content=content, person=person
        )
    except Refused as refusal:
        if is_new and not refusal.retry:  # a service that is busy is not the sender's doing
            _may_bring(request)
        raise
    if is_new:
        _may_bring(request)
    return kept


def _may_bring(request: HttpRequest, *, dry_run: bool = False) -> bool:
    """Whether this address may bring one more file now; without `dry_run` it is counted."""
    return ratelimit.consume(request, action="door_file", dry_run=dry_run)


def take_off(request: HttpRequest, draft: Draft) -> str:
    """Take off the file whose button was pressed; its name, "" when it was gone already."""
    named = {str(file.pk): file.name for file in shown(draft)}
    pressed = request.POST.get("retirer", "")
    if pressed in named and actions.drop_from_door(draft.row.pk, UUID(pressed)):
        return named[pressed]
    return ""


@private
@require_GET
def preview(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The small picture of a file, for the browser that holds its draft."""
    draft = drafts.load(request.session)
    kept = None
    may_see = not settings.CLAMAV_ADDRESS and not is_other_account(request)
    if draft.row is not None and may_see:
        kept = DoorFile.objects.filter(draft_id=draft.row.pk, pk=file_id).first()
    try:
        if kept is None:
            raise refused(RefusalCode.FILE_ERASED)
        content = preview_of(kept)
    except (Refused, KeyUnavailable, SealBroken, StoreAway):
        return HttpResponse(status=404)
    return answer(Opened(content, JPEG, ""), inline=True)
