"""The API: the same acts and the same rights as the pages, said in JSON."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from comptes.models import Act, JournalEntry, User
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation, Message
from messagerie.states import Outcome, State
from tests import factories
from tests.messagerie.acting import signed_in

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory"),
]

READS = ["conversation", "proposition"]
ACTS = ["messages", "prendre", "rendre", "clore", "orienter", "transmettre"]


@pytest.fixture
def cpts():
    factories.open_region()
    return factories.StructureFactory(name="CPTS du Vieux-Port")


@pytest.fixture
def lucie(cpts) -> User:
    return factories.professional(cpts, first_name="Lucie")


@pytest.fixture
def api(lucie) -> Client:
    return signed_in(lucie)


def url(name: str, *args: object) -> str:
    return reverse(f"api:{name}", args=args)


def post(client: Client, name: str, conversation, data: object = None):
    address = url(name, conversation.pk if isinstance(conversation, Conversation) else conversation)
    body = data if isinstance(data, str | bytes) else json.dumps(data or {})
    return client.post(address, body, content_type="application/json")


def line(body: str = "Bonjour.") -> dict[str, str]:
    return {"id": str(uuid.uuid4()), "body": body}


def refusal(response) -> tuple[int, str, bool]:
    said = response.json()
    assert said["message"]
    return response.status_code, said["code"], said["retry"]


def test_the_queue_and_ones_own(api, lucie):
    waiting = factories.conversation(
        subject=Subject("CHILD", "Lina", 4), details=CareDetails(sign_codes=("RF01",))
    )
    held = factories.taken_conversation(lucie)
    (row,) = api.get(url("en_attente")).json()["results"]
    assert (row["id"], row["first_name"], row["age"]) == (str(waiting.pk), "Lina", "4 ans")
    assert row["danger"] == "Signe déclaré"
    (row,) = api.get(url("miennes")).json()["results"]
    assert (row["id"], row["turn"]) == (str(held.pk), "À vous")


def test_one_conversation_from_a_cursor(api, lucie):
    held = factories.taken_conversation(lucie)
    said = api.get(url("conversation", held.pk)).json()
    assert [one["seq"] for one in said["lines"]] == [1, 2]
    assert said["lines"][0]["body"] == "Puis-je prendre ce médicament le soir ?"
    said = api.get(url("conversation", held.pk), {"cursor": 1}).json()
    assert [one["seq"] for one in said["lines"]] == [2]
    assert (said["state"], said["last_seq"], said["more"]) == (State.IN_PROGRESS, 2, False)
    assert JournalEntry.objects.filter(act=Act.CONVERSATION_READ, actor_id=lucie.pk).count() == 2


def test_no_copy_of_an_answer_is_kept_on_the_way(api, lucie):
    held = factories.taken_conversation(lucie)
    answers = [
        api.get(url("conversation", held.pk)),
        api.get(url("miennes")),
        post(api, "messages", held, line()),
        post(api, "lecture", held, {"cursor": 0}),
        api.get(url("conversation", uuid.uuid4())),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 404]
    for answer in answers:
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))


@pytest.mark.parametrize("cursor", ["-1", "zzz", "1e3", "99999999999", "²"])
def test_a_wrong_cursor_is_refused(api, lucie, cursor):
    held = factories.taken_conversation(lucie)
    answer = api.get(url("conversation", held.pk), {"cursor": cursor})
    assert refusal(answer) == (400, "BAD_CHOICE", False)


def test_a_whole_journey(api, lucie):
    waiting = factories.conversation()
    assert post(api, "prendre", waiting).json()["state"] == State.IN_PROGRESS
    first = line()
    answers = [post(api, "messages", waiting, first) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["seq"] == answers[1].json()["seq"] == 3
    proposal = api.get(url("proposition", waiting.pk)).json()
    assert proposal["structure_name"] == "CPTS du Vieux-Port"
    assert proposal["trace"][-1]["verdict"] == "RETENUE"
    card = post(api, "orienter", waiting, {"accept": True, "shown": proposal["mark"]}).json()
    assert card["name"] == "CPTS du Vieux-Port"
    waiting.refresh_from_db()
    assert waiting.outcome == Outcome.REFERRED_CPTS


def test_closing_and_handing_back(api, lucie):
    held = factories.taken_conversation(lucie)
    assert post(api, "rendre", held).json()["state"] == State.WAITING
    post(api, "prendre", held)
    said = post(api, "clore", held, {"outcome": "RESOLVED", "summary": "Le matin."}).json()
    assert (said["state"], said["outcome"]) == (State.CLOSED, Outcome.RESOLVED)


def test_transmitting_to_the_15(api, lucie):
    factories.StructureFactory(sas=True, samu_line="04 91 00 00 00")
    held = factories.taken_conversation(lucie)
    answer = post(api, "transmettre", held, {"phone": "06 39 98 00 11", "place": "ici"})
    assert answer.status_code == 201
    assert answer.json()["samu_line"] == "04 91 00 00 00"
    assert refusal(post(api, "transmettre", held, {"phone": "", "place": "ici"}))[1] == "EMPTY"


def test_a_patient_writes_and_reads_their_own(cpts):
    author = factories.patient()
    waiting = factories.conversation(author)
    mine = signed_in(author)
    assert post(mine, "messages", waiting, line("Encore moi.")).status_code == 201
    assert len(mine.get(url("conversation", waiting.pk)).json()["lines"]) == 2
    for name in ("prendre", "rendre", "clore", "orienter", "transmettre"):
        assert refusal(post(mine, name, waiting)) == (403, "FORBIDDEN", False)
    assert mine.get(url("en_attente")).status_code == 403


def test_the_refusal_of_an_act_keeps_its_code_and_status(api, lucie, cpts):
    waiting = factories.conversation()
    other = factories.professional(cpts, first_name="Marc")
    post(signed_in(other), "prendre", waiting)
    answer = post(api, "prendre", waiting)
    assert refusal(answer) == (409, "ALREADY_TAKEN", False)
    assert answer.json()["message"].startswith("Marc")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "EMPTY"),
        ("\u200b", 400, "EMPTY"),
        ("a\x00b", 400, "UNREADABLE"),
        ("\ud83d", 400, "UNREADABLE"),
        ("x" * 20_000, 413, "TOO_LONG"),
    ],
)
def test_what_is_no_text_is_said_so(api, lucie, body, status, code):
    held = factories.taken_conversation(lucie)
    assert refusal(post(api, "messages", held, line(body))) == (status, code, False)
    assert not Message.objects.filter(sender=lucie).exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"id": "zzz", "body": "a"}', b'{"body": "a"}', b'{"id": 3}'],
)
def test_what_is_no_request_is_said_so_without_an_echo(api, lucie, body):
    held = factories.taken_conversation(lucie)
    answer = post(api, "messages", held, body)
    assert refusal(answer) == (400, "BAD_REQUEST", False)
    assert b"zzz" not in answer.content


@pytest.mark.parametrize("name", READS + ACTS)
def test_foreign_and_unknown_conversations_answer_alike(api, lucie, name):
    """Another territory's, another patient's, none at all: the same 404, and nothing changes."""
    factories.open_region("53")
    foreign = factories.conversation(commune=factories.RENNES)
    data = line() | {
        "outcome": "RESOLVED",
        "summary": "x",
        "accept": True,
        "phone": "06",
        "place": "ici",
    }
    stranger = signed_in(factories.patient())
    for client in (api, stranger) if name in ("conversation", "messages") else (api,):
        answers = [
            client.get(url(name, pk)) if name in READS else post(client, name, pk, data)
            for pk in (foreign.pk, uuid.uuid4())
        ]
        assert [refusal(answer) for answer in answers] == [(404, "NOT_FOUND", False)] * 2
        assert answers[0].content == answers[1].content
    foreign.refresh_from_db()
    assert (foreign.state, foreign.last_seq) == (State.WAITING, 1)
    assert not JournalEntry.objects.filter(act=Act.CONVERSATION_READ).exists()


@pytest.mark.parametrize("name", READS + ACTS)
def test_accounts_without_conversations_are_turned_away(cpts, name):
    waiting = factories.conversation()
    for user in (
        factories.regional_administrator("93"),
        factories.national_administrator(),
        factories.evaluator(),
        factories.coordinator(cpts),
        factories.professional(),
    ):
        client = signed_in(user)
        answer = client.get(url(name, waiting.pk)) if name in READS else post(client, name, waiting)
        assert answer.status_code == 403


def test_anonymous_people_are_turned_away(client, cpts):
    waiting = factories.conversation()
    answers = [client.get(url(name, waiting.pk)) for name in READS]
    answers.append(post(client, "messages", waiting, line()))
    answers.append(client.get(url("schema"), {"format": "json"}))
    assert [refusal(answer) for answer in answers] == [(401, "SIGN_IN", False)] * 4


def test_the_schema_tells_every_route(api):
    answer = api.get(
        url("schema"), {"format": "json"}, HTTP_ACCEPT="application/vnd.oai.openapi+json"
    )
    assert answer.status_code == 200
    paths = json.loads(answer.content)["paths"]
    assert "/api/v1/conversations/{conversation_id}/prendre/" in paths
    assert "/api/v1/lieux/" in paths


def test_who_posts_too_fast_is_told_how_long_to_wait(api, lucie, settings, no_bucket_fills):
    settings.MESSAGE_RATE_PER_SECOND, settings.MESSAGE_RATE_BURST = 1, 2
    held = factories.taken_conversation(lucie)
    answers = [post(api, "messages", held, line()) for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    said = answers[-1].json()
    assert (answers[-1].status_code, said["code"], said["retry"]) == (429, "RATE", True)
    assert answers[-1].headers["Retry-After"] == str(said["after"]) == "1"
