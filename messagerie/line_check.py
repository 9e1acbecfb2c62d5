"""Compare the lines of conversations with what the journal says of them.

Each act writes in the journal the number of the line that it added and its client UUID, and the
seals of the journal cover both (comptes.journal_seal). A body is bound to its client UUID by its
encryption. So a line moved to another number, swapped, slipped in, removed or emptied is found
here; whether the journal itself was altered is found by `verify_journal`, to be run first.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from comptes.models import Act, JournalEntry
from messagerie.models import Attachment, Conversation, Message, MessageKind

CHUNK = 500  # conversations compared at a time
CLIENT, FILE = "client:", "attachment:"
# What each act leaves as a line.
KINDS = {
    Act.CONVERSATION_OPENED: {MessageKind.TEXT},
    Act.MESSAGE_POSTED: {MessageKind.TEXT},
    Act.ATTACHMENT_ADDED: {MessageKind.FILE},
    Act.WORSENING_DECLARED: {MessageKind.WORSENING},
    Act.EMERGENCY_TRANSMITTED: {MessageKind.EMERGENCY},
    Act.ORIENTED: {MessageKind.ORIENTATION},
    Act.CONVERSATION_CLOSED: {MessageKind.CLOSING, MessageKind.EVENT},
    Act.CONVERSATION_TAKEN: {MessageKind.EVENT},
    Act.CONVERSATION_RETURNED: {MessageKind.EVENT},
    Act.CONVERSATION_REOPENED: {MessageKind.EVENT},
    Act.CONVERSATION_EXPIRED: {MessageKind.EVENT},
}


@dataclass(frozen=True)
class LineFinding:
    """One thing wrong, said in French, with its place."""

    conversation_id: UUID
    seq: int
    sentence: str


@dataclass
class _Told:
    """What the journal says of one number."""

    acts: set[str]
    client_id: str = ""
    attachment_id: str = ""


def verify_messages() -> Iterator[LineFinding]:
    """Every line of every conversation; yields what differs."""
    ids: list[UUID] = []
    for pk in Conversation.objects.order_by("pk").values_list("pk", flat=True).iterator(2000):
        ids.append(pk)
        if len(ids) == CHUNK:
            yield from _verify(ids)
            ids = []
    if ids:
        yield from _verify(ids)


def _verify(ids: list[UUID]) -> Iterator[LineFinding]:
    told = _told(ids)
    files = {
        str(pk): message_id
        for pk, message_id in Attachment.objects.filter(conversation__in=ids).values_list(
            "pk", "message_id"
        )
    }
    lines: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    columns = ("pk", "conversation_id", "seq", "kind", "client_id", "body_sealed")
    for row in Message.objects.filter(conversation__in=ids).order_by("seq").values(*columns):
        lines[row["conversation_id"]].append(row)
    conversations = Conversation.objects.filter(pk__in=ids).order_by("pk")
    for conversation in conversations.only("last_seq", "erased_at"):
        yield from _compare(conversation, lines[conversation.pk], told[conversation.pk], files)


def _told(ids: list[UUID]) -> dict[UUID, dict[int, _Told]]:
    found: dict[UUID, dict[int, _Told]] = defaultdict(dict)
    entries = JournalEntry.objects.filter(
        conversation_id__in=ids, seq__isnull=False, act__in=KINDS
    ).order_by("pk")
    for act, pk, seq, ref in entries.values_list("act", "conversation_id", "seq", "object_ref"):
        of_number = found[pk].setdefault(seq, _Told(set()))
        of_number.acts.add(act)
        if ref.startswith(CLIENT):
            of_number.client_id = ref.removeprefix(CLIENT)
        elif ref.startswith(FILE):
            of_number.attachment_id = ref.removeprefix(FILE)
    return found


def _compare(
    conversation: Conversation,
    lines: list[dict[str, Any]],
    told: dict[int, _Told],
    files: dict[str, int],
) -> Iterator[LineFinding]:
    def finding(seq: int, sentence: str) -> LineFinding:
        return LineFinding(conversation.pk, seq, sentence)

    held = {row["seq"]: row for row in lines}
    for seq in sorted({*range(1, conversation.last_seq + 1), *held, *told}):
        row, said = held.get(seq), told.get(seq)
        if row is None:
            yield finding(seq, "Cette ligne manque.")
            continue
        if seq > conversation.last_seq:
            yield finding(seq, "Cette ligne est au-delà du dernier numéro.")
        if said is None:
            if row["kind"] != MessageKind.EVENT:
                yield finding(seq, "Le journal ne connaît pas cette ligne.")
        elif said.client_id and said.client_id != str(row["client_id"]):
            yield finding(seq, "Une autre ligne a pris ce numéro.")
        elif said.attachment_id and files.get(said.attachment_id) != row["pk"]:
            yield finding(seq, "Un autre fichier a pris ce numéro.")
        elif not any(row["kind"] in KINDS[Act(act)] for act in said.acts):
            yield finding(seq, "Cette ligne n'est pas celle de l'acte du journal.")
        if not row["body_sealed"] and conversation.erased_at is None:
            yield finding(seq, "Le contenu de cette ligne a été vidé.")
