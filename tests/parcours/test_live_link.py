"""When the link is bad in other ways than a clean cut: the page says so, and every line arrives."""

import pytest
from playwright.sync_api import Page, expect

from tests.config.conftest import until
from tests.parcours.talks import (
    BEFORE,
    OFFLINE,
    QUESTION,
    Link,
    Talk,
    begin,
    box,
    pumped,
    shown,
    state_of_last,
    stored,
)
from tests.parcours.walks import (
    all_kept,
    patient_lines,
    patient_writes,
)

SLOWLY = "Connexion limitée"
FIRST, SECOND = "Elle gonfle moins.", "Mais elle chauffe."


@pytest.fixture
def talk(stack, new_page) -> Talk:
    return begin(stack, new_page)


def test_what_answers_instead_of_the_service_loses_no_line(talk):
    """The portal of a hotel says yes to everything; a line is kept until the service has it."""
    phone = talk.phone
    link = Link(phone)
    link.http = link.portal = True
    link.cut()
    expect(phone.get_by_text(OFFLINE)).to_be_visible()
    patient_writes(phone, FIRST)
    pumped(phone, lambda: link.posted)
    expect(state_of_last(phone)).to_have_text("envoi…")
    phone.reload()
    expect(shown(phone)).to_have_text([QUESTION, BEFORE, FIRST])
    link.portal = False
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, FIRST], timeout=30_000)
    expect(phone.get_by_text(SLOWLY)).to_be_visible()
    all_kept(phone)


@pytest.mark.parametrize("code", [1012, 1013], ids=["restart", "try-later"])
def test_a_service_that_asks_to_come_back_is_asked_again(talk, code):
    phone = talk.phone
    link = Link(phone)
    link.cut(code)
    expect(phone.get_by_text(OFFLINE)).to_be_visible()
    patient_writes(phone, FIRST)
    link.mend()
    expect(phone.get_by_text(OFFLINE)).to_be_hidden()
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, FIRST])
    all_kept(phone)


def test_without_its_cipher_a_browser_keeps_nothing_and_sends_all_the_same(talk):
    """On plain http there is no WebCrypto: the memory of the page does, and asks before it goes."""
    phone = talk.phone
    phone.add_init_script("delete Crypto.prototype.subtle;")
    link = Link(phone)
    link.cut()
    expect(phone.get_by_text(OFFLINE)).to_be_visible()
    patient_writes(phone, FIRST)
    box(phone).fill(SECOND)
    assert stored(phone).count("ms.") == 0
    asked: list[str] = []
    phone.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    phone.close(run_before_unload=True)
    pumped(talk.console, lambda: asked)
    assert asked == ["beforeunload"]
    link.mend()
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, FIRST])
    expect(box(phone)).to_have_value(SECOND)


def test_a_half_open_link_is_noticed_by_whoever_writes(talk):
    """Nothing passes and nobody says so: the page does, and the line goes by another link."""
    phone = talk.phone
    link = Link(phone)
    link.half_open()
    patient_writes(phone, FIRST)
    expect(phone.get_by_text(OFFLINE)).to_be_visible(timeout=30_000)
    link.mend()
    expect(phone.get_by_text(OFFLINE)).to_be_hidden()
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, FIRST])
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE, FIRST])
    all_kept(phone)


def test_a_lost_answer_makes_no_second_line(talk):
    """The line arrived, its answer did not: sent again under its own id, it is there once."""
    phone = talk.phone
    link = Link(phone)
    link.deaf = True
    patient_writes(phone, FIRST)
    expect(shown(talk.console)).to_have_text([QUESTION, BEFORE, FIRST])
    expect(state_of_last(phone)).to_have_text("envoi…")
    link.deaf = False
    patient_writes(phone, SECOND)
    for page in (phone, talk.console):
        expect(shown(page)).to_have_text([QUESTION, BEFORE, FIRST, SECOND])
    all_kept(phone)


def test_another_epoch_loads_the_page_again_and_loses_nothing(talk, watch):
    """After a restore the numbers of the page mean nothing; what is typed still does."""
    phone = talk.phone
    link = Link(phone)
    link.cut()
    patient_writes(phone, FIRST)
    box(phone).fill("à moitié")
    until(lambda: ".ligne." in stored(phone) and ".texte." in stored(phone))
    before = len(watch.landings[phone])
    link.epoch = "0123456789abcdef"
    link.mend()
    pumped(phone, lambda: len(watch.landings[phone]) == before + 1)
    expect(box(phone)).to_have_value("à moitié")
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE, FIRST])
    all_kept(phone)
    # Once: a service that goes on saying otherwise does not make the page turn in circles.
    with watch.server_away():
        link.cut()
        expect(phone.get_by_text(OFFLINE)).to_be_visible()
        link.epoch = "fedcba9876543210"
        link.mend()
    expect(phone.get_by_text("Le service a redémarré")).to_be_visible()
    assert len(watch.landings[phone]) == before + 1
    expect(box(phone)).to_have_value("à moitié")


def test_a_person_in_a_hurry_is_slowed_down_and_nothing_is_lost(talk):
    """More lines than the service takes at once: they wait, and arrive in the order typed."""
    lines = [f"Ligne {rank}" for rank in range(26)]
    for line in lines:
        patient_writes(talk.phone, line)
    for page in (talk.phone, talk.console):
        expect(shown(page)).to_have_text([QUESTION, BEFORE, *lines])
    all_kept(talk.phone)


def test_a_line_that_is_refused_is_tried_again_or_taken_back(talk):
    phone: Page = talk.phone
    long = "a" * 5001
    patient_writes(phone, long)
    expect(state_of_last(phone)).to_have_text("non envoyé")
    expect(phone.get_by_role("alert")).to_contain_text("trop long")
    phone.reload()
    expect(state_of_last(phone)).to_have_text("non envoyé")
    phone.get_by_role("button", name="Réessayer").click()
    expect(phone.get_by_role("alert")).to_contain_text("trop long")
    phone.get_by_role("button", name="Reprendre le texte").click()
    expect(box(phone)).to_have_value(long)
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE])
    patient_writes(phone, "a" * 4)
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE, "aaaa"])
    until(lambda: "ms." not in stored(phone))
