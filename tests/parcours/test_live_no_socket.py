"""Where no socket passes: lines and answers go by plain HTTP, and the page says so."""

import re
import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from tests.parcours.talks import (
    BEFORE,
    BY_HTTP,
    OFFLINE,
    QUESTION,
    READINGS,
    Link,
    Talk,
    as_time_goes,
    begin,
    by_http,
    give_up,
    pumped,
    shown,
    state_of_last,
)
from tests.parcours.walks import (
    DESK,
    PHONE,
    all_kept,
    enter,
    patient_writes,
    professional_writes,
    send_question,
    through_the_door,
)

SLOWLY = "Connexion limitée"
LISTS = re.compile(r"/console/file/")
FIRST, SECOND = "Elle gonfle moins.", "Mais elle chauffe."


@pytest.fixture
def talk(stack, new_page) -> Talk:
    return begin(stack, new_page)


@pytest.mark.parametrize("side", ["patient", "professional"])
def test_without_any_socket_lines_go_by_plain_posts(talk, side):
    page, other = (talk.phone, talk.console) if side == "patient" else (talk.console, talk.phone)
    writes = patient_writes if side == "patient" else professional_writes
    link = by_http(page)
    writes(page, FIRST)
    writes(page, SECOND)
    page.clock.fast_forward(6_000)  # a socket is waited for so long
    expect(shown(other)).to_have_text([QUESTION, BEFORE, FIRST, SECOND])
    all_kept(page)
    assert len(link.posted) == 2
    expect(page.get_by_text(SLOWLY)).to_be_visible()
    expect(shown(page)).to_have_text([QUESTION, BEFORE, FIRST, SECOND])
    link.mend()
    expect(page.get_by_text(SLOWLY)).to_be_hidden()
    expect(shown(page)).to_have_text([QUESTION, BEFORE, FIRST, SECOND])


@pytest.mark.parametrize("side", ["patient", "professional"])
def test_without_any_socket_answers_come_by_plain_reading(talk, side):
    """Behind a proxy that lets no socket through, nobody loads a page again to be answered."""
    page, other = (talk.phone, talk.console) if side == "patient" else (talk.console, talk.phone)
    here, there = patient_writes, professional_writes
    if side == "professional":
        here, there = there, here
    link = by_http(page)
    there(other, FIRST)
    expect(shown(other)).to_have_text([QUESTION, BEFORE, FIRST])
    as_time_goes(page, 16_000, page.get_by_text(FIRST))
    expect(page.get_by_text(SLOWLY)).to_be_visible()
    expect(shown(page)).to_have_text([QUESTION, BEFORE, FIRST])
    # One's own line is followed by a reading, which tells that what came was before one's eyes.
    here(page, SECOND)
    expect(state_of_last(other)).to_have_text("ouvert")
    link.http = False
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text(OFFLINE)).to_be_visible()
    link.mend()
    expect(page.get_by_text(OFFLINE)).to_be_hidden()
    expect(shown(page)).to_have_text([QUESTION, BEFORE, FIRST, SECOND])


def test_without_any_socket_a_page_older_than_a_sign_in_loses_no_line(talk, watch):
    """Signed in again in another tab: the token of this page is refused. It is loaded again, and
    the line goes from there."""
    phone = talk.phone
    by_http(phone)
    phone.route(READINGS, give_up)  # the post alone learns it
    phone.context.clear_cookies()
    enter(phone.context.new_page(), "patient")
    refusals: list[str] = []
    phone.on("response", lambda said: refusals.append(said.url) if said.status == 403 else None)
    patient_writes(phone, FIRST)
    with watch.refused(), phone.expect_navigation():
        phone.clock.fast_forward(6_000)
    phone.unroute(READINGS)
    assert [url.rstrip("/").rpartition("/")[2] for url in refusals] == ["messages"]
    expect(shown(phone)).to_have_text([QUESTION, BEFORE, FIRST])
    phone.clock.fast_forward(6_000)
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, FIRST])
    all_kept(phone)
    assert len(refusals) == 1


def test_without_any_socket_a_request_that_hangs_is_given_up(talk):
    """Some proxies hold a request for ever: neither reading nor sending may wait for it."""
    phone = talk.phone
    by_http(phone)
    held: list[Route] = []
    phone.route(BY_HTTP, lambda route: held.append(route), times=2)
    patient_writes(phone, FIRST)
    phone.clock.fast_forward(16_000)  # the first line goes, and the first reading
    pumped(phone, lambda: len(held) == 2)
    professional_writes(talk.console, SECOND)
    all_kept(talk.console)
    phone.clock.fast_forward(10_000)  # both are given up
    for text in (SECOND, FIRST):  # by the next ones, whatever their turn
        as_time_goes(phone, 48_000, phone.get_by_text(text))
    expect(shown(phone)).to_have_text([QUESTION, BEFORE, SECOND, FIRST])
    all_kept(phone)


def without_socket(desk: Page) -> Link:
    """The home of a console behind a proxy that lets no socket through; its clock is ours."""
    desk.add_init_script("Math.random = () => 0")  # the shortest of the waits
    enter(desk, "professionnel")
    return by_http(desk)


def read_again(desk: Page) -> None:
    """Until the lists are read again, and a little more for what is gathered before that."""
    desk.clock.fast_forward(12_000)
    desk.clock.run_for(300)


def test_without_any_socket_the_queue_goes_on(new_page):
    """The home of the console follows no conversation: its lists say that somebody waits."""
    desk, phone = new_page(**DESK), new_page(**PHONE)
    link = without_socket(desk)
    read_again(desk)
    expect(desk.get_by_text(SLOWLY)).to_be_visible()
    name = f"Myrtille {uuid.uuid4().hex[:8]}"
    enter(phone, "patient")
    through_the_door(phone, name, QUESTION)
    send_question(phone)
    read_again(desk)
    expect(desk.locator("[data-listes]").get_by_text(name)).to_be_visible()
    # Nothing passes any more: what is shown stays, and the page says so.
    desk.route(LISTS, lambda route: route.abort("aborted"))
    read_again(desk)
    expect(desk.get_by_text(OFFLINE)).to_be_visible()
    expect(desk.locator("[data-listes]").get_by_text(name)).to_be_visible()
    desk.unroute(LISTS)
    # A portal answers everything itself: its page is not taken for the queue.
    desk.route(LISTS, lambda route: route.fulfill(body="<p>Acceptez les conditions.</p>"))
    with desk.expect_response(LISTS):
        read_again(desk)
    expect(desk.locator("[data-listes]").get_by_text(name)).to_be_visible()
    expect(desk.get_by_text(OFFLINE)).to_be_visible()
    desk.unroute(LISTS)
    link.mend()
    expect(desk.get_by_text(OFFLINE)).to_be_hidden()


SAID = """() => {
    window.said = 0;
    const place = document.querySelector("[data-etat-lien]");
    new MutationObserver(() => { window.said += 1; }).observe(place, { childList: true });
}"""


def test_a_reading_that_never_ends_holds_up_no_other(new_page):
    """Nor does the page say the same words again, which a screen reader would read aloud."""
    desk = new_page(**DESK)
    without_socket(desk)
    read_again(desk)
    expect(desk.get_by_text(SLOWLY)).to_be_visible()
    desk.evaluate(SAID)
    held: list[Route] = []
    desk.route(LISTS, lambda route: held.append(route), times=1)
    read_again(desk)
    pumped(desk, lambda: held)
    desk.clock.fast_forward(10_000)  # what answers no more is given up
    with desk.expect_response(LISTS):
        read_again(desk)
    assert len(held) == 1
    expect(desk.get_by_text(SLOWLY)).to_be_visible()
    assert desk.evaluate("window.said") <= 2  # once that nothing passed, once that it does again
    # The session is over: no socket says so, the next reading does.
    desk.context.clear_cookies()
    read_again(desk)
    expect(desk.get_by_role("heading", name="Se connecter")).to_be_visible()
