"""The console: who enters, what it shows, each act by plain forms, and what it costs."""

import uuid
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comptes.keys.cipher import cache as key_cache
from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.contents import CareDetails, Subject
from orientation.models import Duty
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


# --- Who enters


def test_hours_are_those_of_where_the_professional_works():
    factories.open_region("04")
    saint_paul = factories.StructureFactory(departement_id="974", covers=("97415",))
    row = factories.taken_conversation(factories.professional(saint_paul), commune="97415")
    said = row.messages.get(seq=1).created_at.astimezone(ZoneInfo("Indian/Reunion"))
    page = signed_in(row.professional).get(url("conversation", row.pk))
    assert f">{said:%H:%M}</time>" in page.content.decode()
    assert 'data-fuseau="Indian/Reunion"' in page.content.decode()
    assert "Heure locale" not in text_of(page)  # it is everybody's here
    fragment = signed_in(row.professional).get(url("fil", row.pk))
    assert f">{said:%H:%M}</time>" in fragment.content.decode()


def test_anonymous_people_are_led_to_sign_in(client):
    response = client.get(url("accueil"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_who_was_reading_is_told_that_the_conversation_left(console):
    left = text_of(console.get(url("accueil") + "?partie"))
    assert "un collègue l'a prise" in left
    assert "un collègue l'a prise" not in text_of(console.get(url("accueil")))


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
