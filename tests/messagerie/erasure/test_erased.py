"""What was erased, or whose key is dead: nothing reads it, and every page says so."""

import logging
import uuid
from functools import partial

import pytest
from channels.db import database_sync_to_async
from django.urls import reverse
from django.utils import timezone

from comptes.keys import cipher
from comptes.keys.cipher import SealBroken
from comptes.keys.provider import KeyUnavailable
from comptes.models import DataKey, User
from messagerie import actions, delivery, tasks
from messagerie.actions import erasing
from messagerie.contents import ContentErased, open_details, open_motive, open_subject
from messagerie.errors import RefusalCode
from messagerie.models import Conversation, Message
from orientation.engine import open_decision
from orientation.models import Decision
from tests import factories
from tests.messagerie.acting import of, refused, reread, signed_in
from tests.messagerie.erasure.erasing import WORD, admin, ask, erase
from tests.sockets import Socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]
WAIT = 30


# --- Nothing reads


@pytest.fixture
def erased(closed, nadia, paul) -> Conversation:
    erase(closed, nadia, paul)
    return reread(closed)


def test_a_key_still_in_memory_opens_nothing(closed, nadia, paul):
    """Another process holds the key for some minutes: the mark and the emptied rows stop it."""
    key = cipher._key(closed.pk)
    blob = Message.objects.get(conversation=closed, seq=1)
    erase(closed, nadia, paul)
    cipher.cache.put(closed.pk, key)
    left = reread(closed)
    for opener in (open_motive, open_subject, open_details):
        with pytest.raises(ContentErased):
            opener(left)
    assert cipher.cache.get(closed.pk) is None, "dropped at the first look"
    cipher.cache.put(closed.pk, key)
    assert {line.body for line in delivery.lines_after(closed.pk, 0)} == {"Contenu effacé."}
    cipher.cache.drop(closed.pk)
    with pytest.raises(KeyUnavailable):
        cipher.unseal(closed.pk, "body", blob.body_sealed, bind=(blob.sender_id, blob.client_id))
    with pytest.raises(KeyUnavailable):
        open_decision(Decision.objects.get(conversation_id=closed.pk))


PATIENT_PAGES = ("conversation", "fiche", "aggravation_numeros", "vivant", "lectures")
CONSOLE_PAGES = ("conversation", "situation", "fil", "orienter", "clore")


@pytest.mark.parametrize("way", ["erased", "dead key"])
def test_every_page_says_that_the_content_is_erased(closed, nadia, paul, lucie, way):
    if way == "erased":
        erase(closed, nadia, paul)
    else:
        cipher.destroy_key(closed.pk)
    year = str(timezone.localdate().year)
    patient = signed_in(closed.patient)
    for name in PATIENT_PAGES:
        page = patient.get(reverse(f"patient:{name}", args=[closed.pk]), follow=True)
        assert page.status_code in (200, 410), name
        assert WORD not in page.content.decode()
        if name in ("conversation", "fiche"):
            assert page.status_code == 410
            said = page.content.decode()
            assert "Le contenu de cette conversation a été effacé le" in said
            assert year in said
    for name in ("rouvrir", "repondre"):
        url = reverse(f"patient:{name}", args=[closed.pk])
        answer = patient.post(url, {"body": "x", "client_id": str(uuid.uuid4())}, follow=True)
        assert answer.status_code in (409, 410, 200), name
        assert answer.status_code != 500
    for url in (reverse("patient:conversations"), reverse("accueil")):
        page = patient.get(url)
        assert page.status_code == 200
        assert "Contenu effacé" in page.content.decode()

    console = signed_in(lucie)
    for name in CONSOLE_PAGES:
        page = console.get(reverse(f"console:{name}", args=[closed.pk]))
        assert page.status_code in (200, 410), name
        assert WORD not in page.content.decode()
    page = console.get(reverse("console:conversation", args=[closed.pk]))
    assert page.status_code == 410
    assert "Le contenu de cette conversation a été effacé le" in page.content.decode()
    listed = console.get(reverse("console:closes"))
    assert listed.status_code == 200
    assert "Contenu effacé" in listed.content.decode()
    for client in (console, patient):
        api = client.get(reverse("api:conversation", args=[closed.pk]))
        assert WORD not in api.content.decode()
        if way == "erased":
            assert api.status_code == 410
            assert api.json()["code"] == "ERASED"
            assert api.json()["retry"] is False


def test_a_reopening_of_what_is_erased_is_refused(erased):
    with refused(RefusalCode.ERASED):
        actions.reopen(erased.pk, **of(erased.patient))


def test_lines_of_others_are_read_beside_an_erased_one(erased, lucie):
    other = factories.taken_conversation(lucie, body="Une autre question.")
    pks = [erased.pk, other.pk]
    lines = delivery.open_lines(Message.objects.filter(conversation__in=pks))
    assert "Une autre question." in [line.body for line in lines]
    assert "Contenu effacé." in [line.body for line in lines]


@pytest.mark.parametrize("spoilt", [b"\x01", b"\x01" + bytes(60)])
def test_a_line_that_was_altered_is_an_error_and_not_an_erasure(lucie, spoilt, caplog):
    held = factories.taken_conversation(lucie)
    Message.objects.filter(conversation=held, seq=1).update(body_sealed=spoilt)
    with caplog.at_level(logging.ERROR), pytest.raises(SealBroken):
        delivery.lines_after(held.pk, 0)
    assert f"line 1 of {held.pk}" in caplog.text


def test_a_crash_between_the_mark_and_the_key_is_finished_later(closed, nadia, paul, monkeypatch):
    asked = ask(closed, nadia)

    def killed(conversation_id):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "destroy_key", killed)
        with pytest.raises(SystemExit):
            actions.confirm_erasure(asked.pk, **admin(paul))
    left = reread(closed)
    assert left.erased_at is not None
    assert left.shredded_at is None
    assert (
        signed_in(closed.patient).get(reverse("patient:conversation", args=[closed.pk])).status_code
        == 410
    )
    tasks.erase_at_term()
    assert reread(closed).shredded_at is not None
    assert DataKey.objects.get(pk=closed.pk).wrapped is None
    assert actions.shred_left() == 0


@pytest.mark.parametrize("way", ["erased", "dead key"])
async def test_a_socket_reads_that_it_is_erased_and_goes_on(closed, nadia, paul, lucie, way):
    apart = partial(database_sync_to_async, thread_sensitive=False)
    if way == "erased":
        await apart(erase)(closed, nadia, paul)
    else:
        await apart(cipher.destroy_key)(closed.pk)
    patient = await apart(User.objects.get)(pk=closed.patient_id)
    other = await apart(factories.conversation)(patient, body="Une autre question.")
    client = await apart(signed_in)(patient)
    page = Socket(client.cookies["sessionid"].value)
    await page.open()
    await page.hear_until("hello")
    await page.say({"t": "watch", "conversation": str(closed.pk), "cursor": 0})
    if way == "erased":
        refused = await page.hear()
        assert (refused["code"], refused["retry"]) == ("ERASED", False)
        assert "a été effacé le" in refused["message"]
    else:
        heard = [frame for frame in await page.hear_until("state") if frame["t"] == "line"]
        assert len(heard) == closed.last_seq
        assert {(line["kind"], line["body"]) for line in heard} == {("EVENT", "Contenu effacé.")}
    await page.say({"t": "watch", "conversation": str(other.pk), "cursor": 0})
    told = await page.hear_until("state")
    assert [frame["body"] for frame in told if frame["t"] == "line"] == ["Une autre question."]
    await page.close()
