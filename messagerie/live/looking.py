"""Lines out: every reading of a live view, first or last, is a look from its cursor.

Looks that wait at the same moment go in one transaction: the rows of their conversations with the
stamps of their sessions, then the lines after each cursor. An opening is journaled before its
first line is served.
"""

import logging
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from comptes.keys.cipher import SealBroken, cache
from comptes.keys.provider import KeyUnavailable
from messagerie import actions, delivery, frames
from messagerie.actions.lines import unreadable
from messagerie.actions.statements import Rows, Statement, Steps
from messagerie.contents import Line
from messagerie.errors import Refused, not_found
from messagerie.live.proving import in_thread
from messagerie.live.view import View, Watch
from messagerie.models import Conversation, Message
from messagerie.rendering import line_frame, receipts_frame
from messagerie.rights import COLUMNS, Row, covers, side_of
from orientation.standing import stamps_statement

logger = logging.getLogger(__name__)

LINES = 2000  # read by one group, as long as each of its looks gets LEAST_PAGE
LEAST_PAGE = 10
MANY_LINES = 300  # more are opened in a thread: the loop must not stand still
MESSAGE_COLUMNS = (
    "conversation_id",
    "seq",
    "sender_id",
    "side",
    "kind",
    "client_id",
    "body_sealed",
    "created_at",
)
_conversation, _message = (model._meta.db_table for model in (Conversation, Message))


class Look(NamedTuple):
    """One view reads one conversation, from the cursor of its watch."""

    view: View
    conversation_id: UUID
    watch: Watch

    @property
    def followed(self) -> bool:
        """Whether the view still follows what it asked for."""
        return self.view.watched.get(self.conversation_id) is self.watch


class Found(NamedTuple):
    """What a group of looks found.

    Attributes:
        stamps: of the sessions that still stand.
        rows: the conversations that exist.
        lines: for each look, by its place in the group, its messages in order.
        page: the greatest number of messages of each look; so many may have more.
    """

    stamps: dict[str, str]
    rows: dict[UUID, Row]
    lines: dict[int, list[Message]]
    page: int


def look(looks: list[Look]) -> Steps[Found]:
    """Read for a group of looks; see messagerie.actions.statements."""
    sessions = {one.view.session_key: one.view.user_id for one in looks}
    stamped, rows_found = yield [
        stamps_statement(list(sessions.items())),
        rows_statement({one.conversation_id for one in looks}),
    ]
    stamps: dict[str, str] = dict(stamped)
    rows = {row[0]: Row(*row) for row in rows_found}
    granted = [
        (place, one)
        for place, one in enumerate(looks)
        if stamps.get(one.view.session_key) == one.view.proof.stamp
        and (row := rows.get(one.conversation_id)) is not None
        and covers(row, one.view.scope)
    ]
    statements: list[Statement] = []
    openings = [one for _, one in granted if one.watch.opening]
    if openings:
        statements.append(
            actions.note_readings(
                (one.conversation_id, one.view.user_id, one.view.proof.user.kind)
                for one in openings
            )
        )
    behind = [
        (place, one.conversation_id, one.watch.cursor)
        for place, one in granted
        if rows[one.conversation_id].last_seq > one.watch.cursor
    ]
    # Many far behind at once read a little each: no reading grows with their number.
    page = min(delivery.PAGE, max(LEAST_PAGE, LINES // max(1, len(behind))))
    if behind:
        statements.append(_lines_after(behind, page))
    given = (yield statements) if statements else []
    return Found(stamps, rows, _by_look(given[-1] if behind else []), page)


def rows_statement(conversations: Iterable[UUID]) -> Statement:
    """What rights, numbers and receipts stand on, of conversations."""
    return f"SELECT {COLUMNS} FROM {_conversation} WHERE id = ANY(%s)", [list(conversations)]  # noqa: S608


def _lines_after(behind: list[tuple[int, UUID, int]], page: int) -> Statement:
    columns = ", ".join(f"line.{name}" for name in MESSAGE_COLUMNS)
    return (
        f"""
        SELECT asked.place, {columns}
        FROM unnest(%s::int[], %s::uuid[], %s::int[]) AS asked(place, conversation_id, cursor)
        CROSS JOIN LATERAL (
            SELECT * FROM {_message} kept
            WHERE kept.conversation_id = asked.conversation_id AND kept.seq > asked.cursor
            ORDER BY kept.seq LIMIT %s) line
        ORDER BY asked.place, line.seq
        """,  # noqa: S608
        [*(list(column) for column in zip(*behind, strict=True)), page],
    )


def _by_look(rows: Rows) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {}
    for place, *values in rows:
        message = Message(**dict(zip(MESSAGE_COLUMNS, values, strict=True)))
        found.setdefault(place, []).append(message)
    return found


async def answer(looks: list[Look], found: Found) -> None:
    """Say to each view what its look found; views whose session moved are left to the caller."""
    opened = await _open(found.lines)
    for place, one in enumerate(looks):
        view, watch = one.view, one.watch
        if not one.followed or found.stamps.get(view.session_key) != view.proof.stamp:
            continue
        row = found.rows.get(one.conversation_id)
        lines = opened.get(place, [])
        if row is None or not covers(row, view.scope):
            drop(view, one.conversation_id, not_found() if watch.opening else None)
        elif isinstance(lines, Refused):
            drop(view, one.conversation_id, lines)
        else:
            watch.opening, watch.side = False, side_of(row, view.scope)
            _serve(one, row, lines, more=len(lines) == found.page)


def _serve(one: Look, row: Row, lines: list[Line], *, more: bool) -> None:
    """Say the lines, then the state; a reader who is slow gets the rest when there is room."""
    view, watch = one.view, one.watch
    for line in lines:
        if view.full:
            watch.again = True
            return
        view.say_text(frames.encode(line_frame(one.conversation_id, line)))
        watch.cursor = line.seq
    if more:
        watch.again = True
    else:
        tell_state(view, watch, row)


def drop(view: View, conversation_id: UUID, refused: Refused | None) -> None:
    """The view follows this conversation no more, and is told why."""
    view.watched.pop(conversation_id, None)
    if refused is None:
        view.say({"t": "gone", "conversation": conversation_id})
    else:
        view.refuse(refused, conversation_id)


def tell_state(view: View, watch: Watch, row: Row) -> None:
    """Say state and receipts, if the view was last told others."""
    now = (row.state, row.outcome, *row[-4:])
    if watch.told != now:
        watch.told = now
        view.say(receipts_frame(row))


async def _open(lines: dict[int, list[Message]]) -> dict[int, list[Line] | Refused]:
    """Open the lines of each look; a look that cannot be read is refused by itself."""
    if not lines:
        return {}
    conversations = {messages[0].conversation_id for messages in lines.values()}
    many = sum(map(len, lines.values())) > MANY_LINES
    if many or any(cache.get(pk) is None for pk in conversations):
        return await in_thread(_open_all)(lines)
    return _open_all(lines)


def _open_all(lines: dict[int, list[Message]]) -> dict[int, list[Line] | Refused]:
    opened: dict[int, list[Line] | Refused] = {}
    for place, messages in lines.items():
        try:
            opened[place] = delivery.open_lines(messages)
        except (KeyUnavailable, SealBroken) as error:
            logger.error("lines not opened: %s", type(error).__name__)
            opened[place] = unreadable()
    return opened
