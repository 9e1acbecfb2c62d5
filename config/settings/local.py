"""One command on one machine: embedded servers, fictitious people, mails kept on a page."""

import os

from config.embedded.servers import connection, default_state_folder
from config.settings import attachments
from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, STORAGES, channel_layers, env, pooled

# In another terminal, manage.py finds the servers that bin/run started.
if not os.environ.get("DATABASE_URL"):
    for name, value in connection(default_state_folder(BASE_DIR)).items():
        os.environ.setdefault(name, value)
if not os.environ.get("DATABASE_URL"):
    raise env.ConfigurationError(
        "Les serveurs ne tournent pas : lancez « bin/run » dans un autre terminal, "
        "ou indiquez DATABASE_URL, KEYS_DATABASE_URL et REDIS_URL."
    )

DEBUG = env.boolean("DEBUG", False)
DEMO_MODE = env.boolean("DEMO_MODE", True)
LOCAL_MAILBOX = env.boolean("LOCAL_MAILBOX", True)
PATIENT_MFA_REQUIRED = env.boolean("PATIENT_MFA_REQUIRED", False)
ADMIN_ACCEPTS_SUPERUSER = env.boolean("ADMIN_ACCEPTS_SUPERUSER", False)

SECRET_KEY = env.secret("SECRET_KEY")
KEY_FILE = env.text("KEY_FILE")
STATE_DIR = env.text("STATE_DIR", str(BASE_DIR / "var" / "donnees"))

DATABASES = {"default": pooled("DATABASE_URL"), "keys": pooled("KEYS_DATABASE_URL")}
REDIS_URL = env.redis("REDIS_URL")
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL

ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

EMAIL_BACKEND = "config.mailbox.LocalMailboxBackend"
LOCAL_MAILBOX_DIR = f"{STATE_DIR}/courriels"
PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000")

# Hashed names as in production; compression would only slow the first start down.
_storage = "StaticFilesStorage" if DEBUG else "ManifestStaticFilesStorage"
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": f"django.contrib.staticfiles.storage.{_storage}"},
    "attachments": attachments.storage(f"{STATE_DIR}/pieces"),
}
