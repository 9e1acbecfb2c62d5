"""One Valkey server of our own: password, append-only file, 127.0.0.1 only."""

import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from config.embedded import process
from config.embedded.binaries import Binaries
from config.embedded.errors import StartError
from config.embedded.ports import LOCALHOST, free_port

STARTS = 6
PAUSE_BETWEEN_STARTS = 0.5


class Valkey:
    """The server whose append-only file is in `folder`."""

    def __init__(self, folder: Path, binaries: Binaries, log: Path, *, throwaway: bool) -> None:
        self.folder = folder
        self.log = log
        self.throwaway = throwaway
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None
        self._binaries = binaries
        self._account = process.server_account()
        self._secret = folder.parent / "valkey.secret"

    def url(self) -> str:
        """The address of the server, password included."""
        return f"redis://:{self._secret.read_text().strip()}@{LOCALHOST}:{self.port}/0"

    def _write_configuration(self) -> Path:
        """The password goes by a file: a command line is readable by everybody."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        process.give(self.folder, self._account)
        if not self._secret.exists():
            self._secret.touch(mode=0o600)
            self._secret.write_text(secrets.token_urlsafe(32))
        path = self.folder / "valkey.conf"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(
            f"bind {LOCALHOST}\n"
            f"port {self.port}\n"
            f"requirepass {self._secret.read_text().strip()}\n"
            f'dir "{self.folder}"\n'
            f"appendonly {'no' if self.throwaway else 'yes'}\n"
            "appendfsync everysec\n"
            'save ""\n'
            "daemonize no\n"
        )
        process.give(path, self._account)
        return path

    def start(self, keep_open: Iterable[int] = (), *, port: int | None = None) -> None:
        """Start the server and wait until it has read its file and answers.

        `port`: the one to have again, because others know it; else any free one.
        """
        for attempt in range(STARTS):
            if attempt:
                time.sleep(PAUSE_BETWEEN_STARTS)
            self.port = port or free_port()
            self.child = process.spawn(
                [self._binaries.valkey, self._write_configuration()],
                log=self.log,
                death_signal=signal.SIGTERM,
                account=self._account,
                cwd=Path("/"),
                keep_open=keep_open,
            )
            if process.wait_for(lambda: self._gone() or self._answers(), seconds=30):
                if not self._gone():
                    return
            self.stop()
        raise StartError(f"Valkey ne démarre pas : {process.last_lines(self.log)}")

    def _gone(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def _answers(self) -> bool:
        password = self._secret.read_text().strip()
        try:
            with socket.create_connection((LOCALHOST, self.port), timeout=2) as link:
                link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = link.recv(256)
                    if not part:
                        return False
                    answer += part
                return answer == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def stop(self) -> None:
        """Ask it to leave; after five seconds, by force."""
        if self.child is not None:
            process.stop(self.child, signal.SIGTERM, patience=5)
            self.child = None
