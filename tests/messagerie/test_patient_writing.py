"""What a patient sends: lines, bad input, other people's conversations, getting worse."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messagerie.models import Conversation, DoorPassage, Message, MessageKind
from tests import factories
from tests.messagerie.door_walk import text_of
from tests.messagerie.patient_walk import box_of, resolve, url_of, write

pytestmark = pytest.mark.django_db

NO_SUCH = "n'existe pas, ou vous n'y avez pas accès"


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
    assert box_of(text_of(client.get(url_of(taken)))) == "Encore un mot"  # until it leaves
    write(client, taken, "Encore un mot")
    assert box_of(text_of(client.get(url_of(taken)))) == ""
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
    back = client.post(url, {"signe": "AUCUN"}, follow=True)
    assert back.redirect_chain == [(url_of(taken), 302)]
    assert "l'équipe n'a pas été prévenue" in text_of(back)
    assert client.get(url_of(taken, "aggravation_numeros")).url == url_of(taken)
    assert not Message.objects.filter(kind=MessageKind.WORSENING).exists()


def test_a_closed_conversation_sends_to_the_15_not_to_a_form(client, taken, lucie):
    resolve(taken, lucie)
    page = text_of(client.get(url_of(taken, "aggravation"), follow=True))
    assert "appelez le 15" in page


def test_what_a_page_gives_to_keep_is_not_sent(client, taken):
    """Its session had ended meanwhile: it posts by itself, and nobody pressed « Envoyer »."""
    before = Message.objects.count()
    kept = {"body": "à moitié", "client_id": str(uuid.uuid4()), "garder": "1"}
    page = client.post(url_of(taken, "repondre"), kept)
    assert page.status_code == 200
    assert box_of(page.content.decode()) == "à moitié"
    assert Message.objects.count() == before


def test_what_another_patient_gives_to_keep_is_not_shown(client, taken):
    client.force_login(factories.patient())
    page = client.post(url_of(taken, "repondre"), {"body": "à moitié", "garder": "1"})
    assert page.status_code == 404
    assert "à moitié" not in page.content.decode()
