"""The console: who enters, what it shows, each act by plain forms, and what it costs."""

import re
import uuid
from html import unescape

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comptes.keys.cipher import cache as key_cache
from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation, Message, Transition
from messagerie.states import Outcome, State
from orientation.models import Decision, Duty
from orientation.scope import scope_for
from tests import factories

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory"),
]

LINA = Subject(relation="CHILD", first_name="Lina", age=4)
CHEST = CareDetails(
    sign_codes=("RF01",),
    sign_answer="DISMISSED",
    callback_phone="06 39 98 00 11",
    present_place="12 rue des Essais",
    medecin_traitant="DECLARED",
    medecin_traitant_name="Dr Essai",
)


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


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    """What a person reads: without tags, spaces made single."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def url(name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=args)


# --- Who enters


def test_anonymous_people_are_led_to_sign_in(client):
    response = client.get(url("accueil"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "make",
    [
        factories.patient,
        lambda: factories.regional_administrator("93"),
        factories.national_administrator,
        lambda: factories.evaluator("93"),
        lambda: factories.professional(),
    ],
    ids=["patient", "region", "nation", "evaluator", "professional without a role"],
)
def test_other_accounts_are_turned_away(make):
    assert signed_in(make()).get(url("accueil")).status_code == 403


def test_a_coordinator_has_no_console(cpts):
    assert signed_in(factories.coordinator(cpts)).get(url("accueil")).status_code == 403


# --- The left column


def test_nobody_waits(console):
    assert "Personne n'attend" in text_of(console.get(url("accueil")))


def test_a_row_says_what_helps_to_choose(console, lucie):
    factories.conversation(subject=LINA, details=CHEST)
    page = text_of(console.get(url("accueil")))
    for words in (
        "Lina , 4 ans · pour son enfant",
        "Une question sur un traitement déjà prescrit",
        "Marseille 1er",
        "En attente",
        "à l'instant",
        "Signe coché, puis écarté",
    ):
        assert words in page, words


def test_a_worsening_is_said_whatever_was_answered_at_the_door(console, lucie):
    author = factories.patient()
    held = factories.taken_conversation(lucie, author, subject=LINA, details=CHEST)
    actions.declare_worsening(
        held.pk, patient=author, scope=scope_for(author), sign_codes=("RF03",)
    )
    page = text_of(console.get(url("conversation", held.pk)))
    assert "Aggravation déclarée" in page
    assert "écarté" not in page
    assert "Aggravation déclarée depuis : Du mal à respirer" in page


def test_declared_signs_come_first_then_the_oldest(console):
    first = factories.conversation(subject=Subject("SELF", "Aline", 30))
    second = factories.conversation(subject=Subject("SELF", "Bruno", 30))
    danger = factories.conversation(
        subject=Subject("SELF", "Chloé", 30), details=CareDetails(sign_codes=("RF01",))
    )
    page = console.get(url("file")).content.decode()
    places = [page.index(str(one.pk)) for one in (danger, first, second)]
    assert places == sorted(places)


def test_conversations_of_another_territory_do_not_appear(console):
    factories.open_region("53")
    factories.conversation(commune=factories.RENNES, subject=Subject("SELF", "Yann", 30))
    assert "Yann" not in text_of(console.get(url("accueil")))


def test_the_lists_are_bounded(console):
    for n in range(23):
        factories.conversation(subject=Subject("SELF", f"Personne{n}", 30))
    page = text_of(console.get(url("accueil")))
    assert page.count("pour soi") == 20
    assert "Page 1 sur 2" in page
    assert text_of(console.get(url("accueil"), {"page": 2})).count("pour soi") == 3
    assert text_of(console.get(url("accueil"), {"page": "zzz"})).count("pour soi") == 20


def queries_of(client: Client, address: str) -> tuple[int, int]:
    key_cache.clear()
    with (
        CaptureQueriesContext(connections["default"]) as content,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        assert client.get(address).status_code == 200
    return len(content), len(keys)


def test_the_lists_cost_the_same_queries_whatever_their_length(console, lucie):
    """One row or eighteen: the same number, and one query for all the keys."""
    factories.conversation()
    factories.taken_conversation(lucie)
    few = queries_of(console, url("file"))
    for _ in range(8):
        factories.conversation()
        factories.taken_conversation(lucie)
    assert queries_of(console, url("file")) == few
    assert few[1] == 1
    assert few[0] <= 14


def test_unread_lines_of_the_patient_are_counted(console, lucie):
    author = factories.patient()
    held = factories.taken_conversation(lucie, author, subject=LINA)
    actions.post(
        held.pk, author=author, scope=scope_for(author), client_id=uuid.uuid4(), body="Encore moi."
    )
    assert "2 messages non lus" in text_of(console.get(url("file")))
    actions.mark_opened(held.pk, reader=lucie, scope=scope_for(lucie), seq=99)
    assert "non lus" not in text_of(console.get(url("file")))


def test_whose_turn_it_is(console, lucie):
    held = factories.taken_conversation(lucie)
    assert "À vous" in text_of(console.get(url("file")))
    actions.post(
        held.pk, author=lucie, scope=scope_for(lucie), client_id=uuid.uuid4(), body="Bonjour."
    )
    assert "Au patient" in text_of(console.get(url("file")))


# --- Duty


def test_going_on_duty_shows_the_queue_and_leaving_it_hides_it(cpts):
    lucie = factories.professional(cpts, on_duty=False)
    console = signed_in(lucie)
    factories.conversation(subject=LINA)
    assert "Lina" not in text_of(console.get(url("accueil")))
    page = console.post(url("garde_prendre", cpts.pk), follow=True)
    assert "Lina" in text_of(page)
    held = factories.taken_conversation(lucie, subject=Subject("SELF", "Bruno", 50))
    page = text_of(console.post(url("garde_quitter"), follow=True))
    assert "Lina" not in page
    assert "Bruno" in page
    assert console.get(url("conversation", held.pk)).status_code == 200
    assert list(
        JournalEntry.objects.filter(act__in=[Act.DUTY_STARTED, Act.DUTY_ENDED]).values_list(
            "act", "actor_id"
        )
    ) == [(Act.DUTY_STARTED, lucie.pk), (Act.DUTY_ENDED, lucie.pk)]


def test_one_duty_at_a_time(console, lucie, cpts):
    other = factories.StructureFactory(name="CPTS de l'Estaque", covers=())
    factories.Membership.objects.create(
        user=lucie, role="PROFESSIONAL", structure=other, starts_on=factories.SINCE
    )
    response = console.post(url("garde_prendre", other.pk))
    assert response.status_code == 409
    assert "déjà de garde pour CPTS du Vieux-Port" in text_of(response)
    assert Duty.objects.current().get().structure == cpts


def test_taking_the_same_duty_twice_changes_nothing(console, lucie, cpts):
    assert console.post(url("garde_prendre", cpts.pk)).status_code == 302
    assert Duty.objects.filter(user=lucie).count() == 1
    assert not JournalEntry.objects.filter(act=Act.DUTY_STARTED).exists()


def test_no_duty_for_a_structure_of_others(lucie, console):
    console.post(url("garde_quitter"))
    foreign = factories.StructureFactory(in_rennes=True)
    response = console.post(url("garde_prendre", foreign.pk))
    assert response.status_code == 409
    assert not Duty.objects.current().exists()


# --- One conversation


def test_a_page_names_the_person_concerned_beside_the_reply(console, lucie):
    author = factories.patient(first_name="Paul")
    held = factories.taken_conversation(lucie, author, subject=LINA, details=CHEST)
    page = text_of(console.get(url("conversation", held.pk)))
    assert "Vous répondez au sujet de Lina, 4 ans · écrit par Paul" in page
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
    assert "Vous répondez au sujet de Camille, 40 ans" in text_of(page)
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
    sas = factories.StructureFactory(sas=True, phone="04 91 00 00 00")
    held = factories.taken_conversation(lucie)
    place = {"autre": "1", "place": f"structure:{sas.pk}", "reason": ""}
    response = console.post(url("orienter", held.pk), place)
    assert response.status_code == 400
    assert "Dites pourquoi vous choisissez un autre lieu." in text_of(response)
    response = console.post(url("orienter", held.pk), place | {"reason": "NO_SLOT"})
    assert response.status_code == 302
    decision = Decision.objects.get()
    assert (decision.chosen_structure_id, decision.override_reason) == (sas.pk, "NO_SLOT")


def test_the_gp_who_cannot_receive_changes_the_proposal(console, lucie):
    details = CareDetails(medecin_traitant="DECLARED", medecin_traitant_name="Dr Essai")
    held = factories.taken_conversation(lucie, details=details)
    yes = text_of(console.get(url("orienter", held.pk), {"joignable": "oui"}))
    no = text_of(console.get(url("orienter", held.pk), {"joignable": "non"}))
    assert "Proposition Son médecin traitant" in yes
    assert "Proposition CPTS du Vieux-Port" in no


# --- Transmettre au 15


def test_the_form_to_the_15_is_prefilled(console, lucie):
    factories.StructureFactory(sas=True, phone="04 91 00 00 00")
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
