"""With an antivirus a file opens only after its verdict: "en analyse" until then, always."""

import contextlib
import shutil
import socket

import pytest
from django.db import connection

from messagerie.attachments import antivirus
from messagerie.attachments.antivirus import ScannerAway, Verdict, scan
from messagerie.attachments.tasks import SCAN_LOCK, scan_waiting
from messagerie.models import Attachment, Message
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.clamd import EICAR, clamd, real_clamd
from tests.messagerie.attachments.conftest import address, form, refusal, send, stored

database = pytest.mark.django_db(databases=["default", "keys"])


# --- The client


def test_verdicts():
    with clamd() as daemon:
        assert scan(b"bonjour", daemon.address) == Verdict.CLEAN
        assert scan(b"", daemon.address) == Verdict.CLEAN
        assert scan(b"xx" + EICAR, daemon.address) == Verdict.INFECTED
        large = samples.HIDDEN * 200_000  # several chunks
        assert scan(large, daemon.address) == Verdict.CLEAN
        assert daemon.heard[-1] == large


def test_a_unix_socket_serves_as_well(tmp_path):
    with clamd(path=str(tmp_path / "clamd.sock")) as daemon:
        assert scan(EICAR, daemon.address) == Verdict.INFECTED


@pytest.mark.parametrize("mood", ["silent", "cut", "midway", "full", "odd", "halfword"])
def test_anything_else_is_no_verdict(mood):
    with clamd(mood) as daemon, pytest.raises(ScannerAway):
        scan(b"bonjour" * 100_000, daemon.address, seconds=1)


def test_nobody_there_is_no_verdict(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    for nowhere in (f"127.0.0.1:{port}", str(tmp_path / "absent.sock")):
        with pytest.raises(ScannerAway):
            scan(b"bonjour", nowhere, seconds=1)


@pytest.mark.skipif(shutil.which("clamd") is None, reason="clamd is not on this machine")
def test_the_real_daemon_says_the_same(tmp_path):
    with real_clamd(tmp_path) as address:
        assert scan(b"bonjour", address) == Verdict.CLEAN
        assert scan(b"x" * 800_000 + EICAR, address) == Verdict.INFECTED
        with pytest.raises(ScannerAway):
            scan(b"\0" * (13 * 1024 * 1024), address)  # more than it takes


# --- The journey of a file


@contextlib.contextmanager
def short_wait(monkeypatch):
    """The whole of a scan may last one second meanwhile."""
    real = antivirus.scan
    with monkeypatch.context() as patched:
        patched.setattr(
            "messagerie.attachments.tasks.scan",
            lambda content, where: real(content, where, seconds=1),
        )
        yield


def told(client, said, talk) -> list[tuple[int, str, bool]]:
    return [
        refusal(client.get(address(said, talk.conversation, name)))
        for name in ("piece_fichier", "piece_apercu")
    ]


@database
def test_a_clean_file_opens_after_its_verdict(talk, settings, django_capture_on_commit_callbacks):
    photo = samples.photo_of_a_phone()
    with clamd() as daemon:
        settings.CLAMAV_ADDRESS = daemon.address
        said = send(talk.phone, talk.conversation, form(photo)).json()
        assert said["state"] == "EN_ANALYSE"
        assert len(stored()) == 3
        # For its sender too: nothing opens unseen.
        for client in (talk.phone, talk.console):
            assert told(client, said, talk) == [(409, "FILE_IN_ANALYSIS", True)] * 2
        with django_capture_on_commit_callbacks(execute=True):
            assert scan_waiting() == 1
        assert daemon.heard == [photo]  # what was sent, not what we wrote
    assert len(stored()) == 2
    assert talk.console.get(address(said, talk.conversation)).json()["state"] == "PRET"
    assert talk.console.get(address(said, talk.conversation, "piece_fichier")).status_code == 200
    assert scan_waiting() == 0


@database
def test_an_infected_file_is_refused_destroyed_and_told(
    talk, settings, django_capture_on_commit_callbacks
):
    infected = samples.jpeg(comment=EICAR)
    with clamd() as daemon:
        settings.CLAMAV_ADDRESS = daemon.address
        said = send(talk.phone, talk.conversation, form(infected, "bras.jpg")).json()
        with django_capture_on_commit_callbacks(execute=True):
            assert scan_waiting() == 1
    assert stored() == set()
    assert told(talk.phone, said, talk) == [(410, "FILE_REFUSED", False)] * 2
    lines = talk.phone.get(_conversation(talk)).json()["lines"]
    assert (lines[-1]["kind"], lines[-1]["side"]) == ("EVENT", "SERVICE")
    assert "« bras.jpg » n'a pas été accepté" in lines[-1]["body"]
    assert lines[-1]["seq"] == said["seq"] + 1
    count = Message.objects.count()
    assert scan_waiting() == 0
    assert Message.objects.count() == count


def _conversation(talk) -> str:
    return f"/api/v1/conversations/{talk.conversation.pk}/"


@database
@pytest.mark.parametrize("mood", ["silent", "cut", "midway", "full", "odd", "halfword"])
def test_without_a_verdict_it_stays_in_analysis_then_passes(
    talk, settings, mood, monkeypatch, django_capture_on_commit_callbacks
):
    with clamd(mood) as ill, short_wait(monkeypatch):
        settings.CLAMAV_ADDRESS = ill.address
        said = send(talk.phone, talk.conversation).json()
        for _ in range(2):
            assert scan_waiting() == 0
        assert told(talk.phone, said, talk) == [(409, "FILE_IN_ANALYSIS", True)] * 2
    with clamd() as well, django_capture_on_commit_callbacks(execute=True):
        settings.CLAMAV_ADDRESS = well.address
        assert scan_waiting() == 1
    assert talk.phone.get(address(said, talk.conversation, "piece_fichier")).status_code == 200


@database
def test_an_antivirus_switched_off_lets_nothing_through(talk, settings):
    settings.CLAMAV_ADDRESS = "127.0.0.1:9"
    said = send(talk.phone, talk.conversation).json()
    settings.CLAMAV_ADDRESS = ""
    assert scan_waiting() == 0
    assert told(talk.phone, said, talk) == [(409, "FILE_IN_ANALYSIS", True)] * 2
    # What comes afterwards is ready at once: nobody asks any more.
    assert send(talk.phone, talk.conversation).json()["state"] == "PRET"


@database
def test_one_task_at_a_time_asks_the_daemon(talk, settings):
    """While one waits for a silent daemon, the next ones leave at once."""
    with clamd() as daemon:
        settings.CLAMAV_ADDRESS = daemon.address
        send(talk.phone, talk.conversation)
        other = connection.copy()  # another worker's
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SCAN_LOCK])
            assert scan_waiting() == 0
            assert daemon.heard == []
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SCAN_LOCK])
        other.close()
        assert scan_waiting() == 1


@database
def test_bytes_lost_do_not_stop_the_others(talk, settings, django_capture_on_commit_callbacks):
    with clamd() as daemon:
        settings.CLAMAV_ADDRESS = daemon.address
        for _ in range(2):
            send(talk.phone, talk.conversation)
        first = Attachment.objects.order_by("created_at").first()
        Attachment.objects.filter(pk=first.pk).update(stored_source="2026/01/01/absent")
        with django_capture_on_commit_callbacks(execute=True):
            assert scan_waiting() == 1

    from config.celery import app

    app.loader.import_default_modules()
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    ours = {f"messagerie.attachments.tasks.{name}" for name in ("scan_waiting", "sweep_store")}
    assert ours <= planned
    assert ours <= set(app.tasks)
