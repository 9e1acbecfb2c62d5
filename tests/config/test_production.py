"""Production settings refuse what belongs to a demonstration, each with its own sentence."""

import os
import subprocess
import sys

import pytest

from config.start.check import production_environment
from tests.config.conftest import CHECKOUT

SHOW = """
import json, django
django.setup()
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in (
    "DEMO_MODE", "LOCAL_MAILBOX", "PATIENT_MFA_REQUIRED", "ADMIN_ACCEPTS_SUPERUSER", "DEBUG",
    "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")}))
"""


def start(**changes: str | None) -> "subprocess.CompletedProcess[str]":
    """Load production settings in a process of its own, with `changes` (None: variable absent)."""
    env = production_environment()
    for name in list(env):
        if name in ("SECRET_KEY_FILE", "STATE_DIR"):
            del env[name]
    for name, value in changes.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=CHECKOUT, env=env, capture_output=True, text=True
    )


def test_a_complete_environment_starts_with_safe_values():
    done = start()
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == (
        '{"DEMO_MODE": false, "LOCAL_MAILBOX": false, "PATIENT_MFA_REQUIRED": true, '
        '"ADMIN_ACCEPTS_SUPERUSER": false, "DEBUG": false, "SESSION_COOKIE_SECURE": true, '
        '"CSRF_COOKIE_SECURE": true, "SECURE_SSL_REDIRECT": true}'
    )


REFUSED = [
    ({"DEMO_MODE": "1"}, "DEMO_MODE"),
    ({"LOCAL_MAILBOX": "1"}, "LOCAL_MAILBOX"),
    ({"ADMIN_ACCEPTS_SUPERUSER": "1"}, "ADMIN_ACCEPTS_SUPERUSER"),
    ({"DEBUG": "1"}, "DEBUG"),
    ({"EMBEDDED_SERVERS": "1"}, "serveurs embarqués"),
    ({"DATABASE_URL": "postgresql://messagerie_embarquee:x@h/b"}, "serveurs embarqués"),
    ({"KEYS_DATABASE_URL": "postgresql://messagerie_embarquee:x@h/k"}, "serveurs embarqués"),
    ({"KEYS_DATABASE_URL": "postgresql://autre:x@base.invalid/messagerie"}, "les clés vivent"),
    ({"DATABASE_URL": None}, "DATABASE_URL"),
    ({"KEYS_DATABASE_URL": None}, "KEYS_DATABASE_URL"),
    ({"REDIS_URL": None}, "REDIS_URL"),
    ({"SECRET_KEY": None}, "SECRET_KEY"),
    ({"SECRET_KEY": "courte"}, "SECRET_KEY"),
    ({"PUBLIC_URL": "http://service.invalid"}, "PUBLIC_URL"),
    ({"SECRET_KEY": "a" * 60}, "SECRET_KEY"),
    ({"EMBEDDED_KEYS_ACCEPTED": None}, "clés de chiffrement"),
    ({"EMBEDDED_KEYS_ACCEPTED": "0"}, "clés de chiffrement"),
    ({"KEY_FILE": None}, "KEY_FILE"),
    ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    ({"EMAIL_HOST": None}, "EMAIL_HOST"),
    ({"ATTACHMENTS_DIR": None}, "ATTACHMENTS_DIR"),
    ({"ATTACHMENTS_STORAGE": "s3"}, "ATTACHMENTS_S3_BUCKET"),
    ({"CLAMAV_ADDRESS": "clamd"}, "CLAMAV_ADDRESS"),
    ({"PATIENT_MFA_REQUIRED": "peut-être"}, "PATIENT_MFA_REQUIRED"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[str(c) for c, _ in REFUSED])
def test_production_refuses(changes, words):
    done = start(**changes)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_role_that_production_refuses_is_the_one_of_the_embedded_servers():
    from config.embedded import postgres

    source = (CHECKOUT / "config/settings/production.py").read_text()
    for role in (postgres.ROLE, postgres.OWNER):
        assert f'"{role}"' in source
    assert os.environ["DATABASE_URL"].split("//")[1].split(":")[0] == postgres.OWNER
