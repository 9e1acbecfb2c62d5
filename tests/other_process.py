"""Another process of the installation under test: the same databases, the same key file."""

import os
from urllib.parse import quote

from django.conf import settings
from django.db import connections


def of_this_installation(**changes: str) -> dict[str, str]:
    """The environment of such a process, with `changes`."""

    def url(alias: str) -> str:
        held = connections[alias].settings_dict
        who = f"{held['USER']}:{quote(held['PASSWORD'])}"
        host = quote(held["HOST"], safe="")
        return f"postgresql://{who}@{host}:{held['PORT']}/{held['NAME']}"

    return (
        os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": url("default"),
            "KEYS_DATABASE_URL": url("keys"),
            "KEY_FILE": settings.KEY_FILE,
        }
        | changes
    )
