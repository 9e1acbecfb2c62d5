"""What a thread says of each line, as it comes as when it is loaded: whose it is, of which day."""

import re

import pytest
from playwright.sync_api import expect

from tests.config.conftest import until
from tests.parcours.talks import BEFORE, CLOSE, OFFLINE, QUESTION, Link, Talk, begin, pumped
from tests.parcours.test_live_views import LISTEN
from tests.parcours.walks import (
    all_kept,
    console_lines,
    patient_lines,
    patient_writes,
    professional_writes,
)


@pytest.fixture
def talk(stack, new_page) -> Talk:
    return begin(stack, new_page)


# In the instance: the professional hands the conversation back, and a colleague answers.
TAKEN_OVER = """
from uuid import uuid4
from comptes.models import User
from messagerie import actions
from messagerie.models import Conversation
from orientation.scope import scope_for
held = Conversation.objects.get(pk={pk!r})
first = held.professional
actions.hand_back(held.pk, professional=first, scope=scope_for(first))
on_duty = User.objects.filter(duties__ended_at=None, professional__isnull=False)
for other in on_duty.exclude(pk=first.pk):
    scope = scope_for(other)
    if held.departement_id in scope.duty_departement_codes:
        break
actions.take(held.pk, professional=other, scope=scope)
actions.post(held.pk, author=other, scope=scope, client_id=uuid4(), body={body!r})
print(other.professional.public_name)
"""


def test_what_a_colleague_wrote_is_under_their_name(stack, talk):
    """Also what comes at once after an absence, before the page knows who answers now."""
    phone = talk.phone
    link = Link(phone)
    expect(patient_lines(phone)).to_have_text([QUESTION, BEFORE])
    link.cut()
    expect(phone.get_by_text(OFFLINE)).to_be_visible()
    pk = talk.console.locator("[data-conversation]").get_attribute("data-conversation")
    colleague = stack.shell(TAKEN_OVER.format(pk=pk, body="Je prends la suite."))
    phone.evaluate(LISTEN)
    link.mend()
    last = phone.locator("[data-fil] .ms-bulle").last
    expect(last).to_contain_text("Je prends la suite.")
    expect(last.locator(".ms-bulle__auteur")).to_contain_text(colleague)
    until(lambda: any(colleague in told for told in phone.evaluate("window.announced")))


# In the instance: all that was said so far in a conversation was said yesterday.
YESTERDAY = """
from datetime import timedelta
from django.db.models import F
from messagerie.models import Message
said = Message.objects.filter(conversation_id={pk!r})
said.update(created_at=F("created_at") - timedelta(days=1))
"""
DAYS = """() => {
    const lines = [...document.querySelectorAll("[data-fil] > li")];
    return lines.map(line => line.dataset.jour ? line.textContent : line.dataset.seq);
}"""


OUT_OF_ORDER = """async () => {
    const loaded = performance.getEntriesByType("resource").map(one => one.name);
    const { Days } = await import(loaded.find(name => name.includes("fil_jours")));
    const thread = document.createElement("ol");
    const days = new Days({ thread, timeZone: "UTC", name: day => day.slice(-2) });
    const put = (seq, day) => {
        const line = document.createElement("li");
        line.dataset.seq = seq;
        thread.insertBefore(line, [...thread.children].find(other => other.dataset.seq > seq));
        days.settle(line, `2026-11-${day}`);
    };
    put(1, 21); put(4, 22); put(2, 21); put(3, 21); put(5, 23);
    return [...thread.children].map(line => line.textContent || line.dataset.seq);
}"""


def test_days_are_said_once_in_whatever_order_lines_come(talk):
    assert talk.phone.evaluate(OUT_OF_ORDER) == ["21", "1", "2", "3", "22", "4", "23", "5"]


def test_each_line_stands_under_its_day_also_as_it_comes(stack, talk):
    phone, console = talk.phone, talk.console
    pk = console.locator("[data-conversation]").get_attribute("data-conversation")
    stack.shell(YESTERDAY.format(pk=pk))
    phone.clock.install()
    phone.reload()
    console.reload()
    assert phone.evaluate(DAYS)[0] == "Hier"
    (yesterday,) = [told for told in console.evaluate(DAYS) if not told.isdecimal()]
    last = len(phone.evaluate(DAYS)) - 1
    professional_writes(console, "Bonjour, et ce matin ?")
    expect(patient_lines(phone).last).to_have_text("Bonjour, et ce matin ?")
    patient_writes(phone, "Pareil.")
    expect(console_lines(console).last).to_have_text("Pareil.")
    all_kept(phone)
    before = [str(seq) for seq in range(1, last + 1)]
    after = [str(last + 1), str(last + 2)]
    assert phone.evaluate(DAYS) == ["Hier", *before, "Aujourd'hui", *after]
    shown_there = console.evaluate(DAYS)
    today = shown_there[last + 1]
    assert shown_there == [yesterday, *before, today, *after]
    assert yesterday != today
    # As the service draws them, and as they are named the day after.
    console.reload()
    assert console.evaluate(DAYS) == shown_there
    phone.clock.fast_forward(24 * 3600 * 1000)
    until(lambda: phone.evaluate(DAYS)[last + 1] == "Hier")
    assert yesterday.casefold().startswith(phone.evaluate(DAYS)[0].casefold())


def test_a_page_goes_on_until_it_shows_the_state_that_it_was_told(stack, talk, watch):
    """One answer that is lost must not leave somebody waiting for ever before a page that lies."""
    phone = talk.phone
    phone.get_by_label("Votre message").fill("Et encore")
    with watch.server_away():
        lost: list[None] = []
        parts = re.compile(r"/vivant/")
        phone.route(parts, lambda route: lost.append(route.abort("aborted")), times=1)
        stack.shell(CLOSE.format(pk=talk.pk))
        expect(phone.get_by_text("vient d'être close")).to_be_visible()
        pumped(phone, lambda: lost)
    expect(phone.get_by_role("button", name="Envoyer", exact=True)).to_be_disabled()
    expect(phone.get_by_role("button", name="Rouvrir")).to_be_visible()
    expect(phone.get_by_label("Votre message")).to_have_value("Et encore")
