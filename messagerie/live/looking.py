"""Lines out: every reading of a live view, first or last, is a look from its cursor.

Looks that wait at the same moment go in one transaction: the rows of their conversations with the
stamps of their sessions, then the lines after each cursor. An opening is journaled before its
first line is served.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from comptes.keys.cipher import SealBroken, cache
from comptes.keys.provider import KeyUnavailable
from comptes.models import Professional, User
from messagerie import actions, delivery, frames
from messagerie.actions.lines import unreadable
from messagerie.actions.statements import Statement, Steps
from messagerie.contents import ContentErased, Line
from messagerie.errors import Refused, not_found
from messagerie.live.proving import in_thread, today
from messagerie.live.view import View, Watch
from messagerie.models import Conversation, Message, Side
from messagerie.rendering import line_frame, receipts_frame
from messagerie.rights import COLUMNS, Row, covers
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
_conversation, _message, _professional, _user = (
    model._meta.db_table for model in (Conversation, Message, Professional, User)
)


@dataclass(frozen=True, eq=False)
class Look:
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

    Judged once, in the transaction that journaled the openings: what is served is what was
    judged, whatever is proved meanwhile.

    Attributes:
        moved: looks whose session is not what was proved; nothing was read for them.
        refused: looks at what their person may not, or may no longer, open, or at what is erased.
        rows: for each of the others, its conversation.
        lines: for each of these that was behind, its messages in order.
        names: the public names of the professionals among their authors.
        page: the greatest number of messages of each look; so many may have more.
    """

    moved: list[Look]
    refused: dict[Look, Refused]
    rows: dict[Look, Row]
    lines: dict[Look, list[Message]]
    names: dict[int, str]
    page: int


def look(looks: list[Look]) -> Steps[Found]:
    """Read for a group of looks; see messagerie.actions.statements."""
    sessions = {one.view.session_key: one.view.user_id for one in looks}
    stamped, rows_found = yield [
        stamps_statement(list(sessions.items())),
        rows_statement({one.conversation_id for one in looks}),
    ]
    stamps, day = dict(stamped), today()
    found = {row[0]: Row(*row) for row in rows_found}
    moved: list[Look] = []
    refused: dict[Look, Refused] = {}
    rows: dict[Look, Row] = {}
    for one in looks:
        row = found.get(one.conversation_id)
        if not one.view.stands(stamps, day):
            moved.append(one)
        elif row is None or not covers(row, one.view.scope):
            refused[one] = not_found()
        elif row.erased_at is not None:
            refused[one] = ContentErased(row.id, row.erased_at)
        else:
            rows[one] = row
    statements: list[Statement] = []
    if openings := [one for one in rows if one.watch.opening]:
        statements.append(
            actions.note_readings(
                (one.conversation_id, one.view.user_id, one.view.proof.user.kind)
                for one in openings
            )
        )
    behind = [one for one, row in rows.items() if row.last_seq > one.watch.cursor]
    # Many far behind at once read a little each: no reading grows with their number.
    page = min(delivery.PAGE, max(LEAST_PAGE, LINES // max(1, len(behind))))
    if behind:
        statements.append(_lines_after(behind, page))
    given = (yield statements) if statements else []
    lines: dict[Look, list[Message]] = {}
    names: dict[int, str] = {}
    for place, profession, first_name, email, *values in given[-1] if behind else []:
        message = Message(**dict(zip(MESSAGE_COLUMNS, values, strict=True)))
        lines.setdefault(behind[place], []).append(message)
        if profession and message.sender_id not in names:
            author = User(first_name=first_name, email=email)
            names[message.sender_id] = Professional(user=author, profession=profession).public_name
    return Found(moved, refused, rows, lines, names, page)


def rows_statement(conversations: Iterable[UUID]) -> Statement:
    """What rights, numbers and receipts stand on, of conversations."""
    return f"SELECT {COLUMNS} FROM {_conversation} WHERE id = ANY(%s)", [list(conversations)]  # noqa: S608


def _lines_after(behind: list[Look], page: int) -> Statement:
    columns = ", ".join(f"line.{name}" for name in MESSAGE_COLUMNS)
    return (
        f"""
        SELECT asked.place, author.profession, account.first_name, account.email, {columns}
        FROM unnest(%s::int[], %s::uuid[], %s::int[]) AS asked(place, conversation_id, cursor)
        CROSS JOIN LATERAL (
            SELECT * FROM {_message} kept
            WHERE kept.conversation_id = asked.conversation_id AND kept.seq > asked.cursor
            ORDER BY kept.seq LIMIT %s) line
        LEFT JOIN {_professional} author
            ON author.user_id = line.sender_id AND line.side = '{Side.PROFESSIONAL}'
        LEFT JOIN {_user} account ON account.id = author.user_id
        ORDER BY asked.place, line.seq
        """,  # noqa: S608
        [
            list(range(len(behind))),
            [one.conversation_id for one in behind],
            [one.watch.cursor for one in behind],
            page,
        ],
    )


def without_key(found: Found) -> list[Look]:
    """The looks whose lines cannot be opened yet: their key is not in memory."""
    return [one for one in found.lines if cache.get(one.conversation_id) is None]


async def answer(looks: Iterable[Look], found: Found) -> None:
    """Say to the views of these looks what was found."""
    served = [one for one in looks if one in found.rows and one.followed]
    opened = await _open({one: found.lines.get(one, []) for one in served}, found.names)
    for one, lines in opened.items():
        if not one.followed or one.view.closing is not None:
            continue
        if isinstance(lines, Refused):
            one.view.drop(one.conversation_id, lines)
            continue
        row = found.rows[one]
        one.watch.opening = False
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


def tell_state(view: View, watch: Watch, row: Row) -> None:
    """Say state and receipts, if the view was last told others."""
    watch.row = row
    if watch.told != row.told:
        watch.told = row.told
        view.say(receipts_frame(row))


Opened = dict[Look, list[Line] | Refused]


async def _open(lines: dict[Look, list[Message]], names: dict[int, str]) -> Opened:
    """Open the lines of each look; a look that cannot be read is refused by itself."""
    many = sum(map(len, lines.values())) > MANY_LINES
    # A key that is not in memory now is gone, or will be looked for: not on the loop.
    if many or any(cache.get(one.conversation_id) is None for one, of in lines.items() if of):
        return await in_thread(_open_all)(lines, names)
    return _open_all(lines, names)


def _open_all(lines: dict[Look, list[Message]], names: dict[int, str]) -> Opened:
    opened: Opened = {}
    for one, messages in lines.items():
        try:
            opened[one] = delivery.open_lines(messages, names) if messages else []
        except (KeyUnavailable, SealBroken) as error:
            logger.error("lines not opened: %s", type(error).__name__)
            opened[one] = unreadable()
    return opened
