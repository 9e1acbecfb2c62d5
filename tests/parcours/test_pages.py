"""What a page owes to a phone, a keyboard, and a hand that slips."""

import pytest
from playwright.sync_api import Page, expect

from evaluation.demo.people import CAMILLE, PASSWORD
from tests.parcours.walks import (
    PHONE,
    answer_no_sign,
    enter,
    go_on,
    patient_lines,
    say_for_whom,
    say_no_gp,
    say_where,
    send_question,
    through_the_door,
    tick,
    write_question,
)

QUESTION = "J'ai la voix cassée depuis deux semaines, sans fièvre. Est-ce grave ?"
LIGHT = 250_000
# The element that has the focus, or what stands for it on the screen, is drawn with an outline.
FOCUS_SHOWN = """() => {
    const held = document.activeElement;
    const drawn = [[held, null], [held, "::before"], [held, "::after"]];
    for (const label of held.labels ?? []) {
        drawn.push([label, null], [label, "::before"], [label, "::after"]);
    }
    return drawn.some(([node, part]) => {
        const style = getComputedStyle(node, part);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    });
}"""
FOCUSED = """() => {
    const held = document.activeElement;
    return (held.labels?.[0] ?? held).innerText.trim().split("\\n")[0];
}"""


@pytest.mark.parametrize("path", ["/", "/demande/"])
def test_the_first_page_is_light(new_page, path):
    page = new_page(**PHONE)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    weights: list[float] = []
    wire.on("Network.loadingFinished", lambda done: weights.append(done["encodedDataLength"]))
    page.goto(path, wait_until="networkidle")
    assert len(weights) > 2
    assert sum(weights) < LIGHT, f"{sum(weights):.0f} octets"


# --- The keyboard


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus is on what says `words`; each stop on the way must be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_SHOWN), f"focus invisible : {page.evaluate(FOCUSED)}"
        if page.evaluate(FOCUSED).startswith(words):
            return
    pytest.fail(f"le clavier n'atteint pas « {words} »")


def test_the_door_with_the_keyboard_alone(new_page):
    page = new_page()
    page.goto("/demande/")
    keys = page.keyboard
    tab_to(page, "Moi")
    keys.press("Space")
    tab_to(page, "Prénom de la personne")
    keys.type("Noisette")
    tab_to(page, "Âge en années")
    keys.type("51")
    keys.press("Enter")
    expect(page.get_by_label("Votre commune ou votre code postal")).to_be_visible()
    tab_to(page, "Votre commune")
    keys.type("13001")
    keys.press("Enter")
    expect(page.get_by_text("Marseille 1er").first).to_be_visible()
    tab_to(page, "Continuer")
    keys.press("Enter")
    expect(page.get_by_text("Aucun de ces signes")).to_be_visible()
    tab_to(page, "Aucun de ces signes")
    keys.press("Space")
    tab_to(page, "Continuer")
    keys.press("Enter")
    expect(page.get_by_text("Un médecin traitant est-il déclaré")).to_be_visible()
    tab_to(page, "Passer cette étape")
    keys.press("Enter")
    expect(page.get_by_label("De quoi s'agit-il")).to_be_visible()
    tab_to(page, "De quoi s'agit-il")
    keys.press("ArrowDown")
    tab_to(page, "Votre question")
    keys.type(QUESTION)
    tab_to(page, "J'accepte que l'équipe de garde lise")
    keys.press("Space")
    tab_to(page, "Envoyer")
    keys.press("Enter")
    expect(page.get_by_role("link", name="Créer mon compte")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(QUESTION)


def test_the_first_tab_skips_to_the_content(new_page):
    page = new_page()
    page.goto("/")
    tab_to(page, "Contenu")
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()


# --- What was typed


@pytest.mark.parametrize("script", [True, False], ids=["script", "sans-script"])
def test_a_refusal_keeps_what_was_typed(new_page, script):
    page = new_page(**PHONE, java_script_enabled=script)
    page.goto("/demande/")
    page.get_by_label("Prénom de la personne concernée").fill("Olive")
    go_on(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Prénom de la personne concernée")).to_have_value("Olive")
    say_for_whom(page, "Olive")
    say_where(page, "zzz")
    expect(page.get_by_label("Votre commune ou votre code postal")).to_have_value("zzz")
    say_where(page, "13001")
    go_on(page)
    answer_no_sign(page)
    say_no_gp(page)
    page.get_by_label("Votre question").fill(QUESTION)
    tick(page, "J'aurais appelé le 15")
    send_question(page)
    expect(page.get_by_role("alert")).to_contain_text("Choisissez le sujet")
    expect(page.get_by_label("Votre question")).to_have_value(QUESTION)
    expect(page.get_by_label("J'aurais appelé le 15")).to_be_checked()
    long = "a" * 20_000
    page.get_by_label("Votre question").fill(long)
    write_motive_and_agree(page)
    send_question(page)
    expect(page.get_by_role("alert")).to_contain_text("5 000")
    expect(page.get_by_label("Votre question")).to_have_value(long)


def write_motive_and_agree(page: Page) -> None:
    page.get_by_label("De quoi s'agit-il").select_option(index=1)
    tick(page, "J'accepte que l'équipe de garde lise")


def test_the_back_button_keeps_the_answers(new_page):
    page = new_page(**PHONE)
    through_the_door(page, "Châtaigne", QUESTION)
    send_question(page)
    expect(page.get_by_role("main")).to_contain_text(QUESTION)
    page.go_back()
    expect(page.get_by_label("Votre question")).to_have_value(QUESTION)
    page.go_back()
    expect(page.get_by_role("radio", name="Non", exact=True).first).to_be_checked()
    page.go_back()
    expect(page.get_by_label("Aucun de ces signes")).to_be_checked()
    page.goto("/demande/")
    expect(page.get_by_label("Prénom de la personne concernée")).to_have_value("Châtaigne")
    expect(page.get_by_label("Moi", exact=True)).to_be_checked()


@pytest.mark.parametrize("script", [True, False], ids=["script", "sans-script"])
def test_a_double_click_sends_once(stack, new_page, script):
    name = f"Myrtille {script}"
    page = new_page(**PHONE, java_script_enabled=script)
    enter(page, "patient")
    before = count_of(stack)
    through_the_door(page, name, QUESTION)
    page.get_by_role("main").get_by_role("button", name="Envoyer", exact=True).dblclick()
    expect(patient_lines(page)).to_have_text([QUESTION])
    # And the button again, by the way back.
    page.go_back()
    page.goto("/demande/envoyer/")
    assert count_of(stack) == before + 1


def count_of(stack) -> int:
    return int(
        stack.shell(
            "from messagerie.models import Conversation; "
            f"print(Conversation.objects.filter(patient__email={CAMILLE.email!r}).count())"
        )
    )


END_SESSIONS = f"""
from django.contrib.sessions.models import Session
from comptes.models import User
from messagerie.delivery import hint_rights
Session.objects.all().delete()
hint_rights(User.objects.get(email={CAMILLE.email!r}).pk)
"""


@pytest.mark.parametrize("script", [True, False], ids=["script", "sans-script"])
def test_a_session_that_ends_keeps_the_text(stack, new_page, script):
    page = new_page(**PHONE, java_script_enabled=script)
    enter(page, "patient")
    write_in_a_new_conversation(page)
    address = page.url
    page.get_by_label("Votre message").fill("Je voulais ajouter une chose.")
    stack.shell(END_SESSIONS)
    if not script:
        page.locator("[data-reponse]").get_by_role("button", name="Envoyer").click()
    # With the live link, the page goes there by itself.
    expect(page.get_by_role("heading", name="Votre session est finie")).to_be_visible()
    expect(page.get_by_role("main").get_by_label("Votre message")).to_have_value(
        "Je voulais ajouter une chose."
    )
    page.get_by_role("main").get_by_role("link", name="Se connecter").click()
    page.get_by_label("Courriel").fill(CAMILLE.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    go_on(page, "Se connecter")
    expect(page.get_by_label("Votre message")).to_have_value("Je voulais ajouter une chose.")
    assert page.url.split("#")[0] == address
    expect(patient_lines(page)).to_have_text([QUESTION])
    page.locator("[data-reponse]").get_by_role("button", name="Envoyer").click()
    expect(patient_lines(page)).to_have_text([QUESTION, "Je voulais ajouter une chose."])


def write_in_a_new_conversation(page: Page) -> None:
    say_for_whom(page, "Groseille")
    say_where(page, "13001")
    go_on(page)
    answer_no_sign(page)
    say_no_gp(page)
    write_question(page, QUESTION)
    send_question(page)
    expect(patient_lines(page)).to_have_text([QUESTION])
