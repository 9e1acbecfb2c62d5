"""The renewal of the master key: progress, kill -9, writers and readers meanwhile, destruction."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from comptes.keys import cipher, rotation
from comptes.keys.embedded import EmbeddedKeyProvider
from comptes.keys.provider import KeyDestructionRefused, key_provider
from comptes.keys.wrapping import wrapping
from comptes.models import Act, DataKey, JournalEntry
from tests.other_process import of_this_installation

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30
LONG = 120  # a whole renewal, with writers beside it


@pytest.fixture(autouse=True)
def own_file(tmp_path, settings) -> Iterator[Path]:
    """A key file of the test's own: renewals leave the other tests their version."""
    settings.KEY_FILE = str(tmp_path / "cles.json")
    key_provider.cache_clear()
    cipher.cache.clear()
    yield Path(settings.KEY_FILE)
    key_provider.cache_clear()
    cipher.cache.clear()


def make_keys(count: int) -> dict[uuid.UUID, bytes]:
    """Data keys as conversations have them, in bulk; the plain keys, by owner."""
    plain = {uuid.uuid4(): os.urandom(32) for _ in range(count)}
    wrapped = key_provider().wrap_many(list(plain.values()))
    DataKey.objects.bulk_create(
        [
            DataKey(owner_id=owner, wrapped=blob, key_version=version, created_at=timezone.now())
            for owner, (version, blob) in zip(plain, wrapped, strict=True)
        ],
        batch_size=10_000,
    )
    return plain


def keys_left_among(plain: dict[uuid.UUID, bytes]) -> int:
    """How many of these keys are still under version 1."""
    return DataKey.objects.filter(pk__in=plain, key_version=1).count()


def assert_all_open(plain: dict[uuid.UUID, bytes], version: int) -> None:
    rows = list(DataKey.objects.filter(pk__in=plain).values_list("pk", "key_version", "wrapped"))
    assert len(rows) == len(plain)
    assert {held for _, held, _ in rows} == {version}
    opened = key_provider().unwrap_many([(held, bytes(blob)) for _, held, blob in rows])
    assert all(key == plain[owner] for (owner, _, _), key in zip(rows, opened, strict=True))


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("renew_master_key", *arguments, stdout=out)
    return out.getvalue()


def lines_of_journal() -> list[tuple[str, str]]:
    lines = JournalEntry.objects.filter(act=Act.MASTER_KEY_RENEWED).order_by("pk")
    return list(lines.values_list("object_ref", "reason"))


def test_every_key_is_wrapped_anew_and_still_opens():
    plain = make_keys(25)
    said = run("--batch", "10")
    assert "version 2" in said
    assert "25 / 25 clés" in said
    assert "par seconde" in said
    assert_all_open(plain, 2)
    assert lines_of_journal() == [("master_key:2", "")]
    assert JournalEntry.objects.get().actor_id is None


def test_the_next_renewal_is_a_new_version():
    make_keys(3)
    run()
    run()
    assert rotation.keys_by_version() == {3: 3}
    assert [ref for ref, _ in lines_of_journal()] == ["master_key:2", "master_key:3"]


def test_status_counts_by_version():
    make_keys(4)
    key_provider().renew()
    make_keys(2)
    said = run("--status")
    assert "version 1 : 4 clé(s)" in said
    assert "version 2 : 2 clé(s) · en cours" in said


def test_a_destroyed_key_stays_destroyed():
    plain = make_keys(5)
    gone = next(iter(plain))
    cipher.destroy_key(gone)
    run()
    assert DataKey.objects.get(pk=gone).wrapped is None
    assert rotation.keys_by_version() == {2: 4}


def test_a_key_destroyed_while_its_batch_is_wrapped_stays_destroyed():
    plain = make_keys(3)
    rows = list(DataKey.objects.values_list("owner_id", "key_version", "wrapped"))
    gone = next(iter(plain))
    cipher.destroy_key(gone)
    key_provider().renew()
    changed, failed = rotation._rewrap_batch([(o, v, bytes(w)) for o, v, w in rows])
    assert (changed, failed) == (2, [])
    assert DataKey.objects.get(pk=gone).wrapped is None


def test_a_spoilt_row_is_named_left_and_keeps_its_version():
    plain = make_keys(5)
    spoilt = next(iter(plain))
    DataKey.objects.filter(pk=spoilt).update(wrapped=bytes(40))
    with pytest.raises(CommandError, match=str(spoilt)):
        run("--batch", "2")
    assert rotation.keys_by_version() == {1: 1, 2: 4}
    with pytest.raises(CommandError, match="encore sous la version 1"):
        run("--destroy", "1")


def test_an_old_version_is_destroyed_only_when_no_row_needs_it():
    plain = make_keys(5)
    for refused in ("1", "9"):
        with pytest.raises(CommandError):
            run("--destroy", refused)
    key_provider().renew()
    with pytest.raises(CommandError, match="5 clé"):
        run("--destroy", "1")
    run()
    run("--destroy", "1")
    assert key_provider().health().versions == (2,)
    assert_all_open(plain, 2)
    assert lines_of_journal()[-1] == ("master_key:1", "ancienne version détruite")


def test_two_renewals_do_not_run_at_once():
    make_keys(1)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with rotation.alone():
            held.set()
            release.wait(WAIT)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(WAIT)
    try:
        with pytest.raises(CommandError, match="déjà en cours"):
            run()
    finally:
        release.set()
        other.join(WAIT)
    assert key_provider().current_version() == 1
    run()


def test_a_master_key_is_not_destroyed_under_a_row_that_is_being_written():
    """A writer has wrapped under version 1 and not committed: destroying waits, then refuses."""
    provider, owner = key_provider(), uuid.uuid4()
    ended: list[BaseException | None] = []

    def destroy() -> None:
        try:
            rotation.destroy_version(1)
            ended.append(None)
        except KeyDestructionRefused as refused:
            ended.append(refused)
        finally:
            connections.close_all()

    with wrapping():
        version, blob = provider.wrap(b"k" * 32)
        provider.renew()
        other = threading.Thread(target=destroy)
        other.start()
        deadline = time.monotonic() + WAIT
        while not _somebody_waits():
            assert time.monotonic() < deadline
        DataKey.objects.create(owner_id=owner, wrapped=blob, key_version=version)
    other.join(WAIT)
    assert isinstance(ended[0], KeyDestructionRefused)
    assert provider.unwrap(version, blob) == b"k" * 32


def _somebody_waits() -> bool:
    with connections["keys"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()[0] > 0


def test_a_reader_that_holds_an_old_row_reads_it_again():
    """The row was read, then wrapped anew and its old master key destroyed."""
    owner = uuid.uuid4()
    cipher.ensure_key(owner)
    blob = cipher.seal(owner, "body", "texte")
    cipher.cache.clear()
    stale = list(DataKey.objects.filter(pk=owner).values_list("owner_id", "key_version", "wrapped"))
    run()
    run("--destroy", "1")
    assert key_provider().unwrap_many([(v, bytes(w)) for _, v, w in stale]) == [None]
    assert cipher.unseal(owner, "body", blob) == "texte"


# --- A hundred thousand keys, killed half-way, while others write and read

MANY = 100_000


def start_renewal(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "renew_master_key", *arguments],
        cwd=settings.BASE_DIR,
        env=of_this_installation(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_killed_half_way_under_writers_and_readers_nothing_is_lost():
    plain = make_keys(MANY)
    told = uuid.uuid4()
    cipher.ensure_key(told)
    sealed = cipher.seal(told, "body", "avant")
    stop, errors = threading.Event(), list[BaseException]()
    written: dict[uuid.UUID, bytes] = {}

    def write_and_read() -> None:
        """New conversations all along, and an old one read from the database each time."""
        try:
            while not stop.is_set():
                owner = uuid.uuid4()
                cipher.ensure_key(owner)
                written[owner] = cipher.seal(owner, "body", str(owner))
                cipher.cache.clear()
                assert cipher.unseal(told, "body", sealed) == "avant"
                assert cipher.unseal(owner, "body", written[owner]) == str(owner)
                stop.wait(0.01)  # as people do: three who never rest leave the renewal no processor
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    others = [threading.Thread(target=write_and_read) for _ in range(3)]
    for other in others:
        other.start()
    try:
        first = start_renewal("--batch", "200")
        _until_half_way(first)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=WAIT)
        # Without those that were made meanwhile, which begin under version 1 too.
        assert 0 < keys_left_among(plain) < MANY
        assert lines_of_journal() == []
        with pytest.raises(CommandError, match="encore sous la version 1"):
            run("--destroy", "1")

        second = start_renewal()
        output, _ = second.communicate(timeout=LONG)
        assert second.returncode == 0, output
        assert "Reprise" in output
        assert "version 2" in output
        assert "version 3" not in output
        run("--destroy", "1")
        time_after = len(written)
        _until(lambda: len(written) > time_after + 5 or bool(errors))
    finally:
        stop.set()
        for other in others:
            other.join(WAIT)
    assert errors == []
    assert set(rotation.keys_by_version()) == {2}
    assert_all_open(plain, 2)
    cipher.cache.clear()
    assert cipher.unseal(told, "body", sealed) == "avant"
    for owner, blob in written.items():
        assert cipher.unseal(owner, "body", blob) == str(owner)
    assert [ref for ref, _ in lines_of_journal()] == ["master_key:2", "master_key:1"]
    assert EmbeddedKeyProvider(Path(settings.KEY_FILE)).health().versions == (2,)


def _until(condition) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _until_half_way(process: "subprocess.Popen[str]") -> None:
    """Some thousands of keys done, and more to come, by the process's own count."""
    late = threading.Timer(LONG, process.kill)
    late.start()
    told = []
    try:
        for line in process.stdout:
            told.append(line)
            count = re.match(r"([\d\u202f]+) / ([\d\u202f]+)", line)
            if count is None:
                continue
            done, total = (int(one.replace("\u202f", "")) for one in count.groups())
            if 2000 < done < total:
                return
    finally:
        late.cancel()
    raise AssertionError(f"never half-way: {told[-5:]}")
