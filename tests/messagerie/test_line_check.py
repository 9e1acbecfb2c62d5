"""A line moved, swapped, slipped in, removed or emptied in the database is found."""

import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from comptes.journal_seal import seal_day, verify
from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.line_check import verify_messages
from messagerie.models import Conversation, Message
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import by, of, post, reread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]


@pytest.fixture
def lucie() -> User:
    factories.open_region()
    return factories.professional(factories.StructureFactory(), first_name="Lucie")


@pytest.fixture
def talk(lucie) -> Conversation:
    """Every kind of line; the numbers in comments are those of the tests below."""
    held = factories.taken_conversation(lucie)  # 1 question, 2 taken
    post(held, held.patient)  # 3
    post(held, lucie)  # 4
    actions.declare_worsening(held.pk, **of(held.patient), sign_codes=("RF03",))  # 5
    told = actions.safety.Transmission("06 00 00 00 00", "ici", "40 ans", (), "15")
    actions.transmit_to_15(held.pk, **by(lucie), transmission=told)  # 6
    actions.hand_back(held.pk, **by(lucie))  # 7
    actions.take(held.pk, **by(lucie))  # 8
    actions.close(held.pk, **by(lucie), outcome=Outcome.RESOLVED, summary="Repos.")  # 9
    actions.reopen(held.pk, **of(held.patient))  # 10
    actions.withdraw(held.pk, **of(held.patient))  # 11
    return reread(held)


def found(conversation: Conversation) -> list[tuple[int, str]]:
    findings = list(verify_messages())
    assert {one.conversation_id for one in findings} <= {conversation.pk}
    return [(one.seq, one.sentence) for one in findings]


def as_superuser(sql: str, *values: object) -> None:
    """In the database itself, triggers asleep: what somebody with its keys could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


def swap(conversation: Conversation, one: int, other: int) -> None:
    for before, after in ((one, 9999), (other, one), (9999, other)):
        as_superuser(
            "UPDATE messagerie_message SET seq = %s WHERE conversation_id = %s AND seq = %s",
            after,
            conversation.pk,
            before,
        )


def test_the_journal_names_each_line_that_an_act_added(talk):
    lines = dict(talk.messages.values_list("seq", "client_id"))
    entries = JournalEntry.objects.filter(conversation_id=talk.pk, seq__isnull=False)
    named = {entry.seq: entry.object_ref for entry in entries}
    assert named == {seq: f"client:{client_id}" for seq, client_id in lines.items()}
    assert sorted(lines) == list(range(1, 12))


def test_nothing_is_found_where_nothing_was_done(talk, lucie):
    factories.conversation()
    assert found(talk) == []
    call_command("verify_messages")


@pytest.mark.parametrize(("one", "other"), [(3, 4), (1, 3), (2, 8), (7, 10), (4, 9), (5, 6)])
def test_two_lines_swapped_are_both_found(talk, one, other):
    swap(talk, one, other)
    assert [seq for seq, _ in found(talk)] == [one, other]
    with pytest.raises(CommandError, match="2 constat"):
        call_command("verify_messages")


def test_a_line_removed_slipped_in_or_emptied_is_found(talk):
    message = talk.messages.get(seq=4)
    Message.objects.filter(pk=message.pk).update(body_sealed=b"", content_mac=b"")
    as_superuser("DELETE FROM messagerie_message WHERE conversation_id = %s AND seq = 3", talk.pk)
    message.pk, message.seq, message.client_id = None, 12, uuid.uuid4()
    message.save(force_insert=True)
    assert found(talk) == [
        (3, "Cette ligne manque."),
        (4, "Le contenu de cette ligne a été vidé."),
        (12, "Cette ligne est au-delà du dernier numéro."),
        (12, "Le journal ne connaît pas cette ligne."),
    ]


def test_the_last_line_removed_with_its_number_is_found(talk):
    as_superuser("DELETE FROM messagerie_message WHERE conversation_id = %s AND seq = 11", talk.pk)
    Conversation.objects.filter(pk=talk.pk).update(last_seq=10)
    assert found(talk) == [(11, "Cette ligne manque.")]


def test_who_alters_the_journal_to_match_is_found_by_its_seals(talk):
    """The journal covers number and client UUID: changing both sides breaks its seal."""
    day = JournalEntry.objects.latest("pk").at.date()
    seal_day(day)
    assert list(verify()) == []
    three = JournalEntry.objects.get(conversation_id=talk.pk, seq=3, act=Act.MESSAGE_POSTED)
    four = JournalEntry.objects.get(conversation_id=talk.pk, seq=4, act=Act.MESSAGE_POSTED)
    swap(talk, 3, 4)
    sql = "UPDATE comptes_journalentry SET object_ref = %s WHERE id = %s"
    as_superuser(sql, four.object_ref, three.pk)
    as_superuser(sql, three.object_ref, four.pk)
    assert found(talk) == []
    altered = {finding.row_id for finding in verify()}
    assert altered == {three.pk, four.pk}


def test_an_erased_conversation_is_in_order(talk):
    first, second = factories.national_administrator(), factories.national_administrator()
    asked = actions.ask_erasure(
        talk.pk, administrator=first, scope=scope_for(first), reason="COURT"
    )
    actions.confirm_erasure(asked.pk, administrator=second, scope=scope_for(second))
    assert found(talk) == []
