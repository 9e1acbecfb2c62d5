"""How to start the reference: its table, then one process on uvicorn or on daphne.

DATABASE_URL=… python -m benchmarks.reference.start    makes the table, empty
"""

import os
import sys

APPLICATION = "benchmarks.reference.asgi:application"
HOST = "127.0.0.1"


def command(server: str, port: int) -> list[str]:
    """The command of one process; `server` is "uvicorn" or "daphne".

    The environment gives DATABASE_URL, REDIS_URL, REFERENCE_VARIANT and the checkout as folder.
    """
    if server == "daphne":
        start = [sys.executable, "-m", "daphne", "-b", HOST, "-p", str(port)]
        return [*start, "--verbosity", "0", "--no-server-name", APPLICATION]
    start = [sys.executable, "-m", "uvicorn", APPLICATION, "--host", HOST, "--port", str(port)]
    return [
        *start,
        *("--no-access-log", "--no-server-header", "--lifespan", "off"),
        *("--log-level", "warning", "--ws-per-message-deflate", "false"),
        *("--timeout-graceful-shutdown", "3"),
    ]


def make_table() -> None:
    """The table of the reference, empty. Needs no migration: nothing here is ever kept."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.reference.settings"
    import django

    django.setup()
    from django.db import connection

    from benchmarks.reference.models import Message

    with connection.schema_editor() as editor:
        if Message._meta.db_table in connection.introspection.table_names():
            editor.delete_model(Message)
        editor.create_model(Message)


if __name__ == "__main__":
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:0/0")  # the table needs none
    make_table()
