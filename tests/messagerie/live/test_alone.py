"""A lone line in one statement: the same as the whole way, or nothing at all."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session as StoredSession
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from comptes.models import JournalEntry, User
from messagerie import actions
from messagerie.actions.alone import Session, judged, keep_alone, kept_alone
from messagerie.actions.lines import Kept, NewLine, keep, seal_line
from messagerie.actions.statements import run
from messagerie.models import Conversation, Message, Notice, NoticeKind
from messagerie.rights import COLUMNS, Row
from messagerie.states import Outcome
from orientation.models import Membership
from orientation.scope import scope_for
from orientation.standing import stamps_statement
from tests import factories
from tests.messagerie.talking import locked_elsewhere
from tests.signing import session_of
from tests.sockets import WAIT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]


def row_of(talk: Conversation) -> Row:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM messagerie_conversation WHERE id = %s", [talk.pk])
        return Row(*cursor.fetchone())


class Writer:
    """Somebody whose view knows the conversation and who they are, as of now."""

    def __init__(self, talk: Conversation, user: User) -> None:
        self.talk, self.user, self.scope = talk, user, scope_for(user)
        self.key = session_of(user)
        with connection.cursor() as cursor:
            cursor.execute(*stamps_statement([(self.key, user.pk)]))
            self.session = Session(*cursor.fetchone())
        self.row = row_of(talk)

    def line(self, body: str = "Bonjour.", client_id: UUID | None = None) -> NewLine:
        talk, user, client_id = self.talk, self.user, client_id or uuid4()
        sealed, mac = seal_line(talk.pk, user.pk, client_id, body)
        return NewLine(
            talk.pk, user.pk, user.kind, self.scope, client_id, sealed, mac, timezone.now()
        )

    def write(self, line: NewLine | None = None) -> Kept | None:
        line = line or self.line()
        guess = judged(line, self.row)
        assert guess is not None
        with connection.cursor() as cursor:
            cursor.execute(*keep_alone(line, guess, self.session, [(self.key, self.user.pk)]))
            return kept_alone(guess, cursor.fetchall())[0]


def written(talk: Conversation) -> list[object]:
    """All that a line leaves, without what differs between any two lines."""
    talk.refresh_from_db()
    return [
        talk.last_seq,
        *(at and at.isoformat() for at in (talk.last_patient_at, talk.last_professional_at)),
        talk.first_answer_at,
        list(
            Message.objects.filter(conversation=talk, seq=talk.last_seq).values_list(
                "sender_id", "side", "kind", "client_id", "body_sealed", "content_mac", "created_at"
            )
        ),
        list(Notice.objects.filter(conversation=talk).values_list("user_id", "kind", "seq")),
        list(
            JournalEntry.objects.filter(conversation_id=talk.pk)
            .order_by("-id")
            .values_list("at", "act", "actor_id", "actor_kind", "seq", "object_ref", "reason")[:1]
        ),
    ]


def answered_before(talk: Conversation) -> None:
    now = timezone.now()
    Conversation.objects.filter(pk=talk.pk).update(
        first_answer_at=now - timedelta(hours=1),
        last_professional_at=now - timedelta(minutes=5),
        last_patient_at=now - timedelta(minutes=3),
    )


def told_before(talk: Conversation, sent_at: datetime | None) -> None:
    answered_before(talk)
    Notice.objects.create(
        user=talk.patient,
        conversation=talk,
        kind=NoticeKind.ANSWER,
        seq=1,
        created_at=timezone.now() - timedelta(hours=1),
        sent_at=sent_at,
    )


BEFORE: dict[str, Callable[[Conversation], None]] = {
    "nothing": lambda talk: None,
    "answered": answered_before,
    "notice due": lambda talk: told_before(talk, None),
    "notice sent": lambda talk: told_before(talk, timezone.now()),
}


@pytest.mark.parametrize("side", ["patient", "professional"])
@pytest.mark.parametrize("before", BEFORE)
def test_it_leaves_what_the_whole_way_leaves(lucie, side, before):
    talk = factories.taken_conversation(lucie)
    BEFORE[before](talk)
    writer = Writer(talk, getattr(talk, side))
    line, last_seq = writer.line(), talk.last_seq
    with transaction.atomic():
        kept = writer.write(line)
        assert kept is not None and kept.seq == kept.row.last_seq == last_seq + 1
        alone = written(talk)
        transaction.set_rollback(True)

    (whole,) = run(keep([line], skip_locked=True))
    assert isinstance(whole, Kept)
    assert (whole.seq, whole.at, whole.created, whole.side) == kept[:4]
    assert written(talk) == alone


def handed_over(writer: Writer) -> None:
    other = factories.professional(writer.talk.structure, first_name="Sami")
    Conversation.objects.filter(pk=writer.talk.pk).update(professional=other)


def closed(writer: Writer) -> None:
    actions.close(
        writer.talk.pk,
        professional=writer.user,
        scope=writer.scope,
        outcome=Outcome.RESOLVED,
        summary="Reposez-vous.",
    )


def signed_out(writer: Writer) -> None:
    StoredSession.objects.filter(pk=writer.key).delete()


def disabled(writer: Writer) -> None:
    User.objects.filter(pk=writer.user.pk).update(is_active=False)


def role_ended(writer: Writer) -> None:
    Membership.objects.filter(user=writer.user).delete()


def expired(writer: Writer) -> None:
    StoredSession.objects.filter(pk=writer.key).update(expire_date=timezone.now())


@pytest.mark.parametrize("change", [handed_over, closed, signed_out, disabled, role_ended, expired])
def test_what_has_changed_since_writes_nothing(lucie, change: Callable[[Writer], None]):
    talk = factories.taken_conversation(lucie)
    writer = Writer(talk, lucie)
    change(writer)
    before = written(talk)
    assert writer.write() is None
    assert written(talk) == before


def test_a_line_kept_already_writes_nothing(lucie):
    talk = factories.taken_conversation(lucie)
    writer = Writer(talk, lucie)
    line = writer.line()
    assert writer.write(line) is not None
    before = written(talk)
    assert writer.write(line) is None
    assert writer.write(writer.line("autre texte", line.client_id)) is None
    assert written(talk) == before


def test_a_row_held_elsewhere_is_not_waited_for(lucie):
    talk = factories.taken_conversation(lucie)
    writer = Writer(talk, lucie)
    with locked_elsewhere(talk):
        assert writer.write() is None
    assert writer.write() is not None


def test_the_number_follows_what_others_wrote(lucie):
    talk = factories.taken_conversation(lucie)
    writer, patient = Writer(talk, lucie), Writer(talk, talk.patient)
    numbers = [one.write().seq for one in (patient, writer, writer, patient)]
    assert numbers == [talk.last_seq + more for more in (1, 2, 3, 4)]


def test_who_takes_no_part_is_not_even_asked_for(lucie, cpts):
    waiting = factories.conversation()
    writer = Writer(waiting, lucie)
    assert judged(writer.line(), writer.row) is None


def test_the_same_line_at_the_same_moment_is_kept_once(lucie):
    """Several links of one person say the same lines: each is one row, and the numbers have no
    hole. Where two meet, one writes, and the other writes nothing."""
    talk = factories.taken_conversation(lucie)
    writer, first = Writer(talk, lucie), talk.last_seq
    lines = [writer.line(str(number)) for number in range(40)]
    together, failures = threading.Barrier(3), []

    def say() -> None:
        try:
            for line in lines:
                together.wait(WAIT)
                try:
                    writer.write(line)
                except IntegrityError:
                    pass  # where it is answered the whole way
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    speakers = [threading.Thread(target=say) for _ in range(3)]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join(WAIT)
    assert failures == []
    kept = Message.objects.filter(conversation=talk, seq__gt=first).values_list("seq", "client_id")
    assert [seq for seq, _ in kept] == list(range(first + 1, first + 41))
    assert {client_id for _, client_id in kept} == {line.client_id for line in lines}
