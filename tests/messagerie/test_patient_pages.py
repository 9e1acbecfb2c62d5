"""The patient's conversation, by HTTP and without JavaScript: reading, ending, what is kept."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from comptes.models import Act, JournalEntry
from comptes.outbox_key import outbox_keys
from messagerie import actions
from messagerie.actions.orienting import OrientRequest
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation, Message
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.door_walk import text_of
from tests.messagerie.patient_walk import answer, resolve, url_of, write

pytestmark = pytest.mark.django_db


# --- Reading


def test_the_thread_names_the_professional_and_marks_my_last_line(client, taken, lucie):
    answer(taken, lucie, "Bonjour <script>alert(1)</script>")
    assert write(client, taken, "Merci").status_code == 302
    page = client.get(url_of(taken)).content.decode()
    assert "Lucie, infirmier · CPTS du Vieux-Port" in unescape(page)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert states_of(page) == [("envoye", True), ("envoye", False)]
    actions.mark_delivered(taken.pk, reader=lucie, scope=scope_for(lucie), seq=4)
    assert states_of(client.get(url_of(taken)).content.decode())[-1] == ("remis", False)
    actions.mark_opened(taken.pk, reader=lucie, scope=scope_for(lucie), seq=1)
    page = client.get(url_of(taken)).content.decode()
    assert states_of(page) == [("ouvert", False), ("remis", False)]
    assert "remis" in text_of(client.get(url_of(taken)))


def states_of(page: str) -> list[tuple[str, bool]]:
    """How far each of the patient's lines went, and whether only its icon shows."""
    thread = page[page.index("data-fil") : page.index("</ol>")]
    found = re.findall(r'class="(ms-envoi [^"]*)" data-envoi="(\w+)"', thread)
    return [(state, "discret" in classes) for classes, state in found]


def test_the_key_of_the_outbox_leaves_on_pages_that_no_cache_keeps(client, waiting, camille, lucie):
    answer = client.get(url_of(waiting))
    page = answer.content.decode()
    assert outbox_keys(camille).keys in page and outbox_keys(camille).account in page
    assert outbox_keys(lucie).keys not in page
    assert "no-store" in answer["Cache-Control"]
    assert outbox_keys(camille).keys not in client.get(url_of(waiting, "vivant")).content.decode()


def test_a_page_load_is_journaled_once_and_opens_the_lines(client, waiting):
    client.get(url_of(waiting))
    client.get(url_of(waiting, "vivant"))
    read = JournalEntry.objects.filter(conversation_id=waiting.pk, act=Act.CONVERSATION_READ)
    assert read.count() == 1
    waiting.refresh_from_db()
    assert waiting.patient_opened_seq == waiting.last_seq


def test_waiting_is_told_honestly(client, waiting, camille):
    for sign in ((), ("RF03",), ()):
        factories.conversation(details=CareDetails(sign_codes=sign))
    assert "1 personne avant vous" in text_of(client.get(url_of(waiting)))
    later = factories.conversation(camille)
    page = text_of(client.get(url_of(later)))
    assert "4 personnes avant vous" in page and "avant" in page
    Conversation.objects.update(promised_before=timezone.now() - timedelta(minutes=1))
    assert "Le délai promis est dépassé" in text_of(client.get(url_of(later)))


def test_times_are_those_of_the_territory(client, camille):
    factories.open_region("04")
    row = factories.conversation(camille, commune="97415")
    at = Message.objects.get(conversation=row).created_at
    assert row.time_zone == "Indian/Reunion"
    local = at.astimezone(timezone.zoneinfo.ZoneInfo("Indian/Reunion"))
    assert f">{local:%H:%M}</time>" in text_of(client.get(url_of(row)))


def test_the_parts_that_are_live_hold_no_line(client, taken, lucie):
    answer(taken, lucie, "Texte à ne pas montrer ici")
    page = text_of(client.get(url_of(taken, "vivant"), {"apres": "0"}))
    assert "ne pas montrer" not in page and "Ma première question" not in page
    assert "Lucie, infirmier" in page
    for odd in ("-1", "x", "9" * 30, "²"):
        assert client.get(url_of(taken, "vivant"), {"apres": odd}).status_code == 200


def test_the_list_says_state_and_unread(client, taken, lucie, camille):
    answer(taken, lucie, "Bonjour")
    page = text_of(client.get(reverse("patient:conversations")))
    assert "En cours" in page and "1 nouveau message" in page and "Camille" in page
    client.get(url_of(taken))
    assert "nouveau message" not in text_of(client.get(reverse("patient:conversations")))


def test_an_empty_list_says_what_to_do(client, camille):
    page = text_of(client.get(reverse("patient:conversations")))
    assert "Pas encore de conversation" in page and reverse("porte:pour_qui") in page


# --- Ending


def test_withdrawing_twice_withdraws_once(client, waiting):
    assert client.get(url_of(waiting, "retirer")).status_code == 200
    for _twice in range(2):
        assert client.post(url_of(waiting, "retirer")).url == url_of(waiting)
    waiting.refresh_from_db()
    assert waiting.outcome == Outcome.ABANDONED
    assert client.get(url_of(waiting, "retirer")).url == url_of(waiting)


def test_an_advice_is_summed_up(client, taken, lucie):
    resolve(taken, lucie, "Reposez-vous deux jours.")
    page = text_of(client.get(url_of(taken)))
    assert "En résumé" in page and "Reposez-vous deux jours." in page and "Rouvrir" in page


def orient_to(conversation, by, structure) -> None:
    actions.orient(
        conversation.pk,
        professional=by,
        scope=scope_for(by),
        request=OrientRequest(
            accept=False,
            structure_id=structure.pk,
            override_reason="CLOSER",
            when="cette semaine",
        ),
    )


def test_an_orientation_says_who_where_when_and_why(client, taken, lucie, structure):
    orient_to(taken, lucie, structure)
    for name in ("conversation", "fiche"):
        page = text_of(client.get(url_of(taken, name)))
        for said in (structure.name, structure.address, structure.phone, "cette semaine",
                     "Prenez contact avec", "lieu fictif", "km environ"):  # fmt: skip
            assert said in page, (name, said)


def test_the_sheet_holds_what_a_doctor_needs_and_is_journaled(client, camille, lucie):
    row = factories.conversation(
        camille,
        body="Ma question",
        subject=Subject(relation="CHILD", first_name="Léa", age=0, age_months=7),
        details=CareDetails(
            medecin_traitant="DECLARED",
            medecin_traitant_name="Dr Roux",
            ald=True,
            sign_codes=("RF10",),
            sign_answer="DISMISSED",
        ),
    )
    taken = actions.take(row.pk, professional=lucie, scope=scope_for(lucie))
    answer(taken, lucie, "Ma réponse")
    page = text_of(client.get(url_of(row, "fiche")))
    for said in ("Léa", "7 mois", "Marseille 1er", "Dr Roux", "Ma question", "Ma réponse",
                 "Bébé de moins de 3 mois", "n'est pas mon cas", "Lucie, infirmier"):  # fmt: skip
        assert said in page, said
    assert JournalEntry.objects.filter(act=Act.SHEET_PRINTED, actor_id=camille.pk).count() == 1


def test_who_read_is_told_in_french_by_person(client, taken, lucie, camille):
    for _ in range(2):
        actions.open_for_reading(taken.pk, reader=lucie, scope=scope_for(lucie))
    page = text_of(client.get(url_of(taken, "lectures")))
    people = re.findall(r"<h2>([^<]+)</h2>", page)
    assert people == ["Lucie, infirmier", "Vous"]
    lucies, mine = page.split("<h2>")[1:3]
    assert "A ouvert la conversation 2 fois" in lucies
    assert "a pris la conversation" in lucies
    assert taken.structure.name in lucies.replace("&#x27;", "'")
    assert "a posé la question" in mine
    assert "a consulté son dossier" in mine
    assert "Exemple" not in page.split("<h2>", 1)[1].split("</main>")[0]


def test_pages_about_health_are_never_cached(client, waiting):
    for name in ("conversation", "vivant", "fiche", "lectures"):
        assert "no-store" in client.get(url_of(waiting, name))["Cache-Control"]


# --- Numbers of queries: the same for a short and for a long thread


@pytest.mark.parametrize(
    ("name", "queries"), [("conversation", 18), ("vivant", 12), ("fiche", 16), ("lectures", 10)]
)
def test_the_number_of_queries_does_not_grow(
    client, taken, lucie, name, queries, django_assert_max_num_queries
):
    for number in range(30):
        answer(taken, lucie, f"ligne {number}")
    with django_assert_max_num_queries(queries):
        client.get(url_of(taken, name))


def test_the_number_of_queries_of_the_list(client, camille, django_assert_max_num_queries):
    for _each in range(12):
        factories.conversation(camille)
    with django_assert_max_num_queries(7):
        client.get(reverse("patient:conversations"))
