"""The night task: the name that the clock calls, and what it leaves behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.celery import app
from evaluation.models import DailyTally, Report
from evaluation.tasks import last_finished_day, recount_yesterday

pytestmark = pytest.mark.django_db


def test_the_clock_calls_this_task():
    entry = app.conf.beat_schedule["recount-yesterday"]
    assert entry["task"] == recount_yesterday.name
    assert recount_yesterday.name in app.tasks


def test_a_night_counts_the_day_that_is_over(conversations):
    day = last_finished_day(timezone.now())
    conversations(20, day=day)
    conversations(20, day=day + timedelta(days=5))
    for _night in range(3):
        recount_yesterday.apply(throw=True)
    counted = DailyTally.objects.filter(dimension="OUTCOME").values_list("day", "count")
    assert list(counted) == [(day, 20)]
    assert Report.objects.filter(indicator="RESOLVED", level="DEPARTEMENT").count() == 2
