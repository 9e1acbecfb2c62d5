"""The seals of the journal, while people go on writing in it."""

import threading
from datetime import date, timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction

from comptes import journal_seal
from comptes.journal import record
from comptes.journal_seal import seal_day, verify
from comptes.models import Act, JournalEntry, JournalSeal

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 11, 2)


def in_thread(work) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_seals_made_at_the_same_instant_keep_one_chain():
    for _ in range(20):
        record(Act.SIGN_IN, actor=None)
    start = threading.Barrier(4)
    errors: list[Exception] = []

    def seal(day: date) -> None:
        start.wait(30)
        try:
            seal_day(day)
        except Exception as error:
            errors.append(error)

    days = [DAY, DAY, DAY + timedelta(days=1), DAY + timedelta(days=1)]
    threads = [in_thread(lambda day=day: seal(day)) for day in days]
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert list(verify()) == []
    assert sum(JournalSeal.objects.values_list("row_count", flat=True)) == 20


def test_no_row_in_flight_escapes_the_seals():
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with transaction.atomic():
                record(Act.SIGN_IN, actor=None)
                record(Act.SIGN_OUT, actor=None)

    writers = [in_thread(write) for _ in range(4)]
    try:
        for n in range(10):
            seal_day(DAY + timedelta(days=n))
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)
    seal_day(DAY + timedelta(days=30))
    assert list(verify()) == []
    covered = sum(JournalSeal.objects.values_list("row_count", flat=True))
    assert covered == JournalEntry.objects.count() > 0


def test_people_write_while_a_day_is_sealed(monkeypatch):
    record(Act.SIGN_IN, actor=None)
    digest, wrote = journal_seal.row_digest, threading.Event()

    def write() -> None:
        record(Act.SIGN_OUT, actor=None)
        wrote.set()

    def slow(row: JournalEntry) -> bytes:
        """The reading of a great day: somebody acts in the middle of it."""
        in_thread(write).join(10)
        assert wrote.is_set(), "the act waited for the seal"
        return digest(row)

    monkeypatch.setattr(journal_seal, "row_digest", slow)
    seal = seal_day(DAY)
    assert seal.row_count == 1


def test_a_transaction_left_open_puts_the_seal_off_instead_of_stopping_everybody(monkeypatch):
    opened, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with transaction.atomic():
            record(Act.SIGN_IN, actor=None)
            opened.set()
            leave.wait(30)

    stayer = in_thread(stay)
    try:
        assert opened.wait(30)
        with monkeypatch.context() as patched, pytest.raises(OperationalError):
            patched.setattr(journal_seal, "LOCK_WAIT", "200ms")
            seal_day(DAY)
        record(Act.SIGN_OUT, actor=None)
    finally:
        leave.set()
        stayer.join(30)
    assert seal_day(DAY).row_count == 2


def test_a_row_slipped_in_before_the_first_number_is_found():
    record(Act.SIGN_IN, actor=None)
    seal_day(DAY)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO comptes_journalentry (id, at, act, actor_kind, object_ref, reason) "
            "OVERRIDING SYSTEM VALUE VALUES (-1, now(), 'SIGN_IN', '', '', '')"
        )
    assert [finding.row_id for finding in verify()] == [-1]
