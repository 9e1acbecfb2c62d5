"""One conversation, end to end, with real browsers: the patient, the professional, the count."""

import re

import pytest
from playwright.sync_api import expect

from evaluation.demo.people import GWEN, INES, NADIA
from tests.config.conftest import until
from tests.parcours.walks import (
    DESK,
    PHONE,
    all_kept,
    console_lines,
    enter,
    orient_to_cpts,
    patient_lines,
    patient_writes,
    professional_writes,
    send_question,
    sign_in,
    sign_up,
    take,
    through_the_door,
)

QUESTION = "Depuis trois jours, mon coude est raide le matin. Faut-il consulter ?"
# Who writes, and what; with the question, what both must show at the end.
LINES = (
    ("professional", "Bonjour, avez-vous reçu un coup ?"),
    ("patient", "Non, aucun."),
    ("patient", "J'ai beaucoup jardiné dimanche."),
    ("professional", "Le coude est-il rouge ou chaud ?"),
    ("professional", "Avez-vous de la fièvre ?"),
    ("patient", "Ni rouge, ni chaud.\nPas de fièvre, 36,8 °C <au front>."),
)
WHEN = "dans la semaine"
NOTE = "En attendant, ne portez rien de lourd."


@pytest.fixture(scope="module")
def referred():
    """What the journeys leave for the test of the counts: addresses of the conversations."""
    return []


def conversation_of(address: str) -> str:
    """The number of a conversation, in the address of its page."""
    found = re.search(r"[0-9a-f-]{36}", address)
    assert found, address
    return found.group()


def test_a_question_from_the_door_to_the_sheet(stack, new_page, watch, referred):
    console = new_page(**DESK)
    sign_in(console, INES.email)
    expect(console.get_by_role("heading", name="En attente")).to_be_visible()

    phone = new_page(**PHONE)
    through_the_door(phone, "Mirabelle", QUESTION)
    send_question(phone)
    sign_up(phone)
    phone.get_by_role("button", name="Envoyer ma question").click()
    expect(patient_lines(phone)).to_have_text([QUESTION])
    expect(phone.locator(".ms-attente")).to_be_visible()
    until(lambda: last_line_is_above_the_box(phone))
    referred.append(conversation_of(phone.url))

    # The queue of the console shows it without being loaded again.
    expect(console.locator("[data-rang]", has_text="Mirabelle")).to_have_count(1)
    assert len(watch.landings[console]) == landings_of_sign_in(watch, console)
    take(console, "Mirabelle")
    expect(console_lines(console)).to_have_text([QUESTION])
    expect(phone.locator("[data-etat]")).to_contain_text("avec Inès")

    before = {page: list(watch.landings[page]) for page in (phone, console)}
    said = [QUESTION]
    for side, text in LINES:
        writes, page = (
            (patient_writes, phone) if side == "patient" else (professional_writes, console)
        )
        writes(page, text)
        said.append(text)
        for view in (patient_lines(phone), console_lines(console)):
            expect(view).to_have_count(len(said))
            expect(view.last).to_have_text(text)
    for page, view in ((phone, patient_lines(phone)), (console, console_lines(console))):
        all_kept(page)
        assert view.all_inner_texts() == said
        assert watch.landings[page] == before[page], "la page s'est rechargée"
        page.reload()
        expect(view).to_have_count(len(said))
        assert view.all_inner_texts() == said

    before = list(watch.landings[phone])
    place = orient_to_cpts(console, WHEN, NOTE)
    expect(console.get_by_text("L'orientation est envoyée au patient")).to_be_visible()
    card = phone.locator(".ms-lieu")
    expect(card.get_by_role("heading", name=place)).to_be_visible()
    for words in ("Pourquoi", WHEN, NOTE, "Téléphone", "lieu fictif"):
        expect(card).to_contain_text(words)
    expect(phone.locator("[data-etat]")).to_contain_text("Terminée")
    assert watch.landings[phone] == before, "la page s'est rechargée"
    why = card.locator("dd").first.inner_text()
    assert len(why) > 20

    phone.get_by_role("link", name="Imprimer la fiche").click()
    sheet = phone.locator("article")
    expect(sheet.get_by_role("heading", name="Fiche de transmission")).to_be_visible()
    for words in ("Mirabelle", "34 ans", QUESTION, place, why, WHEN):
        expect(sheet).to_contain_text(words)
    phone.evaluate("window.print = () => { window.printed = true; }")
    phone.get_by_role("button", name="Imprimer").click()
    assert phone.evaluate("window.printed")
    assert pages_of(phone.pdf(format="A4", print_background=True)) == 1


def last_line_is_above_the_box(phone) -> bool:
    """Whether the reply box, which sticks to the foot of a phone, leaves the last line in sight."""
    line = phone.locator("[data-fil] > li").last.bounding_box()
    box = phone.locator("[data-reponse]").bounding_box()
    return bool(line["y"] >= 0 and line["y"] + line["height"] <= box["y"])


def landings_of_sign_in(watch, console) -> int:
    """The pages of the sign-in, up to the console, each loaded once."""
    return 1 + next(
        rank for rank, url in enumerate(watch.landings[console]) if url.endswith("/console/")
    )


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_same_without_javascript_for_the_patient(stack, new_page, referred):
    phone = new_page(**PHONE, java_script_enabled=False)
    through_the_door(phone, "Clémentine", QUESTION)
    send_question(phone)
    sign_up(phone)
    phone.get_by_role("button", name="Envoyer ma question").click()
    expect(patient_lines(phone)).to_have_text([QUESTION])
    referred.append(conversation_of(phone.url))

    console = new_page(**DESK)
    enter(console, "professionnel")
    take(console, "Clémentine")
    said = [QUESTION]
    for side, text in LINES:
        said.append(text)
        if side == "patient":
            phone.get_by_role("link", name="Actualiser").click()
            patient_writes(phone, text)
        else:
            professional_writes(console, text)
        # The professional sees each line live; the patient has it at the next page.
        expect(console_lines(console)).to_have_count(len(said))
        expect(console_lines(console).last).to_have_text(text)
        all_kept(console)
    phone.get_by_role("link", name="Actualiser").click()
    expect(patient_lines(phone)).to_have_count(len(said))
    assert patient_lines(phone).all_inner_texts() == said
    assert console_lines(console).all_inner_texts() == said

    place = orient_to_cpts(console, WHEN, NOTE)
    expect(console.get_by_text("L'orientation est envoyée au patient")).to_be_visible()
    phone.get_by_role("link", name="Actualiser").click()
    card = phone.locator(".ms-lieu")
    for words in (place, "Pourquoi", WHEN, NOTE):
        expect(card).to_contain_text(words)
    phone.get_by_role("link", name="Imprimer la fiche").click()
    expect(phone.locator("article")).to_contain_text(place)
    expect(phone.get_by_role("button", name="Imprimer")).to_be_hidden()


# The day after, said to the database: what these two asked, they asked yesterday.
A_DAY_LATER = """
from datetime import timedelta
from django.db.models import F
from messagerie.models import Conversation, Transition
day = timedelta(days=1)
ids = {ids!r}
Transition.objects.filter(conversation__in=ids).update(at=F("at") - day)
print(Conversation.objects.filter(pk__in=ids).update(
    **{{name: F(name) - day for name in
       ("opened_at", "waiting_since", "taken_at", "first_answer_at", "closed_at")}}
))
"""
COUNTED = """
from evaluation.models import DailyTally
from django.utils import timezone
from datetime import timedelta
print(sum(DailyTally.objects.filter(
    day=timezone.localdate() - timedelta(days=1), departement="13", code="REFERRED_CPTS"
).values_list("count", flat=True)))
"""
NIGHT = "from evaluation.tasks import recount_yesterday; recount_yesterday.delay()"
YESTERDAY = (
    "from django.utils import timezone; from datetime import timedelta; "
    "print(timezone.localdate() - timedelta(days=1))"
)


def test_their_administrator_counts_them_and_another_does_not(stack, new_page, referred):
    assert len(referred) == 2, "les deux parcours viennent d'abord"
    assert stack.shell(A_DAY_LATER.format(ids=referred)) == "2"
    stack.shell(NIGHT)  # by the broker, to the real worker
    log = stack.state / "journaux" / "taches.log"
    until(lambda: re.search(r"recount_yesterday\[[^\]]+\] succeeded", log.read_text()))
    # Between midnight and the hour of the clock, yesterday is not over everywhere yet.
    stack.manage("recount", "--day", stack.shell(YESTERDAY))
    assert stack.shell(COUNTED) == "2"

    nadia = new_page(**DESK)
    enter(nadia, "administratrice")
    yesterday = nadia.locator("section", has=nadia.get_by_role("heading", name="Hier"))
    expect(yesterday).to_contain_text(re.compile(r"\d+ demandes"))
    expect(yesterday).to_contain_text("2 orientées")

    gwen = new_page(**DESK)
    sign_in(gwen, GWEN.email)
    expect(gwen.get_by_role("heading", name="Maintenant")).to_be_visible()
    yesterday = gwen.locator("section", has=gwen.get_by_role("heading", name="Hier"))
    expect(yesterday).to_contain_text("Aucune demande comptée")
    expect(gwen.get_by_role("main")).not_to_contain_text("Bouches-du-Rhône")
    # Small cells of published tables are masked, for whoever may read them.
    nadia.goto("/evaluation/")
    expect(nadia.get_by_role("main")).to_contain_text("Provence-Alpes-Côte d'Azur")
    assert NADIA.kind == GWEN.kind
