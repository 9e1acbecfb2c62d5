"""The journal: only added to, sealed day by day, and every alteration is found."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from comptes.journal import record
from comptes.journal_seal import seal_day, verify
from comptes.models import Act, JournalEntry, JournalSeal
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 2)


def lines(day: date, count: int = 3) -> list[JournalEntry]:
    at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    return JournalEntry.objects.bulk_create(
        JournalEntry(at=at + timedelta(minutes=n), act=Act.SIGN_IN, actor_id=n)
        for n in range(count)
    )


def refused(sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)


def tamper(sql: str, *values: object) -> None:
    """What an administrator of the database could do, triggers asleep."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE comptes_journalentry SET act = 'SIGN_OUT'",
        "DELETE FROM comptes_journalentry",
        "TRUNCATE comptes_journalentry",
        "UPDATE comptes_journalseal SET row_count = 0",
        "DELETE FROM comptes_journalseal",
        "TRUNCATE comptes_journalseal",
    ],
)
def test_nobody_changes_the_journal_by_sql(sql):
    lines(DAY)
    seal_day(DAY)
    refused(sql)
    assert JournalEntry.objects.count() == 3


def test_nobody_changes_it_by_the_models_either():
    entry = record(Act.SIGN_IN, actor=make.UserFactory())
    entry.act = Act.SIGN_OUT
    for act in (entry.save, entry.delete, JournalEntry.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_a_line_rolls_back_with_its_act():
    with pytest.raises(RuntimeError), transaction.atomic():
        record(Act.SIGN_IN, actor=None)
        raise RuntimeError
    assert not JournalEntry.objects.exists()


def test_a_line_keeps_who_and_what_by_number():
    user = make.professional()
    entry = record(Act.INVITED, actor=user, object_ref="comptes.invitation:3")
    assert (entry.actor_id, entry.actor_kind) == (user.pk, "PROFESSIONAL")
    assert user.email not in " ".join(str(value) for value in vars(entry).values())


def sealed_days() -> None:
    for offset in range(3):
        lines(DAY + timedelta(days=offset))
        seal_day(DAY + timedelta(days=offset))


def test_an_untouched_journal_has_no_finding():
    sealed_days()
    assert list(verify()) == []


def test_a_seal_is_made_once():
    lines(DAY)
    assert seal_day(DAY).row_count == 3
    seal_day(DAY)
    assert JournalSeal.objects.count() == 1
    assert list(verify()) == []


def middle() -> JournalEntry:
    return JournalEntry.objects.order_by("pk")[4]


def test_an_altered_line_is_found():
    sealed_days()
    row = middle()
    tamper("UPDATE comptes_journalentry SET actor_id = 999 WHERE id = %s", row.pk)
    (finding,) = verify()
    assert (finding.row_id, finding.sentence) == (row.pk, "Cette ligne a été modifiée.")


def test_an_erased_line_is_found():
    sealed_days()
    row = middle()
    tamper("DELETE FROM comptes_journalentry WHERE id = %s", row.pk)
    (finding,) = verify()
    assert (finding.row_id, finding.sentence) == (row.pk, "Cette ligne a été effacée.")


def test_a_line_slipped_in_is_found():
    sealed_days()
    row = middle()
    tamper("DELETE FROM comptes_journalentry WHERE id = %s", row.pk)
    tamper(
        "INSERT INTO comptes_journalentry (id, at, act, actor_kind, object_ref, reason) "
        "VALUES (%s, now(), 'SIGN_IN', '', '', '')",
        row.pk,
    )
    assert [finding.row_id for finding in verify()] == [row.pk]


def test_an_erased_or_rewritten_seal_is_found():
    sealed_days()
    tamper("DELETE FROM comptes_journalseal WHERE day = %s", DAY + timedelta(days=1))
    assert any("sceau manque" in finding.sentence for finding in verify())


def test_a_forged_seal_is_found():
    sealed_days()
    tamper("UPDATE comptes_journalseal SET seal = '\\x00' WHERE day = %s", DAY)
    assert any("sceau de cette journée" in finding.sentence for finding in verify())


def test_the_command_names_each_altered_line():
    sealed_days()
    out, said = StringIO(), StringIO()
    call_command("verify_journal", stdout=out)
    assert out.getvalue() == "Journal intact : 3 journée(s) scellée(s).\n"
    row = middle()
    tamper("UPDATE comptes_journalentry SET act = 'SIGN_OUT' WHERE id = %s", row.pk)
    with pytest.raises(CommandError, match="1 constat"):
        call_command("verify_journal", stderr=said)
    assert f"ligne {row.pk} : Cette ligne a été modifiée." in said.getvalue()


def test_the_command_seals_a_day_once():
    lines(DAY)
    said = [StringIO(), StringIO()]
    for out in said:
        call_command("seal_journal", day=DAY, stdout=out)
    assert [out.getvalue() for out in said] == [
        "3 ligne(s) scellée(s) pour le 02/11/2026.\n",
        "La journée du 02/11/2026 est déjà scellée.\n",
    ]
    assert list(verify()) == []
