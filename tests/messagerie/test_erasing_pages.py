"""The administrator's pages of erasure: two persons, a list of reasons, no content, no name."""

import pytest
from django.test import Client
from django.urls import reverse

from messagerie import actions
from messagerie.models import Conversation, ErasureRequest
from tests import factories
from tests.messagerie.acting import of, reread, signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]
WORD = "Zqxjphosphène"


@pytest.fixture
def closed() -> Conversation:
    factories.open_region()
    patient = factories.patient(first_name=f"{WORD}-prénom")
    made = factories.conversation(patient, body=f"Ma question {WORD}.")
    actions.withdraw(made.pk, **of(patient))
    return reread(made)


@pytest.fixture
def nadia() -> Client:
    return signed_in(factories.regional_administrator("93", first_name="Nadia"))


@pytest.fixture
def paul() -> Client:
    return signed_in(factories.national_administrator(first_name="Paul"))


def page(client: Client, name: str, *args: object, **posted: object):
    url = reverse(f"admin:messagerie_erasurerequest_{name}", args=args)
    answer = client.post(url, posted, follow=True) if posted else client.get(url)
    assert WORD not in answer.content.decode()
    return answer


def test_from_the_question_of_one_to_the_confirmation_of_another(closed, nadia, paul):
    assert "Durées de conservation" in page(nadia, "changelist").content.decode()
    said = page(nadia, "add", number=str(closed.pk), reason="COURT").content.decode()
    asked = ErasureRequest.objects.get()
    assert "attend maintenant une seconde personne" in said
    assert "une autre personne doit le confirmer" in said
    confirm = reverse("admin:messagerie_erasurerequest_confirm", args=[asked.pk])
    assert confirm not in said
    alone = page(nadia, "confirm", asked.pk, understood="on").content.decode()
    assert "une autre personne doit le confirmer" in alone
    assert reread(closed).erased_at is None

    assert str(closed.pk) in page(paul, "changelist").content.decode()
    assert confirm in page(paul, "change", asked.pk).content.decode()
    assert "Cochez la case" in page(paul, "confirm", asked.pk, understood="").content.decode()
    assert reread(closed).erased_at is None
    assert (
        "Le contenu est effacé" in page(paul, "confirm", asked.pk, understood="on").content.decode()
    )
    assert reread(closed).erased_at is not None
    again = page(paul, "confirm", asked.pk, understood="on").content.decode()
    assert "quelqu&#x27;un vient de décider" in again


def test_what_the_patient_requested_is_taken_up_or_refused(closed, nadia, paul):
    made = actions.request_erasure(closed.pk, **of(closed.patient))
    take_up = reverse("admin:messagerie_erasurerequest_take_up", args=[made.pk])
    assert take_up in page(nadia, "change", made.pk).content.decode()
    page(nadia, "take_up", made.pk, reason="PATIENT_ASKED")
    page(paul, "refuse", made.pk, refusal="LEGAL_TERM")
    made.refresh_from_db()
    assert (made.state, made.refusal) == ("REFUSED", "LEGAL_TERM")
    assert reread(closed).erased_at is None


@pytest.mark.parametrize("wrong", ["pas un numéro", "00000000-0000-4000-8000-000000000000"])
def test_a_wrong_number_is_said_without_telling_more(closed, nadia, wrong):
    said = page(nadia, "add", number=wrong, reason="COURT").content.decode()
    assert "numéro" in said
    stranger = signed_in(factories.regional_administrator("53"))
    foreign = page(stranger, "add", number=str(closed.pk), reason="COURT").content.decode()
    assert "Aucune conversation de votre territoire" in foreign
    assert not ErasureRequest.objects.exists()


def test_another_territory_has_no_page(closed, nadia):
    page(nadia, "add", number=str(closed.pk), reason="COURT")
    asked = ErasureRequest.objects.get()
    stranger = signed_in(factories.regional_administrator("53"))
    assert str(closed.pk) not in page(stranger, "changelist").content.decode()
    for name in ("take_up", "confirm", "refuse"):
        url = reverse(f"admin:messagerie_erasurerequest_{name}", args=[asked.pk])
        assert stranger.get(url).status_code == stranger.post(url).status_code == 404
