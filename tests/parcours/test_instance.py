"""The instance itself: served pages, a site that comes back, one start at a time."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.config.conftest import CHECKOUT, alive, reachable_folder, until
from tests.parcours.instance import running


def status(url: str) -> int:
    """HTTP status, 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_the_home_page_is_served_with_its_headers(stack):
    with urllib.request.urlopen(stack.base_url + "/") as answer:
        headers = answer.headers
        assert answer.status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] is None


def test_the_browser_reads_the_home_page(stack, new_page):
    page = new_page()
    page.goto("/")
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang").startswith("fr")


@pytest.mark.parametrize("name", ["config.web", "worker", "beat"])
def test_a_killed_process_comes_back(stack, name):
    until(lambda: stack.program(name))
    first = stack.program(name)
    os.kill(first, signal.SIGKILL)
    until(lambda: stack.program(name) not in (None, first))
    until(lambda: status(stack.base_url + "/") == 200, seconds=60)
    assert alive(stack.process.pid)


@pytest.mark.parametrize("origin", [None, "http://ailleurs.example", "null"])
def test_a_socket_from_elsewhere_is_refused(stack, origin):
    address = stack.base_url.replace("http", "ws") + "/ws/v1/"
    with pytest.raises(InvalidStatus) as refusal:
        connect(address, origin=origin)
    assert refusal.value.response.status_code == 403


def test_commands_run_inside_the_instance(stack):
    counted = stack.shell(
        "from orientation.models.territory import Commune; print(Commune.objects.count())"
    )
    assert int(counted) > 30_000


def test_a_second_start_in_the_same_folder_is_refused(stack):
    env = stack.environment() | {"ETAT_DIR": str(stack.state)}
    for name in ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL"):
        del env[name]
    second = subprocess.run(
        [sys.executable, "-m", "config.start.run", "--port", "1"],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert second.stderr.strip() == (
        "Le service tourne déjà : arrêtez-le d'abord (Ctrl-C dans son terminal)."
    )
    assert status(stack.base_url + "/") == 200


def test_a_task_goes_from_a_page_to_the_worker(stack):
    log = stack.state / "journaux" / "taches.log"
    stack.shell("from comptes.tasks import seal_journal; seal_journal.delay()")
    until(
        lambda: "comptes.tasks.seal_journal" in log.read_text() and "succeeded" in log.read_text()
    )


def test_kill_9_of_the_supervisor_leaves_nothing_and_a_new_start_has_its_data():
    count = (
        "from comptes.models import User; print(User.objects.filter(email='a@b.example').count())"
    )
    with reachable_folder() as folder:
        with running(folder / "etat", "--no-demo") as first:
            first.shell("from comptes.models import User; User.objects.create_user('a@b.example')")
            until(lambda: first.program("beat"))
            children = first.children()
            assert len(children) == 5
            os.kill(first.process.pid, signal.SIGKILL)
            first.process.wait()
            until(lambda: not any(alive(pid) for pid in children))
        with running(folder / "etat", "--no-demo") as second:
            assert second.shell(count) == "1"
            assert status(second.base_url + "/") == 200
        assert "Tout est arrêté" in second.output.read_text()
