"""The steps of the door, one by one: whom, where, danger signs, GP."""

import re

import pytest

from messagerie.danger import NONE, SIGNS
from messagerie.models import Conversation, DoorDraft, DoorPassage
from orientation import care_situation
from orientation.care_situation import Told
from tests import factories
from tests.messagerie.door_walk import QUESTION, draft_of, for_whom, text_of, walk_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]


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


def test_a_missing_first_name_is_asked_as_a_first_name(client):
    page = text_of(for_whom(client, first_name=" "))
    assert "Écrivez un prénom ou un surnom." in page
    assert "quelques mots" not in page


# --- Where


def test_where_refuses_what_is_no_place(client, lucie):
    walk_to(client, "ou")
    for typed in ("zzz", "", "\u200b", "x" * 20_000, "a\x00b", "00000"):
        answer = client.post("/demande/ou/", {"lieu": typed})
        assert answer.status_code == 400
        assert "fr-message--error" in text_of(answer)
    assert draft_of(client).commune == ""


def test_an_ambiguous_code_asks_and_takes_only_a_commune_of_the_list(client, lucie):
    walk_to(client, "ou")
    assert client.post("/demande/ou/", {"lieu": "37160"}).url == "/demande/ou/"
    page = text_of(client.get("/demande/ou/"))
    assert page.count('name="commune"') == 7
    forged = client.post("/demande/ou/", {"lieu": "37160", "commune": "13201"})
    assert forged.status_code == 400 and forged.content.count(b'name="commune"') == 7
    chosen = re.search(r'name="commune" value="(\w+)"', page).group(1)
    client.post("/demande/ou/", {"lieu": "37160", "commune": chosen})
    assert draft_of(client).commune == chosen


def test_forty_six_communes_are_all_offered(client, lucie):
    walk_to(client, "ou")
    client.post("/demande/ou/", {"lieu": "51300"})
    assert text_of(client.get("/demande/ou/")).count('name="commune"') == 46


def test_a_closed_territory_says_whom_to_call_and_when_it_opens(client, lucie):
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


def test_an_overseas_collectivity_is_told_politely(client, lucie):
    walk_to(client, "ou")
    answer = client.post("/demande/ou/", {"lieu": "98800"})
    assert answer.status_code == 409
    assert "Nouvelle-Calédonie" in text_of(answer) and 'href="tel:15"' in text_of(answer)


def test_where_one_lives_is_kept_only_when_it_is_elsewhere(client, lucie):
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


def test_what_was_told_once_is_not_asked_again(client, lucie):
    patient = factories.patient()
    care_situation.remember(patient, Told("NONE", True))
    client.force_login(patient)
    walk_to(client, "medecin")
    page = text_of(client.get("/demande/medecin/"))
    assert re.search(r'value="NONE"[^>]*checked', page)
    assert re.search(r'value="OUI"[^>]*checked', page)


def test_the_gp_is_kept(client, lucie):
    walk_to(client, "medecin")
    answers = {"medecin_traitant": "DECLARED", "medecin_traitant_name": "Dr Roux", "ald": "OUI"}
    assert client.post("/demande/medecin/", answers).url == "/demande/question/"
    details = draft_of(client).details
    assert (details.medecin_traitant_name, details.ald) == ("Dr Roux", True)
    assert client.post("/demande/medecin/", {"medecin_traitant": "X"}).status_code == 400
