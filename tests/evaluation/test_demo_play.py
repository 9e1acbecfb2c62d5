"""The history of the demonstration in the database: exact, whole day by whole day, resumable."""

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import IntegrityError, connections
from django.utils import timezone

from comptes.keys.cipher import cache
from evaluation.demo.atlas import Atlas
from evaluation.demo.compose import Composer
from evaluation.demo.places import REGIONS
from evaluation.demo.plan import PlannedDay, plan_day, true_rates
from evaluation.demo.play import History, play_day, population, publish_missing
from evaluation.demo.world import build, crews
from evaluation.indicators import SHARE_CODES
from evaluation.models import DailyTally, Dimension, Level, Report
from evaluation.periods import PeriodKind
from messagerie.models import (
    Conversation,
    DoorPassage,
    Message,
    Notice,
    Transition,
)
from orientation.models import Duty

END = date(2026, 11, 15)  # a Sunday, so that the last week is whole
TODAY = date(2026, 11, 16)
DAYS, PER_DAY = 10, 60

DATABASES = ["default", "keys"]
everywhere = pytest.mark.django_db(databases=DATABASES)
committed = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture(autouse=True)
def forget_keys():
    """Identifiers are the same in each test: keys in memory are those of the one before."""
    cache.clear()


def history(days: int = DAYS, per_day: float = PER_DAY) -> History:
    """A short history of few patients."""
    build(REGIONS, today=TODAY)
    people = population(patients=120)
    return History(end=END, days=days, per_day=per_day, people=people)


def planned_days(history: History) -> list[PlannedDay]:
    return [
        plan_day(day, history.people, end=history.end, per_day=history.per_day)
        for day in history.days
    ]


def counts_in_database() -> Counter:
    """Requests by local day, department and outcome, read back."""
    return Counter(
        (row.opened_at.astimezone(ZoneInfo(row.time_zone)).date(), row.departement_id, row.outcome)
        for row in Conversation.objects.all()
    )


def lines_planned(days: list[PlannedDay]) -> int:
    """Each act leaves one line, after the question."""
    return sum(1 + len(request.steps) for day in days for request in day.requests)


# --- Exact, and harmless twice


@everywhere
def test_counts_and_published_rates_are_the_true_ones(territory):
    played = history()
    progress = list(played.play())
    planned = planned_days(played)
    assert progress[-1].done == DAYS == len(progress)
    assert progress[-1].requests == Conversation.objects.count() >= 500
    assert played.progress() == progress[-1]
    assert_exact(planned)
    assert_nothing_left_to_do()
    assert_tallies(planned)
    assert_published(played, planned)

    assert list(History(end=END, days=DAYS, per_day=PER_DAY, people=played.people).play()) == []
    assert_exact(planned)


def assert_exact(planned: list[PlannedDay]) -> None:
    """The database holds what was planned, once."""
    assert counts_in_database() == true_rates(planned)
    assert Message.objects.count() == lines_planned(planned)


def assert_nothing_left_to_do() -> None:
    """No mail is due, no conversation waits, no duty of the past goes on, nobody is real."""
    assert not Notice.objects.filter(sent_at__isnull=True).exists()
    assert not Conversation.objects.exclude(state="CLOSED").exists()
    assert not Duty.objects.filter(started_at__date__lt=TODAY, ended_at__isnull=True).exists()
    assert not Conversation.objects.filter(patient__is_demo=False).exists()


def assert_tallies(planned: list[PlannedDay]) -> None:
    """Each day is counted as planned, the door too."""
    counted: Counter = Counter()
    for row in DailyTally.objects.filter(dimension=Dimension.OUTCOME):
        counted[row.day, row.departement_id, row.code] += row.count
    assert counted == true_rates(planned)
    door = DailyTally.objects.filter(dimension=Dimension.DOOR, code="EMERGENCY")
    stopped = sum(visit.answer != "DISMISSED" for day in planned for visit in day.visits)
    assert sum(row.count for row in door) == stopped > 0


def assert_published(played: History, planned: list[PlannedDay]) -> None:
    """The published figures of the last week, masked cells aside, are those of the plan."""
    now = datetime(2026, 11, 16, 6, tzinfo=ZoneInfo("Europe/Paris"))
    assert publish_missing(played.days, now, again=True) > 0
    assert publish_missing(played.days, now, again=False) == 0
    monday = date(2026, 11, 9)
    true: Counter = Counter()
    for (day, departement, outcome), number in true_rates(planned).items():
        if day >= monday:
            true[departement, outcome] += number
    published = Report.objects.in_force().filter(
        period_kind=PeriodKind.WEEK, period_start=monday, indicator__in=SHARE_CODES, masked=False
    )
    places = published.filter(level=Level.DEPARTEMENT)
    assert places.count() > 20
    for row in places:
        assert row.numerator == true[row.departement_id, row.indicator]
    resolved = published.get(level=Level.NATION, indicator="RESOLVED")
    asked = sum(n for (_place, outcome), n in true.items() if outcome in SHARE_CODES)
    count = sum(n for (_place, outcome), n in true.items() if outcome == "RESOLVED")
    assert (resolved.numerator, resolved.denominator) == (count, asked)
    assert resolved.low < count / asked < resolved.high


# --- Killed, then resumed


@committed
def test_a_failure_in_a_day_leaves_nothing_of_that_day(territory):
    played = history(days=2, per_day=15)
    first, second = planned_days(played)
    twice = replace(second, visits=(*second.visits, *second.visits))  # refused by the database
    assert second.visits
    composer = Composer(Atlas(), played.accounts(), crews(played.departements()))
    play_day(first, composer)
    with pytest.raises(IntegrityError):
        play_day(twice, composer)
    assert counts_in_database() == true_rates([first])
    assert Message.objects.count() == lines_planned([first])
    assert Transition.objects.values("conversation").distinct().count() == len(first.requests)

    assert [progress.done for progress in played.play()] == [2]
    assert counts_in_database() == true_rates([first, second])


PLAYER = """
import sys, django
django.setup()
from datetime import date
from evaluation.demo.play import History, population
history = History(end=date.fromisoformat(sys.argv[1]), days=int(sys.argv[2]),
                  per_day=float(sys.argv[3]), people=population(patients=120))
for progress in history.play():
    print(progress.done, flush=True)
    sys.stdin.readline()  # never more than one day ahead of whoever watches
"""


def address(alias: str, variable: str) -> str:
    """The address of the database of the tests, for another process."""
    name = connections[alias].settings_dict["NAME"]
    return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{name}"))


@committed
def test_killed_at_any_moment_and_started_again_it_is_the_same_history(territory):
    days, per_day = 8, 40
    played = history(days=days, per_day=per_day)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": address("default", "DATABASE_URL"),
        "KEYS_DATABASE_URL": address("keys", "KEYS_DATABASE_URL"),
    }
    for lines_before_the_end in (1, 2):
        child = subprocess.Popen(
            [sys.executable, "-c", PLAYER, END.isoformat(), str(days), str(per_day)],
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(lines_before_the_end):
            assert child.stdout.readline().strip().isdigit()
            child.stdin.write("\n")
            child.stdin.flush()
        child.send_signal(signal.SIGKILL)
        assert child.wait(timeout=30) == -signal.SIGKILL
        child.stdin.close()
        child.stdout.close()
        found = Counter(day for day, _place, _outcome in counts_in_database().elements())
        expected = {day.day: len(day.requests) for day in planned_days(played)}
        assert found
        assert all(expected[day] == number for day, number in found.items())

    left = days - played.progress().done
    assert 0 < left < days
    assert len(list(played.play())) == left
    planned = planned_days(played)
    assert counts_in_database() == true_rates(planned)
    assert Message.objects.count() == lines_planned(planned)
    assert DoorPassage.objects.filter(during_conversation=False).count() == sum(
        [len(visit.signs) for day in planned for visit in day.visits]
        + [len(request.signs) for day in planned for request in day.requests]
    )
    assert not Conversation.objects.filter(closed_at__gt=timezone.now()).exists()
