"""A whole instance in a folder of its own: what bin/run starts, for tests to use and to kill."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded.ports import free_port
from config.embedded.servers import connection
from tests.config.conftest import CHECKOUT, until

OF_THE_TESTS = (
    "DATABASE_URL",
    "KEYS_DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY_FILE",
    "KEY_FILE",
    "STATE_DIR",
    "DJANGO_SETTINGS_MODULE",
)
# Runs what it is told, a line of JSON each, and answers what was printed, and the error.
TELLER = """
import contextlib, io, json, sys, traceback
import django
django.setup()
from django.db import connections
for told in sys.stdin:
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(told), {})
        except BaseException:
            error = traceback.format_exc()
    connections.close_all()
    print(json.dumps([printed.getvalue(), error]), flush=True)
"""
# Every browser of the tests has the same.
ONE_ADDRESS = {"DOOR_FILES_PER_MINUTE": "10000", "DOOR_FILES_PER_HOUR": "10000"}


@dataclass
class Stack:
    """A running instance: where it is, and how to run a command of Django in it."""

    base_url: str
    state: Path
    process: "subprocess.Popen[bytes]"
    output: Path
    _teller: "subprocess.Popen[str] | None" = None

    @property
    def mailbox(self) -> Path:
        """The folder of the mails that the instance believes it sent."""
        return self.state / "courriels"

    def environment(self) -> dict[str, str]:
        """The environment of a command inside the instance."""
        kept = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "DEMO_MODE": "1"}
        return kept | connection(self.state) | local

    def manage(self, *arguments: str) -> str:
        """Run `manage.py arguments` in the instance; its output. Fails when the command fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        """Run Python code in the instance; what it prints. One process serves all calls: a start
        costs seconds."""
        if self._teller is None:
            self._teller = subprocess.Popen(
                [sys.executable, "-c", TELLER],
                cwd=CHECKOUT,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._teller.stdin and self._teller.stdout
        print(json.dumps(code), file=self._teller.stdin, flush=True)
        answer = self._teller.stdout.readline()
        assert answer, "the process that runs code in the instance is gone"
        printed, error = json.loads(answer)
        assert not error, error
        return printed.strip()

    def close(self) -> None:
        """No code will be run any more."""
        if self._teller is not None:
            self._teller.communicate(timeout=30)
            self._teller = None

    def children(self) -> list[int]:
        """Process ids of the servers and programs."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def program(self, name: str) -> int | None:
        """Process id of "config.web", "worker" or "beat" of this instance, None when it is away."""
        for pid in self.children():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name.encode() in command:
                return pid
        return None


@contextlib.contextmanager
def running(state: Path, *options: str) -> Iterator[Stack]:
    """Start an instance whose data are in `state`; stop it at the end, if it still runs."""
    port = free_port()
    output = state.parent / "sortie.txt"
    env = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
    with open(output, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.start.run", "--port", str(port), *options],
            cwd=CHECKOUT,
            env=env | ONE_ADDRESS | {"ETAT_DIR": str(state)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or "Prêt en" in output.read_text(), seconds=180)
        assert process.poll() is None, output.read_text()
        with contextlib.closing(Stack(f"http://127.0.0.1:{port}", state, process, output)) as stack:
            yield stack
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
