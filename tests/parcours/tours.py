"""Every page of the service in its states, as people come to it: for the checks and the pictures.

Each tour opens pages and calls `visit(name, page)` where there is something to look at.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from evaluation.demo.people import HUGO, PAUL
from tests.parcours.instance import Stack
from tests.parcours.tours_file import patient_file
from tests.parcours.tours_live import live
from tests.parcours.tours_session import session_over
from tests.parcours.walks import (
    DESK,
    OWN_PASSWORD,
    PHONE,
    all_kept,
    enter,
    fill_sign_in,
    fresh_code,
    land,
    orient_to_cpts,
    patient_lines,
    patient_writes,
    professional_writes,
    say_for_whom,
    say_no_gp,
    say_where,
    send_question,
    sign_in,
    sign_up,
    take,
    through_the_door,
    type_mailed_code,
    write_question,
)

Open = Callable[..., Page]
Visit = Callable[[str, Page], None]
Tour = Callable[[Stack, Open, Visit], None]

QUESTION = "Mon genou me gêne dans les escaliers depuis une semaine. Que faire en attendant ?"


def public(stack: Stack, open_page: Open, visit: Visit) -> None:
    """What anybody can read, and the pages of the sign-in."""
    page = open_page(**PHONE)
    for name, path in (
        ("accueil-demonstration", "/"),
        ("pied-service", "/a-propos/service/"),
        ("pied-lecteurs", "/a-propos/qui-peut-lire/"),
        ("pied-droits", "/a-propos/mes-droits/"),
        ("pied-accessibilite", "/accessibilite/"),
        ("pied-mentions", "/mentions-legales/"),
        ("courriels", "/courriels/"),
        ("erreur-404", "/nulle-part/"),
        ("compte-connexion", "/compte/login/"),
        ("compte-creer", "/compte/signup/"),
        ("compte-mot-de-passe-oublie", "/compte/password/reset/"),
        ("compte-code-demande", "/compte/login/code/"),
    ):
        page.goto(path)
        visit(name, page)
    page.goto("/compte/signup/")
    land(page, "Créer mon compte")
    visit("compte-creer-refuse", page)


def door(stack: Stack, open_page: Open, visit: Visit) -> None:
    """Each step of the door, its refusals, and the places where the service is closed."""
    page = open_page(**PHONE)
    page.goto("/demande/")
    visit("porte-1-pour-qui", page)
    land(page)
    visit("porte-1-refuse", page)
    say_for_whom(page, "Prune")
    visit("porte-2-ou", page)
    for name, place in (
        ("porte-2-introuvable", "zzz"),
        ("porte-2-ferme", "75116"),
        ("porte-2-outre-mer", "98800"),
        ("porte-2-homonymes", "37160"),
        ("porte-2-liste-longue", "51300"),
        ("porte-2-trouve", "13001"),
    ):
        page.goto("/demande/ou/?changer=1")
        say_where(page, place)
        visit(name, page)
    land(page)
    visit("porte-3-signes", page)
    land(page)
    visit("porte-3-refuse", page)
    page.locator("main label").first.click()
    visit("porte-3-coche", page)
    land(page)
    visit("porte-3-signe", page)
    page.locator("#lequel label").first.click()
    with page.expect_navigation():
        page.get_by_role("button", name="Voir ce qu'il faut faire").click()
    visit("porte-3-numero", page)
    land(page, "Ce n'est pas mon cas, continuer")
    visit("porte-4-medecin", page)
    say_no_gp(page)
    visit("porte-5-question", page)
    send_question(page)
    visit("porte-5-refuse", page)
    write_question(page, QUESTION)
    send_question(page)
    visit("porte-6-compte", page)


def account(stack: Stack, open_page: Open, visit: Visit) -> None:
    """A new patient: sign-up, mail code, second factor, and the pages of the account."""
    page = open_page(**PHONE)
    through_the_door(page, "Cerise", QUESTION)
    send_question(page)
    address = sign_up(page, lambda: visit("compte-code", page))
    visit("porte-6-envoyer", page)
    for name, path in (
        ("compte-adresse", "/compte/email/"),
        ("compte-second-facteur", "/compte/2fa/"),
        ("compte-mot-de-passe", "/compte/password/change/"),
        ("compte-confirmer", "/compte/2fa/totp/activate/"),
    ):
        page.goto(path)
        visit(name, page)
    page.get_by_label("Mot de passe").fill(OWN_PASSWORD)
    land(page, "Confirmer")
    visit("compte-application", page)
    secret = page.locator("code").first.inner_text().strip()
    page.get_by_label("Code").first.fill(fresh_code(secret))
    land(page, "Activer")
    visit("compte-codes-de-secours", page)
    page.goto("/compte/2fa/webauthn/add/")
    visit("compte-cle", page)
    page.goto("/compte/2fa/")
    visit("compte-second-facteur-actif", page)
    page.goto("/conversations/")
    visit("conversations-vide", page)
    page.goto("/compte/logout/")
    visit("compte-deconnexion", page)
    land(page, "Se déconnecter")
    fill_sign_in(page, address, OWN_PASSWORD)
    visit("compte-seconde-verification", page)
    other = open_page(**PHONE)
    other.goto("/compte/login/code/")
    other.get_by_label("Courriel").fill("camille.mesange@exemple.invalid")
    land(other, "Recevoir le code")
    visit("compte-code-connexion", other)
    type_mailed_code(other, "camille.mesange@exemple.invalid")
    visit("accueil-patient", other)


def conversation(stack: Stack, open_page: Open, visit: Visit) -> None:
    """A talk from both sides, in each of its states."""
    phone, console = open_page(**PHONE), open_page(**DESK)
    enter(phone, "patient")
    through_the_door(phone, "Figue", QUESTION)
    send_question(phone)
    expect(patient_lines(phone)).to_have_text([QUESTION])
    visit("conversation-attente", phone)
    address = phone.url
    phone.goto(f"{address}aggravation/")
    visit("aggravation", phone)
    land(phone, "Prévenir l'équipe")
    visit("aggravation-refuse", phone)
    phone.locator("main label").first.click()
    phone.locator(".ms-signes__detail label").first.click()
    land(phone, "Prévenir l'équipe")
    visit("aggravation-numeros", phone)
    phone.goto(f"{address}retirer/")
    visit("conversation-retirer", phone)
    phone.goto(address)
    visit("conversation-aggravee", phone)

    enter(console, "professionnel")
    visit("console-file", console)
    with console.expect_navigation():
        console.locator("[data-rang]", has_text="Figue").click()
    visit("console-lecture", console)
    console.goto("/console/")
    take(console, "Figue")
    professional_writes(console, "Bonjour, le genou est-il gonflé ?")
    expect(patient_lines(phone).last).to_have_text("Bonjour, le genou est-il gonflé ?")
    patient_writes(phone, "Un peu, le soir.")
    all_kept(phone)
    visit("conversation-en-cours", phone)
    expect(console.locator("[data-fil]")).to_contain_text("Un peu, le soir.")
    visit("console-conversation", console)
    talk = console.url.split("#")[0]
    for panel in ("situation", "orienter", "transmettre", "rendre", "clore"):
        console.goto(f"{talk}{panel}/")
        visit(f"console-{panel}", console)
    land(console, "Clore la conversation")
    visit("console-clore-refuse", console)
    orient_to_cpts(console, "dans la semaine", "D'ici là, marchez moins.")
    visit("console-apres", console)
    expect(phone.locator(".ms-lieu")).to_be_visible()
    visit("conversation-orientee", phone)
    for name in ("fiche", "lectures"):
        phone.goto(f"{address}{name}/")
        visit(f"conversation-{name}", phone)
    phone.goto("/conversations/")
    visit("conversations", phone)
    with phone.expect_navigation():
        phone.get_by_role("link", name="Camille").last.click()
    visit("conversation-close", phone)
    phone.goto("/")
    visit("accueil-patient-suivi", phone)
    console.goto("/console/closes/")
    visit("console-closes", console)
    console.goto("/conversations/")
    visit("autre-compte", console)


ON_DUTY_IN_BRETAGNE = """
from orientation.models import Duty
print(Duty.objects.filter(structure__departement="29", ended_at=None).first().user.email)
"""


def quiet_console(stack: Stack, open_page: Open, visit: Visit) -> None:
    """A professional on duty where nobody waits, then off duty."""
    page = open_page(**DESK)
    sign_in(page, stack.shell(ON_DUTY_IN_BRETAGNE))
    expect(page.get_by_role("heading", name="Console")).to_be_visible()
    visit("console-vide", page)
    with page.expect_navigation():
        page.get_by_role("button", name="Quitter ma garde").click()
    visit("console-hors-garde", page)
    with page.expect_navigation():
        page.get_by_role("button", name="Prendre ma garde").click()
    page.get_by_role("button", name="Raccourcis").click()
    visit("console-raccourcis", page)


def administration(stack: Stack, open_page: Open, visit: Visit) -> None:
    """The home of a region, each of its lists and forms, and the results."""
    page = open_page(**DESK)
    enter(page, "administratrice")
    visit("administration", page)
    managed = page.locator("section", has=page.get_by_role("heading", name="Gérer"))
    for path in [link.get_attribute("href") or "" for link in managed.get_by_role("link").all()]:
        name = "administration-" + path.strip("/").rsplit("/", 1)[-1]
        page.goto(path)
        visit(name, page)
        first = page.locator("#result_list tbody th a").first
        one = first.get_attribute("href") if first.count() else None
        more = [
            (f"{name}-{link.inner_text().strip().split()[0].lower()}", link.get_attribute("href"))
            for link in page.locator(".object-tools a").all()
        ]
        for called, href in [(f"{name}-un", one), *more]:
            if href:
                page.goto(page.url.split("?")[0] + href if href[0] == "?" else href)
                visit(called, page)
    page.goto("/evaluation/")
    visit("resultats", page)


def results(stack: Stack, open_page: Open, visit: Visit) -> None:
    """The evaluator's only page, and the coordinator's."""
    for person, name in ((HUGO, "resultats-evaluateur"), (PAUL, "structure")):
        page = open_page(**DESK)
        sign_in(page, person.email)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        visit(name, page)


TOURS: tuple[Tour, ...] = (
    public,
    door,
    account,
    conversation,
    patient_file,
    live,
    session_over,
    quiet_console,
    administration,
    results,
)
