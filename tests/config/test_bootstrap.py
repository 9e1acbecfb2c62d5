"""From a bare Python to the virtual environment; what is missing is said in one sentence."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.errors import StartError
from config.start import bootstrap, check, say
from config.start.run import parse, people_wanted
from tests.config.conftest import CHECKOUT

COMMANDS = ["run", "test", "check", "bench"]


@pytest.mark.parametrize("absent", ["venv", "ensurepip"])
def test_a_python_without_venv_is_one_sentence(monkeypatch, tmp_path, absent):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == absent else real(name)
    )
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    with pytest.raises(StartError, match="apt install python3-venv"):
        bootstrap.make_venv()
    assert not (tmp_path / ".venv").exists()


def test_a_full_disk_stops_before_anything_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "FREE_SPACE_NEEDED", 2**60)
    (tmp_path / "requirements.txt").write_text("")
    with pytest.raises(StartError, match="Le disque est plein"):
        bootstrap.prepare(("requirements.txt",))
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_no_recent_python_is_one_sentence(command, tmp_path):
    """On a machine whose only Python is too old."""
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("dirname", "sh"):
        (tmp_path / name).symlink_to(Path("/usr/bin") / name)
    done = subprocess.run(
        [CHECKOUT / "bin" / command],
        env={"PATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Il faut Python 3.11 ou plus récent")
    assert len(done.stderr.splitlines()) == 1


def test_a_package_that_was_tampered_with_is_not_installed(monkeypatch, tmp_path, capsys):
    """pip's own last word is shown, and the environment is not said to be up to date."""
    (tmp_path / "paquet-1.0.tar.gz").write_bytes(b"autre contenu")
    (tmp_path / "requirements.txt").write_text(
        f"paquet @ file://{tmp_path}/paquet-1.0.tar.gz --hash=sha256:{'0' * 64}\n"
    )
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    with (
        pytest.raises(StartError, match="L'installation des paquets a échoué"),
        say.step(1, "Environnement Python") as step,
    ):
        bootstrap.install(("requirements.txt",), step)
    assert "HASH" in (tmp_path / "var" / "installation.log").read_text().upper()
    assert bootstrap.installed() == set()


def test_an_up_to_date_environment_is_left_alone(monkeypatch, tmp_path, capsys):
    for name in ("requirements.txt", "requirements-test.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "install", lambda *a: pytest.fail("nothing to install"))
    marks = [bootstrap.fingerprint(name) for name in bootstrap.WITH_TESTS]
    (tmp_path / ".venv" / "installe.txt").write_text("\n".join(marks))
    bootstrap.prepare(bootstrap.RUN_TIME)
    bootstrap.prepare(bootstrap.WITH_TESTS)
    assert capsys.readouterr().out.count("à jour") == 2


def test_every_command_is_executable_and_known():
    for name in COMMANDS:
        assert os.access(CHECKOUT / "bin" / name, os.X_OK)
        module, files = bootstrap.PROGRAMS[name]
        assert importlib.util.find_spec(module)
        assert all((CHECKOUT / file).exists() for file in files)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [([], "--demo"), (["--tiny"], "--tiny"), (["--no-demo"], "--no-demo")],
)
def test_the_people_that_a_start_brings(arguments, wanted):
    assert people_wanted(parse(arguments)) == wanted


@pytest.mark.parametrize("port", ["0", "65536", "abc"])
def test_an_impossible_port_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        parse(["--port", port])
    assert "port" in capsys.readouterr().err


@pytest.mark.parametrize(("duration", "said"), [(0.04, "0,0 s"), (3.14, "3,1 s"), (42.4, "42 s")])
def test_durations_are_said_in_french(duration, said):
    assert say.seconds(duration) == said


def test_a_terminal_without_french_letters_is_no_obstacle():
    done = subprocess.run(
        [sys.executable, "-c", "from config.start import say; say.line('à jour…')"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "? jour?\n")


def test_the_checks_cover_every_pure_module():
    commands = {title: command for title, command, _ in check.commands()}
    typed = commands["Types des modules purs"]
    assert "messagerie/states.py" in typed
    assert "messagerie/danger.py" in typed
    assert "orientation/rules.py" in typed
    assert "evaluation/indicators.py" in typed
