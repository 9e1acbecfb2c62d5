"""Journeys in a real browser, on a whole instance: own servers, site, tasks and clock.

The instance is what bin/run starts, in a temporary folder, on a free port, with a few fictitious
people. Nothing here touches the databases of the other tests.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from config.start import chromium
from tests.parcours.instance import running

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


def pytest_collection_modifyitems(items):
    """Every journey needs a browser; `-m "not browser"` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def own_folder():
    """A folder that `nobody` can reach too, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="messagerie-parcours-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def stack(own_folder):
    """One instance for all journeys."""
    with running(own_folder / "etat", "--tiny") as stack:
        yield stack


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
