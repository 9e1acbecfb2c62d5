"""The files of a thread, as its page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messagerie.attachments.record import FileRecord, read_record
from messagerie.contents import Line
from messagerie.models import Attachment, AttachmentState, Conversation, MessageKind


@dataclass(frozen=True)
class Piece:
    """One file. `url` opens it on the reader's own side; `state_url` tells its state in JSON."""

    record: FileRecord
    state: str
    url: str
    preview_url: str
    state_url: str

    @property
    def is_ready(self) -> bool:
        return self.state == AttachmentState.PRET

    @property
    def is_waiting(self) -> bool:
        return self.state == AttachmentState.EN_ANALYSE

    @property
    def gone(self) -> str:
        """Why it cannot be opened any more; "" when it can, or will."""
        return {
            AttachmentState.REFUSE: _("Refusé par l'antivirus, effacé"),
            AttachmentState.EFFACE: _("Fichier effacé"),
        }.get(AttachmentState(self.state), "")

    @property
    def kind(self) -> str:
        return kind_label(self.record)


def kind_label(record: FileRecord) -> str:
    """ "Photo", or "Document PDF, 3 pages"."""
    if record.is_image:
        return _("Photo")
    pages = record.pages or 1
    return ngettext("Document PDF, %(pages)s page", "Document PDF, %(pages)s pages", pages) % {
        "pages": pages
    }


def pieces_of(conversation: Conversation, lines: Iterable[Line], *, route: str) -> dict[int, Piece]:
    """The files of these lines, by number of line. `route`: the page that opens one.

    The caller has checked that the reader may see the conversation.
    """
    records = {line.seq: read_record(line.body) for line in lines if line.kind == MessageKind.FILE}
    if not records:
        return {}
    states = dict(
        Attachment.objects.filter(
            conversation=conversation, pk__in=[one.attachment for one in records.values()]
        ).values_list("pk", "state")
    )
    return {
        seq: _piece(conversation, record, {str(pk): state for pk, state in states.items()}, route)
        for seq, record in records.items()
    }


def _piece(
    conversation: Conversation, record: FileRecord, states: dict[str, str], route: str
) -> Piece:
    where = [conversation.pk, record.attachment]
    return Piece(
        record=record,
        state=states.get(record.attachment, AttachmentState.EFFACE),
        url=reverse(route, args=where),
        preview_url=reverse("api:piece_apercu", args=where),
        state_url=reverse("api:piece", args=where),
    )
