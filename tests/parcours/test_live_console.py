"""The console: answers that come late, and a page that changes under one's hands."""

import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from evaluation.demo.people import INES
from tests.parcours.talks import (
    BEFORE,
    CLOSE,
    END_SESSIONS,
    ERASE,
    QUESTION,
    WORSE,
    Link,
    Talk,
    begin,
    box,
    pumped,
)
from tests.parcours.walks import (
    PHONE,
    alive,
    console_lines,
    enter,
    go_on,
    send_question,
    through_the_door,
)

LISTS = re.compile(r"/console/file/")
THREAD = re.compile(r"/console/[^/]+/fil/")
TYPED = "Du froid, dix minutes."
HALF = "Et le mercure ocre monte"


@pytest.fixture
def talk(stack, new_page) -> Talk:
    return begin(stack, new_page)


def tab(console: Page, name: str) -> Locator:
    return console.locator("[data-droite]").get_by_role("link", name=name, exact=True)


def go_to(console: Page, name: str) -> None:
    """Open a panel while nothing is typed: it is a page."""
    with console.expect_navigation():
        tab(console, name).click()
    alive(console)


def beside(console: Page) -> Locator:
    return console.locator("[data-droite] textarea").first


def held_back(page: Page, address: re.Pattern[str]) -> list[Route]:
    """The next request of an address waits for what the test does with it."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route), times=1)
    return held


def test_a_panel_that_comes_late_does_not_take_the_place_of_another(talk):
    console = talk.console
    box(console).fill(HALF)
    held = held_back(console, re.compile("/orienter/"))
    tab(console, "Orienter").click()
    pumped(console, lambda: held)
    tab(console, "Clore").click()
    beside(console).fill(TYPED)
    with console.expect_response(re.compile("/orienter/")) as late:
        held[0].continue_()
    late.value.finished()
    console.evaluate("() => new Promise(requestAnimationFrame)")
    expect(console.get_by_role("heading", name="Clore", exact=True)).to_be_visible()
    expect(beside(console)).to_have_value(TYPED)


def test_what_is_typed_in_a_panel_is_there_when_one_comes_back_to_it(talk):
    console = talk.console
    go_to(console, "Clore")
    beside(console).fill(TYPED)
    address = console.url
    tab(console, "Situation").click()
    expect(console.get_by_role("heading", name="Situation", exact=True)).to_be_visible()
    assert console.url == address, "it opened in place: nothing typed may be left behind"
    tab(console, "Clore").click()
    expect(beside(console)).to_have_value(TYPED)


def test_leaving_with_something_typed_beside_is_asked_about(talk):
    console = talk.console
    go_to(console, "Clore")
    beside(console).fill(TYPED)
    asked: list[str] = []
    console.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    console.close(run_before_unload=True)
    pumped(talk.phone, lambda: asked)
    assert asked == ["beforeunload"]


def test_a_logout_in_another_tab_is_not_held_up(talk):
    console = talk.console
    go_to(console, "Clore")
    beside(console).fill(TYPED)
    leaving = console.context.new_page()
    leaving.goto("/compte/logout/")
    go_on(leaving, "Se déconnecter")
    console.wait_for_url(lambda url: "/console/" not in url)


def test_a_console_whose_session_is_over_shows_what_was_typed_and_nothing_else(stack, talk):
    console = talk.console
    go_to(console, "Clore")
    beside(console).fill(TYPED)
    box(console).fill(HALF)
    stack.shell(END_SESSIONS.format(email=INES.email))
    expect(console.get_by_text("Votre session est finie")).to_be_visible()
    expect(box(console)).to_have_value(HALF)
    expect(beside(console)).to_have_value(TYPED)
    for word in (QUESTION, BEFORE, talk.name):
        expect(console.get_by_text(word)).to_have_count(0)
    # Nor does it read the queue under whoever signs in next.
    asked: list[str] = []
    console.on("request", lambda request: asked.append(request.url))
    enter(console.context.new_page(), "patient")
    console.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert not [url for url in asked if LISTS.search(url)]


def test_the_way_to_sign_in_stays_when_the_link_is_lost_after_it(talk):
    """Of a session that is over, a reading may hear first; the socket ends later."""
    console = talk.console
    console.goto(f"{console.url}#fin")  # as after any act
    link = Link(console)
    box(console).fill(HALF)
    console.evaluate("document.dispatchEvent(new Event('ms-session'))")
    sign_in_again = console.locator("[data-etat-lien]").get_by_role("link", name="Se connecter")
    expect(sign_in_again).to_be_visible()
    heard = link.hellos
    link.cut()
    link.mend()
    pumped(console, lambda: link.hellos > heard)  # it has said meanwhile what became of the link
    expect(console.get_by_text("Votre session est finie.")).to_be_visible()
    expect(sign_in_again).to_be_visible()
    with console.expect_event("domcontentloaded"):
        sign_in_again.click()
    alive(console)  # this session was not over in truth
    expect(box(console)).to_have_value(HALF)


def test_a_question_that_comes_during_a_reading_is_in_the_next_one(talk, new_page):
    console, phone = talk.console, new_page(**PHONE)
    told: list[str] = []

    def heard(frame: str | bytes) -> None:
        if '"queue"' in str(frame):
            told.append(str(frame))

    console.on("websocket", lambda socket: socket.on("framereceived", heard))
    console.reload()
    held = held_back(console, LISTS)
    name = f"Cassis {uuid.uuid4().hex[:8]}"
    enter(phone, "patient")
    through_the_door(phone, f"Avant {name}", QUESTION)
    send_question(phone)
    pumped(console, lambda: held)
    answer = held[0].fetch()  # what the service knew before the next question
    through_the_door(phone, name, QUESTION)
    told.clear()
    send_question(phone)
    pumped(console, lambda: told)
    held[0].fulfill(response=answer)
    expect(console.locator("[data-listes]").get_by_text(name, exact=True)).to_be_visible()


def test_what_comes_late_is_not_drawn_on_a_page_that_was_emptied(stack, talk, watch):
    console = talk.console
    box(console).fill(HALF)
    held = held_back(console, THREAD)
    stack.shell(WORSE.format(pk=talk.pk))
    pumped(console, lambda: held)
    answer = held[0].fetch()
    with watch.refused():
        stack.shell(ERASE.format(pk=talk.pk))
        expect(console.get_by_text("Copiez votre texte")).to_be_visible()
        held[0].fulfill(response=answer)
        console.evaluate("() => new Promise((done) => setTimeout(done, 100))")
        # The phone learns it too, before the test is over.
        expect(talk.phone.get_by_text("a été effacé")).to_be_visible()
    expect(console_lines(console)).to_have_count(0)
    expect(box(console)).to_have_value(HALF)


def test_a_changed_state_is_shown_once_the_box_is_empty(stack, talk):
    console = talk.console
    box(console).fill(HALF)
    stack.shell(CLOSE.format(pk=talk.pk))
    expect(console_lines(console).last).to_contain_text("Un conseil.")
    expect(box(console)).to_have_value(HALF)
    box(console).fill("")  # to write in it again, perhaps
    expect(box(console)).to_be_focused()
    box(console).blur()
    expect(console.get_by_text("Conversation close")).to_be_visible()
