"""What the people see: the same lines on every page, told once, without a jump."""

import os
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.config.conftest import until
from tests.parcours.talks import (
    BEFORE,
    ERASE,
    OFFLINE,
    QUESTION,
    Talk,
    as_time_goes,
    begin,
    box,
    by_http,
    pumped,
    shown,
    state_of_last,
)
from tests.parcours.walks import (
    DESK,
    all_kept,
    enter,
    patient_lines,
    patient_writes,
    professional_writes,
)

CUT_SECONDS = 20
FROM_TAB = ["Elle gonfle moins.", "Mais elle chauffe."]
FROM_PHONE = ["Je suis sorti.", "J'ai la photo de ce matin."]
FROM_PROFESSIONAL = ["Avez-vous de la fièvre ?", "Pouvez-vous fermer la main ?"]
# How often the place of announcements changed, and what it said.
LISTEN = """() => {
    window.announced = [];
    const place = document.querySelector("[data-annonce]");
    new MutationObserver(() => window.announced.push(place.textContent))
        .observe(place, { childList: true, characterData: true, subtree: true });
}"""
PLACE_OF = "line => document.getElementById(line).getBoundingClientRect().top"


@pytest.fixture
def talk(stack, new_page) -> Talk:
    return begin(stack, new_page)


def test_three_views_show_the_same_after_a_cut_and_a_death(stack, talk, new_page, watch):
    """Two tabs and a phone: the network is gone for 20 s while both sides write, then the site is
    killed while they still do. All show the same lines in the same order, each once."""
    phone, console = talk.phone, talk.console
    tab = new_page(**DESK)
    enter(tab, "patient")
    tab.goto(talk.address)
    expect(patient_lines(tab)).to_have_text([QUESTION, BEFORE])
    pages = [phone, tab, console]

    with watch.server_away():
        for page in pages:
            page.context.set_offline(True)
        for page in pages:
            expect(page.get_by_text(OFFLINE)).to_be_visible()
        patient_writes(phone, FROM_PHONE[0])
        patient_writes(tab, FROM_TAB[0])
        professional_writes(console, FROM_PROFESSIONAL[0])
        for page in pages:
            expect(state_of_last(page)).to_have_text("envoi…")
        phone.wait_for_timeout(CUT_SECONDS * 1000)
        for page in pages:
            page.context.set_offline(False)
        for page in pages:
            expect(page.get_by_text(OFFLINE)).to_be_hidden()
            expect(shown(page)).to_have_count(5)

        until(lambda: stack.program("config.web"))
        os.kill(stack.program("config.web"), signal.SIGKILL)
        for page in pages:
            expect(page.get_by_text(OFFLINE)).to_be_visible()
        patient_writes(phone, FROM_PHONE[1])
        professional_writes(console, FROM_PROFESSIONAL[1])
        patient_writes(tab, FROM_TAB[1])
        box(tab).fill("Et encore")
        for page in pages:
            expect(page.get_by_text(OFFLINE)).to_be_hidden()
            expect(shown(page)).to_have_count(8)

    written = {QUESTION, BEFORE, *FROM_TAB, *FROM_PHONE, *FROM_PROFESSIONAL}
    order = shown(console).all_inner_texts()
    assert set(order) == written and len(order) == len(written)
    for mine in (FROM_TAB, FROM_PHONE, FROM_PROFESSIONAL):
        assert [line for line in order if line in mine] == mine
    for page in pages:
        expect(shown(page)).to_have_text(order)
        all_kept(page)
        expect(state_of_last(page)).to_have_text("ouvert")
    expect(box(tab)).to_have_value("Et encore")
    for page in pages:
        page.reload()
        expect(shown(page)).to_have_text(order)


def test_a_line_says_how_far_it_went(talk):
    """envoyé, remis, ouvert: in an icon and a word, on the page of whoever wrote it."""
    phone, console = talk.phone, talk.console
    console.goto("/console/")
    patient_writes(phone, "Une chose encore.")
    expect(state_of_last(phone)).to_have_text("envoyé")
    expect(state_of_last(phone).locator("svg")).to_be_visible()
    first = phone.locator("[data-fil] [data-envoi]").first
    expect(first).to_have_text("ouvert")
    console.go_back()
    expect(state_of_last(phone)).to_have_text("ouvert")
    # Said once, under the last line; the icon of each line keeps its word for screen readers.
    expect(first.locator(".ms-envoi__mot")).to_have_css("position", "absolute")
    expect(first).to_have_text("ouvert")


def test_a_new_line_is_announced_once(talk, watch):
    """In one polite place; not again when the link comes back, and not one's own."""
    phone, console = talk.phone, talk.console
    for page in (phone, console):
        assert (
            page.locator("[data-fil]").locator("xpath=ancestor-or-self::*[@aria-live]").count() == 0
        )
    phone.evaluate(LISTEN)
    professional_writes(console, "Mettez du froid.")
    expect(phone.locator("[data-annonce]")).to_contain_text("Mettez du froid.")
    patient_writes(phone, "D'accord.")
    all_kept(phone)
    with watch.server_away():
        phone.context.set_offline(True)
        expect(phone.get_by_text(OFFLINE)).to_be_visible()
        professional_writes(console, "Puis reposez la main.")
        professional_writes(console, "Et revenez demain.")
        all_kept(console)
        phone.context.set_offline(False)
        expect(phone.get_by_text(OFFLINE)).to_be_hidden()
    expect(phone.locator("[data-annonce]")).to_contain_text("Et revenez demain.")
    said = [one for one in phone.evaluate("window.announced") if "écrit" not in one]
    assert len(said) == 2, said
    assert said[0].startswith("Nouveau message. Inès, médecin : Mettez")
    assert said[1].startswith("2 nouveaux messages.")


@pytest.mark.parametrize("side", ["patient", "professional"])
def test_the_typing_sign_comes_and_goes(talk, side):
    page, other = (talk.phone, talk.console) if side == "patient" else (talk.console, talk.phone)
    writes = professional_writes if side == "patient" else patient_writes
    sentence = "Le professionnel écrit…" if side == "patient" else f"{talk.name} écrit…"
    page.evaluate(LISTEN)
    sign = page.locator("[data-saisie]")
    # Nothing tells a page's "hello": it comes while this is typed.
    box(other).press_sequentially("Je regarde cela", delay=150)
    expect(sign).to_have_text(sentence)
    box(other).press_sequentially(" tout de suite, un instant", delay=120)
    writes(other, "Voilà.")
    expect(shown(page).last).to_have_text("Voilà.")
    expect(sign).to_have_text("")
    expect(page.locator("[data-annonce]")).to_contain_text("Voilà.")
    assert page.evaluate("window.announced").count(sentence) == 1
    # Somebody who stops writing is not said to write for ever. Signs that come too close to one
    # another are dropped: this one is typed for longer than that.
    box(other).press_sequentially("Ah, et une chose encore", delay=150)
    expect(sign).to_have_text(sentence)
    expect(sign).to_have_text("")


def test_the_scroll_does_not_jump(talk, watch):
    """Who reads above stays there, and is told how many came; who is at the foot follows."""
    phone, console = talk.phone, talk.console
    for rank in range(12):
        professional_writes(console, f"Conseil {rank}, en deux lignes sur un petit téléphone.")
    expect(patient_lines(phone)).to_have_count(14)
    expect(patient_lines(phone).last).to_be_in_viewport()
    phone.evaluate("document.getElementById('m5').scrollIntoView()")
    held = phone.evaluate(PLACE_OF, "m5")
    for text in ("Un de plus.", "Encore un."):
        professional_writes(console, text)
    expect(phone.get_by_role("button", name="2 nouveaux messages")).to_be_visible()
    assert phone.evaluate(PLACE_OF, "m5") == held
    with watch.server_away():
        phone.context.set_offline(True)
        expect(phone.get_by_text(OFFLINE)).to_be_visible()
        assert phone.evaluate(PLACE_OF, "m5") == held
        phone.context.set_offline(False)
        expect(phone.get_by_text(OFFLINE)).to_be_hidden()
    assert phone.evaluate(PLACE_OF, "m5") == held
    phone.get_by_role("button", name="2 nouveaux messages").click()
    expect(patient_lines(phone).last).to_be_in_viewport()
    expect(phone.locator("[data-nouveau]")).to_be_hidden()
    professional_writes(console, "Le dernier.")
    expect(patient_lines(phone).last).to_have_text("Le dernier.")
    expect(patient_lines(phone).last).to_be_in_viewport()

    scroller = console.locator("[data-defile]")
    scroller.evaluate("node => { node.scrollTop = 40; }")
    pumped(console, lambda: not foot_in_sight(console))
    patient_writes(phone, "Bien reçu.")
    expect(console.get_by_role("button", name="1 nouveau message")).to_be_visible()
    assert scroller.evaluate("node => node.scrollTop") == 40


def test_hours_are_those_of_the_place_whatever_the_device_says(stack, new_page):
    """A device that is wrongly set, or that travels: what comes live says the hour of the page."""
    talk = begin(stack, lambda **options: new_page(**options, timezone_id="Pacific/Auckland"))
    patient_writes(talk.phone, "Il est quelle heure ?")
    expect(shown(talk.console)).to_have_count(3)
    for page, hour in ((talk.console, "[data-heure]"), (talk.phone, "time")):
        live = hours(page, hour)
        page.reload()
        expect(shown(page)).to_have_count(3)
        assert hours(page, "time")[-1] == live[-1]


def hours(page: Page, selector: str) -> list[str]:
    return page.locator(f"[data-fil] {selector}").all_inner_texts()


def foot_in_sight(page: Page) -> bool:
    return bool(
        shown(page).last.evaluate("line => line.getBoundingClientRect().top < innerHeight - 200")
    )


@pytest.mark.parametrize("socket", [True, False], ids=["socket", "no socket"])
def test_what_is_erased_leaves_the_screens_where_it_is_open(talk, stack, watch, socket):
    phone, console = talk.phone, talk.console
    with watch.refused():
        if not socket:
            by_http(phone)
        stack.shell(ERASE.format(pk=talk.pk))
        erased = phone.get_by_text("Le contenu de cette conversation a été effacé")
        if not socket:
            as_time_goes(phone, 24_000, erased)
        expect(erased).to_be_visible()
        # It was closed a moment before: a page that came back for that finds it erased.
        home = console.get_by_text("n'est plus dans votre file")
        expect(home.or_(console.get_by_role("heading", name="Contenu effacé"))).to_be_visible()
    for page in (phone, console):
        expect(page.get_by_text(QUESTION)).to_have_count(0)
        expect(page.get_by_text(BEFORE)).to_have_count(0)


def test_what_is_erased_leaves_the_screen_where_somebody_writes(talk, stack, watch):
    console = talk.console
    box(console).fill(FROM_PROFESSIONAL[0])
    with watch.refused():
        stack.shell(ERASE.format(pk=talk.pk))
        expect(console.get_by_text("Copiez votre texte")).to_be_visible()
        expect(talk.phone.get_by_text("a été effacé")).to_be_visible()
    for word in (QUESTION, talk.name, "Médecin traitant"):
        place = console.locator("[data-fil], [data-tete], [data-droite]").get_by_text(word)
        expect(place).to_have_count(0)
    expect(box(console)).to_have_value(FROM_PROFESSIONAL[0])
    button = console.locator("[data-reponse] [type=submit]")
    expect(button).to_be_disabled()
    expect(button).to_be_hidden()
