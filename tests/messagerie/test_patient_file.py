"""« Mon dossier »: everything, to read, to download as JSON and PDF, to have erased."""

import json
import uuid

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from comptes.keys import cipher
from comptes.models import Act, JournalEntry, User
from messagerie import actions, printing
from messagerie.actions.orienting import OrientRequest
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation, ErasureRequest
from messagerie.patient_file import FORMAT, PatientFile
from orientation.scope import scope_for
from tests import factories
from tests.evaluation.pdf_text import PdfText, squeezed
from tests.messagerie.acting import by, of, post, reread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]
SOURCE = '#let x = 1; $a$ *b* #read("/etc/passwd")\nDeuxième ligne.'


@pytest.fixture
def lucie() -> User:
    factories.open_region()
    cpts = factories.StructureFactory(name="CPTS du Vieux-Port")
    return factories.professional(cpts, first_name="Lucie")


@pytest.fixture
def talk(lucie) -> Conversation:
    waiting = factories.conversation(
        body=SOURCE,
        subject=Subject("CHILD", "Léa", 4),
        details=CareDetails("DECLARED", "Dr Roux", True, ("RF01",), "CALLED", "06 11", "ici"),
    )
    held = actions.take(waiting.pk, **by(lucie))
    post(held, lucie, "Donnez-lui à boire.")
    actions.declare_worsening(held.pk, **of(held.patient), sign_codes=("RF03",), phone="06 22")
    actions.orient(
        held.pk,
        **by(lucie),
        request=OrientRequest(
            accept=False,
            destination="MEDECIN_TRAITANT",
            override_reason="CLINICAL",
            when="demain",
            note="Prenez le carnet de santé.",
        ),
    )
    return reread(held)


@pytest.fixture
def client(talk) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(talk.patient)
    return client


def get(client: Client, name: str, *args: object):
    return client.get(reverse(f"dossier:{name}", args=args))


def downloads() -> list[tuple[uuid.UUID | None, str]]:
    lines = JournalEntry.objects.filter(act=Act.FILE_DOWNLOADED).order_by("pk")
    return list(lines.values_list("conversation_id", "reason"))


def test_the_json_holds_everything_and_keeps_its_schema(client, talk):
    answer = get(client, "conversation_json", talk.pk)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/json")
    assert answer["Content-Disposition"].startswith('attachment; filename="conversation-')
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert downloads() == [(talk.pk, "json")]
    made = msgspec.json.decode(answer.content, type=PatientFile, strict=True)
    assert (made.format, made.version) == (FORMAT, "1.1")
    (row,) = made.conversations
    assert row.number == str(talk.pk)
    assert row.person.first_name == "Léa"
    assert row.told.medecin_traitant_name == "Dr Roux"
    assert row.told.ald is True
    assert [message.number for message in row.messages] == list(range(1, talk.last_seq + 1))
    assert row.messages[0].text == SOURCE
    assert {m.kind for m in row.messages} == {"TEXT", "EVENT", "WORSENING", "ORIENTATION"}
    assert row.messages[-1].orientation.note == "Prenez le carnet de santé."
    lucies = next(who for who in row.who_read if who.name == "Lucie, infirmier")
    assert lucies.structure == "CPTS du Vieux-Port"
    assert "a pris la conversation" in [did for _, did in lucies.acts]


# What whoever integrates counts on; adding is allowed, removing or renaming is not.
SCHEMA_1 = {
    "": ["account", "conversations", "format", "made_at", "service", "version"],
    "conversations": [
        "closed_at", "commune", "departement", "erased", "messages", "motive", "number",
        "opened_at", "outcome", "person", "state", "time_zone", "told", "who_read",
    ],
    "messages": ["at", "author", "from_side", "kind", "number", "text"],
}  # fmt: skip


def test_the_fields_of_version_1_are_all_there(client, talk):
    found = json.loads(get(client, "complet_json").content)
    row = found["conversations"][0]
    assert set(SCHEMA_1[""]) <= set(found)
    assert set(SCHEMA_1["conversations"]) <= set(row)
    assert set(SCHEMA_1["messages"]) <= set(row["messages"][0])
    assert found["version"].split(".")[0] == "1"


def test_the_pdf_says_the_same_and_reads_nothing_as_source(client, talk):
    answer = get(client, "conversation_pdf", talk.pk)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    assert downloads() == [(talk.pk, "pdf")]
    text = PdfText(answer.content).whole
    for said in (*SOURCE.split("\n"), "Donnez-lui à boire.", "Prenez le carnet de santé.",
                 "Léa, 4 ans", "Dr Roux", "Lucie, infirmier · CPTS du Vieux-Port", "06 22",
                 str(talk.pk), "Qui a ouvert cette conversation"):  # fmt: skip
        assert squeezed(said) in text, said
    assert b"/MarkInfo" in answer.content
    assert b"/Lang" in answer.content
    assert b"pdfuaid" in answer.content


def test_the_whole_file_holds_each_conversation_and_nobody_elses(client, talk):
    own = CareDetails("NONE", ald=False)
    other = factories.conversation(talk.patient, body="Ma seconde question.", details=own)
    factories.conversation(body="La question d'une autre personne.")
    made = msgspec.json.decode(get(client, "complet_json").content, type=PatientFile)
    assert [row.number for row in made.conversations] == [str(other.pk), str(talk.pk)]
    assert (made.remembered.medecin_traitant, made.remembered.ald) == ("NONE", False)
    text = PdfText(get(client, "complet_pdf").content).whole
    assert squeezed("médecin traitant aucun, ALD non") in text
    assert squeezed("Ma seconde question.") in text
    assert squeezed("La question d'une autre personne.") not in text
    assert downloads() == [(None, "json"), (None, "pdf")]


def test_an_emoji_is_no_obstacle(lucie):
    patient = factories.patient()
    talk = factories.conversation(patient, body="J'ai mal 😀 \u200d depuis hier.")
    browser = Client()
    browser.force_login(patient)
    answer = get(browser, "conversation_pdf", talk.pk)
    assert answer.status_code == 200
    assert squeezed("depuis hier.") in PdfText(answer.content).whole


def test_past_a_bound_one_reads_a_sentence(client, monkeypatch, caplog):
    monkeypatch.setattr(printing, "MOST_BYTES_IN", 10)
    answer = get(client, "complet_pdf")
    assert answer.status_code == 503
    assert "Le PDF n'a pas pu être préparé" in answer.content.decode()
    assert "Léa" not in caplog.text


def test_an_erased_conversation_is_in_the_file_as_erased(client, talk):
    cipher.destroy_key(talk.pk)
    made = msgspec.json.decode(get(client, "complet_json").content, type=PatientFile)
    (row,) = made.conversations
    assert "a été effacé le" in row.erased
    assert (row.person, row.told, row.messages, row.motive) == (None, None, (), "")
    assert squeezed("a été effacé le") in PdfText(get(client, "complet_pdf").content).whole


def test_the_page_and_the_request_to_erase(client, talk):
    page = get(client, "page").content.decode()
    assert str(talk.pk) in page
    ask = reverse("dossier:effacement", args=[talk.pk])
    assert ask in page
    assert "détruits pour toujours" in client.get(ask).content.decode()
    assert not ErasureRequest.objects.exists()
    said = client.post(ask, follow=True).content.decode()
    assert "Votre demande est enregistrée" in said
    assert "Effacement demandé" in said
    assert ask not in said
    asked = ErasureRequest.objects.get()
    nadia = factories.regional_administrator("93")
    actions.refuse_erasure(
        asked.pk, administrator=nadia, scope=scope_for(nadia), refusal="LEGAL_TERM"
    )
    said = get(client, "page").content.decode()
    assert "La loi oblige à garder ce dossier de soins" in said
    assert ask in said
    who = client.get(reverse("patient:lectures", args=[talk.pk])).content.decode()
    assert "L&#x27;administration du service, sans accès au contenu" in who


def test_an_open_conversation_has_no_button_to_erase(client, talk):
    waiting = factories.conversation(talk.patient)
    ask = reverse("dossier:effacement", args=[waiting.pk])
    assert ask not in get(client, "page").content.decode()
    assert client.get(ask).status_code == 302
    assert client.post(ask).status_code == 409


def test_the_page_of_somebody_without_a_conversation(lucie):
    browser = Client()
    browser.force_login(factories.patient())
    assert "Rien encore" in get(browser, "page").content.decode()
    assert get(browser, "complet_pdf").status_code == 200
