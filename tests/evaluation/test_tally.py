"""Counting a day: the same rows give the same counts, however often and whenever it runs."""

from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from evaluation.indicators import VERSION
from evaluation.models import DailyTally, Dimension, Report
from evaluation.tally import days_touched_since, recount_day
from evaluation.tasks import last_finished_day, recount_since
from messagerie.models import Conversation, PassageAnswer, Transition

TUESDAY = date(2026, 10, 6)
pytestmark = pytest.mark.django_db


def counts(day: date = TUESDAY, dimension: str = Dimension.OUTCOME) -> dict:
    return {
        (row.departement_id, row.cpts_id, row.code): row.count
        for row in DailyTally.objects.filter(day=day, dimension=dimension)
    }


def every_row(model=DailyTally) -> list[dict]:
    return list(model.objects.order_by("pk").values())


def test_each_dimension_of_a_day(conversations, cpts):
    conversations(5, "RESOLVED", cpts=cpts)
    conversations(2, "REFERRED_SAS", answered_after=timedelta(minutes=14, seconds=59))
    conversations(3, "EXPIRED", answered_after=None)
    conversations(1, "", answered_after=timedelta(hours=24), promised_after=None)
    conversations(4, "TECHNICAL_TEST")
    recount_day(TUESDAY)
    assert counts() == {
        ("13", cpts.pk, "RESOLVED"): 5,
        ("13", None, "REFERRED_SAS"): 2,
        ("13", None, "EXPIRED"): 3,
        ("13", None, "STILL_OPEN"): 1,
        ("13", None, "TECHNICAL_TEST"): 4,
    }
    # Technical tests have no delay and no promise.
    assert counts(dimension=Dimension.DELAY) == {
        ("13", cpts.pk, "UNDER_1_H"): 5,
        ("13", None, "UNDER_15_MIN"): 2,
        ("13", None, "NO_ANSWER"): 3,
        ("13", None, "OVER_24_H"): 1,
    }
    assert counts(dimension=Dimension.PROMISE) == {
        ("13", cpts.pk, "KEPT"): 5,
        ("13", None, "KEPT"): 2,
        ("13", None, "UNANSWERED"): 3,
        ("13", None, "NO_PROMISE"): 1,
    }
    assert counts(dimension=Dimension.ALTERNATIVE) == {
        ("13", cpts.pk, "NOT_ASKED"): 5,
        ("13", None, "NOT_ASKED"): 6,
    }
    assert set(DailyTally.objects.values_list("version", flat=True)) == {VERSION}


def test_the_door_counts_visits_not_signs(passages):
    passages("RF01", "RF03")
    passages("RF11", continued=True)
    passages("RF07", "RF08", answers=(PassageAnswer.DISMISSED, PassageAnswer.CALLED))
    passages("RF02", answers=(PassageAnswer.DISMISSED,), continued=True)
    passages("RF12", continued=True, during_conversation=True)
    recount_day(TUESDAY)
    assert counts(dimension=Dimension.DOOR) == {
        ("13", None, "EMERGENCY"): 2,
        ("13", None, "CONTINUED"): 1,
        ("13", None, "DISMISSED"): 1,
        ("13", None, "WORSENING"): 1,
    }


def test_a_visit_across_midnight_counts_once_on_its_first_day(passages):
    passages("RF01", "RF03", at=time(23, 59, 59))
    for day in (TUESDAY, TUESDAY + timedelta(days=1)):
        recount_day(day)
    assert counts(dimension=Dimension.DOOR) == {("13", None, "EMERGENCY"): 1}
    assert counts(TUESDAY + timedelta(days=1), Dimension.DOOR) == {}


def test_a_day_is_local_to_the_territory(conversations):
    conversations(2, departement="13", at=time(0, 0))
    conversations(3, departement="974", at=time(23, 59), commune="97411")
    conversations(1, departement="13", at=time(23, 59, 59))
    conversations(7, departement="13", day=TUESDAY + timedelta(days=1), at=time(0, 0))
    recount_day(TUESDAY)
    assert counts() == {("13", None, "RESOLVED"): 3, ("974", None, "RESOLVED"): 3}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_of_23_and_25_hours_hold_all_their_requests(conversations, day, hours):
    for hour in range(24):
        if not (hours == 23 and hour == 2):
            conversations(1, day=day, at=time(hour, 30))
    recount_day(day)
    assert sum(counts(day).values()) == (23 if hours == 23 else 24)


def test_three_runs_give_the_same_rows(conversations, passages, cpts):
    conversations(40, cpts=cpts)
    conversations(25, "REFERRED_SAS", departement="35")
    passages("RF01")
    now = datetime(2026, 10, 8, 4, 10, tzinfo=UTC)
    recount_since(now)
    first = every_row(), every_row(Report)
    assert first[0] and first[1]
    recount_since(now)
    recount_since(now)
    assert (every_row(), every_row(Report)) == first


def test_a_late_run_gives_the_rows_of_a_timely_one(conversations, cpts):
    conversations(40, cpts=cpts)
    recount_day(TUESDAY)
    timely = counts()
    DailyTally.objects.all().delete()
    recount_since(datetime(2026, 11, 20, 17, 45, tzinfo=UTC))
    assert counts() == timely


def test_counts_that_nothing_supports_any_more_go_away(conversations):
    conversations(3, "")
    recount_day(TUESDAY)
    assert counts() == {("13", None, "STILL_OPEN"): 3}
    kept = DailyTally.objects.get(dimension=Dimension.DELAY).pk
    Conversation.objects.update(
        state="CLOSED", outcome="RESOLVED", closed_at=datetime(2026, 10, 8, tzinfo=UTC)
    )
    recount_day(TUESDAY)
    assert counts() == {("13", None, "RESOLVED"): 3}
    assert DailyTally.objects.get(dimension=Dimension.DELAY).pk == kept


def test_a_late_closing_brings_its_day_of_opening_back(conversations):
    row = conversations(1, "", day=date(2026, 8, 3))[0]
    now = datetime(2026, 10, 8, 4, 10, tzinfo=UTC)
    recount_since(now)
    assert counts(date(2026, 8, 3)) == {("13", None, "STILL_OPEN"): 1}
    conversations(1, "RESOLVED", day=date(2026, 10, 7))
    recount_since(now)  # the last counted day is now yesterday
    closed_at = datetime(2026, 10, 7, 15, tzinfo=UTC)
    Conversation.objects.filter(pk=row.pk).update(
        state="CLOSED", outcome="EXPIRED", closed_at=closed_at
    )
    recount_since(now)
    assert counts(date(2026, 8, 3)) == {("13", None, "STILL_OPEN"): 1}  # nobody said so yet
    Transition.objects.create(
        conversation=row,
        from_state="WAITING",
        to_state="CLOSED",
        act="EXPIRE",
        outcome="EXPIRED",
        at=closed_at,
    )
    assert days_touched_since(now - timedelta(days=8)) == {date(2026, 8, 3)}
    recount_since(now)
    assert counts(date(2026, 8, 3)) == {("13", None, "EXPIRED"): 1}


def test_nights_without_a_run_are_made_up_for(conversations):
    conversations(1, day=date(2026, 9, 1))
    recount_since(datetime(2026, 9, 2, 4, 10, tzinfo=UTC))
    conversations(2, day=date(2026, 9, 10))
    conversations(3, day=date(2026, 10, 5))
    recount_since(datetime(2026, 10, 8, 4, 10, tzinfo=UTC))
    assert counts(date(2026, 9, 10)) == {("13", None, "RESOLVED"): 2}
    assert counts(date(2026, 10, 5)) == {("13", None, "RESOLVED"): 3}


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 10, 8, 4, 10, tzinfo=UTC), date(2026, 10, 7)),
        (datetime(2026, 10, 8, 3, 0, tzinfo=UTC), date(2026, 10, 6)),
        (datetime(2026, 10, 8, 22, 30, tzinfo=UTC), date(2026, 10, 7)),
    ],
)
def test_a_day_is_finished_when_it_is_over_in_every_territory(instant, day):
    assert last_finished_day(instant) == day


def test_nothing_to_count_is_no_error(db):
    assert recount_since(datetime(2026, 10, 8, 4, 10, tzinfo=UTC)) == (0, 0)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    conversations, django_assert_num_queries
):
    conversations(2)
    with django_assert_num_queries(10):
        recount_day(TUESDAY)
    conversations(200, "REFERRED_CPTS")
    conversations(90, "RESOLVED", departement="35")
    with django_assert_num_queries(10):
        recount_day(TUESDAY)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_the_same_instant_give_one_set_of_rows(conversations):
    conversations(30)
    barrier = Barrier(4)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            barrier.wait(10)
            for _ in range(5):
                recount_day(TUESDAY)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert counts() == {("13", None, "RESOLVED"): 30}
    assert DailyTally.objects.count() == 4


def test_the_command_counts_a_day_a_span_or_what_changed(conversations, capsys):
    conversations(12)
    call_command("recount", day="2026-10-06")
    assert "1 jour(s) recompté(s), 2 période(s) modifiée(s)." in capsys.readouterr().out
    call_command("recount", first="2026-10-05", last="2026-10-07")
    assert "3 jour(s) recompté(s), 0 période(s) modifiée(s)." in capsys.readouterr().out
    assert counts() == {("13", None, "RESOLVED"): 12}


@pytest.mark.parametrize(
    "options",
    [
        {"day": "hier"},
        {"day": "2026-10-06", "first": "2026-10-06"},
        {"first": "2026-10-07", "last": "2026-10-06"},
        {"last": "2026-10-06"},
        {"first": "1900-01-01", "last": "2026-10-06"},
    ],
)
def test_the_command_refuses_impossible_days_in_french(options):
    with pytest.raises(CommandError) as refused:
        call_command("recount", **options)
    assert str(refused.value).endswith(".")
