"""The Celery application and the night clock.

Times are UTC, so that a change of clock neither skips nor doubles a task. Counting starts at
04:10 UTC: yesterday is then over in every territory, from Martinique (UTC-4) to La Réunion.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("messagerie")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["messagerie.attachments"])
app.conf.beat_schedule = {
    "seal-journal": {
        "task": "comptes.tasks.seal_journal",
        "schedule": crontab(hour=0, minute=30),
    },
    "send-notices": {
        "task": "messagerie.tasks.send_notices",
        "schedule": crontab(),  # each minute
        # With the worker away, one waiting wake-up is enough: the task reads what is due.
        "options": {"expires": 60},
    },
    "scan-waiting": {
        "task": "messagerie.attachments.tasks.scan_waiting",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "sweep-store": {
        "task": "messagerie.attachments.tasks.sweep_store",
        "schedule": crontab(minute=45),
        "options": {"expires": 3600},
    },
    "release-left": {
        "task": "messagerie.tasks.release_left",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "expire-silent": {
        "task": "messagerie.tasks.expire_silent",
        "schedule": crontab(hour=1, minute=30),
    },
    "erase-at-term": {
        "task": "messagerie.tasks.erase_at_term",
        "schedule": crontab(hour=2, minute=10),
    },
    "purge-notices": {
        "task": "messagerie.tasks.purge_notices",
        "schedule": crontab(hour=2, minute=40),
    },
    "purge-sessions": {
        "task": "comptes.tasks.purge_sessions",
        "schedule": crontab(hour=2, minute=50),
    },
    "purge-drafts": {
        "task": "messagerie.tasks.purge_drafts",
        "schedule": crontab(minute=15),
    },
    "recount-yesterday": {
        "task": "evaluation.tasks.recount_yesterday",
        "schedule": crontab(hour=4, minute=10),
    },
}
