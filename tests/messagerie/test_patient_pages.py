"""The patient's conversation, by HTTP and without JavaScript: reading, writing, refusals."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comptes.models import Act, JournalEntry
from messagerie import actions
from messagerie.actions.orienting import OrientRequest
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation, DoorPassage, Message, MessageKind
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]

NO_SUCH = "n'existe pas, ou vous n'y avez pas accès"


@pytest.fixture
def structure():
    factories.open_region("93")
    factories.StructureFactory(sas=True, name="SAS des Bouches-du-Rhône")
    return factories.StructureFactory(name="CPTS du Vieux-Port", latitude=43.31, longitude=5.40)


@pytest.fixture
def lucie(structure):
    return factories.professional(structure, first_name="Lucie")


@pytest.fixture
def camille(client, structure):
    patient = factories.patient()
    client.force_login(patient)
    return patient


@pytest.fixture
def waiting(camille):
    return factories.conversation(camille, body="Ma première question")


@pytest.fixture
def taken(waiting, lucie):
    return actions.take(waiting.pk, professional=lucie, scope=scope_for(lucie))


def url_of(conversation: Conversation, name: str = "conversation") -> str:
    return reverse(f"patient:{name}", args=[conversation.pk])


def text_of(response) -> str:
    return unescape(response.content.decode())


def box_of(page: str) -> str:
    """What stands in the text box of the page."""
    return re.search(r'<textarea class="fr-input" id="texte"[^>]*>(.*?)</textarea>', page, re.S)[1]


def write(client: Client, conversation: Conversation, body: str, client_id: str | None = None):
    posted = {"body": body, "client_id": client_id or str(uuid.uuid4())}
    return client.post(url_of(conversation, "repondre"), posted)


def answer(conversation: Conversation, by, body: str) -> None:
    actions.post(conversation.pk, author=by, scope=scope_for(by), client_id=uuid.uuid4(), body=body)


def resolve(conversation: Conversation, by, summary: str = "Buvez de l'eau.") -> None:
    actions.close(
        conversation.pk,
        professional=by,
        scope=scope_for(by),
        outcome=Outcome.RESOLVED,
        summary=summary,
    )


# --- Reading


def test_the_thread_names_the_professional_and_marks_my_last_line(client, taken, lucie):
    answer(taken, lucie, "Bonjour <script>alert(1)</script>")
    assert write(client, taken, "Merci").status_code == 302
    page = client.get(url_of(taken)).content.decode()
    assert "Lucie, infirmier · CPTS du Vieux-Port" in unescape(page)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    states = re.findall(r"data-etat-envoi>([^<]*)<", page)
    assert states == ["", " · envoyé"]
    actions.mark_delivered(taken.pk, reader=lucie, scope=scope_for(lucie), seq=4)
    assert " · remis" in text_of(client.get(url_of(taken)))
    actions.mark_opened(taken.pk, reader=lucie, scope=scope_for(lucie), seq=4)
    assert " · ouvert" in text_of(client.get(url_of(taken)))


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


# --- Writing: bad input


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("", 400, "est vide"),
        ("\u200b\u200d\u2060", 400, "est vide"),
        ("x" * 20_000, 413, "trop long"),
        ("a\x00b", 400, "illisible"),
    ],
)
def test_a_bad_line_stays_in_the_box(client, waiting, body, status, sentence):
    refused = write(client, waiting, body)
    page = text_of(refused)
    assert refused.status_code == status and sentence in page
    assert box_of(page) == body
    assert Message.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "x", "1234", "00000000-0000-0000-0000-00000000000g"])
def test_a_wrong_uuid_keeps_the_text_and_gives_a_right_one(client, waiting, wrong):
    url = url_of(waiting, "repondre")
    refused = client.post(url, {"body": "Mon texte", "client_id": wrong})
    page = text_of(refused)
    assert refused.status_code == 400 and "n'est pas parti" in page
    assert box_of(page) == "Mon texte"
    fresh = re.search(r'name="client_id" value="([^"]+)"', page)[1]
    assert client.post(url, {"body": "Mon texte", "client_id": fresh}).status_code == 302


def test_a_double_submit_writes_one_line(client, waiting):
    same = str(uuid.uuid4())
    first, second = (write(client, waiting, "Une fois", same) for _ in range(2))
    assert first.url == second.url and first.url.endswith("#m2")
    assert Message.objects.count() == 2


def test_the_same_uuid_with_another_text_is_refused_and_kept(client, waiting):
    same = str(uuid.uuid4())
    write(client, waiting, "Un", same)
    refused = write(client, waiting, "Deux", same)
    page = text_of(refused)
    assert refused.status_code == 409 and box_of(page) == "Deux"
    assert re.search(r'name="client_id" value="([^"]+)"', page)[1] != same


def test_a_closed_conversation_refuses_and_the_text_goes_on_with_the_reopening(
    client, taken, lucie
):
    resolve(taken, lucie)
    refused = write(client, taken, "Encore un mot")
    page = text_of(refused)
    assert refused.status_code == 409 and "close" in page
    assert box_of(page) == "Encore un mot"
    reopened = client.post(url_of(taken, "rouvrir"), {"body": "Encore un mot"}, follow=True)
    assert box_of(text_of(reopened)) == "Encore un mot"
    assert box_of(text_of(client.get(url_of(taken)))) == ""  # given once
    taken.refresh_from_db()
    assert taken.state == "WAITING"


def test_reopening_too_late_is_refused_with_the_text(client, taken, lucie):
    resolve(taken, lucie)
    Conversation.objects.update(reopen_until=timezone.now() - timedelta(seconds=1))
    assert "Rouvrir" not in text_of(client.get(url_of(taken)))
    refused = client.post(url_of(taken, "rouvrir"), {"body": "Trop tard"})
    assert refused.status_code == 409
    assert "délai" in text_of(refused) and "Trop tard" in text_of(refused)


# --- Writing: whose conversation

PAGES = ("conversation", "vivant", "aggravation", "aggravation_numeros", "retirer", "fiche",
         "lectures")  # fmt: skip
POSTS = ("repondre", "aggravation", "retirer", "rouvrir")


def test_another_patients_conversation_does_not_exist(client, structure):
    theirs = factories.conversation(body="Secret d'autrui")
    client.force_login(factories.patient())
    forged = Conversation(pk=uuid.uuid4())
    for target in (theirs, forged):
        for name in PAGES:
            refused = client.get(url_of(target, name))
            assert refused.status_code == 404 and NO_SUCH in text_of(refused)
            assert "Secret" not in text_of(refused)
        for name in POSTS:
            posted = {"body": "Mon texte à moi", "client_id": str(uuid.uuid4()), "signe": "RF03"}
            refused = client.post(url_of(target, name), posted)
            assert refused.status_code == 404 and NO_SUCH in text_of(refused)
            if name == "repondre":
                assert "Mon texte à moi" in text_of(refused)
    assert Message.objects.count() == 1


def test_an_address_that_is_no_uuid_does_not_exist(client, camille):
    assert client.get("/conversations/1/").status_code == 404
    assert client.get("/conversations/../etc/").status_code == 404


def test_other_kinds_of_account_are_told_so(client, taken, lucie):
    for person in (lucie, factories.regional_administrator("93"), factories.evaluator()):
        client.force_login(person)
        for name in PAGES:
            refused = client.get(url_of(taken, name))
            assert refused.status_code == 403
            assert "Ma première question" not in text_of(refused)
        assert write(client, taken, "x").status_code == 403


def test_strangers_are_led_to_the_sign_in_page(waiting):
    stranger = Client()
    for name in PAGES:
        away = stranger.get(url_of(waiting, name))
        assert away.status_code == 302 and away.url.startswith(reverse("account_login"))
    assert stranger.get(reverse("patient:conversations")).status_code == 302


def test_a_line_posted_after_the_session_ended_waits_for_its_author(client, waiting, camille):
    client.logout()
    refused = write(client, waiting, "Écrit trop tard")
    assert refused.status_code == 403
    assert "Votre session est finie" in text_of(refused)
    assert "Écrit trop tard" in text_of(refused)
    assert "trop tard" not in str(dict(client.session))
    client.force_login(camille)
    assert box_of(text_of(client.get(url_of(waiting)))) == "Écrit trop tard"
    assert Message.objects.count() == 1


def test_a_wrong_method_is_refused(client, waiting):
    assert client.get(url_of(waiting, "repondre")).status_code == 405
    assert client.post(url_of(waiting)).status_code == 405


# --- Getting worse


def test_getting_worse_shows_the_number_and_tells_the_team(client, taken):
    assert 'value="RF07"' in text_of(client.get(url_of(taken, "aggravation")))
    posted = {"signe": ["MORAL", "RF07"], "client_id": str(uuid.uuid4()),
              "callback_phone": "06 00 00 00 00"}  # fmt: skip
    for _twice in range(2):
        page = text_of(client.post(url_of(taken, "aggravation"), posted, follow=True))
        assert 'href="tel:3114"' in page and "Appelez le 3114 maintenant" in page
    assert Message.objects.filter(kind=MessageKind.WORSENING).count() == 1
    assert DoorPassage.objects.get().during_conversation
    taken.refresh_from_db()
    assert taken.declared_sign
    assert "Mon état s'aggrave" in text_of(client.get(url_of(taken)))


def test_getting_worse_without_a_sign(client, taken):
    url = url_of(taken, "aggravation")
    assert client.post(url, {}).status_code == 400
    assert client.post(url, {"signe": ["AUCUN", "RF03"]}).status_code == 400
    asked = client.post(url, {"signe": "RESPIRATION"})
    assert asked.status_code == 400 and 'href="tel:15"' in text_of(asked)
    assert client.post(url, {"signe": "AUCUN"}).url == url_of(taken)
    assert client.get(url_of(taken, "aggravation_numeros")).url == url_of(taken)
    assert not Message.objects.filter(kind=MessageKind.WORSENING).exists()


def test_a_closed_conversation_sends_to_the_15_not_to_a_form(client, taken, lucie):
    resolve(taken, lucie)
    page = text_of(client.get(url_of(taken, "aggravation"), follow=True))
    assert "appelez le 15" in page


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


def test_who_read_is_told_in_french(client, taken, lucie, camille):
    actions.open_for_reading(taken.pk, reader=lucie, scope=scope_for(lucie))
    page = text_of(client.get(url_of(taken, "lectures")))
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td>', page)
    assert rows == [
        ("Vous", "a consulté son dossier"),
        ("Lucie, infirmier", "a ouvert la conversation"),
        ("Lucie, infirmier", "a pris la conversation"),
        ("Vous", "a posé la question"),
    ]
    assert "Exemple" not in page.split("<table")[1].split("</table>")[0]


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
