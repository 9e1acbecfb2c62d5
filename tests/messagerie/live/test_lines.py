"""Lines kept many at a time: each judged by itself, numbered in order, nobody waited for."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from comptes.models import Act, JournalEntry, User
from messagerie import actions, texts
from messagerie.actions.lines import LATER, Kept, NewLine, Verdict, keep, seal_line
from messagerie.actions.statements import run
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, Message, Notice
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.talking import locked_elsewhere
from tests.sockets import WAIT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]


def line(
    talk: Conversation, author: User, body: str = "Bonjour.", client_id: UUID | None = None
) -> NewLine:
    client_id = client_id or uuid4()
    sealed, mac = seal_line(talk.pk, author.pk, client_id, body)
    return NewLine(
        talk.pk, author.pk, author.kind, scope_for(author), client_id, sealed, mac, timezone.now()
    )


def kept(lines: list[NewLine]) -> list[Verdict]:
    with transaction.atomic():
        return run(keep(lines, skip_locked=True))


def codes(verdicts: list[Verdict]) -> list[str]:
    return [
        str(verdict.code) if isinstance(verdict, Refused) else type(verdict).__name__
        for verdict in verdicts
    ]


def test_a_group_is_numbered_in_order_and_told_once(lucie):
    one, two = (factories.taken_conversation(lucie) for _ in range(2))
    before = {talk.pk: talk.last_seq for talk in (one, two)}
    group = [
        line(one, lucie, "un"),
        line(two, two.patient, "deux"),
        line(one, one.patient, "trois"),
        line(one, lucie, "quatre"),
    ]
    verdicts = kept(group)
    assert [v.seq - before[g.conversation_id] for v, g in zip(verdicts, group, strict=True)] == [
        *(1, 1, 2, 3)
    ]
    one.refresh_from_db()
    assert one.last_seq == before[one.pk] + 3
    assert (one.last_patient_at, one.last_professional_at) == (group[2].at, group[3].at)
    assert one.first_answer_at == group[0].at
    assert [m.client_id for m in Message.objects.filter(conversation=one)][-3:] == [
        group[0].client_id,
        group[2].client_id,
        group[3].client_id,
    ]
    assert Notice.objects.filter(conversation=one, sent_at=None).count() == 1
    assert not Notice.objects.filter(conversation=two).exists()
    posted = JournalEntry.objects.filter(act=Act.MESSAGE_POSTED, conversation_id=one.pk)
    assert list(posted.values_list("seq", "object_ref"))[-1] == (
        one.last_seq,
        f"client:{group[3].client_id}",
    )


def test_a_resend_inside_a_group_and_after_it_keeps_its_place(lucie):
    talk = factories.taken_conversation(lucie)
    first = line(talk, lucie, "une fois")
    again = line(talk, lucie, "une fois", first.client_id)
    other = line(talk, lucie, "autre texte", first.client_id)
    (one, two, three) = kept([first, again, other])
    assert (one.created, two.created, one.seq) == (True, False, two.seq)
    assert codes([three]) == ["SAME_ID_OTHER_TEXT"]
    (after,) = kept([line(talk, lucie, "une fois", first.client_id)])
    assert (after.seq, after.at, after.created) == (one.seq, one.at, False)
    assert Message.objects.filter(client_id=first.client_id).count() == 1


def test_each_line_is_judged_by_itself(lucie, cpts):
    talk = factories.taken_conversation(lucie)
    waiting = factories.conversation()
    ended = factories.taken_conversation(lucie)
    said = line(ended, lucie, "avant la fin")
    kept([said])
    actions.close(
        ended.pk,
        professional=lucie,
        scope=scope_for(lucie),
        outcome=Outcome.RESOLVED,
        summary="Reposez-vous.",
    )
    stranger, colleague = factories.patient(), factories.professional(cpts, first_name="Sami")
    nowhere = Conversation(pk=uuid4())
    unready = line(talk, lucie)
    unready.ready = False
    without_key = line(talk, lucie)
    without_key.sealed = b""
    verdicts = kept(
        [
            line(nowhere, lucie),
            line(talk, stranger),
            line(waiting, colleague),
            line(ended, lucie, "après la fin"),
            line(ended, lucie, "avant la fin", said.client_id),
            unready,
            without_key,
            line(talk, lucie),
        ]
    )
    assert codes(verdicts) == [
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_YOURS",
        "CLOSED",
        "Kept",
        "Later",
        "UNREADABLE",
        "Kept",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_lock_held_elsewhere_holds_nobody_else_up(lucie):
    one, two = (factories.taken_conversation(lucie) for _ in range(2))
    with locked_elsewhere(one):
        verdicts = kept([line(one, lucie, "a"), line(two, lucie, "b"), line(one, lucie, "c")])
        assert codes(verdicts) == ["Later", "Kept", "Later"]
        assert LATER in verdicts
    assert isinstance(kept([line(one, lucie)])[0], Kept)


@pytest.mark.django_db(transaction=True)
def test_groups_that_cross_never_wait_for_each_other(lucie):
    """Two processes with the same conversations in opposite orders: all is kept, in order."""
    talks = [factories.taken_conversation(lucie) for _ in range(6)]
    before = {talk.pk: talk.last_seq for talk in talks}
    failures: list[BaseException] = []

    def write(order: list[Conversation]) -> None:
        try:
            for number in range(20):
                todo = [line(talk, lucie, str(number)) for talk in order]
                while todo:
                    verdicts = kept(todo)
                    todo = [one for one, v in zip(todo, verdicts, strict=True) if v is LATER]
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(order,)) for order in (talks, talks[::-1])]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(4 * WAIT)
    assert failures == []
    for talk in talks:
        seqs = list(Message.objects.filter(conversation=talk).values_list("seq", flat=True))
        assert seqs == list(range(1, before[talk.pk] + 41))


@given(st.text(alphabet=st.characters(max_codepoint=0x2100), max_size=60))
def test_the_short_way_of_usual_texts_gives_the_same(text: str):
    class Never:
        @staticmethod
        def fullmatch(_: str) -> None:
            return None

    def cleaned() -> str | RefusalCode:
        try:
            return texts.clean_text(text)
        except Refused as refused:
            return refused.code

    quick = cleaned()
    plain, texts.PLAIN = texts.PLAIN, Never
    try:
        assert cleaned() == quick
    finally:
        texts.PLAIN = plain
