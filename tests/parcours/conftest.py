"""Journeys in a real browser, on a whole instance: own servers, site, tasks and clock.

The instance is what bin/run starts, in a temporary folder, on a free port, with a few fictitious
people. Nothing here touches the databases of the other tests.
"""

import contextlib
import signal
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, expect, sync_playwright

from config.start import chromium
from tests.config.conftest import reachable_folder
from tests.parcours.instance import running
from tests.parcours.watch import Watch

expect.set_options(timeout=30_000)
CEILING = 300  # seconds for one journey

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
    with reachable_folder() as folder:
        yield folder


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
def watch(stack):
    """What browsers report meanwhile; the test fails at its end when there is a fault."""
    watch = Watch(stack.base_url)
    yield watch
    assert not watch.faults, watch.faults


@pytest.fixture
def new_page(browser, stack, watch):
    """Open a page in a fresh context (own cookies). Options go to Playwright's new_context."""
    contexts = []

    def open_page(**options):
        context = browser.new_context(
            **{"base_url": stack.base_url, "locale": "fr-FR", "timezone_id": "Europe/Paris"}
            | options
        )
        context.set_default_timeout(30_000)
        watch.context(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    with watch.server_away():  # the journey is over: what its pages still try is nobody's fault
        for context in contexts:
            _rest(context)
            context.close()


def _rest(context: BrowserContext) -> None:
    """Lead every page to nowhere: Chromium may never answer when a context is closed while one of
    its pages is on its way to another address, as a page whose session has just ended is."""
    for page in context.pages:
        with contextlib.suppress(Error):  # a page that is gone, or was made to crash
            page.goto("about:blank")


def _too_long(*_: object) -> None:
    raise TimeoutError(f"le navigateur ne répond pas depuis {CEILING} s")


@pytest.fixture(autouse=True)
def _ceiling():
    """A browser that never answers fails its test, and says where, instead of holding all."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, CEILING, CEILING / 10)  # the end of the test may hang too
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
