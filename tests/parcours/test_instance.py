"""The instance itself: served pages, a site that comes back, one start at a time."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.config.conftest import CHECKOUT, alive, until

pytestmark = pytest.mark.browser


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


@pytest.mark.parametrize("name", ["uvicorn", "worker", "beat"])
def test_a_killed_process_comes_back(stack, name):
    until(lambda: stack.program(name))
    first = stack.program(name)
    os.kill(first, signal.SIGKILL)
    until(lambda: stack.program(name) not in (None, first))
    until(lambda: status(stack.base_url + "/") == 200)
    assert alive(stack.process.pid)


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
