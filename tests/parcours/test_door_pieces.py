"""A photo chosen at the door, on a phone, before there is an account.

CAPTURES=folder also writes a picture of each state, to look at.
"""

import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from tests.messagerie.attachments import samples
from tests.parcours.joining import choose, control, photo, sound
from tests.parcours.talks import pumped
from tests.parcours.walks import (
    DESK,
    PHONE,
    enter,
    go_on,
    land,
    patient_lines,
    send_question,
    sign_up,
    take,
    through_the_door,
    write_question,
)

QUESTION = "Une plaque rouge est apparue sur mon avant-bras. Que faire ?"
UPLOADS = "**/demande/question/joindre/"
HEAVY = {
    "name": "lourd.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.7" + b"\0" * (12 * 1024 * 1024),
}
# As the form does without a script; axe, that reads the answer, needs one.
SUBMIT_TOO_MUCH = """() => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: "/demande/question/", enctype: "text/plain" });
    const text = { type: "hidden", name: "texte", value: "x".repeat(12 * 1024 * 1024) };
    form.append(Object.assign(document.createElement("input"), text));
    document.body.append(form);
    form.submit();
}"""
WITHOUT_SCRIPT = PHONE | {"java_script_enabled": False}


def kept(page: Page):
    """The files that the page says to be joined."""
    return page.locator("[data-fichiers] li")


@pytest.fixture
def phone(new_page):
    """A phone at the question, written, without an account."""
    page = new_page(**PHONE)
    through_the_door(page, "Groseille", QUESTION)
    return page


def is_whole(page: Page) -> None:
    """What was typed still stands in the form."""
    expect(page.get_by_label("Votre question")).to_have_value(QUESTION)
    expect(page.get_by_label("De quoi s'agit-il")).not_to_have_value("")


def test_a_photo_leaves_with_the_question_after_a_new_account(new_page):
    phone, console = new_page(**PHONE), new_page(**DESK)
    name = f"Groseille {uuid.uuid4().hex[:8]}"
    through_the_door(phone, name, QUESTION)
    sound(phone, "door-question")
    choose(phone, photo())
    expect(kept(phone)).to_have_count(1)
    expect(control(phone).get_by_text("Le fichier est joint à votre question.")).to_be_visible()
    is_whole(phone)
    kept(phone).locator("img").scroll_into_view_if_needed()
    sound(phone, "door-kept")
    choose(
        phone, {"name": "a" * 60 + ".pdf", "mimeType": "application/pdf", "buffer": samples.pdf(2)}
    )
    expect(kept(phone)).to_have_count(2)
    expect(kept(phone).last).to_contain_text("Document PDF, 2 pages")
    sound(phone, "door-two")
    send_question(phone)
    expect(phone.get_by_text("IMG_2041.jpg")).to_be_visible()
    sound(phone, "door-recap")
    sign_up(phone)
    go_on(phone, "Envoyer ma question")
    enter(console, "professionnel")
    take(console, name)
    for page in (phone, console):
        expect(page.locator("[data-fil] [data-piece]")).to_have_count(2)
    expect(patient_lines(phone).first).to_have_text(QUESTION)
    sound(phone, "door-sent")
    sound(console, "door-console")


def small(name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": samples.jpeg()}


def on_its_way(page: Page, file: dict[str, object]) -> Route:
    """Choose a file, whose upload waits for what the test does with it."""
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route), times=1)
    choose(page, file)
    pumped(page, lambda: held)
    return held[0]


def fails_twice(phone: Page, name: str) -> None:
    """Choose a file that no upload brings. Pressed, the question waits for it, and says so when it
    fails again."""
    choose(phone, small(name))
    expect(control(phone).get_by_text("la connexion est coupée")).to_be_visible()
    go_on(phone, "Envoyer")
    expect(control(phone).get_by_text("appuyez encore sur Envoyer")).to_be_visible()


def test_a_photo_is_taken_off(phone):
    choose(phone, photo())
    expect(kept(phone)).to_have_count(1)
    kept(phone).get_by_role("button", name="Retirer IMG_2041.jpg").click()
    expect(kept(phone)).to_have_count(0)
    expect(phone.get_by_text("« IMG_2041.jpg » est retiré.")).to_be_focused()
    is_whole(phone)


def test_files_chosen_one_after_the_other_all_go(phone):
    held = on_its_way(phone, small("un.jpg"))
    choose(phone, small("deux.jpg"))
    choose(phone, small("trois.jpg"))
    held.continue_()
    expect(kept(phone)).to_have_count(3)
    expect(control(phone).get_by_text("Le fichier est joint à votre question.")).to_be_visible()
    assert [
        name in row
        for name, row in zip(
            ("un.jpg", "deux.jpg", "trois.jpg"), kept(phone).all_inner_texts(), strict=True
        )
    ] == [True] * 3


def test_one_taken_off_while_another_goes_is_taken_off(phone):
    choose(phone, small("un.jpg"))
    expect(kept(phone)).to_have_count(1)
    held = on_its_way(phone, small("deux.jpg"))
    kept(phone).get_by_role("button", name="Retirer un.jpg").click()
    expect(control(phone).get_by_text("Le fichier part encore.")).to_be_visible()
    held.continue_()
    expect(phone.get_by_text("« un.jpg » est retiré.")).to_be_visible()
    expect(kept(phone)).to_have_count(1)
    expect(kept(phone)).to_contain_text("deux.jpg")


def test_the_keyboard_keeps_its_place(phone):
    choose(phone, small("un.jpg"))
    expect(kept(phone)).to_have_count(1)
    held = on_its_way(phone, small("deux.jpg"))
    kept(phone).get_by_role("button", name="Retirer un.jpg").focus()
    held.continue_()
    expect(kept(phone)).to_have_count(2)
    expect(kept(phone).get_by_role("button", name="Retirer un.jpg")).to_be_focused()
    for name in ("trois.jpg", "quatre.jpg", "cinq.jpg"):
        choose(phone, small(name))
        expect(kept(phone).get_by_role("button", name=f"Retirer {name}")).to_be_visible()
    expect(phone.get_by_text("Vous avez joint 5 fichiers.")).to_be_visible()
    expect(control(phone).get_by_text("Le fichier est joint à votre question.")).to_be_visible()
    expect(phone.locator("input[type=file]")).to_be_hidden()
    sound(phone, "door-full")


def test_a_file_refused_for_good_holds_up_nothing(phone, watch):
    choose(phone, HEAVY)
    expect(control(phone).get_by_text("trop lourd")).to_be_visible()
    with watch.refused():
        choose(phone, {"name": "lettre.docx", "mimeType": "text/plain", "buffer": b"PK\x03\x04"})
        expect(control(phone).get_by_text("Ce type de fichier n'est pas accepté")).to_be_visible()
    with phone.expect_navigation():
        send_question(phone)
    expect(phone.get_by_role("heading", name="Dernière étape")).to_be_visible()


def test_a_photo_chosen_before_the_script_came_goes_all_the_same(new_page):
    """An old phone on a slow network: the page is there before its script."""
    phone = new_page(**PHONE)
    through_the_door(phone, "Groseille", QUESTION)
    held: list[Route] = []
    phone.route("**/pieces*.mjs", lambda route: held.append(route), times=1)
    phone.goto(phone.url, wait_until="commit")
    write_question(phone, QUESTION)
    phone.locator("summary", has_text="Joindre").click()
    phone.locator("input[type=file]").set_input_files(files=[small("tot.jpg")])
    pumped(phone, lambda: held)
    held[0].continue_()
    expect(kept(phone)).to_have_count(1)
    is_whole(phone)


def test_what_is_refused_is_said_even_when_another_goes_after_it(phone, watch):
    held = on_its_way(phone, {"name": "a.docx", "mimeType": "text/plain", "buffer": b"PK\x03\x04"})
    choose(phone, small("b.jpg"))
    go_on(phone, "Envoyer")
    with watch.refused():
        held.continue_()
        expect(kept(phone)).to_have_count(1)
        expect(control(phone).get_by_text("a.docx : Ce type de fichier")).to_be_visible()
    # Pressed before this was known, the question stays, and says how it leaves.
    expect(control(phone).get_by_text("appuyez encore sur Envoyer")).to_be_visible()
    is_whole(phone)
    with phone.expect_navigation():
        go_on(phone, "Envoyer")
    expect(phone.get_by_text("b.jpg")).to_be_visible()


def test_one_that_never_passes_stays_behind_alone(phone, watch):
    with watch.server_away():
        phone.route(UPLOADS, lambda route: route.abort())
        fails_twice(phone, "un.jpg")
        fails_twice(phone, "deux.jpg")
        phone.unroute(UPLOADS)
    with phone.expect_navigation():
        go_on(phone, "Envoyer")
    expect(phone.get_by_role("heading", name="Dernière étape")).to_be_visible()
    expect(phone.get_by_text("deux.jpg")).to_be_visible()
    expect(phone.get_by_text("un.jpg")).to_have_count(0)


def test_who_goes_on_writing_is_not_interrupted(phone, watch):
    held = on_its_way(phone, small("un.jpg"))
    phone.get_by_label("Votre question").focus()
    with watch.server_away():
        held.abort()
        expect(control(phone).get_by_text("la connexion est coupée")).to_be_visible()
    expect(phone.get_by_label("Votre question")).to_be_focused()


def test_a_lost_answer_doubles_nothing_and_the_form_never_leaves_unasked(phone, watch):
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    with watch.server_away():
        phone.route(UPLOADS, lose)
        fails_twice(phone, "unique.jpg")
        phone.unroute(UPLOADS)
    is_whole(phone)
    phone.get_by_role("button", name="Réessayer").click()
    expect(kept(phone)).to_have_count(1)
    is_whole(phone)
    with phone.expect_navigation():
        send_question(phone)
    expect(phone.locator("dd", has_text="unique.jpg")).to_have_text("unique.jpg")


def test_whoever_asks_leaves_without_the_photo(phone, watch):
    with watch.server_away():
        phone.route(UPLOADS, lambda route: route.abort())
        fails_twice(phone, "unique.jpg")
        with phone.expect_navigation():
            go_on(phone, "Envoyer")
    expect(phone.get_by_role("heading", name="Dernière étape")).to_be_visible()
    expect(phone.get_by_text("unique.jpg")).to_have_count(0)


def test_the_enter_key_never_takes_a_file_off(phone):
    choose(phone, photo())
    expect(kept(phone)).to_have_count(1)
    phone.locator("input[name=alternative]").first.focus()
    with phone.expect_navigation():
        phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Dernière étape")).to_be_visible()
    expect(phone.get_by_text("IMG_2041.jpg")).to_be_visible()


def test_a_photo_that_fails_keeps_the_text_and_is_tried_again(phone, watch):
    with watch.server_away():
        phone.route(UPLOADS, lambda route: route.abort())
        choose(phone, photo())
        expect(control(phone).get_by_text("la connexion est coupée")).to_be_visible()
        phone.unroute(UPLOADS)
    is_whole(phone)
    assert phone.locator("input[type=file]").input_value().endswith("IMG_2041.JPG")
    sound(phone, "door-failed")
    # A portal that answers everything itself keeps nothing: the page does not believe it.
    phone.route(UPLOADS, lambda route: route.fulfill(status=200, json={}))
    phone.get_by_role("button", name="Réessayer").click()
    expect(control(phone).get_by_text("Le fichier n'est pas parti.")).to_be_visible()
    phone.unroute(UPLOADS)
    expect(kept(phone)).to_have_count(0)
    phone.get_by_role("button", name="Réessayer").click()
    expect(kept(phone)).to_have_count(1)
    is_whole(phone)


def test_sending_waits_for_a_photo_on_its_way(phone):
    held = on_its_way(phone, photo())
    go_on(phone, "Envoyer")
    expect(control(phone).get_by_text("Le fichier part encore.")).to_be_visible()
    with phone.expect_navigation():
        held.continue_()
    expect(phone.get_by_text("IMG_2041.jpg")).to_be_visible()
    expect(phone.get_by_role("heading", name="Dernière étape")).to_be_visible()


def test_without_javascript(new_page):
    plain = new_page(**WITHOUT_SCRIPT)
    through_the_door(plain, "Groseille", QUESTION)
    plain.locator("summary", has_text="Joindre").click()
    drawing = {"name": "dessin.svg", "mimeType": "image/svg+xml", "buffer": samples.SVG}
    plain.locator("input[type=file]").set_input_files(files=[drawing])
    plain.get_by_role("button", name="Joindre ce fichier").click()
    expect(plain.get_by_role("alert")).to_contain_text("Ce type de fichier n'est pas accepté")
    is_whole(plain)
    plain.locator("input[type=file]").set_input_files(files=[photo()])
    plain.get_by_role("button", name="Joindre ce fichier").click()
    expect(kept(plain)).to_have_count(1)
    is_whole(plain)
    plain.locator("summary", has_text="Joindre").click()
    plain.locator("input[type=file]").set_input_files(files=[photo("dos.jpg")])
    send_question(plain)
    expect(plain.get_by_text("IMG_2041.jpg, dos.jpg")).to_be_visible()


def test_without_javascript_a_file_that_is_too_heavy_is_told_on_a_page(new_page, watch):
    """It is refused unread, in front of everything that makes pages."""
    plain = new_page(**WITHOUT_SCRIPT)
    through_the_door(plain, "Groseille", QUESTION)
    plain.locator("summary", has_text="Joindre").click()
    for button, lost in (("Joindre ce fichier", 0), ("Envoyer", 1)):
        plain.locator("input[type=file]").set_input_files(files=[HEAVY])
        land(plain, button)
        expect(plain.get_by_role("heading", level=1)).to_have_text("Votre envoi n'est pas parti")
        expect(plain.get_by_text("Ce fichier est trop lourd : 10 Mo au plus.")).to_be_visible()
        expect(plain.get_by_text("Votre question n'est pas partie non plus")).to_have_count(lost)
        expect(plain.get_by_role("link", name="15", exact=True)).to_be_visible()
        plain.go_back()
        is_whole(plain)


def test_that_page_is_sound(phone, watch):
    with watch.refused(), phone.expect_navigation():
        phone.evaluate(SUBMIT_TOO_MUCH)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Votre envoi n'est pas parti")
    sound(phone, "door-heavy")
