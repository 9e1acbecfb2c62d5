"""The servers of a run, and how each is broken. What is acknowledged is on disk (fsync on)."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import redis

from benchmarks.fire.checker import Row
from benchmarks.reference import start as reference
from config.embedded import process
from config.embedded.ports import LOCALHOST, free_port
from config.embedded.servers import Servers
from config.start.instance import CHECKOUT, programs

NOT_OURS = ("SECRET_KEY", "DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL", "SECRET_KEY_FILE")
READY = 60.0  # seconds for a web process to answer, on a busy machine
ROWS = {
    "product": "SELECT conversation_id::text, seq, client_id::text FROM messagerie_message",
    "tutorial": "SELECT conversation::text, id, left(content, 36) FROM reference_message",
}


class Stack:
    """PostgreSQL, Valkey, two web processes and the worker of one target."""

    def __init__(self, folder: Path, target: str) -> None:
        self.folder = folder
        self.target = target
        self.logs = folder / "journaux"
        self.logs.mkdir(parents=True)
        self.servers = Servers(folder / "etat")
        self.ports = [free_port(), free_port()]
        self.webs: list[subprocess.Popen[bytes] | None] = [None, None]
        self.worker: subprocess.Popen[bytes] | None = None
        self._next = 0

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        return (
            kept
            | self.servers.environment()
            | {
                "DJANGO_SETTINGS_MODULE": "config.settings.local",
                "DEMO_MODE": "0",
                "PATIENT_MFA_REQUIRED": "1",
                "PYTHONUNBUFFERED": "1",
            }
        )

    # --- start and stop

    def start(self) -> None:
        self.servers.start()

    def module(self, *arguments: str) -> None:
        """Run one Python module in this environment; it must succeed."""
        subprocess.run(
            [sys.executable, "-m", *arguments], cwd=CHECKOUT, env=self.environment(), check=True
        )

    def spawn(self, command: list[str], log: str) -> "subprocess.Popen[bytes]":
        return process.spawn(
            command, log=self.logs / log, env=self.environment(), cwd=CHECKOUT, keep_open=[]
        )

    def start_web(self, number: int) -> None:
        if self.target == "product":
            command = programs(self.ports[number], self.servers.state)[0].command
        else:
            command = reference.command("uvicorn", self.ports[number])
        self.webs[number] = self.spawn(command, f"web-{number}.log")

    def start_programs(self) -> None:
        for number in range(len(self.ports)):
            self.start_web(number)
        if self.target == "product":
            self.worker = self.spawn(programs(0, self.servers.state)[1].command, "taches.log")
        for number in range(len(self.ports)):
            self.wait_web(number)

    def answers(self, number: int) -> bool:
        try:
            socket.create_connection((LOCALHOST, self.ports[number]), timeout=1).close()
            return True
        except OSError:
            return False

    def wait_web(self, number: int) -> None:
        def ready() -> bool:
            self.revive()
            return self.answers(number)

        if not process.wait_for(ready, seconds=READY, pause=0.1):
            log = self.logs / f"web-{number}.log"
            raise RuntimeError(f"web {number} does not start: {process.last_lines(log)}")

    def revive(self) -> None:
        """Start again a web process that ended by itself, as the supervisor of bin/run does."""
        for number, web in enumerate(self.webs):
            if web is not None and web.poll() is not None:
                self.start_web(number)

    def stop(self) -> None:
        for child in (*self.webs, self.worker):
            if child is not None:
                process.stop(child, signal.SIGTERM, patience=5)
        self.servers.stop()

    # --- faults: each returns when the service can serve again

    def kill_web(self) -> None:
        """The web processes by turns; it is started again at once. The other one serves."""
        number, self._next = self._next, 1 - self._next
        web = self.webs[number]
        assert web is not None
        web.kill()
        web.wait()
        self.start_web(number)
        process.wait_for(lambda: any(map(self.answers, (0, 1))), seconds=READY, pause=0.02)

    def roll_webs(self) -> None:
        """As an update does: one leaves politely, the next when it is back."""
        for number, web in enumerate(self.webs):
            assert web is not None
            process.stop(web, signal.SIGTERM, patience=8)
            self.start_web(number)
            self.wait_web(number)

    def restart_postgres(self) -> None:
        postgres = self.servers.postgres
        assert postgres is not None and postgres.child is not None
        postgres.child.send_signal(signal.SIGQUIT)
        postgres.child.wait()
        postgres.start([self.servers.lock], port=postgres.port)

    def kill_valkey(self) -> None:
        valkey = self.servers.valkey
        assert valkey is not None and valkey.child is not None
        valkey.child.kill()
        valkey.child.wait()

    def start_valkey(self) -> None:
        valkey = self.servers.valkey
        assert valkey is not None
        valkey.start([self.servers.lock], port=valkey.port)

    def flush_valkey(self) -> None:
        with redis.Redis.from_url(self.servers.environment()["REDIS_URL"]) as valkey:
            valkey.flushall()

    # --- looks

    def rows(self) -> list[Row]:
        with psycopg.connect(self.servers.environment()["DATABASE_URL"]) as connection:
            return [Row(*row) for row in connection.execute(ROWS[self.target])]

    def memory(self) -> int:
        """Resident bytes of the larger web process."""
        return max(_resident(web.pid) for web in self.webs if web is not None)

    def tracebacks(self) -> int:
        """Tracebacks in the logs of the web processes."""
        texts = (path.read_text(errors="replace") for path in self.logs.glob("web-*.log"))
        return sum(text.count("Traceback (most recent call last)") for text in texts)

    def write_start(self, folder: Path, seconds: float) -> float:
        """Tell the pages when the first line is due."""
        start = time.monotonic() + seconds
        (folder / "start.new").write_text(json.dumps(start) + "\n")
        (folder / "start.new").rename(folder / "start")
        return start


def _resident(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
