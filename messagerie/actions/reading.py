"""Open a conversation for a person, and note what reached them. Every opening is journaled."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from comptes.journal import record
from comptes.models import Act, JournalEntry, User
from messagerie import delivery
from messagerie.actions.statements import Last, Statement, Steps, existing, run
from messagerie.contents import refuse_erased
from messagerie.errors import not_found
from messagerie.models import Conversation, Side
from messagerie.rights import COLUMNS, Row, side_of
from orientation.scope import Scope

RECENT = timedelta(minutes=10)
_conversation, _journal = (model._meta.db_table for model in (Conversation, JournalEntry))


def open_for_reading(conversation_id: UUID, *, reader: User, scope: Scope) -> Conversation:
    """The conversation, if the scope may open it; the opening goes to the journal.

    Raises:
        Refused: NOT_FOUND.
    """
    conversation = (
        Conversation.objects.visible_to(scope)
        .select_related("commune", "departement", "cpts", "structure", "professional__professional")
        .filter(pk=conversation_id)
        .first()
    )
    if conversation is None:
        raise not_found()
    record(Act.CONVERSATION_READ, actor=reader, conversation_id=conversation.pk)
    return conversation


def note_readings(readings: Iterable[tuple[UUID, int, str]]) -> Statement:
    """The statement that journals live views which open conversations, as (conversation, reader,
    kind of account), unless the page just did (`RECENT`).

    A view that finds its link again asks again; one reading is not written at each of them. The
    caller has checked the rights.
    """
    conversations, readers, kinds = zip(*readings, strict=True)
    now = timezone.now()
    return (
        f"""
        INSERT INTO {_journal} (at, act, actor_id, actor_kind, conversation_id, object_ref, reason)
        SELECT DISTINCT %s::timestamptz, '{Act.CONVERSATION_READ}', reader_id, reader_kind,
               conversation_id, '', ''
        FROM unnest(%s::uuid[], %s::bigint[], %s::text[])
             AS reading(conversation_id, reader_id, reader_kind)
        WHERE NOT EXISTS (
            SELECT 1 FROM {_journal} kept
            WHERE kept.conversation_id = reading.conversation_id
                AND kept.actor_id = reading.reader_id
                AND kept.act = '{Act.CONVERSATION_READ}' AND kept.at >= %s)
        """,  # noqa: S608
        [now, list(conversations), list(readers), list(kinds), now - RECENT],
    )


class Seen(NamedTuple):
    """A reader's device has the lines up to `delivered`; its page was visible with those up to
    `opened`."""

    conversation_id: UUID
    scope: Scope
    delivered: int
    opened: int


class Moved(NamedTuple):
    """What receipts changed: the rows as they are now, and the requests to make again later
    because somebody else holds their row."""

    rows: dict[UUID, Row]
    later: list[Seen]


def advance(seen: list[Seen], *, skip_locked: bool) -> Steps[Moved]:
    """Note receipts, many people's at once. They never go back; others' are not touched.

    Who looks before taking moves nobody's receipt; who may not open the conversation is ignored.
    The list is read after the first statements have run: the caller may have emptied it of those
    whose session has ended.
    """
    ids = sorted({one.conversation_id for one in seen})
    skip = " SKIP LOCKED" if skip_locked else ""
    (locked,) = yield [
        (
            f"SELECT {COLUMNS} FROM {_conversation} WHERE id = ANY(%s) ORDER BY id"  # noqa: S608
            f" FOR NO KEY UPDATE{skip}",
            [ids],
        )
    ]
    before = {row[0]: Row(*row) for row in locked}
    after = dict(before)
    elsewhere = set()
    if skip_locked and (missing := [pk for pk in ids if pk not in before]):
        (found,) = yield [existing(_conversation, missing)]
        elsewhere = {pk for (pk,) in found}
    later = []
    for one in seen:
        row = after.get(one.conversation_id)
        if row is None:
            if one.conversation_id in elsewhere:
                later.append(one)
        elif (side := side_of(row, one.scope)) is not None:
            after[row.id] = _with_receipt(row, side, one)
    moved = {pk: row for pk, row in after.items() if row != before[pk]}
    if moved:
        yield Last([_receipts(list(moved.values()))])
    return Moved(moved, later)


def _with_receipt(row: Row, side: Side, seen: Seen) -> Row:
    delivered, opened = min(seen.delivered, row.last_seq), min(seen.opened, row.last_seq)
    if side == Side.PATIENT:
        return row._replace(
            patient_delivered_seq=max(row.patient_delivered_seq, delivered),
            patient_opened_seq=max(row.patient_opened_seq, opened),
        )
    return row._replace(
        professional_delivered_seq=max(row.professional_delivered_seq, delivered),
        professional_opened_seq=max(row.professional_opened_seq, opened),
    )


def _receipts(rows: list[Row]) -> Statement:
    return (
        f"""
        UPDATE {_conversation} AS held SET
            patient_delivered_seq = seen.patient_delivered,
            patient_opened_seq = seen.patient_opened,
            professional_delivered_seq = seen.professional_delivered,
            professional_opened_seq = seen.professional_opened
        FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[], %s::int[])
             AS seen(id, patient_delivered, patient_opened,
                     professional_delivered, professional_opened)
        WHERE held.id = seen.id
        """,  # noqa: S608
        [
            [row.id for row in rows],
            [row.patient_delivered_seq for row in rows],
            [row.patient_opened_seq for row in rows],
            [row.professional_delivered_seq for row in rows],
            [row.professional_opened_seq for row in rows],
        ],
    )


def mark_delivered(conversation_id: UUID, *, reader: User, scope: Scope, seq: int) -> None:
    """The reader's device has the lines up to `seq`.

    Raises:
        Refused: NOT_FOUND.
    """
    _mark(Seen(conversation_id, scope, delivered=seq, opened=0))


def mark_opened(conversation_id: UUID, *, reader: User, scope: Scope, seq: int) -> None:
    """The reader's page was visible with the lines up to `seq`.

    Raises:
        Refused: NOT_FOUND.
    """
    _mark(Seen(conversation_id, scope, delivered=seq, opened=seq))


def _mark(seen: Seen) -> None:
    if not Conversation.objects.visible_to(seen.scope).filter(pk=seen.conversation_id).exists():
        raise not_found()
    with transaction.atomic():
        _move(seen)


def read_on(
    conversation_id: UUID, *, reader: User, scope: Scope, cursor: int, opened: bool
) -> Conversation:
    """The conversation, for a page without a socket that holds its lines up to `cursor`.

    What a live view does by its frames: the opening is journaled, unless it just was (`RECENT`),
    and the page's receipts move. `opened`: the page is before the person's eyes.

    Raises:
        Refused: NOT_FOUND, ERASED.
    """
    seen = Seen(conversation_id, scope, delivered=cursor, opened=cursor if opened else 0)
    with transaction.atomic():
        found = _readable(conversation_id, scope)
        if _would_move(found, seen):
            _move(seen)
            found = _readable(conversation_id, scope)  # it may have waited for somebody's act
        with connection.cursor() as database:
            database.execute(*note_readings([(found.pk, reader.pk, reader.kind)]))
    return found


def _readable(conversation_id: UUID, scope: Scope) -> Conversation:
    found = Conversation.objects.visible_to(scope).filter(pk=conversation_id).first()
    if found is None:
        raise not_found()
    refuse_erased(found)
    return found


def _would_move(found: Conversation, seen: Seen) -> bool:
    """Whether a receipt is news: a page that asks again and again locks nothing for nothing."""
    row = Row(*(getattr(found, name) for name in Row._fields))
    side = side_of(row, seen.scope)
    return side is not None and _with_receipt(row, side, seen) != row


def _move(seen: Seen) -> None:
    """In the caller's transaction."""
    moved = run(advance([seen], skip_locked=False))
    if moved.rows:
        hints = delivery.Hints(conversations=dict.fromkeys(moved.rows, 0))
        transaction.on_commit(hints.send)
