"""A small daemon that speaks ClamAV's INSTREAM on a real socket: it knows one virus, EICAR.

Its words are those of the manual of clamd. It can also be silent, cut the line, or be full.
"""

import contextlib
import getpass
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.config.conftest import until

# The harmless file that every antivirus calls a virus (eicar.org), in two halves: no scanner of
# source code need stop here.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + rb"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """`mood`: "well", "silent", "cut", "midway", "full", "odd" or "halfword"."""

    def __init__(self, listener: socket.socket, mood: str) -> None:
        self.listener, self.mood = listener, mood
        self.heard: list[bytes] = []
        self.released = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        name = self.listener.getsockname()
        return name if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            with link, contextlib.suppress(OSError, ConnectionError):
                self._talk(link)

    def _talk(self, link: socket.socket) -> None:
        if self.mood == "cut":
            return
        stream = link.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", stream.read(4))[0]:
            content += stream.read(length)
            if self.mood == "midway":
                return
            if self.mood == "full":
                link.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.heard.append(content)
        if self.mood == "silent":
            self.released.wait(30)
            return
        if self.mood == "odd":
            link.sendall(b"stream: OK, I think\0")
        elif self.mood == "halfword":
            link.sendall(b"stream: OK")
        elif EICAR in content:
            link.sendall(b"stream: Win.Test.EICAR_HDB-1 FOUND\0")
        else:
            link.sendall(b"stream: OK\0")


@contextlib.contextmanager
def clamd(mood: str = "well", path: str = "") -> Iterator[Clamd]:
    """A daemon on a free port of this machine, or on a Unix socket."""
    if path:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
    else:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    daemon = Clamd(listener, mood)
    try:
        yield daemon
    finally:
        daemon.released.set()
        listener.close()


@contextlib.contextmanager
def real_clamd(folder: Path) -> Iterator[str]:
    """The real daemon of this machine, with one signature of our own; its address."""
    base = folder / "base"
    base.mkdir()
    (base / "essai.ndb").write_text(f"Essai:0:*:{EICAR.hex()}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "clamd.conf"
    settings.write_text(
        f"DatabaseDirectory {base}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"User {getpass.getuser()}\nStreamMaxLength 12M\n"
    )
    daemon = subprocess.Popen(
        ["clamd", "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: daemon.poll() is not None or _listens(port))
        assert daemon.poll() is None
        yield f"127.0.0.1:{port}"
    finally:
        daemon.kill()
        daemon.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
