"""A talk that is under way, for the journeys of the live pages, and ways to spoil its link."""

import contextlib
import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from evaluation.demo.people import CAMILLE, INES
from tests.parcours.instance import Stack
from tests.parcours.walks import (
    DESK,
    PHONE,
    alive,
    console_lines,
    patient_lines,
)

QUESTION = "Un moustique m'a piqué la main, elle gonfle un peu. Que mettre dessus ?"
BEFORE = "Bonjour, depuis quand ?"
LINKS = "**/ws/v1/"
OFFLINE = "Hors ligne"
READINGS = re.compile(r"/api/v1/conversations/[^/]+/reading/$")
BY_HTTP = re.compile(r"/api/v1/conversations/[^/]+/(messages|reading)/$")
# In the instance: Camille asks for `name`, Inès takes the question and answers, and both sign in;
# prints the conversation and the two sessions.
BEGIN = """
from comptes.models import User
from messagerie.contents import Subject
from tests import factories
from tests.messagerie.acting import post
from tests.signing import session_of
asks, answers = (User.objects.get(email=email) for email in {emails!r})
subject = Subject(relation="SELF", first_name={name!r}, age=34)
held = factories.taken_conversation(answers, asks, body={lines[0]!r}, subject=subject)
post(held, answers, {lines[1]!r})
print(held.pk, session_of(asks), session_of(answers))
"""
# In the instance: the professional closes the conversation `pk`.
CLOSE = """
from messagerie import actions
from messagerie.models import Conversation
from orientation.scope import scope_for
held = Conversation.objects.get(pk={pk!r})
by = held.professional
advice = {{"outcome": "RESOLVED", "summary": "Un conseil."}}
actions.close(held.pk, professional=by, scope=scope_for(by), **advice)
"""
# In the instance: the professional closes the conversation `pk`, and its term comes.
ERASE = (
    CLOSE
    + """
from datetime import timedelta
from django.utils import timezone
assert actions.erase_at_term(held.pk, closed_before=timezone.now() + timedelta(days=1))
"""
)
# In the instance: the patient says that it is worse in the conversation `pk`.
WORSE = """
from messagerie import actions
from messagerie.models import Conversation
from orientation.scope import scope_for
held = Conversation.objects.get(pk={pk!r})
by = held.patient
actions.declare_worsening(held.pk, patient=by, scope=scope_for(by), sign_codes=("RF03",))
"""
# In the instance: all sessions end; the person `email` is told.
END_SESSIONS = """
from django.contrib.sessions.models import Session
from comptes.models import User
from messagerie.delivery import hint_rights
Session.objects.all().delete()
hint_rights(User.objects.get(email={email!r}).pk)
"""
# Every word that the browser holds for this site, of whatever kind.
STORED = """async () => {
    const said = [document.cookie];
    for (const store of [localStorage, sessionStorage]) {
        for (let at = 0; at < store.length; at += 1) {
            said.push(store.key(at), store.getItem(store.key(at)));
        }
    }
    for (const { name } of await indexedDB.databases()) {
        said.push(name);
        const base = await new Promise((done, failed) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
            asked.onerror = failed;
        });
        for (const table of base.objectStoreNames) {
            const rows = base.transaction(table).objectStore(table).getAll();
            await new Promise((done) => { rows.onsuccess = done; });
            said.push(JSON.stringify(rows.result));
        }
        base.close();
    }
    for (const name of await caches.keys()) said.push(name);
    return said.filter(Boolean);
}"""


@dataclass
class Talk:
    """The patient's phone and the professional's console on one conversation, two lines said."""

    phone: Page
    console: Page
    name: str
    lines: list[str] = field(default_factory=lambda: [QUESTION, BEFORE])

    @property
    def address(self) -> str:
        """The patient's page of the conversation."""
        return self.phone.url.split("#")[0]

    @property
    def pk(self) -> str:
        """The conversation's."""
        return self.address.rstrip("/").rpartition("/")[2]


def begin(stack: Stack, new_page: Callable[..., Page]) -> Talk:
    """Both have signed in, and said one line each. None of it goes through pages, which have their
    own journeys: it would take longer than most of what is tested."""
    phone, console = new_page(**PHONE), new_page(**DESK)
    talk = Talk(phone, console, f"Framboise {uuid.uuid4().hex[:8]}")
    held, *sessions = stack.shell(
        BEGIN.format(emails=[CAMILLE.email, INES.email], name=talk.name, lines=talk.lines)
    ).split()
    for page, side, key in zip(
        (phone, console), ("conversations", "console"), sessions, strict=True
    ):
        page.context.add_cookies([{"name": "sessionid", "value": key, "url": stack.base_url}])
        page.goto(f"/{side}/{held}/")
        expect(shown(page)).to_have_text(talk.lines)
        alive(page)
    return talk


def shown(page: Page) -> Locator:
    """The lines of a page of either side, in the order shown."""
    return console_lines(page) if "/console/" in page.url else patient_lines(page)


def box(page: Page) -> Locator:
    """Where one writes."""
    return page.locator("[data-reponse] textarea")


def state_of_last(page: Page) -> Locator:
    """The state under the last line of one's own."""
    return page.locator("[data-fil] [data-envoi]").last


def stored(page: Page) -> str:
    """All that this browser keeps of the site, in one text."""
    return "\n".join(page.evaluate(STORED))


def pumped(page: Page, ready: Callable[[], object], seconds: float = 30) -> None:
    """Wait on what the browser's events change, and let them come meanwhile."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "la condition attendue n'est pas venue"
        page.wait_for_timeout(50)


def give_up(route: Route) -> None:
    """For a route: the request does not pass."""
    route.abort("aborted")


def as_time_goes(page: Page, milliseconds: int, ready: Locator) -> None:
    """Move the clock of a page until something is there. A request under way when the clock moves
    is given up by the page, which makes another one later."""
    for _ in range(6):
        page.clock.fast_forward(milliseconds)
        with contextlib.suppress(AssertionError):
            expect(ready.first).to_be_visible(timeout=5_000)
            return
    expect(ready.first).to_be_visible()


class Link:
    """The link of one browser, in our hands: pages still load, what is live may not pass.

    Set before a page is loaded: `Link(page)` loads it again. Attributes, all changed at will:

    up: whether sockets open, and lines pass by plain HTTP.
    deaf: what the service says on a socket is lost; what the page says still arrives.
    mute: what the page says on a socket is lost.
    http: whether lines pass by plain HTTP, both ways, when `up` is false.
    portal: whether something on the way answers plain HTTP instead of the service.
    posted: the posts of lines that passed, or that the portal answered.
    epoch: said by the next hello instead of the service's; None: the service's.
    hellos: how many times the service said hello.
    """

    def __init__(self, page: Page) -> None:
        self.up, self.deaf, self.mute, self.http = True, False, False, False
        self.portal = False
        self.posted: list[str] = []
        self.epoch: str | None = None
        self.hellos = 0
        self._code = 1011
        self._sockets: list[WebSocketRoute] = []
        page.context.route_web_socket(LINKS, self._open)
        page.context.route(BY_HTTP, self._by_http)
        page.reload()
        pumped(page, lambda: self.hellos)

    def cut(self, code: int = 1011) -> None:
        """No socket, as behind a proxy that lets none through; `code` is what it is closed with."""
        self.up, self._code = False, code
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            socket.close(code=code)

    def half_open(self) -> None:
        """Nothing passes, and nobody says so."""
        self.deaf = self.mute = True

    def mend(self) -> None:
        self.up, self.deaf, self.mute = True, False, False

    def _open(self, socket: WebSocketRoute) -> None:
        if not self.up:
            socket.close(code=self._code)
            return
        service = socket.connect_to_server()
        socket.on_message(lambda said: None if self.mute else service.send(said))
        service.on_message(lambda said: None if self.deaf else socket.send(self._heard(said)))
        self._sockets.append(socket)

    def _heard(self, said: str | bytes) -> str | bytes:
        if '"hello"' not in str(said):
            return said
        self.hellos += 1
        if self.epoch is None:
            return said
        epoch, self.epoch = self.epoch, None
        return json.dumps(json.loads(said) | {"epoch": epoch})

    def _by_http(self, route: Route) -> None:
        if not (self.up or self.http):
            route.abort("aborted")
            return
        if route.request.url.endswith("/messages/"):
            self.posted.append(route.request.post_data or "")
        if self.portal:
            route.fulfill(json={"welcome": "Acceptez les conditions."})
        else:
            route.continue_()


def by_http(page: Page) -> Link:
    """A page loaded again behind a proxy that lets no socket through, its clock in our hands."""
    page.clock.install()
    link = Link(page)
    link.http = True
    link.cut()
    expect(page.get_by_text(OFFLINE)).to_be_visible()
    return link


def other_tab(page: Page) -> Page:
    """The same page in another tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(page.url.split("#")[0])
    return tab
