"""« Mon dossier », the request to erase, its two persons, and what is left: for the tours."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.parcours.instance import Stack
from tests.parcours.walks import (
    DESK,
    PHONE,
    enter,
    go_on,
    land,
    patient_lines,
    send_question,
    through_the_door,
)

QUESTION = "J'ai un doute sur l'heure de mon médicament. Le matin ou le soir ?"
# The second person: the demonstration has one administrator who signs in.
CONFIRM = """
from comptes.models import User, UserKind
from messagerie import actions
from messagerie.models import ErasureRequest
from orientation.models import Membership, Role
from orientation.scope import scope_for
import datetime
who, _ = User.objects.get_or_create(
    email="seconde.personne@exemple.invalid", defaults={"kind": UserKind.ADMINISTRATOR})
Membership.objects.get_or_create(
    user=who, role=Role.NATIONAL_ADMIN, defaults={"starts_on": datetime.date(2026, 1, 1)})
asked = ErasureRequest.objects.get(state="ASKED")
actions.confirm_erasure(asked.pk, administrator=who, scope=scope_for(who))
"""


def patient_file(
    stack: Stack, open_page: Callable[..., Page], visit: Callable[[str, Page], None]
) -> None:
    """From a withdrawn question to the page that says that its content is erased."""
    phone, desk = open_page(**PHONE), open_page(**DESK)
    enter(phone, "patient")
    through_the_door(phone, "Mirabelle", QUESTION)
    send_question(phone)
    expect(patient_lines(phone)).to_have_text([QUESTION])
    talk = phone.url
    phone.goto(f"{talk}retirer/")
    land(phone, "Retirer ma question")
    phone.goto("/mon-dossier/")
    visit("dossier", phone)
    phone.goto("/mon-dossier/avis/")
    visit("dossier-avis", phone)
    land(phone, "Ne plus recevoir ces avis")
    visit("dossier-avis-arretes", phone)
    land(phone, "Recevoir de nouveau les avis")
    phone.goto("/avis/lien-coupe/")
    visit("avis-lien-coupe", phone)
    phone.goto(talk.replace("/conversations/", "/mon-dossier/") + "effacement/")
    visit("dossier-effacement", phone)
    go_on(phone, "Demander l'effacement")
    expect(phone.get_by_text("Votre demande est enregistrée")).to_be_visible()
    visit("dossier-demande", phone)

    enter(desk, "administratrice")
    desk.goto("/administration/messagerie/erasurerequest/")
    visit("effacement-liste", desk)
    desk.goto("/administration/messagerie/erasurerequest/add/")
    visit("effacement-demander", desk)
    desk.goto("/administration/messagerie/erasurerequest/")
    with desk.expect_navigation():
        desk.locator("#result_list tbody th a").first.click()
    visit("effacement-une", desk)
    with desk.expect_navigation():
        desk.get_by_role("link", name="Reprendre").click()
    visit("effacement-reprendre", desk)
    desk.get_by_role("button", name="Demander l'effacement").click()
    expect(desk.get_by_text("La demande attend maintenant")).to_be_visible()
    visit("effacement-attend", desk)
    stack.shell(CONFIRM)

    phone.goto(talk)
    expect(phone.get_by_role("heading", name="Contenu effacé")).to_be_visible()
    visit("conversation-effacee", phone)
    phone.goto(f"{talk}lectures/")
    visit("conversation-effacee-lectures", phone)
    phone.goto("/mon-dossier/")
    visit("dossier-efface", phone)
