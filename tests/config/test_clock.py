"""The night clock names tasks that exist, in UTC, and no task outlives its lock."""

import pytest
from django.conf import settings

from config.celery import app


@pytest.mark.parametrize("name", sorted(app.conf.beat_schedule))
def test_every_entry_of_the_clock_is_a_task(name):
    app.loader.import_default_modules()
    assert app.conf.beat_schedule[name]["task"] in app.tasks


def test_the_clock_and_the_queue():
    assert app.conf.timezone == "UTC"
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_TASK_TIME_LIMIT > settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_a_quiet_socket_is_not_a_dead_one():
    layer = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    assert [host["socket_timeout"] for host in layer["hosts"]] == [None]
