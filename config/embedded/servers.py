"""The two servers together, in one state folder, under one lock."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from config.embedded import binaries, process
from config.embedded.errors import StartError
from config.embedded.postgres import DATABASES, Postgres
from config.embedded.valkey import Valkey

SYSTEM_STATE = Path("/var/lib/messagerie-sante")
CONNECTION_FILE = "connexion.json"
PATIENCE_AFTER_CRASH = 30.0
THROWAWAY_PREFIX = "messagerie-test-"
ABANDONED_AFTER = 60 * 60.0  # seconds
FREE_SPACE_NEEDED = 400 * 1024 * 1024


def default_state_folder(checkout: Path) -> Path:
    """Where the data of this checkout live.

    In the checkout, except for root: `nobody`, who then runs PostgreSQL, must be able to go there.
    """
    if os.geteuid() != 0:
        return checkout / "var" / "donnees"
    mark = hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:8]
    return SYSTEM_STATE / f"{checkout.name}-{mark}"


def connection(state: Path) -> dict[str, str]:
    """The environment that leads to the running servers of `state`, {} when there is none."""
    try:
        content = json.loads((state / CONNECTION_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in content.items()}


def refuse_full_disk(folder: Path) -> None:
    """Raise StartError when the disk of `folder` has no room for a first start."""
    there = next(path for path in [folder, *folder.parents] if path.exists())
    free = shutil.disk_usage(there).free
    if free < FREE_SPACE_NEEDED:
        raise StartError(
            f"Le disque est plein : il reste {free // 2**20} Mo dans {there}, "
            f"il en faut {FREE_SPACE_NEEDED // 2**20}."
        )


class Servers:
    """PostgreSQL and Valkey of one state folder. `throwaway`: for tests, data are not kept."""

    def __init__(
        self,
        state: Path,
        *,
        throwaway: bool = False,
        patience: float = PATIENCE_AFTER_CRASH,
    ) -> None:
        self.state = state
        self.patience = patience  # seconds to wait for the servers of a start that was killed
        self.throwaway = throwaway
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self._lock: int | None = None

    @property
    def lock(self) -> int:
        """The descriptor that every child inherits. Only while started."""
        assert self._lock is not None
        return self._lock

    def start(self) -> None:
        """Take the lock, make what is missing, start both. Raises StartError."""
        try:
            self._make_folder()
            self._take_lock()
            programs = binaries.find()
            if os.geteuid() == 0:
                programs = binaries.reachable_by_all(programs, self.state)
            logs = self.state / "journaux"
            logs.mkdir(exist_ok=True)
            self.postgres = Postgres(
                self.state / "postgres",
                programs,
                logs / "postgres.log",
                throwaway=self.throwaway,
            )
            self.valkey = Valkey(
                self.state / "valkey", programs, logs / "valkey.log", throwaway=self.throwaway
            )
            self.postgres.create()
            self.postgres.start([self.lock])
            self.valkey.start([self.lock])
            self._write_connection()
        except OSError as error:
            self.stop()
            raise _explained(error, self.state) from error
        except BaseException:
            self.stop()
            raise

    def _make_folder(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self.state.chmod(0o711)  # `nobody` goes through, but lists nothing
            if not all(os.stat(parent).st_mode & 0o001 for parent in self.state.resolve().parents):
                raise StartError(
                    f"Le dossier {self.state} n'est pas accessible au compte « nobody », qui fait "
                    "tourner PostgreSQL quand on est root : choisissez-en un autre avec ETAT_DIR."
                )
        else:
            self.state.chmod(0o700)

    def _take_lock(self) -> None:
        """After a crash the children of the last start may take a moment to go: wait for them."""
        self._lock = os.open(self.state / "serveurs.lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not process.wait_for(self._try_lock, seconds=self.patience, pause=0.05):
            os.close(self._lock)
            self._lock = None  # the files are the other start's: leave them alone
            raise StartError(
                f"Les serveurs de {self.state} tournent encore : arrêtez l'autre « bin/run »."
            )

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True

    def environment(self) -> dict[str, str]:
        """The variables that lead the product to these servers, secrets included."""
        assert self.postgres is not None and self.valkey is not None
        main, keys = (self.postgres.url(name) for name in DATABASES)
        return {
            "DATABASE_URL": main,
            "KEYS_DATABASE_URL": keys,
            "REDIS_URL": self.valkey.url(),
            "SECRET_KEY_FILE": str(secret_key_file(self.state)),
            "KEY_FILE": str(self.state / "cles.json"),
            "STATE_DIR": str(self.state),
        }

    def _write_connection(self) -> None:
        """For manage.py in another terminal. Readable by ourselves only."""
        fresh = self.state / (CONNECTION_FILE + ".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self.environment()))
        fresh.rename(self.state / CONNECTION_FILE)

    def revive(self) -> list[str]:
        """Restart, on its port, a server that died. The names of those restarted."""
        revived = []
        for name, server in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if server is not None and server.child is not None and server.child.poll() is not None:
                server.start([self.lock], port=server.port)
                revived.append(name)
        return revived

    def stop(self) -> None:
        """Stop both and give the lock back. Harmless when nothing runs."""
        if self.valkey is not None:
            self.valkey.stop()
        if self.postgres is not None:
            self.postgres.stop()
        if self._lock is not None:
            (self.state / CONNECTION_FILE).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def secret_key_file(state: Path) -> Path:
    """Django's SECRET_KEY of this state folder, made on first use."""
    path = state / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path


def _explained(error: OSError, folder: Path) -> StartError:
    """One sentence for the person who started it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartError(f"Le disque est plein : libérez de la place dans {folder}.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StartError(f"Le dossier {folder} n'est pas accessible en écriture.")
    return StartError(f"Le démarrage a échoué dans {folder} : {error.strerror or error}.")


def _remove_abandoned() -> None:
    """Remove the folders of tests that were killed: old, ours, and no server holds their lock."""
    for folder in Path(tempfile.gettempdir()).glob(THROWAWAY_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < ABANDONED_AFTER:
                continue
            with open(folder / "etat" / "serveurs.lock", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def throwaway_servers() -> Iterator[Servers]:
    """Servers in a temporary folder, removed at the end. For tests."""
    _remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=THROWAWAY_PREFIX))
    servers = Servers(folder / "etat", throwaway=True)
    if os.geteuid() == 0:
        folder.chmod(0o711)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
