"""The door, by HTTP, as a whole: what is kept, what leaves, what a person reads when refused."""

import re
import urllib.parse

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comptes.models import Patient
from messagerie.drafts import DOOR
from messagerie.models import Conversation, DoorDraft, Message
from orientation.models import Opening
from tests import factories
from tests.messagerie.door_walk import QUESTION, SENTINEL, draft_of, for_whom, text_of, walk_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]


# --- The whole way


def test_a_question_leaves_after_the_account_and_carries_all_that_was_typed(client, lucie):
    walk_to(client, "envoyer")
    page = text_of(client.get("/demande/envoyer/"))
    assert SENTINEL in page and "Marseille 1er" in page
    patient = factories.patient()
    client.force_login(patient)
    sent = client.post("/demande/envoyer/")
    conversation = Conversation.objects.get()
    assert sent.url == f"/conversations/{conversation.pk}/"
    assert conversation.patient == patient
    assert conversation.commune_id == factories.MARSEILLE_1
    assert conversation.alternative == "RIEN"
    assert SENTINEL in text_of(client.get(sent.url))
    assert bytes(DoorDraft.objects.get().sealed) == b""


def sign_in(client: Client, email: str) -> str:
    url = f"{reverse('account_login')}?next=/demande/envoyer/"
    answer = client.post(url, {"login": email, "password": factories.PASSWORD})
    return answer.url


def sign_up(client: Client, email: str) -> str:
    url = f"{reverse('account_signup')}?next=/demande/envoyer/"
    client.post(url, {"email": email, "password1": factories.PASSWORD})
    return enter_code(client, reverse("account_email_verification_sent"))


def sign_in_by_code(client: Client, email: str) -> str:
    url = f"{reverse('account_request_login_code')}?next=/demande/envoyer/"
    return enter_code(client, client.post(url, {"email": email}).url)


def enter_code(client: Client, url: str) -> str:
    code = re.search(r"^([A-Z0-9-]{6,})$", mail.outbox[-1].body, re.M)
    assert code, mail.outbox[-1].body
    assert SENTINEL not in mail.outbox[-1].body
    return client.post(url, {"code": code.group(1)}).url


@pytest.mark.parametrize("enter", [sign_in, sign_up, sign_in_by_code])
def test_the_text_survives_each_way_to_an_account(client, lucie, enter):
    walk_to(client, "envoyer")
    email = "nouvelle@exemple.invalid"
    if enter is not sign_up:
        factories.patient(email=email)
    assert enter(client, email) == "/demande/envoyer/"
    page = client.get("/demande/envoyer/")
    assert "Envoyer ma question" in text_of(page) and SENTINEL in text_of(page)
    assert client.post("/demande/envoyer/").url.startswith("/conversations/")
    assert Patient.objects.get().readers_agreed_at is not None


def test_a_signed_in_patient_sends_from_the_question_itself(client, lucie):
    client.force_login(factories.patient())
    walk_to(client)
    sent = client.post("/demande/question/", QUESTION)
    assert sent.url == f"/conversations/{Conversation.objects.get().pk}/"


def test_nothing_typed_stands_in_the_session_the_url_or_in_clear_in_the_database(client, lucie):
    walk_to(client, "envoyer")
    assert set(client.session.keys()) == {DOOR}
    assert "?" not in client.get("/demande/envoyer/").request["PATH_INFO"]
    with connection.cursor() as cursor:
        for table in ("messagerie_doordraft", "django_session", "messagerie_doorpassage"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", ["%Zwybel%"])
            assert cursor.fetchone() == (0,)
        cursor.execute("SELECT sealed FROM messagerie_doordraft")
        assert b"Zwybel" not in bytes(cursor.fetchone()[0])


def test_the_agreement_to_readers_is_asked_once(client, lucie):
    patient = factories.patient()
    client.force_login(patient)
    walk_to(client)
    assert "J'accepte que l'équipe de garde" in text_of(client.get("/demande/question/"))
    without = client.post("/demande/question/", QUESTION | {"readers_agreed": ""})
    assert without.status_code == 400 and SENTINEL in text_of(without)
    client.post("/demande/question/", QUESTION)
    walk_to(client)
    assert "J'accepte que l'équipe de garde" not in text_of(client.get("/demande/question/"))
    client.post("/demande/question/", QUESTION | {"readers_agreed": ""})
    assert Conversation.objects.count() == 2


def test_the_readers_are_named_by_structure(client, lucie):
    walk_to(client)
    assert "CPTS du Vieux-Port" in text_of(client.get("/demande/question/"))


# --- The question: bad input


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("", 400, "est vide"),
        ("   \n ", 400, "est vide"),
        ("\u200b\u200d\ufeff", 400, "est vide"),
        ("x" * 20_000, 413, "trop long"),
        ("a\x00b", 400, "illisible"),
    ],
)
def test_a_bad_question_comes_back_whole(client, lucie, body, status, sentence):
    client.force_login(factories.patient())
    walk_to(client)
    answer = client.post("/demande/question/", QUESTION | {"body": body})
    page = text_of(answer)
    assert answer.status_code == status and sentence in page
    assert body in page and re.search(r'value="SUIVI"[^>]*selected', page)
    assert not Conversation.objects.exists()


def test_half_a_character_does_not_break_the_page(client, lucie):
    """A browser cannot send a lone surrogate in a form: bytes that claim to be one are replaced."""
    walk_to(client)
    body = urllib.parse.urlencode(QUESTION | {"body": ""}) + "&body=mal%ED%A0%80ici"
    answer = client.post(
        "/demande/question/", body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 302
    assert draft_of(client).body == "mal\ufffd\ufffd\ufffdici"


def test_a_wrong_motive_or_alternative_is_refused(client, lucie):
    walk_to(client)
    for wrong in ({"motive": "FIEVRE"}, {"motive": ""}, {"alternative": "X"}):
        answer = client.post("/demande/question/", QUESTION | wrong)
        assert answer.status_code == 400 and SENTINEL in text_of(answer)


# --- Sending


def test_a_double_submit_sends_once(client, lucie):
    client.force_login(factories.patient())
    walk_to(client)
    first = client.post("/demande/question/", QUESTION)
    assert client.post("/demande/question/", QUESTION).url == first.url
    assert client.post("/demande/envoyer/").url == first.url
    assert (Conversation.objects.count(), Message.objects.count()) == (1, 1)


def test_after_a_question_the_door_starts_anew(client, lucie):
    client.force_login(factories.patient())
    walk_to(client)
    client.post("/demande/question/", QUESTION)
    assert 'name="relation" value="SELF" checked' not in text_of(client.get("/demande/"))
    walk_to(client)
    client.post("/demande/question/", QUESTION)
    assert Conversation.objects.count() == 2


def test_a_draft_that_is_gone_keeps_the_text_just_posted(client, lucie):
    walk_to(client)
    DoorDraft.objects.all().delete()
    answer = client.post("/demande/question/", QUESTION, follow=True)
    assert answer.redirect_chain[0][0] == "/demande/"
    assert "session a expiré" in text_of(answer)
    walk_to(client)
    assert SENTINEL in text_of(client.get("/demande/question/"))


def test_sending_without_a_draft_says_so(client, lucie):
    client.force_login(factories.patient())
    answer = client.post("/demande/envoyer/", follow=True)
    assert "session a expiré" in text_of(answer)
    assert not Conversation.objects.exists()


def test_nobody_sends_without_an_account(client, lucie):
    walk_to(client, "envoyer")
    answer = client.post("/demande/envoyer/")
    assert answer.status_code == 403 and SENTINEL in text_of(answer)
    assert not Conversation.objects.exists()


def test_a_territory_that_closes_meanwhile(client, lucie):
    walk_to(client, "envoyer")
    client.force_login(factories.patient())
    Opening.objects.update(closes_on=timezone.localdate() - timezone.timedelta(days=1))
    answer = client.post("/demande/envoyer/")
    assert answer.status_code == 409 and "n'est pas ouvert" in text_of(answer)
    assert draft_of(client).body == SENTINEL


@pytest.mark.parametrize("step", ["", "ou/", "question/", "envoyer/"])
def test_a_professional_is_told_that_the_door_is_for_patients(client, lucie, step):
    client.force_login(lucie)
    for answer in (client.get(f"/demande/{step}"), client.post(f"/demande/{step}", QUESTION)):
        assert answer.status_code == 403 and "compte professionnel" in text_of(answer)


def test_steps_cannot_be_jumped(client, lucie):
    for step in ("ou", "signes", "signe", "medecin", "question", "envoyer"):
        assert client.get(f"/demande/{step}/").url == "/demande/"
    for_whom(client)
    assert client.get("/demande/question/").url == "/demande/ou/"


def test_a_form_without_its_token_gives_the_text_back(lucie):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/demande/question/", QUESTION)
    assert answer.status_code == 403
    assert "expiré" in text_of(answer) and SENTINEL in text_of(answer)


def test_what_is_written_can_be_erased(client, lucie):
    walk_to(client, "envoyer")
    client.post("/demande/", {"effacer": "1"})
    assert not DoorDraft.objects.exists()
    assert client.get("/demande/envoyer/").url == "/demande/"


def test_pages_about_health_are_never_cached(client, lucie):
    walk_to(client)
    assert "no-store" in client.get("/demande/question/")["Cache-Control"]


@pytest.mark.parametrize(
    ("step", "queries"), [("", 4), ("ou/", 12), ("signes/", 4), ("question/", 12)]
)
def test_the_number_of_queries_of_a_step(
    client, lucie, step, queries, django_assert_max_num_queries
):
    walk_to(client)
    client.get(f"/demande/{step}")
    with django_assert_max_num_queries(queries):
        client.get(f"/demande/{step}")
