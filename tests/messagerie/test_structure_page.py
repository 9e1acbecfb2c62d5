"""The coordinator's page: own structures, the team, counts; never a word of a conversation."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from comptes.models import User
from messagerie import actions
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation
from orientation.models import Membership, Role, Structure
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import signed_in
from tests.messagerie.console_reading import text_of

PAGE = "/structure/"
pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def paul(structure: Structure) -> User:
    return factories.coordinator(structure, first_name="Paul", last_name="Coordonne")


@pytest.fixture
def lea(structure: Structure) -> User:
    """A professional on duty, with a family name."""
    return factories.professional(structure, first_name="Léa", last_name="Degarde")


def asked(word: str) -> Conversation:
    return factories.conversation(
        factories.patient(first_name=f"{word}-compte", last_name=f"{word}-famille"),
        body=f"{word}-texte",
        subject=Subject(relation="CHILD", first_name=f"{word}-prenom", age=4),
        details=CareDetails(medecin_traitant_name=f"{word}-medecin"),
    )


def test_team_and_duty_of_the_own_structure(paul, lea, structure):
    factories.professional(structure, on_duty=False, first_name="Omar", last_name="Repos")
    gone = factories.professional(structure, first_name="Ancien", last_name="Parti")
    Membership.objects.filter(user=gone).update(ends_on=date(2026, 2, 1))
    said = text_of(signed_in(paul).get(PAGE))
    duty, team = said.split("De garde maintenant")[1].split("L'équipe")
    assert structure.name in said
    assert "Léa Degarde, depuis le" in duty
    assert "Omar Repos, depuis" not in said
    for line in ("Léa Degarde : Professionnel", "Omar Repos : Professionnel"):
        assert line in team
    assert "Paul Coordonne : Coordinateur de structure" in team
    assert "Parti" not in said, "neither in the team nor on duty, once the role has ended"


def test_a_closed_structure_has_nobody_on_duty(paul, lea, structure):
    Structure.objects.filter(pk=structure.pk).update(closed_on=timezone.localdate())
    said = text_of(signed_in(paul).get(PAGE))
    assert "Cette structure est fermée depuis le" in said
    assert "Personne n'est de garde" in said


def test_counts_and_no_word_of_a_conversation(paul, lea):
    late, held = asked("secret-tard"), asked("secret-tenue")
    asked("secret-attente")
    now = timezone.now()
    Conversation.objects.filter(pk=late.pk).update(
        waiting_since=now - timedelta(hours=5), promised_before=now - timedelta(hours=3)
    )
    Conversation.objects.exclude(pk=late.pk).update(promised_before=now + timedelta(hours=1))
    actions.take(held.pk, professional=lea, scope=scope_for(lea))
    response = signed_in(paul).get(PAGE)
    said = text_of(response).replace("\xa0", " ")
    assert "En attente dans le département Bouches-du-Rhône : 2" in said
    assert "Dont délai promis dépassé : 1" in said
    assert "attend depuis 5 heures" in said
    assert "prises par cette structure : 1" in said
    page = response.content.decode()
    assert "secret-" not in page
    assert all(str(row) not in page for row in Conversation.objects.values_list("pk", flat=True))


def test_a_foreign_structure_is_absent(paul, lea, structure):
    foreign = factories.StructureFactory(
        name="CPTS de Rennes", departement_id="35", covers=(factories.RENNES,), identifier="SYN-35"
    )
    factories.professional(foreign, first_name="Yann", last_name="Ailleurs")
    neighbour = factories.StructureFactory(name="CPTS voisine", covers=(), identifier="SYN-13-B")
    factories.professional(neighbour, first_name="Zoé", last_name="Voisine")
    # Answers patients for the neighbour, and coordinates the other one only.
    Membership.objects.create(
        user=paul, role=Role.PROFESSIONAL, structure=neighbour, starts_on=date(2026, 1, 1)
    )
    said = text_of(signed_in(paul).get(PAGE))
    assert structure.name in said
    for absent in ("Rennes", "Ailleurs", "voisine", "Voisine"):
        assert absent not in said


def test_the_page_costs_the_same_whatever_the_numbers(paul, lea, structure):
    browser = signed_in(paul)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(PAGE).status_code == 200
        return len(queries)

    asked("un")
    before = cost()
    for number in range(3):
        asked(f"encore-{number}")
        factories.professional(structure, last_name=f"Nom{number}")
    assert cost() == before


def test_only_coordinators_enter(lea, structure):
    for user in (
        factories.patient(),
        lea,
        factories.regional_administrator("93"),
        factories.national_administrator(),
        factories.evaluator("93"),
    ):
        assert signed_in(user).get(PAGE).status_code == 403, user.kind
    response = Client().get(PAGE)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/compte/login/")


def test_a_coordinator_whose_role_ended_is_turned_away(paul):
    Membership.objects.filter(user=paul).update(ends_on=date(2026, 2, 1))
    assert signed_in(paul).get(PAGE).status_code == 403


def test_a_coordinator_arrives_on_the_page(paul, lea, structure):
    home = reverse("accueil")
    assert signed_in(paul).get(home).headers["Location"] == PAGE
    assert signed_in(lea).get(home).headers["Location"] == "/console/"
    Membership.objects.create(
        user=paul, role=Role.PROFESSIONAL, structure=structure, starts_on=date(2026, 1, 1)
    )
    assert signed_in(paul).get(home).headers["Location"] == "/console/", "answers patients too"


def test_the_menu_offers_what_one_may_open(paul, lea, structure):
    def offered(user: User, page: str) -> set[str]:
        found = signed_in(user).get(page).content.decode().split('id="menu"')[1].split("</nav>")[0]
        return {url for url in (PAGE, "/console/") if f'href="{url}"' in found}

    assert offered(paul, "/console/") == {PAGE}, "the refusal leads to the right page"
    assert offered(paul, PAGE) == {PAGE}
    assert offered(lea, "/console/") == {"/console/"}
    Membership.objects.create(
        user=paul, role=Role.PROFESSIONAL, structure=structure, starts_on=date(2026, 1, 1)
    )
    assert offered(paul, "/console/") == {PAGE, "/console/"}
