"""The states of a live conversation, on both sides: for the checks and the pictures."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.parcours.instance import Stack
from tests.parcours.talks import OFFLINE, Link, begin, box, shown, state_of_last
from tests.parcours.walks import all_kept, patient_writes, professional_writes

HIDDEN = """() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
}"""
REFUSED = "Voici mon carnet de la semaine. " + "Lundi, mardi, mercredi : rien de neuf. " * 140
ADVICE = (
    "Lavez la main à l'eau et au savon, puis séchez.",
    "Posez du froid dix minutes, trois fois par jour.",
    "Retirez les bagues de cette main.",
    "Gardez la main en hauteur la nuit.",
    "Ne grattez pas : coupez les ongles court.",
    "Prenez une photo chaque matin.",
)


def live(stack: Stack, open_page: Callable[..., Page], visit: Callable[[str, Page], None]) -> None:
    """Sent, delivered, opened, typing, offline, refused, and back."""
    talk = begin(stack, open_page)
    phone, console = talk.phone, talk.console
    links = {phone: Link(phone), console: Link(console)}

    console.goto("/console/")
    patient_writes(phone, "Depuis hier soir, et cela gratte la nuit.")
    expect(state_of_last(phone)).to_have_text("envoyé")
    visit("conversation-envoye", phone)
    console.add_init_script(f"({HIDDEN})()")
    console.go_back()
    patient_writes(phone, "La main droite.")
    expect(state_of_last(phone)).to_have_text("remis")
    visit("conversation-remis", phone)
    other = console.context.new_page()
    other.goto(console.url)
    expect(state_of_last(phone)).to_have_text("ouvert")
    visit("conversation-ouvert", phone)

    box(other).press_sequentially("Avez-vous de la fièvre")
    expect(phone.locator("[data-saisie]")).to_have_text("Le professionnel écrit…")
    visit("conversation-saisie", phone)
    box(phone).press_sequentially("Non, 37")
    expect(other.locator("[data-saisie]")).to_have_text(f"{talk.name} écrit…")
    visit("console-saisie", other)
    console.close()

    for page in (phone, other):
        links[phone if page is phone else console].cut()
        expect(page.get_by_text(OFFLINE)).to_be_visible()
    patient_writes(phone, "Non, 37,2 °C ce matin.")
    professional_writes(other, "Pouvez-vous fermer la main ?")
    for page, name in ((phone, "conversation-hors-ligne"), (other, "console-hors-ligne")):
        expect(state_of_last(page)).to_have_text("envoi…")
        visit(name, page)
    for link in links.values():
        link.mend()
    for page, name in ((phone, "conversation-reprise"), (other, "console-reprise")):
        expect(page.get_by_text(OFFLINE)).to_be_hidden()
        expect(shown(page)).to_have_count(6)
        all_kept(page)
        visit(name, page)

    phone.evaluate("scrollTo(0, 0)")
    for advice in ADVICE:
        professional_writes(other, advice)
    expect(phone.locator("[data-nouveau]")).to_have_text(f"{len(ADVICE)} nouveaux messages")
    visit("conversation-nouveaux", phone)
    patient_writes(phone, REFUSED)
    expect(state_of_last(phone)).to_have_text("non envoyé")
    visit("conversation-refus", phone)

    links[phone].cut()
    patient_writes(phone, "Merci, je vais le faire.")
    leaving = phone.context.new_page()
    leaving.set_viewport_size(phone.viewport_size or {"width": 360, "height": 740})
    leaving.goto("/compte/logout/")
    expect(leaving.get_by_text("pas encore")).to_be_visible()
    visit("compte-deconnexion-attente", leaving)
