"""One whole running service: servers, prepared database, web, worker and clock.

Used by bin/run, and by the browser tests in a temporary folder.
"""

import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from config.embedded import binaries, process
from config.embedded.errors import StartError
from config.embedded.ports import LOCALHOST
from config.embedded.servers import Servers, refuse_full_disk, secret_key_file
from config.start.supervisor import Program, Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SERVER_VARIABLES = ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL")
WEB_PATIENCE = 60.0


def external_servers() -> bool:
    """Whether the environment names servers to use instead of ours. All three, or none."""
    given = [
        name for name in SERVER_VARIABLES if os.environ.get(name) or os.environ.get(f"{name}_FILE")
    ]
    if given and len(given) < len(SERVER_VARIABLES):
        missing = ", ".join(name for name in SERVER_VARIABLES if name not in given)
        raise StartError(f"{', '.join(given)} est indiqué, mais il manque aussi : {missing}.")
    return bool(given)


def programs(port: int, state: Path) -> list[Program]:
    """The processes of the service, by the Python that runs us."""
    python = sys.executable
    web = [python, "-m", "config.web", "--host", LOCALHOST, "--port", str(port), "--graceful", "3"]
    celery = [python, "-m", "celery", "--app", "config.celery"]
    worker = [*celery, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO"]
    worker += ["--without-mingle", "--without-gossip"]
    clock = [*celery, "beat", "--loglevel", "INFO", "--schedule", str(state / "horloge")]
    return [
        Program("web", web),
        Program("taches", worker),
        Program("horloge", [*clock, "--pidfile", ""]),
    ]


class Instance:
    """The service whose data live in `state`, on `port`."""

    def __init__(self, state: Path, port: int, *, demo: bool, tell: Callable[[str], None]) -> None:
        self.state = state
        self.port = port
        self.demo = demo
        self.servers: Servers | None = None
        self.supervisor: Supervisor | None = None
        self._tell = tell
        self._lock: int | None = None

    @property
    def base_url(self) -> str:
        return f"http://{LOCALHOST}:{self.port}"

    @property
    def logs(self) -> Path:
        return self.state / "journaux"

    def take_lock(self) -> None:
        """One start per state folder. Unlike the servers' lock, no child inherits this one."""
        self.state.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.state / "demarrage.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            raise StartError(
                "Le service tourne déjà : arrêtez-le d'abord (Ctrl-C dans son terminal)."
            ) from None

    def start_servers(self) -> str:
        """Start ours, unless the environment names others. What was done, in a few words."""
        if external_servers():
            self.state.chmod(0o700)
            return "ceux que vous avez indiqués"
        binaries.refuse_unsupported_platform()
        refuse_full_disk(self.state)
        self.servers = Servers(self.state)
        self.servers.start()
        return "PostgreSQL 18 et Valkey 9 démarrés"

    def environment(self) -> dict[str, str]:
        """The environment of every child."""
        values = dict(os.environ)
        if self.servers is not None:
            values |= self.servers.environment() | {"EMBEDDED_SERVERS": "1"}
        else:
            values.setdefault("KEY_FILE", str(self.state / "cles.json"))
            values.setdefault("STATE_DIR", str(self.state))
            if "SECRET_KEY" not in values:
                values.setdefault("SECRET_KEY_FILE", str(secret_key_file(self.state)))
        return values | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DEMO_MODE": "1" if self.demo else "0",
            "PYTHONUNBUFFERED": "1",
        }

    def prepare(self, *arguments: str) -> None:
        """Migrations, territory, pages and people, in one process that says its steps."""
        if self.module("config.start.prepare", *arguments) != 0:
            raise StartError("La préparation n'a pas abouti : corrigez puis relancez.")

    def module(self, name: str, *arguments: str) -> int:
        """Run one Python module in this instance and wait. Its exit code."""
        child = process.spawn(
            [sys.executable, "-m", name, *arguments],
            log=None,
            env=self.environment(),
            cwd=CHECKOUT,
            keep_open=[self.servers.lock] if self.servers else [],
        )
        try:
            return child.wait()
        except KeyboardInterrupt:
            process.stop(child, signal.SIGINT, patience=10)
            raise

    def start_programs(self, background: list[Program]) -> None:
        """Start the site; when it serves pages, tasks, clock and `background` without waiting."""
        self.supervisor = Supervisor(
            env=self.environment(),
            logs=self.logs,
            cwd=CHECKOUT,
            servers=self.servers,
            tell=self._tell,
        )
        self.supervisor.catch_signals()
        web, *others = programs(self.port, self.state)
        self.supervisor.add(web)
        self._wait_for_web(self.supervisor)
        for program in [*others, *background]:
            if not self.supervisor.stopping:
                self.supervisor.add(program)

    def _wait_for_web(self, supervisor: Supervisor) -> None:
        web = supervisor.programs[0]
        deadline = time.monotonic() + WEB_PATIENCE
        while not supervisor.stopping:
            if web.child is None or web.child.poll() is not None or time.monotonic() > deadline:
                log = supervisor.log_of(web)
                raise StartError(f"Le site ne démarre pas : {process.last_lines(log, 1)} ({log}).")
            try:
                urllib.request.urlopen(self.base_url + "/", timeout=20).close()  # noqa: S310
                return
            except urllib.error.HTTPError as error:
                if error.code >= 500:
                    raise StartError(
                        f"Le site répond par une erreur {error.code} : "
                        f"voir {supervisor.log_of(web)}."
                    ) from None
                return
            except OSError:
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop everything and give the locks back."""
        if self.supervisor is not None:
            self.supervisor.stop()
        if self.servers is not None:
            self.servers.stop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
