"""Tests: real PostgreSQL and Valkey of their own, thrown away when the process ends.

The servers start here, because everything that reads settings needs their addresses. A process
started by a test inherits them through the environment.
"""

import atexit
import contextlib
import os
from pathlib import Path

from config.embedded.servers import throwaway_servers
from config.settings import attachments
from config.settings.base import *  # noqa: F403
from config.settings.base import STORAGES, channel_layers, env, pooled

if not os.environ.get("DATABASE_URL"):
    _stack = contextlib.ExitStack()
    os.environ.update(_stack.enter_context(throwaway_servers()).environment())
    atexit.register(_stack.close)

SECRET_KEY = env.secret("SECRET_KEY")
KEY_FILE = env.text("KEY_FILE")
STATE_DIR = env.text("STATE_DIR")
STATIC_ROOT = Path(STATE_DIR) / "static"
STATIC_ROOT.mkdir(exist_ok=True)
DATABASES = {"default": pooled("DATABASE_URL"), "keys": pooled("KEYS_DATABASE_URL")}
# Its one table is made from the model: running every migration there again costs seconds. The
# journeys' instance runs the real ones.
DATABASES["keys"]["TEST"] = {"MIGRATE": False}
REDIS_URL = env.redis("REDIS_URL")
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Tests that need the demo door, the mails page or a second factor for patients say so themselves.
DEMO_MODE = False
PATIENT_MFA_REQUIRED = False
LOCAL_MAILBOX = False
# Tests run at any hour; those of quiet hours set their own.
NOTICE_QUIET_HOURS = ()
PUBLIC_URL = "https://service.invalid"
LOCAL_MAILBOX_DIR = f"{STATE_DIR}/courriels"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed only
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "attachments": attachments.storage(f"{STATE_DIR}/pieces"),
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
