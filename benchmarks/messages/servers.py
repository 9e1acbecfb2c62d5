"""The two servers of a measure: their processes, and how durable they are told to be."""

import os
import platform
from pathlib import Path

import redis

SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes")


def settings_shown(connection) -> dict[str, str]:
    """What PostgreSQL says of itself, and the version of the broker. Refuses to go on when what
    it acknowledges might be gone after a power cut: figures without that mean nothing."""
    shown = {}
    with connection.cursor() as cursor:
        for name in SHOWN:
            cursor.execute(f"SHOW {name}")
            shown[name] = cursor.fetchone()[0]
    if (shown["fsync"], shown["synchronous_commit"]) != ("on", "on"):
        raise SystemExit("fsync et synchronous_commit doivent être à « on ».")
    broker = _broker()
    shown["valkey_version"] = str(broker.get("valkey_version", broker["redis_version"]))
    return shown


def pids(connection) -> dict[str, int]:
    """The first process of PostgreSQL (parent of our session's), and the broker's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    parent = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    return {"postgres": parent, "valkey": int(_broker()["process_id"])}


def _broker() -> dict:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        return broker.info("server")


def machine() -> str:
    """The machine in one sentence, without its name."""
    model = ""
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            model = " ".join(text.partition(":")[2].split())
            break
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return (
        f"{os.cpu_count()} cores ({model or platform.machine()}), {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )
