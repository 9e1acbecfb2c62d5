"""The site is killed under two open pages: they say so, then catch up, and nothing is lost."""

import os
import signal
import uuid

import pytest
from playwright.sync_api import expect

from tests.config.conftest import until
from tests.parcours.walks import (
    DESK,
    PHONE,
    all_kept,
    console_lines,
    enter,
    patient_lines,
    patient_writes,
    professional_writes,
    send_question,
    take,
    through_the_door,
)

QUESTION = "Un moustique m'a piqué la main, elle gonfle un peu. Que mettre dessus ?"
BEFORE = "Bonjour, depuis quand ?"
FROM_PATIENT = ["Depuis hier soir.", "C'est la main droite."]
FROM_PROFESSIONAL = ["Avez-vous de la fièvre ?", "Pouvez-vous fermer la main ?"]


@pytest.fixture
def talk(new_page):
    """A patient's page and a console on the same conversation: two lines already."""
    phone, console = new_page(**PHONE), new_page(**DESK)
    name = f"Framboise {uuid.uuid4().hex[:8]}"
    enter(phone, "patient")
    through_the_door(phone, name, QUESTION)
    send_question(phone)
    enter(console, "professionnel")
    take(console, name)
    professional_writes(console, BEFORE)
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE])
    return phone, console


@pytest.mark.parametrize("cut", ["patient", "professional"])
def test_a_line_that_waited_takes_its_place(talk, watch, cut):
    """Written first, kept second: both pages show the order in which the service kept them."""
    phone, console = talk
    page, other = (phone, console) if cut == "patient" else (console, phone)
    early, late = FROM_PATIENT[0], FROM_PROFESSIONAL[0]
    with watch.server_away():
        page.context.set_offline(True)
        expect(page.get_by_text("Hors ligne")).to_be_visible()
        if cut == "patient":
            patient_writes(page, early)
            professional_writes(other, late)
            kept = [QUESTION, BEFORE, late, early]
        else:
            professional_writes(page, late)
            patient_writes(other, early)
            kept = [QUESTION, BEFORE, early, late]
        all_kept(other)
        page.context.set_offline(False)
        expect(page.get_by_text("Hors ligne")).to_be_hidden()
    for view in (patient_lines(phone), console_lines(console)):
        expect(view).to_have_text(kept)


def test_a_killed_site_loses_no_line(stack, talk, watch):
    phone, console = talk
    loaded = {page: list(watch.landings[page]) for page in (phone, console)}

    with watch.server_away():
        until(lambda: stack.program("config.web"))
        os.kill(stack.program("config.web"), signal.SIGKILL)
        for page in (phone, console):
            expect(page.get_by_text("Hors ligne")).to_be_visible()
        for first, second in zip(FROM_PATIENT, FROM_PROFESSIONAL, strict=True):
            patient_writes(phone, first)
            professional_writes(console, second)
        for page in (phone, console):
            expect(page.get_by_text("Hors ligne")).to_be_hidden()

    for view in (patient_lines(phone), console_lines(console)):
        expect(view).to_have_count(6)
    for page in (phone, console):
        all_kept(page)
        assert watch.landings[page] == loaded[page], "la page s'est rechargée"
    live = patient_lines(phone).all_inner_texts()
    assert live[:2] == [QUESTION, BEFORE]
    assert [line for line in live if line in FROM_PATIENT] == FROM_PATIENT
    assert [line for line in live if line in FROM_PROFESSIONAL] == FROM_PROFESSIONAL
    assert len(set(live)) == 6
    # Both show the order of the service, the one that a fresh page shows.
    phone.reload()
    expect(patient_lines(phone)).to_have_text(live)
    expect(console_lines(console)).to_have_text(live)
