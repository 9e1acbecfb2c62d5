"""What is typed outlives the page, the tab and the session; never the logout, never the account."""

import re

import pytest
from playwright.sync_api import Page, expect

from evaluation.demo.people import CAMILLE, INES, PASSWORD
from tests.config.conftest import until
from tests.parcours.talks import (
    BEFORE,
    BY_HTTP,
    CLOSE,
    END_SESSIONS,
    OFFLINE,
    QUESTION,
    Link,
    Talk,
    begin,
    box,
    give_up,
    other_tab,
    shown,
    state_of_last,
    stored,
)
from tests.parcours.walks import (
    alive,
    all_kept,
    enter,
    go_on,
    patient_lines,
    patient_writes,
    professional_writes,
)

WAITING = "Zibeline, la tache bleuit un peu au bord."
HALF = "Et le mercure ocre monte"
# Long ones: a short one would come up by chance in what is sealed.
SENTINELS = re.compile("zibeline|bleuit|mercure", re.IGNORECASE)
SIDES = pytest.mark.parametrize("side", ["patient", "professional"])


@pytest.fixture
def talk(stack, new_page) -> Talk:
    return begin(stack, new_page)


def sides(talk: Talk, side: str) -> tuple[Page, Page]:
    """The page of one side, then the other's."""
    return (talk.phone, talk.console) if side == "patient" else (talk.console, talk.phone)


def write(page: Page, text: str) -> None:
    writes = professional_writes if "/console/" in page.url else patient_writes
    writes(page, text)


def leave_waiting(page: Page) -> Link:
    """A line that cannot leave and a text half typed, both kept by the browser, sealed."""
    link = Link(page)
    link.cut()
    expect(page.get_by_text(OFFLINE)).to_be_visible()
    write(page, WAITING)
    box(page).fill(HALF)
    expect(state_of_last(page)).to_have_text("envoi…")
    until(lambda: ".ligne." in stored(page) and ".texte." in stored(page))
    assert not SENTINELS.search(stored(page))
    return link


@SIDES
def test_a_reload_keeps_what_waits_and_what_is_half_typed(talk, side):
    page, other = sides(talk, side)
    link = leave_waiting(page)
    page.reload()
    expect(shown(page)).to_have_text([QUESTION, BEFORE, WAITING])
    expect(state_of_last(page)).to_have_text("envoi…")
    expect(box(page)).to_have_value(HALF)
    expect(shown(other)).to_have_text([QUESTION, BEFORE])
    link.mend()
    expect(shown(other)).to_have_text([QUESTION, BEFORE, WAITING])
    expect(shown(page)).to_have_text([QUESTION, BEFORE, WAITING])
    expect(box(page)).to_have_value(HALF)
    all_kept(page)
    until(lambda: ".ligne." not in stored(page))
    write(page, "Fini.")
    until(lambda: "ms." not in stored(page))


def test_a_text_that_no_frame_can_carry_is_refused_at_once_and_given_back(talk):
    """Longer than a frame, then longer than what the socket survives: it never leaves the box, so
    that no reload loses it; the next line passes."""
    phone = talk.phone
    for size in (12_000, 200_000):
        patient_writes(phone, "é" * size)
        expect(
            phone.get_by_role("alert").filter(has_text="Votre message est trop long")
        ).to_have_count(1)
        expect(box(phone)).to_have_value("é" * size)
        until(lambda size=size: len(stored(phone)) > 2 * size)
        phone.reload()
        expect(box(phone)).to_have_value("é" * size)
        expect(shown(phone)).to_have_text([QUESTION, BEFORE])
    patient_writes(phone, "Plus court.")
    all_kept(phone)
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, "Plus court."])


def test_a_tab_that_dies_hands_over_to_the_next(talk):
    """Its waiting line goes by the other tab of the same person, once; not before it is dead."""
    link = leave_waiting(talk.phone)
    tab = other_tab(talk.phone)
    expect(tab.get_by_text(OFFLINE)).to_be_visible()
    expect(patient_lines(tab)).to_have_text([QUESTION, BEFORE])
    talk.phone.close(run_before_unload=False)
    expect(patient_lines(tab)).to_have_text([QUESTION, BEFORE, WAITING])
    link.mend()
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, WAITING])
    expect(patient_lines(tab)).to_have_text([QUESTION, BEFORE, WAITING])
    all_kept(tab)


def test_a_line_kept_before_the_reload_is_shown_once(talk):
    """Its answer was lost, not the line: the new page knows it, and sends nothing again."""
    phone = talk.phone
    link = Link(phone)
    patient_writes(phone, "Le lien marche.")
    all_kept(phone)
    link.deaf = True
    patient_writes(phone, WAITING)
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, "Le lien marche.", WAITING])
    expect(state_of_last(phone)).to_have_text("envoi…")
    link.mend()
    link.up = False  # the new page has no link: what it shows, it knew by itself
    phone.reload()
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE, "Le lien marche.", WAITING])
    all_kept(phone)
    until(lambda: ".ligne." not in stored(phone))


def test_logout_leaves_nothing_and_sends_the_other_tabs_away(talk):
    phone = talk.phone
    leave_waiting(phone)
    leaving = phone.context.new_page()
    leaving.goto("/compte/logout/")
    expect(leaving.get_by_text("Un message n'est pas encore parti")).to_be_visible()
    go_on(leaving, "Se déconnecter")
    expect(leaving.get_by_role("button", name="Entrer comme patient")).to_be_visible()
    phone.wait_for_url(lambda url: "/conversations/" not in url)
    for page in (phone, leaving):
        assert not SENTINELS.search(page.content())
        assert "ms." not in stored(page)
        assert not SENTINELS.search(stored(page))
    # The same account again: nothing comes back either.
    enter(leaving, "patient")
    leaving.goto(talk.console.url.replace("/console/", "/conversations/"))
    expect(patient_lines(leaving)).to_have_text([QUESTION, BEFORE])
    expect(box(leaving)).to_have_value("")


@SIDES
def test_another_account_finds_nothing_and_sends_nothing(talk, side):
    """The session is gone without a logout, and somebody else signs in on this device."""
    page, other = sides(talk, side)
    link = leave_waiting(page)
    page.context.clear_cookies()
    stranger = page.context.new_page()
    enter(stranger, "professionnel" if side == "patient" else "patient")
    stranger.goto(other.url)
    expect(shown(stranger)).to_have_text([QUESTION, BEFORE])
    until(lambda: "ms." not in stored(stranger))
    page.route(BY_HTTP, give_up)  # a post would learn the same, and load the page again
    link.mend()
    # The page of the first one is still open: it says so, sends nothing, and shows only what was
    # written there.
    expect(page.get_by_text("Un autre compte est ouvert")).to_be_visible()
    expect(box(page)).to_have_value(HALF)
    expect(shown(page)).to_have_text([WAITING])
    expect(state_of_last(page)).to_have_text("envoi…")
    expect(shown(other)).to_have_text([QUESTION, BEFORE])
    assert "ms." not in stored(page)


BEHIND = """() => {
    Object.defineProperty(document, "visibilityState", {
        get: () => (window.ahead ? "visible" : "hidden"),
    });
}"""
AHEAD = """() => {
    window.ahead = true;
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_behind_asks_for_no_sign_in_page_by_itself(talk):
    """Its answer would undo what whoever signs in beside it does meanwhile."""
    console = talk.console
    answered: list[str] = []
    console.on("response", lambda response: answered.append(response.url))
    console.evaluate(BEHIND)
    console.context.clear_cookies()
    with console.expect_response("**/console/file/**"):
        patient_writes(talk.phone, "Elle gonfle.")
    patient_writes(talk.phone, "Elle chauffe.")
    all_kept(talk.phone)
    assert not [url for url in answered if "/compte/" in url]
    expect(console.locator("body")).to_be_hidden()
    console.evaluate(AHEAD)
    expect(console.get_by_role("heading", name="Se connecter")).to_be_visible()


@SIDES
def test_a_page_behind_whose_session_is_over_shows_nothing_until_it_is_looked_at(stack, talk, side):
    page, _ = sides(talk, side)
    address = page.url
    page.evaluate(BEHIND)
    email = CAMILLE.email if side == "patient" else INES.email
    stack.shell(END_SESSIONS.format(email=email))
    expect(page.locator("body")).to_be_hidden()
    assert page.url == address
    page.evaluate(AHEAD)
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()


# In the instance: the conversation `pk` holds the two lines of a talk that begins.
TWO_LINES = """
from messagerie.models import Message
kept = Message.objects.filter(conversation_id={pk!r}, kind="TEXT").count()
assert kept == 2, kept
"""


def test_a_text_half_typed_is_sent_by_nobody_but_its_author(stack, talk):
    """The session ended, and the same person is back in another tab: the page has its text."""
    phone = talk.phone
    box(phone).fill(HALF)
    until(lambda: ".texte." in stored(phone))
    phone.evaluate(BEHIND)
    stack.shell(END_SESSIONS.format(email=CAMILLE.email))
    expect(phone.locator("body")).to_be_hidden()
    enter(phone.context.new_page(), "patient")
    phone.evaluate(AHEAD)
    expect(box(phone)).to_have_value(HALF)
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE])
    stack.shell(TWO_LINES.format(pk=talk.pk))


def test_a_closed_page_whose_session_is_over_is_not_left_blank(stack, talk, watch):
    """A line that waits there has no form to go with; this device keeps it."""
    phone = talk.phone
    link = leave_waiting(phone)
    stack.shell(CLOSE.format(pk=talk.pk))
    phone.reload()
    expect(phone.get_by_text(WAITING)).to_be_visible()
    phone.evaluate(BEHIND)
    stack.shell(END_SESSIONS.format(email=CAMILLE.email))
    with watch.refused():  # it may also learn it by plain HTTP
        link.mend()
        expect(phone.locator("body")).to_be_hidden()
        phone.evaluate(AHEAD)
        expect(phone.get_by_role("heading", name="Se connecter")).to_be_visible()


def test_signed_in_again_the_same_account_goes_on(stack, talk, watch):
    phone, address = talk.phone, talk.address
    link = leave_waiting(phone)
    stack.shell(END_SESSIONS.format(email=CAMILLE.email))
    with watch.refused():  # it may also learn it by plain HTTP
        link.mend()
        expect(phone.get_by_role("heading", name="Votre session est finie")).to_be_visible()
    main = phone.get_by_role("main")
    expect(main).to_contain_text(WAITING)
    expect(main.get_by_label("Votre message")).to_have_value(HALF)
    main.get_by_role("link", name="Se connecter").click()
    phone.get_by_label("Courriel").fill(CAMILLE.email)
    phone.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    go_on(phone, "Se connecter")
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE, WAITING])
    expect(box(phone)).to_have_value(HALF)
    all_kept(phone)
    assert phone.url.split("#")[0] == address


def test_a_text_that_the_service_kept_too_is_not_put_beside_what_became_of_it(stack, talk):
    phone = talk.phone
    box(phone).fill(HALF)
    until(lambda: ".texte." in stored(phone))
    stack.shell(END_SESSIONS.format(email=CAMILLE.email))
    expect(phone.get_by_role("heading", name="Votre session est finie")).to_be_visible()
    phone.get_by_role("main").get_by_role("link", name="Se connecter").click()
    phone.get_by_label("Courriel").fill(CAMILLE.email)
    phone.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    go_on(phone, "Se connecter")
    expect(box(phone)).to_have_value(HALF)
    alive(phone)
    for text in (HALF, f"{HALF} encore", ""):
        for typed in (f"{text}.", text):
            before = stored(phone)
            box(phone).fill(typed)
            until(lambda before=before: stored(phone) != before)
        phone.reload()
        alive(phone)
        phone.evaluate("() => new Promise((done) => setTimeout(done, 300))")
        expect(box(phone)).to_have_value(text)


def test_a_professional_whose_session_ends_keeps_the_text_in_sight(stack, talk):
    console = talk.console
    box(console).fill(HALF)
    stack.shell(END_SESSIONS.format(email=INES.email))
    expect(console.get_by_text("Votre session est finie")).to_be_visible()
    expect(box(console)).to_have_value(HALF)
    link = console.locator("[data-etat-lien]").get_by_role("link", name="Se connecter")
    link.click()
    expect(console.get_by_label("Courriel")).to_be_visible()
    assert not SENTINELS.search(stored(console))


def test_what_is_typed_in_the_right_column_is_not_lost_either(stack, talk):
    """The server has none of it, and the device keeps only the answer."""
    console = talk.console
    with console.expect_navigation():
        console.get_by_role("link", name="Clore", exact=True).click()
    alive(console)
    summary = console.locator("[data-droite] textarea").first
    summary.fill("Du froid, dix minutes.")
    stack.shell(END_SESSIONS.format(email=INES.email))
    expect(console.get_by_text("Copiez votre texte avant de vous connecter")).to_be_visible()
    expect(console.locator("[data-droite] textarea")).to_have_value("Du froid, dix minutes.")


def test_a_line_too_old_to_leave_is_told_beside_what_becomes_of_the_link(talk):
    phone = talk.phone
    phone.clock.install()
    link = leave_waiting(phone)
    phone.clock.fast_forward(25 * 3600 * 1000)
    phone.reload()
    bar = phone.locator("[data-horsligne]")
    expect(bar).to_contain_text("Un message de plus de 24 heures n'est jamais parti")
    expect(bar).to_contain_text(OFFLINE)
    link.mend()
    expect(bar).not_to_contain_text(OFFLINE)
    expect(bar).to_contain_text("Un message de plus de 24 heures n'est jamais parti")
