"""What a browser must never report: errors, refused scripts, requests elsewhere, missing files."""

import contextlib
from collections.abc import Iterator

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# A page that answers 404 says so here too; the test that asks for it looks at its status.
SAID_OF_PAGES = "Failed to load resource"
# The browser leaves the page: what it was fetching is dropped.
LEFT = "net::ERR_ABORTED"


class Watch:
    """Collects the faults of every page of the contexts that it is shown.

    Attributes:
        faults: one sentence each; a test ends with none.
        landings: addresses of the pages loaded by each page, in order, one for each time its main
            frame went somewhere.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.faults: list[str] = []
        self.landings: dict[Page, list[str]] = {}
        self._away = False
        self._refused = False

    def context(self, context: BrowserContext) -> None:
        """Watch a context and the pages that it opens."""
        context.on("weberror", lambda error: self.faults.append(f"script : {error.error}"))
        context.on("console", self._said)
        context.on("request", lambda request: self._address(request.url))
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)
        context.on("page", self._page)

    @contextlib.contextmanager
    def server_away(self) -> Iterator[None]:
        """While the server is killed on purpose, a link that fails is no fault."""
        self._away = True
        yield
        self._away = False

    @contextlib.contextmanager
    def refused(self) -> Iterator[None]:
        """While something is sent that the service refuses, its answer is no fault."""
        self._refused = True
        yield
        self._refused = False

    def _page(self, page: Page) -> None:
        self.landings[page] = []
        page.on("websocket", lambda socket: self._address(socket.url.replace("ws", "http", 1)))
        page.on(
            "framenavigated",
            lambda frame: (
                self.landings[page].append(frame.url) if frame == page.main_frame else None
            ),
        )

    def _said(self, said: ConsoleMessage) -> None:
        text = said.text
        if said.type not in ("error", "warning") or text.startswith(SAID_OF_PAGES):
            return
        if not (self._away and ("WebSocket" in text or "net::ERR" in text)):
            self.faults.append(f"console : {text} ({said.location['url']})")

    def _address(self, url: str) -> None:
        if not url.startswith((f"{self.base_url}/", "data:", "blob:", "about:")):
            self.faults.append(f"requête vers l'extérieur : {url}")

    def _answered(self, response: Response) -> None:
        refused = response.status >= 400 and not self._refused
        if refused and not response.request.is_navigation_request():
            self.faults.append(f"{response.status} : {response.url}")

    def _failed(self, request: Request) -> None:
        if not self._away and request.failure != LEFT:
            self.faults.append(f"{request.failure} : {request.url}")
