"""One conversation in the console, and each act by plain forms, without JavaScript."""

import re
import uuid
from html import unescape

import pytest
from django.test import Client

from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.contents import CareDetails
from messagerie.models import Conversation, Message, Transition
from messagerie.states import Outcome, State
from orientation.models import Decision
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import signed_in
from tests.messagerie.console_reading import CHEST, LINA, text_of, url

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory"),
]


@pytest.fixture
def cpts():
    factories.open_region()
    return factories.StructureFactory(name="CPTS du Vieux-Port")


@pytest.fixture
def lucie(cpts) -> User:
    return factories.professional(cpts, first_name="Lucie")


@pytest.fixture
def console(lucie) -> Client:
    return signed_in(lucie)


# --- One conversation


def test_a_page_names_the_person_concerned_beside_the_reply(console, lucie):
    author = factories.patient(first_name="Paul")
    held = factories.taken_conversation(lucie, author, subject=LINA, details=CHEST)
    page = text_of(console.get(url("conversation", held.pk)))
    assert "Vous répondez au sujet de Lina , 4 ans · écrit par Paul" in page
    assert "Mal dans la poitrine" in page
    assert "« Ce n'est pas mon cas »" in page
    assert "06 39 98 00 11" in page


def test_each_opening_is_journaled_before_taking_too(console, lucie):
    waiting = factories.conversation()
    console.get(url("conversation", waiting.pk))
    console.get(url("conversation", waiting.pk))
    reads = JournalEntry.objects.filter(act=Act.CONVERSATION_READ, conversation_id=waiting.pk)
    assert list(reads.values_list("actor_id", flat=True)) == [lucie.pk] * 2


@pytest.mark.parametrize(
    "name", ["conversation", "fil", "situation", "orienter", "clore", "transmettre", "rendre"]
)
def test_foreign_and_unknown_conversations_answer_alike(console, name):
    factories.open_region("53")
    foreign = factories.conversation(commune=factories.RENNES)
    answers = [console.get(url(name, one)) for one in (foreign.pk, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert not JournalEntry.objects.filter(act=Act.CONVERSATION_READ).exists()


def test_take_reply_and_close_without_javascript(console, lucie):
    waiting = factories.conversation()
    page = console.post(url("prendre", waiting.pk), follow=True)
    assert "Vous répondez au sujet de Camille , 40 ans" in text_of(page)
    line = {"id": str(uuid.uuid4()), "body": "Bonjour, prenez-le le matin."}
    page = console.post(url("repondre", waiting.pk), line, follow=True)
    assert "prenez-le le matin" in text_of(page)
    console.post(url("repondre", waiting.pk), line)  # sent twice
    assert Message.objects.filter(conversation=waiting, sender=lucie).count() == 1
    response = console.post(
        url("clore", waiting.pk),
        {"outcome": "RESOLVED", "summary": "Le matin, avec un verre d'eau."},
    )
    assert response.status_code == 302
    waiting.refresh_from_db()
    assert (waiting.state, waiting.outcome) == (State.CLOSED, Outcome.RESOLVED)
    assert "Camille" in text_of(console.get(url("closes")))


def test_the_second_to_take_reads_who_was_first(console, cpts):
    waiting = factories.conversation()
    other = factories.professional(cpts, first_name="Marc", profession="10")
    actions.take(waiting.pk, professional=other, scope=scope_for(other))
    response = console.post(url("prendre", waiting.pk))
    assert response.status_code == 409
    assert "Marc, médecin a pris cette conversation juste avant vous." in text_of(response)


def test_nothing_is_taken_without_a_duty(console):
    waiting = factories.conversation()
    console.post(url("garde_quitter"))
    response = console.post(url("prendre", waiting.pk))
    assert response.status_code == 409
    assert "Prenez d'abord votre garde" in text_of(response)


def test_what_was_typed_survives_each_refusal(console, lucie):
    held = factories.taken_conversation(lucie)
    typed = "Un texte que je ne veux pas retaper."
    refused = [
        (console.post(url("clore", held.pk), {"summary": typed}), 400),
        (console.post(url("clore", held.pk), {"outcome": "ZZZ", "summary": typed}), 400),
        (console.post(url("orienter", held.pk), {"autre": "1", "note": typed}), 400),
        (
            console.post(url("orienter", held.pk), {"accepter": "1", "note": typed, "shown": "X"}),
            409,
        ),
        (console.post(url("transmettre", held.pk), {"place": typed}), 400),
    ]
    author = Conversation.objects.get(pk=held.pk).patient
    actions.withdraw(held.pk, patient=author, scope=scope_for(author))
    line = {"id": str(uuid.uuid4()), "body": typed}
    refused += [
        (console.post(url("repondre", held.pk), line), 409),
        (console.post(url("clore", held.pk), {"outcome": "RESOLVED", "summary": typed}), 409),
    ]
    for number, (response, status) in enumerate(refused):
        assert response.status_code == status, number
        assert typed in unescape(response.content.decode()), number
    assert Transition.objects.filter(conversation=held, to_state=State.CLOSED).count() == 1


@pytest.mark.parametrize("body", ["", "   ", "\u200b\u200b", "a\x00b", "x" * 20_000])
def test_a_reply_that_is_no_text_is_refused_with_a_sentence(console, lucie, body):
    held = factories.taken_conversation(lucie)
    response = console.post(url("repondre", held.pk), {"id": str(uuid.uuid4()), "body": body})
    assert response.status_code in (400, 413)
    assert "fr-message--error" in response.content.decode()
    assert not Message.objects.filter(conversation=held, sender=lucie).exists()


def test_handing_back_asks_first(console, lucie):
    held = factories.taken_conversation(lucie)
    assert "revient dans la file" in text_of(console.get(url("rendre", held.pk)))
    assert console.post(url("rendre", held.pk)).status_code == 302
    held.refresh_from_db()
    assert (held.state, held.professional_id) == (State.WAITING, None)


# --- Orient


def test_the_proposal_says_why_and_shows_its_trace(console, lucie, cpts):
    held = factories.taken_conversation(lucie)
    page = console.get(url("orienter", held.pk))
    assert "CPTS du Vieux-Port" in text_of(page)
    assert "Retenue" in text_of(page)
    shown = re.search(r'name="shown" value="([^"]+)"', page.content.decode())[1]
    response = console.post(
        url("orienter", held.pk),
        {"accepter": "1", "shown": shown, "when": "dans la semaine", "note": "Bon courage."},
    )
    assert response.status_code == 302
    held.refresh_from_db()
    assert held.outcome == Outcome.REFERRED_CPTS
    assert Decision.objects.get().chosen_structure == cpts
    page = text_of(console.get(url("conversation", held.pk)))
    assert "dans la semaine" in page
    assert "Bon courage." in page


def test_another_place_needs_a_reason(console, lucie):
    sas = factories.StructureFactory(sas=True, samu_line="04 91 00 00 00")
    held = factories.taken_conversation(lucie)
    place = {"autre": "1", "place": f"structure:{sas.pk}", "reason": ""}
    response = console.post(url("orienter", held.pk), place)
    assert response.status_code == 400
    assert " data-rendu" in response.content.decode(), (
        "the page must not take its texts for its own"
    )
    assert "Dites pourquoi vous choisissez un autre lieu." in text_of(response)
    response = console.post(url("orienter", held.pk), place | {"reason": "NO_SLOT"})
    assert response.status_code == 302
    decision = Decision.objects.get()
    assert (decision.chosen_structure_id, decision.override_reason) == (sas.pk, "NO_SLOT")


def test_the_gp_who_cannot_receive_changes_the_proposal(console, lucie):
    details = CareDetails(medecin_traitant="DECLARED", medecin_traitant_name="Dr Essai")
    held = factories.taken_conversation(lucie, details=details)
    first = console.get(url("orienter", held.pk)).content.decode()
    # Opened in place, the panel stands on another page: its form says where it goes.
    assert f'<form method="get" action="{url("orienter", held.pk)}"' in first
    yes = text_of(console.get(url("orienter", held.pk), {"joignable": "oui"}))
    no = text_of(console.get(url("orienter", held.pk), {"joignable": "non"}))
    assert "Proposition Son médecin traitant" in yes
    assert "Proposition CPTS du Vieux-Port" in no


# --- Transmettre au 15


def test_the_form_to_the_15_is_prefilled(console, lucie):
    factories.StructureFactory(sas=True, samu_line="04 91 00 00 00")
    held = factories.taken_conversation(lucie, subject=LINA, details=CHEST)
    page = console.get(url("transmettre", held.pk))
    for words in ("04 91 00 00 00", "06 39 98 00 11", "12 rue des Essais", "Mal dans la poitrine"):
        assert words in unescape(page.content.decode()), words
    data = {"phone": "06 39 98 00 11", "place": "12 rue des Essais", "age": "4 ans"}
    assert console.post(url("transmettre", held.pk), data).status_code == 302
    assert "Transmis au 15" in text_of(console.get(url("conversation", held.pk)))


def test_without_a_known_line_the_number_is_15(console, lucie):
    held = factories.taken_conversation(lucie)
    page = console.get(url("transmettre", held.pk)).content.decode()
    assert 'href="tel:15"' in page
