"""The gestures of people on the pages, for every journey: one function for one thing they do.

They click and type what is written on the page, so that they hold with JavaScript or without.
"""

import re
import time
import uuid
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from evaluation.demo.people import PASSWORD, TOTP_SECRET
from tests.comptes.codes import totp
from tests.config.conftest import until

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
OWN_PASSWORD = "un-phare-dans-la-brume-7"
CODE = re.compile(r"\b[A-Z0-9]{3,4}-[A-Z0-9]{3,4}\b|\b[A-Z0-9]{6,8}\b")


def tick(page: Page, label: str) -> None:
    """Tick a box or choose an answer, by its words."""
    page.locator("main label", has_text=label).first.click()


def go_on(page: Page, button: str = "Continuer") -> None:
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def land(page: Page, button: str = "Continuer") -> None:
    """Go on, until the page that it leads to is there."""
    with page.expect_navigation():
        go_on(page, button)


# --- The door


def say_for_whom(page: Page, name: str, age: int = 34) -> None:
    page.goto("/demande/")
    tick(page, "Moi")
    page.get_by_label("Prénom de la personne concernée").fill(name)
    page.get_by_label("Âge en années").fill(str(age))
    land(page)


def say_where(page: Page, place: str) -> None:
    page.get_by_label("Votre commune ou votre code postal").fill(place)
    land(page)


def answer_no_sign(page: Page) -> None:
    tick(page, "Aucun de ces signes")
    land(page)


def say_no_gp(page: Page) -> None:
    page.get_by_role("group", name="Un médecin traitant est-il déclaré").get_by_text(
        "Non", exact=True
    ).click()
    land(page)


def write_question(page: Page, body: str) -> None:
    page.get_by_label("De quoi s'agit-il").select_option(index=1)
    page.get_by_label("Votre question").fill(body)
    tick(page, "J'aurais appelé mon médecin")
    if page.locator("#id_readers_agreed").count():  # asked once of each patient
        tick(page, "J'accepte que l'équipe de garde lise")


def through_the_door(page: Page, name: str, body: str, place: str = "13001") -> None:
    """Every step up to the question, written and ready to leave."""
    say_for_whom(page, name)
    say_where(page, place)
    go_on(page)
    answer_no_sign(page)
    say_no_gp(page)
    write_question(page, body)


def send_question(page: Page) -> None:
    land(page, "Envoyer")


# --- Accounts


def sign_up(page: Page, at_the_code: Callable[[], None] = lambda: None) -> str:
    """From the page of *Envoyer*: a new account, its mail code read in the mailbox. The address.

    `at_the_code` is called before the code is typed.
    """
    address = f"{uuid.uuid4().hex[:12]}@exemple.invalid"
    page.get_by_role("link", name="Créer mon compte").click()
    page.get_by_label("Courriel").fill(address)
    page.get_by_label("Mot de passe", exact=True).fill(OWN_PASSWORD)
    go_on(page, "Créer mon compte")
    expect(page.get_by_role("button", name="Valider le code")).to_be_visible()
    at_the_code()
    type_mailed_code(page, address)
    return address


def type_mailed_code(page: Page, address: str) -> None:
    expect(page.get_by_role("button", name="Valider le code")).to_be_visible()
    page.get_by_label("Code", exact=False).first.fill(mailed_code(page, address))
    land(page, "Valider le code")


def mailed_code(page: Page, address: str) -> str:
    """The code of the last mail to an address, read in another tab as a person would."""
    tab = page.context.new_page()
    tab.goto("/courriels/")
    mail = tab.locator("article", has_text=address).first
    found = CODE.search(mail.locator(".ms-courriel__corps").inner_text())
    tab.close()
    assert found, f"pas de code pour {address}"
    return found.group()


def enter(page: Page, role: str) -> None:
    """By the door of the demonstration: "patient", "professionnel" or "administratrice"."""
    page.goto("/")
    with page.expect_navigation():  # going elsewhere now would leave the door before it opens
        page.get_by_role("button", name=f"Entrer comme {role}").click()


def sign_in(page: Page, address: str) -> None:
    """With the password, then the second factor, of a person of the demonstration."""
    fill_sign_in(page, address, PASSWORD)
    page.get_by_label("Code").first.fill(fresh_code(TOTP_SECRET))
    land(page, "Valider")


def fresh_code(secret: str) -> str:
    """The code of an authenticator application, with ten seconds at least to type it."""
    until(lambda: time.time() % 30 < 20)
    return totp(secret)


def fill_sign_in(page: Page, address: str, password: str) -> None:
    """Address and password, up to the question of the second factor."""
    page.goto("/compte/login/")
    page.get_by_label("Courriel").fill(address)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    go_on(page, "Se connecter")
    expect(page.get_by_role("heading", name="Seconde vérification")).to_be_visible()


# --- Live pages


def alive(page: Page) -> None:
    """The script of a page of either side of a conversation listens to everything."""
    if "/console/" in page.url:
        expect(page.locator("[data-aide]")).to_be_visible()
    else:
        expect(page.locator("[data-sans-script]")).to_be_hidden()


def patient_lines(page: Page) -> Locator:
    """What was written by both, on the patient's page, in the order shown."""
    return page.locator("[data-fil] .ms-bulle__corps")


def console_lines(page: Page) -> Locator:
    return page.locator("[data-fil] .ms-replique__corps")


def patient_writes(page: Page, text: str) -> None:
    page.get_by_label("Votre message").fill(text)
    page.locator("[data-reponse]").get_by_role("button", name="Envoyer").click()


def professional_writes(page: Page, text: str) -> None:
    page.locator("[data-reponse] textarea").fill(text)
    page.locator("[data-reponse]").get_by_role("button", name="Envoyer").click()


def all_kept(page: Page) -> None:
    """Every line of this page is acknowledged."""
    expect(page.locator(".ms-replique--partant, .ms-bulle--attente")).to_have_count(0)


# --- The console


def take(page: Page, name: str) -> None:
    """From the queue, the request about a person."""
    page.locator("[data-rang]", has_text=name).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Prendre cette conversation").click()
    expect(page.locator("[data-mienne]")).to_be_visible()
    alive(page)


def orient_to_cpts(page: Page, when: str, note: str) -> str:
    """Send the patient to the CPTS, whatever the hour makes the rules propose. Its name."""
    tabs = page.get_by_role("navigation", name="Actions sur la conversation")
    with page.expect_navigation():
        tabs.get_by_role("link", name="Orienter").click()
    alive(page)
    page.get_by_label("Quand").fill(when)
    page.get_by_label("Un mot pour le patient").fill(note)
    page.get_by_text("Choisir un autre lieu").click()
    place = page.get_by_role("group", name="Autre lieu").locator("label", has_text="CPTS").first
    place.click()
    page.get_by_label("Pourquoi un autre lieu").select_option(index=1)
    name = place.inner_text().split(" (")[0]
    page.get_by_role("button", name="Proposer le lieu choisi").click()
    return name
