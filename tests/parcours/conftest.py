"""Journeys in a real browser, on a whole instance: own servers, site, tasks and clock.

The instance is what bin/run starts, in a temporary folder, on a free port, with a few fictitious
people. Nothing here touches the databases of the other tests.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from config.embedded.ports import free_port
from config.embedded.servers import connection
from config.start import chromium
from tests.config.conftest import CHECKOUT, alive, until

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OF_THE_TESTS = (
    "DATABASE_URL",
    "KEYS_DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY_FILE",
    "KEY_FILE",
    "STATE_DIR",
    "DJANGO_SETTINGS_MODULE",
)


@dataclass
class Stack:
    """A running instance: where it is, and how to run a command of Django in it."""

    base_url: str
    state: Path
    process: "subprocess.Popen[bytes]"
    output: Path

    @property
    def mailbox(self) -> Path:
        """The folder of the mails that the instance believes it sent."""
        return self.state / "courriels"

    def environment(self) -> dict[str, str]:
        """The environment of a command inside the instance."""
        kept = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "DEMO_MODE": "1"}
        return kept | connection(self.state) | local

    def manage(self, *arguments: str) -> str:
        """Run `manage.py arguments` in the instance; its output. Fails when the command fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        """Run Python code in the instance, its models at hand; what it prints."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def program(self, name: str) -> int | None:
        """Process id of "uvicorn", "worker" or "beat" of this instance, None when it is away."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in children.split():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name.encode() in command:
                return int(pid)
        return None


@pytest.fixture(scope="package")
def stack():
    """One instance for all journeys, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="messagerie-parcours-"))
    folder.chmod(0o711)
    port = free_port()
    output = folder / "sortie.txt"
    env = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
    with open(output, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.start.run", "--tiny", "--port", str(port)],
            cwd=CHECKOUT,
            env=env | {"ETAT_DIR": str(folder / "etat")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or "Prêt en" in output.read_text(), seconds=180)
        assert process.poll() is None, output.read_text()
        yield Stack(f"http://127.0.0.1:{port}", folder / "etat", process, output)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)
    assert not alive(process.pid)


@pytest.fixture(scope="package")
def browser():
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=CHROMIUM_FLAGS, timeout=60_000
        )
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser, stack):
    """Open a page in a fresh context (own cookies). Options go to Playwright's new_context.

    Fails at the end of the test when the browser reported a script error or a refused script.
    """
    contexts = []
    faults: list[str] = []

    def open_page(**options):
        context = browser.new_context(
            base_url=stack.base_url, locale="fr-FR", timezone_id="Europe/Paris", **options
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: (
                faults.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, faults
