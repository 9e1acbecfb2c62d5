"""Keep lines: number them under the lock of their conversation, one or hundreds at a time.

The only way in which a person's text becomes a Message, with its short cut for a line that comes
alone (messagerie.actions.alone), which writes the same or nothing. The journey of a group:

1. lock the conversations in the order of their ids, and read what is already kept under the
   same client UUIDs (a new statement, so that it sees what the lock waited for);
2. judge each line, in the order of arrival: rights, resend, closed, or the next number;
3. write messages, numbers, notices and journal; the caller commits, then acknowledges.

Several at a time, a locked conversation is skipped (LATER) and its lines come again in the next
group: nobody waits behind somebody else's lock, and two processes never wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from comptes.keys.cipher import content_mac
from comptes.keys.provider import KeyUnavailable
from comptes.models import Act, JournalEntry
from messagerie.actions.statements import Last, Rows, Statement, Steps, existing
from messagerie.contents import seal_body
from messagerie.errors import RefusalCode, Refused, not_found
from messagerie.models import Conversation, Message, MessageKind, Notice, NoticeKind, Side
from messagerie.rights import COLUMNS, Row, covers, side_of
from messagerie.states import State
from orientation.scope import Scope

# The statements below hold the names of tables, constants of ours, and nothing that anybody typed:
# values go as parameters.
_conversation, _message, _notice, _journal = (
    model._meta.db_table for model in (Conversation, Message, Notice, JournalEntry)
)


class NewLine(msgspec.Struct):
    """A line to keep. `sealed` is empty when the conversation has no key."""

    conversation_id: UUID
    author_id: int
    author_kind: str
    scope: Scope
    client_id: UUID
    sealed: bytes
    mac: bytes
    at: datetime
    ready: bool = True  # False: the session behind it must be proved first

    @property
    def key(self) -> tuple[UUID, int, UUID]:
        """What makes a resend: the same for every try of one line, for ever."""
        return self.conversation_id, self.author_id, self.client_id


class Kept(NamedTuple):
    """Where a line stands. `created` is False when it was a resend of a line already kept."""

    seq: int
    at: datetime
    created: bool
    side: Side
    row: Row


class Later(Enum):
    """Not judged: locked elsewhere, or its session must be proved. It comes again."""

    LATER = "LATER"


LATER = Later.LATER
Verdict = Kept | Refused | Later


def seal_line(
    conversation_id: UUID, author_id: int, client_id: UUID, text: str
) -> tuple[bytes, bytes]:
    """The sealed text and its keyed digest; both empty when the conversation has no key."""
    try:
        return (
            seal_body(conversation_id, author_id, client_id, text),
            content_mac(conversation_id, text),
        )
    except KeyUnavailable:
        return b"", b""


def keep(lines: Sequence[NewLine], *, skip_locked: bool) -> Steps[list[Verdict]]:
    """Keep lines, in order. Returns one verdict for each; see messagerie.actions.statements."""
    ids = sorted({line.conversation_id for line in lines})
    locked, held = yield [_lock(ids, skip_locked), _already_kept(lines)]
    rows = {row[0]: Row(*row) for row in locked}
    missing = [pk for pk in ids if pk not in rows] if skip_locked else []
    elsewhere = set()
    if missing:
        (found,) = yield [existing(_conversation, missing)]
        elsewhere = {pk for (pk,) in found}
    judged = Judge(rows, elsewhere, held)
    verdicts = [judged.verdict(line) for line in lines]
    if judged.kept:
        yield Last([_write(judged.kept)])
    return verdicts


class Judge:
    """Verdicts on the lines of one group, each seeing what the ones before it changed."""

    def __init__(self, rows: dict[UUID, Row], elsewhere: set[UUID], held: Rows) -> None:
        self.rows = rows
        self.kept: list[tuple[NewLine, Kept]] = []
        self._elsewhere = elsewhere
        self._held = {
            (conversation_id, sender_id, client_id): (bytes(mac), seq, at, Side(side))
            for conversation_id, sender_id, client_id, mac, seq, at, side in held
        }

    def verdict(self, line: NewLine) -> Verdict:
        if not line.ready or line.conversation_id in self._elsewhere:
            return LATER
        row = self.rows.get(line.conversation_id)
        if row is None:
            return not_found()
        # Kept already, by this very person: told so, even when they no longer hold it.
        if (before := self._held.get(line.key)) is not None:
            return self._resent(line, row, *before)
        if not covers(row, line.scope):
            return not_found()
        if (side := side_of(row, line.scope)) is None:
            return not_yours()
        if row.state == State.CLOSED:
            return closed()
        if not line.sealed:
            return unreadable()
        row = self.rows[row.id] = row._replace(last_seq=row.last_seq + 1)
        kept = Kept(row.last_seq, line.at, True, side, row)
        self._held[line.key] = (line.mac, kept.seq, kept.at, side)
        self.kept.append((line, kept))
        return kept

    def _resent(
        self, line: NewLine, row: Row, mac: bytes, seq: int, at: datetime, side: Side
    ) -> Kept | Refused:
        return Kept(seq, at, False, side, row) if mac == line.mac else same_id_other_text()


# --- Refusals: each said in one place, whoever asks


def not_yours() -> Refused:
    return Refused(
        RefusalCode.NOT_YOURS,
        "Prenez d'abord cette conversation pour pouvoir répondre.",
        status=409,
    )


def closed() -> Refused:
    return Refused(
        RefusalCode.CLOSED,
        _(
            "Cette conversation est close : votre message n'est pas parti. "
            "Rouvrez-la, ou posez une nouvelle question."
        ),
        status=409,
    )


def same_id_other_text() -> Refused:
    return Refused(
        RefusalCode.SAME_ID_OTHER_TEXT,
        _("Ce message est déjà parti avec un autre texte. Envoyez le nouveau séparément."),
        status=409,
    )


def unreadable() -> Refused:
    return Refused(
        RefusalCode.UNREADABLE,
        _("Le contenu de cette conversation ne peut plus être lu ni complété."),
        status=410,
    )


# --- Statements. Names of tables come from the models; every value is a parameter.


def _lock(ids: list[UUID], skip_locked: bool) -> Statement:
    skip = " SKIP LOCKED" if skip_locked else ""
    sql = f"SELECT {COLUMNS} FROM {_conversation} WHERE id = ANY(%s) ORDER BY id FOR UPDATE{skip}"  # noqa: S608
    return sql, [ids]


def _already_kept(lines: Sequence[NewLine]) -> Statement:
    columns = zip(*(line.key for line in lines), strict=True)
    return (
        f"""
        SELECT kept.conversation_id, kept.sender_id, kept.client_id, kept.content_mac, kept.seq,
               kept.created_at, kept.side
        FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[])
             AS asked(conversation_id, sender_id, client_id)
        JOIN {_message} kept USING (conversation_id, sender_id, client_id)
        """,  # noqa: S608
        [list(column) for column in columns],
    )


def _write(kept: list[tuple[NewLine, Kept]]) -> Statement:
    """Everything that kept lines change, in one statement.

    The lines; the last number of each conversation and when each side last wrote; one mail
    planned for each patient who was answered (while one is due, later lines wait with it); the
    journal.
    """
    columns = zip(
        *(
            (
                line.conversation_id,
                place.seq,
                line.author_id,
                line.author_kind,
                place.side.value,
                line.client_id,
                line.sealed,
                line.mac,
                place.at,
            )
            for line, place in kept
        ),
        strict=True,
    )
    return WRITE, [list(column) for column in columns]


# What is written of the lines of a CTE "line", which says of each its number.
KEPT = f"""
    INSERT INTO {_message} (conversation_id, seq, sender_id, side, kind, client_id, body_sealed,
                            content_mac, created_at)
    SELECT conversation_id, seq, author_id, side, '{MessageKind.TEXT}', client_id, sealed, mac, at
    FROM line
"""  # noqa: S608
JOURNALED = f"""
    INSERT INTO {_journal} (at, act, actor_id, actor_kind, conversation_id, seq, object_ref, reason)
    SELECT at, '{Act.MESSAGE_POSTED}', author_id, author_kind, conversation_id, seq,
           'client:' || client_id, ''
    FROM line
"""  # noqa: S608
WRITE = f"""
WITH line AS (
    SELECT * FROM unnest(
        %s::uuid[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::bytea[],
        %s::bytea[], %s::timestamptz[]
    ) AS line(conversation_id, seq, author_id, author_kind, side, client_id, sealed, mac, at)
), kept AS ({KEPT}), numbered AS (
    UPDATE {_conversation} AS held SET
        last_seq = last.seq,
        last_patient_at = coalesce(last.patient_at, held.last_patient_at),
        last_professional_at = coalesce(last.professional_at, held.last_professional_at),
        first_answer_at = coalesce(held.first_answer_at, last.first_professional_at)
    FROM (
        SELECT conversation_id, max(seq) AS seq,
               max(at) FILTER (WHERE side = '{Side.PATIENT}') AS patient_at,
               max(at) FILTER (WHERE side = '{Side.PROFESSIONAL}') AS professional_at,
               min(at) FILTER (WHERE side = '{Side.PROFESSIONAL}') AS first_professional_at
        FROM line GROUP BY conversation_id
    ) AS last
    WHERE held.id = last.conversation_id
), told AS (
    INSERT INTO {_notice} (user_id, conversation_id, kind, seq, created_at)
    SELECT DISTINCT ON (conversation_id)
           held.patient_id, conversation_id, '{NoticeKind.ANSWER}', seq, at
    FROM line JOIN {_conversation} held ON held.id = conversation_id
    WHERE side = '{Side.PROFESSIONAL}' ORDER BY conversation_id, seq
    ON CONFLICT DO NOTHING
), noted AS ({JOURNALED})
SELECT
"""  # noqa: S608
