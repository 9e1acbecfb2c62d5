"""Keep a lone line in one statement: most lines come alone, and each round trip is a wait.

Whoever serves its author knows the conversation already. The line is judged on what is known, and
the statement writes it only if that still stands: the same people, the same state, the same
session, nobody else at work on the row, nothing kept under this id. When one of them differs,
nothing is written, and the line goes the whole way (messagerie.actions.lines), which says why.
"""

from collections.abc import Sequence
from typing import NamedTuple

from messagerie.actions.lines import JOURNALED, KEPT, Judge, Kept, NewLine
from messagerie.actions.statements import Rows, Statement
from messagerie.models import Conversation, Message, Notice, NoticeKind, Side
from messagerie.rights import Row
from orientation.standing import STAMPS, stamps_statement

# The statements below hold the names of tables, constants of ours, and nothing that anybody typed:
# values go as parameters.
_conversation, _message, _notice = (
    model._meta.db_table for model in (Conversation, Message, Notice)
)
# What a judgement stands on: all that rights, states and the session's scope are compared with.
SAME = ("patient_id", "professional_id", "structure_id", "departement_id", "state")
NOT_KEPT_YET = f"""NOT EXISTS (
        SELECT FROM {_message} kept WHERE kept.conversation_id = asked.conversation_id
            AND kept.sender_id = asked.author_id AND kept.client_id = asked.client_id)"""
# What else a line changes depends on who wrote it: asked in Python, it is not planned for nothing.
DATED = {
    Side.PATIENT: "last_patient_at = line.at",
    Side.PROFESSIONAL: "last_professional_at = line.at,"
    " first_answer_at = coalesce(held.first_answer_at, line.at)",
}
TOLD = f""", told AS (
    INSERT INTO {_notice} (user_id, conversation_id, kind, seq, created_at)
    SELECT patient_id, conversation_id, '{NoticeKind.ANSWER}', seq, at FROM line
    ON CONFLICT DO NOTHING
)"""  # noqa: S608


def _alone(side: Side) -> str:
    told = TOLD if side == Side.PROFESSIONAL else ""
    return f"""
WITH stamped(session_key, stamp) AS MATERIALIZED ({STAMPS}), asked AS (
    SELECT %s::uuid AS conversation_id, %s::bigint AS author_id, %s::text AS author_kind,
           %s::text AS side, %s::uuid AS client_id, %s::bytea AS sealed, %s::bytea AS mac,
           %s::timestamptz AS at
), held AS (
    SELECT id, patient_id, last_seq FROM {_conversation}
    WHERE id = %s AND ({", ".join(SAME)}) IS NOT DISTINCT FROM
        (%s::bigint, %s::bigint, %s::bigint, %s::text, %s::text)
    FOR NO KEY UPDATE SKIP LOCKED
), line AS MATERIALIZED (
    SELECT asked.*, held.patient_id, held.last_seq + 1 AS seq
    FROM asked JOIN held ON held.id = conversation_id
    WHERE EXISTS (SELECT FROM stamped WHERE session_key = %s AND stamp = %s)
        AND {NOT_KEPT_YET}
), kept AS ({KEPT}), numbered AS (
    UPDATE {_conversation} held SET last_seq = line.seq, {DATED[side]}
    FROM line WHERE held.id = line.conversation_id
){told}, noted AS ({JOURNALED})
SELECT session_key, stamp, line.seq FROM stamped LEFT JOIN line ON true
"""  # noqa: S608


ALONE = {side: _alone(side) for side in DATED}


class Session(NamedTuple):
    """The session behind a line, and the stamp with which it was proved."""

    key: str
    stamp: str


def judged(line: NewLine, row: Row) -> Kept | None:
    """What to keep, as far as is known; None when it must go the whole way."""
    verdict = Judge({row.id: row}, set(), []).verdict(line)
    return verdict if isinstance(verdict, Kept) else None


def keep_alone(
    line: NewLine, guess: Kept, session: Session, sessions: Sequence[tuple[str, int]]
) -> Statement:
    """The statement that keeps one line, as `judged` guessed; it is a transaction by itself.

    Args:
        sessions: (session key, account) of all who are served, the author's among them.
    """
    row = guess.row
    return ALONE[guess.side], [
        *stamps_statement(sessions)[1],
        line.conversation_id,
        line.author_id,
        line.author_kind,
        guess.side.value,
        line.client_id,
        line.sealed,
        line.mac,
        line.at,
        row.id,
        *(getattr(row, name) for name in SAME),
        *session,
    ]


def kept_alone(guess: Kept, rows: Rows) -> tuple[Kept | None, dict[str, str]]:
    """What came of it, and the stamps of the sessions; None: nothing was written."""
    stamps = {key: stamp for key, stamp, _ in rows}
    seq = rows[0][2] if rows else None
    if seq is None:
        return None, stamps
    return guess._replace(seq=seq, row=guess.row._replace(last_seq=seq)), stamps
