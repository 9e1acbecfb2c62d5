"""Keep the processes of the service alive, and stop them all together.

One per state folder. Children die with it (see config.embedded.process); it restarts a child that
dies, after a pause that doubles each time, and a server on the port that the others know.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.embedded import process
from config.embedded.servers import Servers

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
NEWS_EVERY = 10.0  # seconds between two lines about a long piece of work
CALM = 60.0  # after so many seconds of life, the next pause is short again
ROTATE_OVER = 10 * 1024 * 1024


@dataclass
class Program:
    """One child: what to start, and whether its end is an accident (`once`: it is not).

    What a program to run `once` writes last is its progress, and is told now and then.
    """

    name: str
    command: list[str]
    once: bool = False
    polite: int = signal.SIGTERM
    patience: float = 8.0
    child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    began: float = 0.0
    pause: float = FIRST_PAUSE
    restart_at: float | None = None
    finished: bool = False
    told: str = ""
    told_at: float = 0.0


class Supervisor:
    """Watches the programs given to `add`, and the embedded servers (None: not ours)."""

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        logs: Path,
        cwd: Path,
        servers: Servers | None,
        tell: Callable[[str], None],
    ) -> None:
        self.programs: list[Program] = []
        self.stopping = False
        self._env = dict(env)
        self._logs = logs
        self._cwd = cwd
        self._servers = servers
        self._tell = tell

    def log_of(self, program: Program) -> Path:
        """Where a program writes."""
        return self._logs / f"{program.name.replace(' ', '-')}.log"

    def catch_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal end `watch` at its next turn."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def add(self, program: Program) -> None:
        """Start one program and watch it from now on."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self.programs.append(program)
        self._start(program)

    def _start(self, program: Program) -> None:
        log = self.log_of(program)
        if log.exists() and log.stat().st_size > ROTATE_OVER:
            log.replace(log.with_suffix(".log.1"))
        program.restart_at = None
        program.began = time.monotonic()
        program.child = process.spawn(
            program.command,
            log=log,
            env=self._env,
            cwd=self._cwd,
            keep_open=[self._servers.lock] if self._servers else [],
        )

    def turn(self) -> None:
        """One look at everything: note the dead, restart those whose pause is over."""
        if self._servers is not None:
            for name in self._servers.revive():
                self._tell(f"{name} s'était arrêté : il est redémarré, avec ses données.")
        now = time.monotonic()
        for program in self.programs:
            if program.child is not None and program.child.poll() is not None:
                self._bury(program, now)
            elif program.once and program.child is not None:
                if now - max(program.told_at, program.began) > NEWS_EVERY:
                    self._tell_news(program, now)
            elif program.restart_at is not None and now >= program.restart_at:
                self._start(program)

    def _tell_news(self, program: Program, now: float) -> None:
        """Repeat the last line of its log, if it is new."""
        program.told_at = now
        news = process.last_lines(self.log_of(program), 1)
        if news and news != program.told:
            program.told = news
            self._tell(f"« {program.name} » : {news}")

    def _bury(self, program: Program, now: float) -> None:
        assert program.child is not None
        code = program.child.returncode
        program.child = None
        if program.once:
            program.finished = True
            if code == 0:
                self._tell_news(program, now)
            else:
                log = self.log_of(program)
                self._tell(f"« {program.name} » a échoué (code {code}) : voir {log}.")
            return
        if now - program.began > CALM:
            program.pause = FIRST_PAUSE
        program.restart_at = now + program.pause
        self._tell(
            f"« {program.name} » s'est arrêté (code {code}) : "
            f"redémarrage dans {program.pause:.1f} s.".replace(".", ",", 1)
        )
        program.pause = min(program.pause * 2, LONGEST_PAUSE)

    def watch(self) -> None:
        """Until somebody asks to stop."""
        while not self.stopping:
            self.turn()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the programs, last started first, all asked before any is waited for."""
        alive = [program for program in reversed(self.programs) if program.child is not None]
        for program in alive:
            assert program.child is not None
            if program.child.poll() is None:
                program.child.send_signal(program.polite)
        deadline = time.monotonic() + max((program.patience for program in alive), default=0)
        for program in alive:
            assert program.child is not None
            patience = max(0.0, deadline - time.monotonic())
            process.stop(program.child, program.polite, patience=patience)
            program.child = None
