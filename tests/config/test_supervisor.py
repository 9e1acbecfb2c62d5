"""The supervisor restarts what dies, and nothing outlives it."""

import os
import signal
import sys

import pytest

from config.embedded.errors import StartError
from config.start.instance import Instance, external_servers
from config.start.supervisor import Program, Supervisor
from tests.config.conftest import CHECKOUT, alive, until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True); time.sleep(600)",
]
WATCH = """
import os, sys, time
from pathlib import Path
from config.start.supervisor import Program, Supervisor
s = Supervisor(env=os.environ, logs=Path({logs!r}), cwd=Path("."), servers=None, tell=print)
s.catch_signals()
for name in ("a", "b"):
    s.add(Program(name, [sys.executable, "-c", "import time; time.sleep(600)"]))
print(*[p.child.pid for p in s.programs], flush=True)
s.watch()
s.stop()
print("stopped", flush=True)
"""


@pytest.fixture
def supervisor(tmp_path):
    said = []
    made = Supervisor(
        env=os.environ, logs=tmp_path / "logs", cwd=CHECKOUT, servers=None, tell=said.append
    )
    made.said = said
    yield made
    made.stop()


def turn_until(supervisor, ready):
    def step():
        supervisor.turn()
        return ready()

    until(step)


def test_a_killed_program_is_restarted(supervisor):
    program = Program("web", SLEEP)
    supervisor.add(program)
    first = program.child.pid
    os.kill(first, signal.SIGKILL)
    turn_until(supervisor, lambda: program.child is not None and program.child.pid != first)
    assert alive(program.child.pid)
    assert supervisor.said == ["« web » s'est arrêté (code -9) : redémarrage dans 0,5 s."]


def test_the_pause_doubles_for_a_program_that_keeps_dying(supervisor):
    program = Program("web", [sys.executable, "-c", "raise SystemExit(3)"], pause=0.01)
    supervisor.add(program)
    turn_until(supervisor, lambda: len(supervisor.said) >= 3)
    assert program.pause == pytest.approx(0.08)
    assert all("(code 3)" in text for text in supervisor.said)


def test_a_program_to_run_once_is_left_in_peace_when_done(supervisor):
    good = Program("suite", [sys.executable, "-c", "print('un'); print('fini')"], once=True)
    bad = Program("autre", [sys.executable, "-c", "raise SystemExit(2)"], once=True)
    supervisor.add(good)
    supervisor.add(bad)
    turn_until(supervisor, lambda: good.finished and bad.finished)
    supervisor.turn()
    assert good.child is None and bad.child is None
    assert "« suite » : fini" in supervisor.said
    assert any(text.startswith("« autre » a échoué (code 2)") for text in supervisor.said)
    assert len(supervisor.said) == 2


def test_stop_ends_even_a_program_that_ignores_it(supervisor):
    calm = Program("calme", SLEEP, patience=0.5)
    deaf = Program("sourd", STUBBORN, patience=0.5)
    supervisor.add(calm)
    supervisor.add(deaf)
    until(lambda: "ready" in supervisor.log_of(deaf).read_text())
    pids = [calm.child.pid, deaf.child.pid]
    supervisor.stop()
    assert not any(alive(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_polite_signal_stops_everything(script, tmp_path, number):
    watched = script(WATCH.format(logs=str(tmp_path)))
    pids = [int(text) for text in watched.stdout.readline().split()]
    os.kill(watched.pid, number)
    assert watched.wait(30) == 0
    assert watched.stdout.read().strip() == "stopped"
    assert not any(alive(pid) for pid in pids)


def test_kill_9_of_the_supervisor_leaves_nothing(script, tmp_path):
    watched = script(WATCH.format(logs=str(tmp_path)))
    pids = [int(text) for text in watched.stdout.readline().split()]
    assert all(alive(pid) for pid in pids)
    os.kill(watched.pid, signal.SIGKILL)
    watched.wait()
    until(lambda: not any(alive(pid) for pid in pids))


def test_a_second_start_while_running_is_one_sentence(tmp_path):
    first, second = (Instance(tmp_path, 1, demo=False, tell=print) for _ in range(2))
    first.take_lock()
    with pytest.raises(StartError, match="tourne déjà"):
        second.take_lock()
    first.stop()
    second.take_lock()
    second.stop()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), False),
        (("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL"), True),
        (("DATABASE_URL", "REDIS_URL"), "il manque aussi : KEYS_DATABASE_URL"),
        (("REDIS_URL",), "il manque aussi : DATABASE_URL, KEYS_DATABASE_URL"),
    ],
)
def test_the_environment_switches_the_embedded_servers_off(monkeypatch, given, expected):
    for name in ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in given:
        monkeypatch.setenv(name, "x")
    if isinstance(expected, bool):
        assert external_servers() is expected
    else:
        with pytest.raises(StartError, match=expected):
            external_servers()
