"""Words to plant, and every place where one could lie in clear."""

import base64
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connections

from tests.sockets import WAIT

# One word per field, accented so that each encoding differs; letters that no table holds.
WORDS = {
    where: f"Zqxj{number}éphémèreWvk{number}"
    for number, where in enumerate(
        [
            "question",
            "first name",
            "phone",
            "place",
            "doctor",
            "elsewhere",
            "line by socket",
            "line by page",
            "line by api",
            "line of the patient",
            "worsening phone",
            "worsening place",
            "transmitted phone",
            "transmitted place",
            "note",
            "when",
            "summary",
            "refused line",
            "name of a file",
            "inside of a file",
            "refused file",
        ]
    )
}


def shapes(word: str) -> set[bytes]:
    """The ways in which a word could lie somewhere in clear."""
    raw = word.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), quote(word).encode()}
    found |= {word.encode("unicode_escape"), word.encode("utf-16-le"), word.encode("latin-1")}
    for shift in range(3):  # base64 of the word wherever it starts in its line
        coded = base64.b64encode(b"\x00" * shift + raw)
        found.add(coded[4 if shift else 0 : -4])
    return found


SHAPES = {shape: where for where, word in WORDS.items() for shape in shapes(word)}


def words_in(content: bytes) -> list[str]:
    return sorted({where for shape, where in SHAPES.items() if shape in content})


# --- Where to look


def rows_of_everything() -> Iterator[tuple[str, bytes]]:
    """Every row of every table of both databases, each column as text, bytes in full."""
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SET bytea_output = 'hex'")
            cursor.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'public' ORDER BY 1, ordinal_position"
            )
            tables: dict[str, list[tuple[str, str]]] = {}
            for table, column, kind in cursor.fetchall():
                tables.setdefault(table, []).append((column, kind))
            for table, columns in tables.items():
                names = ", ".join(f'"{column}"::text' for column, _ in columns)
                cursor.execute(f'SELECT {names} FROM "{table}"')
                for row in cursor.fetchall():
                    for (column, kind), value in zip(columns, row, strict=True):
                        if value is None:
                            continue
                        yield f"{table}.{column}", value.encode()
                        if kind == "bytea":
                            yield f"{table}.{column}", bytes.fromhex(value[2:])


def files_below(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of these folders, its name included."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield f"file {path.name}", str(path).encode() + b" " + path.read_bytes()


class Listener:
    """Everything that goes through Valkey while it runs: commands and their arguments."""

    def __init__(self) -> None:
        self.client = redis.Redis.from_url(settings.REDIS_URL)
        self.heard: list[bytes] = []
        self.monitor = self.client.monitor().__enter__()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        try:
            for command in self.monitor.listen():
                text = command["command"]
                self.heard.append(text if isinstance(text, bytes) else text.encode("latin-1"))
        except (OSError, ValueError, AttributeError, redis.RedisError):
            return  # the connection was closed: the test is over

    def wait_for(self, mark: bytes) -> None:
        deadline = time.monotonic() + WAIT
        while not any(mark in command for command in self.heard):
            assert time.monotonic() < deadline, f"never went through Valkey: {mark!r}"
            time.sleep(0.02)

    def close(self) -> None:
        self.client.set("end", "of-the-capture")
        self.wait_for(b"of-the-capture")
        self.client.delete("end")
        self.monitor.connection.disconnect()


def keys_of_valkey() -> Iterator[tuple[str, bytes]]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter():
        yield f"valkey {key!r}", key + b" " + (client.dump(key) or b"")


class Gathered(logging.Handler):
    """Every record of every logger, formatted, with its exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.args))
