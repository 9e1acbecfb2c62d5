"""Start and stop one child process so that it never outlives the one who started it.

On Linux the kernel sends the child a signal when its parent *thread* ends (PR_SET_PDEATHSIG): spawn
from the main thread only. Every child also inherits the lock of the state folder, so that a new
start can wait for the last one to go.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The system account that the servers run under."""

    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        return self.uid == os.geteuid()


def server_account() -> Account:
    """Ourselves, or `nobody` when we are root (PostgreSQL refuses root)."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def give(path: Path, account: Account) -> None:
    """Make `account` the owner of `path`; nothing to do when it is ourselves."""
    if not account.is_current:
        os.chown(path, account.uid, account.gid)


def _die_with_parent(death_signal: int, parent: int) -> Callable[[], None]:
    """What runs in the child between fork and exec. It allocates nothing and imports nothing."""

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    death_signal: int = signal.SIGKILL,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    keep_open: Iterable[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start `command` in its own process group, its output appended to `log` (None: ours).

    `keep_open`: descriptors the child inherits (the lock). Raises RuntimeError outside the main
    thread: the death signal would fire as soon as that thread ends.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are started from the main thread only")
    switch: dict[str, object] = {}
    if account is not None and not account.is_current:
        switch = {"user": account.uid, "group": account.gid, "extra_groups": []}
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(open(log, "ab")) if log is not None else None
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            pass_fds=tuple(keep_open),
            preexec_fn=_die_with_parent(int(death_signal), os.getpid()),
            process_group=0,
            **switch,
        )


def stop(child: "subprocess.Popen[bytes]", polite: int, *, patience: float) -> bool:
    """Send `polite`, wait `patience` seconds, then SIGKILL. Whether it left by itself."""
    if child.poll() is not None:
        return True
    child.send_signal(polite)
    try:
        child.wait(patience)
        return True
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False


def wait_for(ready: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> bool:
    """Ask `ready` until it says yes, `seconds` at most. Its last answer."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, on one line, to be quoted in an error."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return " / ".join(line.strip() for line in lines[-count:])
