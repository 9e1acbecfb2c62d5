"""One web process of a target: start, wait until it answers, stop."""

import os
import signal
import socket
import subprocess
from pathlib import Path

from benchmarks.messages import meter
from benchmarks.messages.targets import Target
from config.embedded import process
from config.embedded.errors import StartError
from config.embedded.ports import LOCALHOST, free_port
from config.start.instance import CHECKOUT

PATIENCE = 60.0


class Web:
    """The process of one target, while it runs."""

    def __init__(self, target: Target, logs: Path) -> None:
        self.target = target
        self.port = free_port()
        self.log = logs / f"{target.name.replace(' ', '-')}.log"
        self._child: subprocess.Popen[bytes] | None = None
        self.is_new = True  # nothing was measured on it yet

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def memory(self) -> int:
        """Resident memory, in bytes."""
        return meter.resident(self.pid)

    def start(self) -> "Web":
        """Raises StartError when it does not answer."""
        self._child = process.spawn(
            self.target.command(self.port),
            log=self.log,
            env=dict(os.environ) | self.target.environment,
            cwd=CHECKOUT,
        )
        if not process.wait_for(self._settled, seconds=PATIENCE) or self._child.poll() is not None:
            self.stop()
            raise StartError(f"{self.target.name} : {process.last_lines(self.log, 3)}")
        return self

    def _settled(self) -> bool:
        assert self._child is not None
        if self._child.poll() is not None:
            return True
        with socket.socket() as probe:
            return probe.connect_ex((LOCALHOST, self.port)) == 0

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, for the profile."""
        os.kill(self.pid, number)

    def stop(self) -> None:
        if self._child is not None:
            process.stop(self._child, signal.SIGTERM, patience=6)
            self._child = None
