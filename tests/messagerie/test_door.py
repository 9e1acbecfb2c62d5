"""The door, by HTTP: every step, what is kept, and what a person reads when it is refused."""

import re
import urllib.parse
from html import unescape

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comptes.models import Patient
from messagerie.danger import NONE, SIGNS
from messagerie.drafts import DOOR, load
from messagerie.models import Conversation, DoorDraft, DoorPassage, Message
from orientation.models import CareSituation, Opening
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]

SENTINEL = "Zwybelqux depuis hier soir"
QUESTION = {"motive": "SUIVI", "body": SENTINEL, "readers_agreed": "on", "alternative": "RIEN"}


@pytest.fixture
def team():
    """Provence-Alpes-Côte d'Azur is open, with one professional on duty."""
    factories.open_region("93")
    structure = factories.StructureFactory(name="CPTS du Vieux-Port")
    factories.StructureFactory(sas=True, name="SAS des Bouches-du-Rhône")
    return factories.professional(structure)


def text_of(response) -> str:
    return unescape(response.content.decode())


def for_whom(client: Client, **answers: str):
    return client.post(
        "/demande/", {"relation": "SELF", "first_name": "Camille", "age": "40"} | answers
    )


def walk_to(client: Client, step: str = "question") -> None:
    """Answer the steps before `step` in the usual way."""
    me = {"relation": "SELF", "first_name": "Camille", "age": "40"}
    answers = [
        ("ou", "/demande/", me),
        ("found", "/demande/ou/", {"lieu": "13001"}),
        ("signes", "/demande/ou/", {"suite": "1"}),
        ("medecin", "/demande/signes/", {"signe": NONE}),
        ("question", "/demande/medecin/", {"passer": "1"}),
        ("envoyer", "/demande/question/", QUESTION),
    ]
    for leads_to, url, posted in answers:
        assert client.post(url, posted).status_code == 302
        if leads_to == step:
            return


def draft_of(client: Client):
    return load(client.session).content


# --- The whole way


def test_a_question_leaves_after_the_account_and_carries_all_that_was_typed(client, team):
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
def test_the_text_survives_each_way_to_an_account(client, team, enter):
    walk_to(client, "envoyer")
    email = "nouvelle@exemple.invalid"
    if enter is not sign_up:
        factories.patient(email=email)
    assert enter(client, email) == "/demande/envoyer/"
    page = client.get("/demande/envoyer/")
    assert "Envoyer ma question" in text_of(page) and SENTINEL in text_of(page)
    assert client.post("/demande/envoyer/").url.startswith("/conversations/")
    assert Patient.objects.get().readers_agreed_at is not None


def test_a_signed_in_patient_sends_from_the_question_itself(client, team):
    client.force_login(factories.patient())
    walk_to(client)
    sent = client.post("/demande/question/", QUESTION)
    assert sent.url == f"/conversations/{Conversation.objects.get().pk}/"


def test_nothing_typed_stands_in_the_session_the_url_or_in_clear_in_the_database(client, team):
    walk_to(client, "envoyer")
    assert set(client.session.keys()) == {DOOR}
    assert "?" not in client.get("/demande/envoyer/").request["PATH_INFO"]
    with connection.cursor() as cursor:
        for table in ("messagerie_doordraft", "django_session", "messagerie_doorpassage"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", ["%Zwybel%"])
            assert cursor.fetchone() == (0,)
        cursor.execute("SELECT sealed FROM messagerie_doordraft")
        assert b"Zwybel" not in bytes(cursor.fetchone()[0])


def test_the_agreement_to_readers_is_asked_once(client, team):
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


def test_the_readers_are_named_by_structure(client, team):
    walk_to(client)
    assert "CPTS du Vieux-Port" in text_of(client.get("/demande/question/"))


# --- For whom


@pytest.mark.parametrize(
    ("years", "months", "kept"),
    [("40", "", (40, None)), ("", "7", (0, 7)), ("1", "3", (1, 15)), ("0", "11", (0, 11)),
     ("3", "6", (3, None)), ("1", "", (1, None))],
)  # fmt: skip
def test_an_age_in_years_or_in_months(client, years, months, kept):
    assert for_whom(client, age=years, age_months=months).status_code == 302
    content = draft_of(client)
    assert (content.age, content.age_months) == kept


@pytest.mark.parametrize(
    "answers",
    [
        {"age": ""},
        {"age": "-1"},
        {"age": "abc"},
        {"age": "400"},
        {"age": "", "age_months": "30"},
        {"relation": "PIRATE"},
        {"relation": ""},
        {"first_name": ""},
        {"first_name": "\u200b\u200b"},
        {"first_name": "a\x00b"},
        {"first_name": "x" * 61},
    ],
)
def test_a_wrong_answer_comes_back_with_what_was_typed(client, answers):
    answer = for_whom(client, **answers)
    assert answer.status_code == (413 if len(answers.get("first_name", "")) > 60 else 400)
    page = text_of(answer)
    assert "à corriger" in page
    for typed in (answers | {"first_name": answers.get("first_name", "Camille")}).values():
        assert f'value="{typed}"' in page or typed in ("", "PIRATE")
    assert not DoorDraft.objects.exists()


# --- Where


def test_where_refuses_what_is_no_place(client, team):
    walk_to(client, "ou")
    for typed in ("zzz", "", "\u200b", "x" * 20_000, "a\x00b", "00000"):
        answer = client.post("/demande/ou/", {"lieu": typed})
        assert answer.status_code == 400
        assert "fr-message--error" in text_of(answer)
    assert draft_of(client).commune == ""


def test_an_ambiguous_code_asks_and_takes_only_a_commune_of_the_list(client, team):
    walk_to(client, "ou")
    assert client.post("/demande/ou/", {"lieu": "37160"}).url == "/demande/ou/"
    page = text_of(client.get("/demande/ou/"))
    assert page.count('name="commune"') == 7
    forged = client.post("/demande/ou/", {"lieu": "37160", "commune": "13201"})
    assert forged.status_code == 400 and forged.content.count(b'name="commune"') == 7
    chosen = re.search(r'name="commune" value="(\w+)"', page).group(1)
    client.post("/demande/ou/", {"lieu": "37160", "commune": chosen})
    assert draft_of(client).commune == chosen


def test_forty_six_communes_are_all_offered(client, team):
    walk_to(client, "ou")
    client.post("/demande/ou/", {"lieu": "51300"})
    assert text_of(client.get("/demande/ou/")).count('name="commune"') == 46


def test_a_closed_territory_says_whom_to_call_and_when_it_opens(client, team):
    factories.StructureFactory(
        sas=True, departement_id="35", name="SAS d'Ille-et-Vilaine", phone="02 99 00 00 00"
    )
    factories.open_region("53", opens_on="2099-03-01")
    walk_to(client, "ou")
    answer = client.post("/demande/ou/", {"lieu": "Rennes"})
    page = text_of(answer)
    assert answer.status_code == 409
    assert 'href="tel:15"' in page and 'href="tel:0299000000"' in page
    assert "1er mars 2099" in page and "médecin traitant" in page
    assert 'value="Rennes"' in text_of(client.get("/demande/ou/?changer=1"))


def test_an_overseas_collectivity_is_told_politely(client, team):
    walk_to(client, "ou")
    answer = client.post("/demande/ou/", {"lieu": "98800"})
    assert answer.status_code == 409
    assert "Nouvelle-Calédonie" in text_of(answer) and 'href="tel:15"' in text_of(answer)


def test_where_one_lives_is_kept_only_when_it_is_elsewhere(client, team):
    walk_to(client, "ou")
    client.post("/demande/ou/", {"lieu": "13001"})
    empty = client.post("/demande/ou/", {"suite": "1", "lives_elsewhere": "on"})
    assert empty.status_code == 400
    answers = {"suite": "1", "lives_elsewhere": "on", "elsewhere": "35000"}
    client.post("/demande/ou/", answers)
    assert draft_of(client).details.elsewhere == "Rennes (Ille-et-Vilaine)"
    client.post("/demande/ou/", {"suite": "1", "elsewhere": "35000"})
    assert draft_of(client).details.elsewhere == ""


# --- Danger signs


@pytest.fixture
def at_the_signs(client, team):
    walk_to(client, "signes")
    return client


def test_each_sign_shows_its_number_on_the_next_page(at_the_signs):
    for sign in SIGNS.values():
        page = text_of(at_the_signs.post("/demande/signes/", {"signe": sign.code}, follow=True))
        shown = page.split('<div class="ms-numeros">')[1]
        assert f'href="tel:{sign.number}"' in shown.split("</a>")[0], sign.code
        assert str(sign.instruction) in shown, sign.code


def passages() -> set[tuple[str, str]]:
    return set(DoorPassage.objects.values_list("sign_code", "answer"))


def test_a_declared_sign_is_counted_once_without_identity(at_the_signs):
    client = at_the_signs
    for _twice in range(2):
        client.post("/demande/signes/", {"signe": ["RF03", "RF01"]})
    assert passages() == {("RF03", "DECLARED"), ("RF01", "DECLARED")}
    client.post("/demande/signe/", {"suite": "appele", "callback_phone": "06 00 00 00 00"})
    assert passages() == {("RF03", "CALLED"), ("RF01", "CALLED")}
    assert draft_of(client).details.callback_phone == "06 00 00 00 00"
    assert len(set(DoorPassage.objects.values_list("visit"))) == 1


def test_a_dismissed_sign_stays_visible_to_the_professional(at_the_signs):
    client = at_the_signs
    client.post("/demande/signes/", {"signe": "RF03"})
    assert client.post("/demande/signe/", {"suite": "non"}).url == "/demande/medecin/"
    assert passages() == {("RF03", "DISMISSED")}
    details = draft_of(client).details
    assert (details.sign_codes, details.sign_answer) == (("RF03",), "DISMISSED")


def test_a_sign_unticked_afterwards_is_dismissed_not_forgotten(at_the_signs):
    client = at_the_signs
    client.post("/demande/signes/", {"signe": "RF03"})
    client.post("/demande/signes/", {"signe": NONE})
    assert passages() == {("RF03", "DISMISSED")}
    assert draft_of(client).details.sign_codes == ("RF03",)


def test_a_yes_without_its_sign_shows_a_number_and_asks_which(at_the_signs):
    client = at_the_signs
    page = text_of(client.post("/demande/signes/", {"signe": "MORAL"}, follow=True))
    assert 'href="tel:15"' in page and 'href="tel:3114"' in page
    assert 'value="RF07"' in page
    assert client.post("/demande/signe/", {"suite": "appele"}).status_code == 400
    client.post("/demande/signe/", {"suite": "preciser", "signe": "RF07"})
    assert passages() == {("RF07", "DECLARED")}
    assert "3114" in text_of(client.get("/demande/signe/")).split("<h1")[1].split("</h1>")[0]


@pytest.mark.parametrize("ticked", [[], [NONE, "RF03"], ["RF99"], ["\x00"]])
def test_answers_that_cannot_be_taken(at_the_signs, ticked):
    answer = at_the_signs.post("/demande/signes/", {"signe": ticked})
    assert answer.status_code == 400 and "ms-erreurs" in text_of(answer)
    assert not DoorPassage.objects.exists()


def test_the_passage_of_a_question_that_left_says_so(at_the_signs):
    client = at_the_signs
    client.force_login(factories.patient())
    client.post("/demande/signes/", {"signe": "RF03"})
    client.post("/demande/signe/", {"suite": "non"})
    client.post("/demande/medecin/", {"passer": "1"})
    client.post("/demande/question/", QUESTION)
    assert DoorPassage.objects.get().continued
    assert Conversation.objects.get().declared_sign


# --- The GP


def test_what_was_told_once_is_not_asked_again(client, team):
    patient = factories.patient()
    CareSituation.objects.create(user=patient, medecin_traitant="NONE", ald=True)
    client.force_login(patient)
    walk_to(client, "medecin")
    page = text_of(client.get("/demande/medecin/"))
    assert re.search(r'value="NONE"[^>]*checked', page)
    assert re.search(r'value="OUI"[^>]*checked', page)


def test_the_gp_is_kept(client, team):
    walk_to(client, "medecin")
    answers = {"medecin_traitant": "DECLARED", "medecin_traitant_name": "Dr Roux", "ald": "OUI"}
    assert client.post("/demande/medecin/", answers).url == "/demande/question/"
    details = draft_of(client).details
    assert (details.medecin_traitant_name, details.ald) == ("Dr Roux", True)
    assert client.post("/demande/medecin/", {"medecin_traitant": "X"}).status_code == 400


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
def test_a_bad_question_comes_back_whole(client, team, body, status, sentence):
    client.force_login(factories.patient())
    walk_to(client)
    answer = client.post("/demande/question/", QUESTION | {"body": body})
    page = text_of(answer)
    assert answer.status_code == status and sentence in page
    assert body in page and re.search(r'value="SUIVI"[^>]*selected', page)
    assert not Conversation.objects.exists()


def test_half_a_character_does_not_break_the_page(client, team):
    """A browser cannot send a lone surrogate in a form: bytes that claim to be one are replaced."""
    walk_to(client)
    body = urllib.parse.urlencode(QUESTION | {"body": ""}) + "&body=mal%ED%A0%80ici"
    answer = client.post(
        "/demande/question/", body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 302
    assert draft_of(client).body == "mal\ufffd\ufffd\ufffdici"


def test_a_wrong_motive_or_alternative_is_refused(client, team):
    walk_to(client)
    for wrong in ({"motive": "FIEVRE"}, {"motive": ""}, {"alternative": "X"}):
        answer = client.post("/demande/question/", QUESTION | wrong)
        assert answer.status_code == 400 and SENTINEL in text_of(answer)


# --- Sending


def test_a_double_submit_sends_once(client, team):
    client.force_login(factories.patient())
    walk_to(client)
    first = client.post("/demande/question/", QUESTION)
    assert client.post("/demande/question/", QUESTION).url == first.url
    assert client.post("/demande/envoyer/").url == first.url
    assert (Conversation.objects.count(), Message.objects.count()) == (1, 1)


def test_after_a_question_the_door_starts_anew(client, team):
    client.force_login(factories.patient())
    walk_to(client)
    client.post("/demande/question/", QUESTION)
    assert 'name="relation" value="SELF" checked' not in text_of(client.get("/demande/"))
    walk_to(client)
    client.post("/demande/question/", QUESTION)
    assert Conversation.objects.count() == 2


def test_a_draft_that_is_gone_keeps_the_text_just_posted(client, team):
    walk_to(client)
    DoorDraft.objects.all().delete()
    answer = client.post("/demande/question/", QUESTION, follow=True)
    assert answer.redirect_chain[0][0] == "/demande/"
    assert "session a expiré" in text_of(answer)
    walk_to(client)
    assert SENTINEL in text_of(client.get("/demande/question/"))


def test_sending_without_a_draft_says_so(client, team):
    client.force_login(factories.patient())
    answer = client.post("/demande/envoyer/", follow=True)
    assert "session a expiré" in text_of(answer)
    assert not Conversation.objects.exists()


def test_nobody_sends_without_an_account(client, team):
    walk_to(client, "envoyer")
    answer = client.post("/demande/envoyer/")
    assert answer.status_code == 403 and SENTINEL in text_of(answer)
    assert not Conversation.objects.exists()


def test_a_territory_that_closes_meanwhile(client, team):
    walk_to(client, "envoyer")
    client.force_login(factories.patient())
    Opening.objects.update(closes_on=timezone.localdate() - timezone.timedelta(days=1))
    answer = client.post("/demande/envoyer/")
    assert answer.status_code == 409 and "n'est pas ouvert" in text_of(answer)
    assert draft_of(client).body == SENTINEL


@pytest.mark.parametrize("step", ["", "ou/", "question/", "envoyer/"])
def test_a_professional_is_told_that_the_door_is_for_patients(client, team, step):
    client.force_login(team)
    for answer in (client.get(f"/demande/{step}"), client.post(f"/demande/{step}", QUESTION)):
        assert answer.status_code == 403 and "compte professionnel" in text_of(answer)


def test_steps_cannot_be_jumped(client, team):
    for step in ("ou", "signes", "signe", "medecin", "question", "envoyer"):
        assert client.get(f"/demande/{step}/").url == "/demande/"
    for_whom(client)
    assert client.get("/demande/question/").url == "/demande/ou/"


def test_a_form_without_its_token_gives_the_text_back(team):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/demande/question/", QUESTION)
    assert answer.status_code == 403
    assert "expiré" in text_of(answer) and SENTINEL in text_of(answer)


def test_what_is_written_can_be_erased(client, team):
    walk_to(client, "envoyer")
    client.post("/demande/", {"effacer": "1"})
    assert not DoorDraft.objects.exists()
    assert client.get("/demande/envoyer/").url == "/demande/"


def test_pages_about_health_are_never_cached(client, team):
    walk_to(client)
    assert "no-store" in client.get("/demande/question/")["Cache-Control"]


@pytest.mark.parametrize(
    ("step", "queries"), [("", 4), ("ou/", 12), ("signes/", 4), ("question/", 12)]
)
def test_the_number_of_queries_of_a_step(
    client, team, step, queries, django_assert_max_num_queries
):
    walk_to(client)
    client.get(f"/demande/{step}")
    with django_assert_max_num_queries(queries):
        client.get(f"/demande/{step}")
