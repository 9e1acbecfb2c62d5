"""One PostgreSQL cluster of our own: made once, started, stopped."""

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded import process
from config.embedded.binaries import Binaries
from config.embedded.errors import StartError
from config.embedded.ports import free_port

# Production refuses a DATABASE_URL that names this role: it exists in embedded clusters only.
ROLE = "messagerie_embarquee"
OWNER = "proprietaire"
DATABASES = ("messagerie", "messagerie_keys")
STARTS = 6
PAUSE_BETWEEN_STARTS = 0.5

INITDB_FLAGS = (
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",
    "--auth=scram-sha-256",
)
# Values of a refused row may be personal: the log keeps neither statements nor their details.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The cluster in `folder`. `throwaway` trades durability for speed and gives a superuser."""

    def __init__(self, folder: Path, binaries: Binaries, log: Path, *, throwaway: bool) -> None:
        self.folder = folder
        self.log = log
        self.throwaway = throwaway
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None
        self._binaries = binaries
        self._account = process.server_account()
        self._owner_secret = folder.parent / "postgres-proprietaire.secret"
        self._role_secret = folder.parent / "postgres.secret"

    @property
    def role(self) -> str:
        """The role that the product signs in as. Tests need a superuser to empty the journal."""
        return OWNER if self.throwaway else ROLE

    def url(self, database: str) -> str:
        """The address of one database, password included."""
        password = (self._owner_secret if self.throwaway else self._role_secret).read_text()
        return f"postgresql://{self.role}:{password}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Run initdb beside the final place, then rename: a cluster is whole or absent."""
        if self.folder.exists():
            return
        fresh = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        process.give(fresh, self._account)
        for secret in (self._owner_secret, self._role_secret):
            if not secret.exists():
                secret.touch(mode=0o600)
                secret.write_text(secrets.token_urlsafe(32))
        # initdb reads the password from a file that its own account can open.
        password_file = self.folder.with_name("postgres.password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._owner_secret.read_text())
        process.give(password_file, self._account)
        try:
            self._initdb(fresh, password_file)
        finally:
            password_file.unlink()
        fresh.rename(self.folder)

    def _initdb(self, fresh: Path, password_file: Path) -> None:
        child = process.spawn(
            [
                self._binaries.postgres_program("initdb"),
                *INITDB_FLAGS,
                *(["--no-sync"] if self.throwaway else []),
                f"--username={OWNER}",
                f"--pwfile={password_file}",
                f"--pgdata={fresh}",
            ],
            log=self.log,
            account=self._account,
            cwd=Path("/"),
        )
        if child.wait() != 0:
            raise StartError(
                f"PostgreSQL n'a pas pu préparer ses fichiers : {process.last_lines(self.log)}"
            )

    def start(self, keep_open: Iterable[int] = (), *, port: int | None = None) -> None:
        """Start the server and wait until it answers. A crash restart may need a second try.

        `port`: the one to have again, because others know it; else any free one.
        """
        for attempt in range(STARTS):
            if attempt:
                time.sleep(PAUSE_BETWEEN_STARTS)
            self.port = port or free_port()
            values = SERVER_SETTINGS | (THROWAWAY_SETTINGS if self.throwaway else {})
            flags = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
            self.child = process.spawn(
                [
                    self._binaries.postgres_program("postgres"),
                    *("-D", self.folder, "-p", str(self.port)),
                    *flags,
                ],
                log=self.log,
                death_signal=signal.SIGINT,  # fast shutdown, with a checkpoint
                account=self._account,
                cwd=Path("/"),
                keep_open=keep_open,
            )
            if process.wait_for(lambda: self._gone() or self._answers(), seconds=30):
                if not self._gone():
                    self._prepare()
                    return
            self.stop()
        raise StartError(f"PostgreSQL ne démarre pas : {process.last_lines(self.log)}")

    def _gone(self) -> bool:
        """Whether the server that we started has left."""
        return self.child is None or self.child.poll() is not None

    def _connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=self._owner_secret.read_text(),
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _prepare(self) -> None:
        """Make the role and the two databases where they are missing."""
        role = sql.Identifier(self.role)
        with self._connect() as connection:
            if not self.throwaway:
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
                verb = "ALTER" if known.fetchone() else "CREATE"
                connection.execute(
                    sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(
                        role, sql.Literal(self._role_secret.read_text())
                    )
                )
            for name in DATABASES:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if not known.fetchone():
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), role)
                    )

    def stop(self) -> None:
        """Fast shutdown; after ten seconds, by force (the next start recovers)."""
        if self.child is not None:
            process.stop(self.child, signal.SIGINT, patience=10)
            self.child = None
