"""The transmission sheet: one page of paper, however much was written."""

from playwright.sync_api import expect

from tests.parcours.test_journey import pages_of
from tests.parcours.walks import (
    DESK,
    PHONE,
    enter,
    orient_to_cpts,
    patient_lines,
    send_question,
    take,
    through_the_door,
)

LONG = "Depuis lundi, une gêne au poignet quand je tourne une clé. " * 80
MANY_LINES = "Un mot.\n" * 300


def test_a_long_story_is_one_page_of_paper(stack, new_page):
    phone, console = new_page(**PHONE), new_page(**DESK)
    enter(phone, "patient")
    through_the_door(phone, "Nectarine", LONG)
    send_question(phone)
    expect(patient_lines(phone)).to_have_count(1)
    enter(console, "professionnel")
    take(console, "Nectarine")
    orient_to_cpts(console, "dans la semaine", MANY_LINES)
    phone.reload()
    phone.get_by_role("link", name="Imprimer la fiche").click()
    sheet = phone.locator("article")
    expect(sheet).to_contain_text(LONG.strip())
    expect(sheet.get_by_role("heading", name="Numéros utiles")).to_be_visible()
    assert pages_of(phone.pdf(format="A4", print_background=True)) == 1
