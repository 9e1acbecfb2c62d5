"""The same bad input by HTTP: the API and the forms of the pages. Never a 500, nothing lost."""

import html
import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from messagerie import actions
from messagerie.contents import Subject
from messagerie.models import Message
from messagerie.texts import clean_text
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.bad_inputs import BAD_BODIES, GOOD_BODIES, HALF
from tests.messagerie.door_walk import text_of
from tests.messagerie.patient_walk import box_of, url_of, write

pytestmark = pytest.mark.django_db

LINE = '"id":"0b5c8a1e-5a52-4a35-9c3c-9c4f0a0e7f11"'
# Bodies of requests that are refused before anybody looks at the line.
UNREADABLE = {
    "nothing": b"",
    "not JSON": b"bonjour",
    "half of JSON": b'{"id":',
    "null": b"null",
    "a text": b'"a"',
    "a list": b"[]",
    "an empty object": b"{}",
    "no body": f"{{{LINE}}}".encode(),
    "no id": b'{"body":"a"}',
    "id is true": b'{"id":true,"body":"a"}',
    "id is a number": b'{"id":12,"body":"a"}',
    "id is 10^30": b'{"id":1%s,"body":"a"}' % (b"0" * 30),
    "id of 5,000 digits": b'{"id":%s,"body":"a"}' % (b"9" * 5000),
    "id is a list": b'{"id":["0b5c8a1e-5a52-4a35-9c3c-9c4f0a0e7f11"],"body":"a"}',
    "id is half a character": f'{{"id":"{HALF}","body":"a"}}'.encode(),
    "body is true": f'{{{LINE},"body":true}}'.encode(),
    "body is null": f'{{{LINE},"body":null}}'.encode(),
    "body is a number": f'{{{LINE},"body":12}}'.encode(),
    "body is a list": f'{{{LINE},"body":["a"]}}'.encode(),
    "body is an object": f'{{{LINE},"body":{{"a":1}}}}'.encode(),
    "body is NaN": f'{{{LINE},"body":NaN}}'.encode(),
    "body is Infinity": f'{{{LINE},"body":-Infinity}}'.encode(),
    "body is 1e400": f'{{{LINE},"body":1e400}}'.encode(),
    "the body twice": f'{{{LINE},"body":"a","body":"b"}}'.encode(),
    "the id twice": f'{{{LINE},{LINE},"body":"b"}}'.encode(),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep in a key": f'{{{LINE},"body":'.encode() + b"[" * 100_000,
    "no UTF-8": f'{{{LINE},"body":"'.encode() + b'\xff\xfe"}',
    "a surrogate in UTF-8": f'{{{LINE},"body":"'.encode() + b'\xed\xa0\xbd"}',
    "UTF-16": f'{{{LINE},"body":"a"}}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + f'{{{LINE},"body":"a"}}'.encode(),
    "NUL": b"\x00" * 50,
}


@pytest.fixture
def api(lucie, taken) -> Client:
    """The professional, answering; a 500 is an answer here, rather than an exception."""
    client = Client(raise_request_exception=False)
    client.force_login(lucie)
    return client


def post_json(client: Client, conversation, body: bytes, kind: str = "application/json"):
    return raw_post(client, reverse("api:messages", args=[conversation.pk]), body, kind)


def raw_post(client: Client, address: str, body: bytes, kind: str):
    """These very bytes: the client would write them again in the charset that `kind` names."""
    return client.generic("POST", address, body, content_type=kind)


def test_requests_that_cannot_be_read(api, taken):
    before = Message.objects.count()
    answers = {}
    for name, body in UNREADABLE.items():
        response = post_json(api, taken, body)
        said = response.json()
        answers[name] = (response.status_code, said["code"], said["retry"])
        assert said["message"].endswith(".")
    assert answers == dict.fromkeys(UNREADABLE, (400, "BAD_REQUEST", False))
    assert Message.objects.count() == before


def test_lines_that_are_no_text(api, taken):
    before = Message.objects.count()
    answers = {}
    for name, (body, _, _) in BAD_BODIES.items():
        line = json.dumps({"id": str(uuid.uuid4()), "body": body}).encode()
        response = post_json(api, taken, line)
        said = response.json()
        answers[name] = (said["code"], response.status_code)
        assert said["message"] and said["retry"] is False
    assert answers == {name: (code, status) for name, (_, code, status) in BAD_BODIES.items()}
    assert Message.objects.count() == before


def test_odd_lines_that_are_text_are_read_again_as_they_are_kept(api, taken):
    for body, kept in GOOD_BODIES.values():
        line = json.dumps({"id": str(uuid.uuid4()), "body": body}).encode()
        posted = post_json(api, taken, line)
        assert posted.status_code == 201
        address = reverse("api:conversation", args=[taken.pk])
        last = api.get(address, {"cursor": posted.json()["seq"] - 1}).json()["lines"]
        assert [line["body"] for line in last] == [kept]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=zz", 415),
        ("application/json; charset=base64", 201),
        ("application/json; charset=utf-16", 201),
        ("é/\x01", 415),
    ],
)
def test_only_json_is_read_and_always_as_utf_8(api, taken, kind, status):
    line = json.dumps({"id": str(uuid.uuid4()), "body": "é"}, ensure_ascii=False).encode()
    response = post_json(api, taken, line, kind)
    assert response.status_code == status
    assert status == 201 or response.json()["message"] == "Envoyez du JSON."


# --- Forms


@pytest.fixture
def patient(client, camille) -> Client:
    client.raise_request_exception = False
    return client


# A form cannot carry half of a character: UTF-8 has no bytes for it.
TYPED = {name: case for name, case in BAD_BODIES.items() if "hal" not in name}
SENTENCES = {"EMPTY": "est vide", "UNREADABLE": "illisible", "TOO_LONG": "trop long"}


def test_a_form_gives_back_what_it_refuses(patient, waiting):
    for name, (body, code, status) in TYPED.items():
        refused = write(patient, waiting, body)
        page = text_of(refused)
        assert refused.status_code == status, (name, code)
        assert html.unescape(box_of(page)).replace("\r\n", "\n").strip("\n") == (
            body.replace("\r\n", "\n").strip("\n")
        ), name
        assert SENTENCES[code] in page
    assert Message.objects.count() == 1


def test_a_form_keeps_odd_lines_and_its_page_shows_them_as_text(patient, waiting, lucie):
    kept_lines = []
    for body, kept in GOOD_BODIES.values():
        assert write(patient, waiting, body).status_code == 302
        kept_lines.append(kept)
    taken = actions.take(waiting.pk, professional=lucie, scope=scope_for(lucie))
    mine = patient.get(url_of(waiting)).content.decode()
    desk = Client()
    desk.force_login(lucie)
    theirs = desk.get(reverse("console:conversation", args=[taken.pk])).content.decode()
    for page, kind in ((mine, "ms-bulle__corps"), (theirs, "ms-replique__corps")):
        shown = re.findall(rf'<div class="{kind}">(.*?)</div>', page, re.S)
        # Each line alone in a block: a direction that is not closed ends with it.
        assert [html.unescape(one.replace("<br>", "\n")) for one in shown][1:] == kept_lines


def test_names_of_another_script_stand_apart_from_our_words(structure, lucie):
    """« محمد, 4 ans » keeps its order; a name that orders another one loses the order."""
    for typed, name in (("محمد", "محمد"), ("a\u202ecba", "acba")):
        talk = factories.conversation(subject=Subject("CHILD", clean_text(typed, limit=60), 4))
        desk = Client()
        desk.force_login(lucie)
        page = desk.get(reverse("console:conversation", args=[talk.pk])).content.decode()
        assert page.count(f"<bdi>{name}</bdi>") >= 2
        assert "\u202e" not in page


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=base64", b"body=a&client_id=b"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"body=a&client_id=b"),
        ("application/x-www-form-urlencoded", b"body=%ED%A0%BD&client_id=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(3000))),
        ("application/x-www-form-urlencoded", b"\xff\xfe\x00=&&&;%"),
        ("multipart/form-data", b"body=a"),
        ("multipart/form-data; boundary=", b"----"),
        ("multipart/form-data; boundary=é", b"----"),
        ("multipart/form-data; boundary=zz", b"--zz\r\nContent-Disposition: form-data"),
        (
            "multipart/form-data; boundary=zz; charset=base64",
            b'--zz\r\nContent-Disposition: form-data; name="body"\r\n\r\na\r\n--zz--\r\n',
        ),
        (
            "multipart/form-data; boundary=zz",
            b'--zz\r\nContent-Disposition: form-data; name="body"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--zz--\r\n",
        ),
        (
            "multipart/form-data; boundary=zz",
            b"--zz\r\nContent-Disposition: form-data; name*=utf-16''a; filename=\"\x00\"\r\n\r\na"
            b"\r\n--zz--\r\n",
        ),
        ("application/json", b'{"body":"a"}'),
        ("\x00", b"body=a"),
    ],
)
@pytest.mark.parametrize("where", ["reply", "desk", "door"])
def test_forms_that_are_none(patient, waiting, lucie, where, kind, body):
    address = {
        "reply": url_of(waiting, "repondre"),
        "desk": reverse("console:repondre", args=[waiting.pk]),
        "door": reverse("porte:pour_qui"),
    }[where]
    if where == "desk":
        patient.force_login(lucie)
        actions.take(waiting.pk, professional=lucie, scope=scope_for(lucie))
    before = Message.objects.count()
    response = raw_post(patient, address, body, kind)
    assert 400 <= response.status_code < 500 or (
        where != "reply" and response.status_code in (200, 302)
    )
    assert "</html>" in text_of(response) or response.status_code == 302
    assert Message.objects.count() == before


@pytest.mark.parametrize(
    "wrong",
    ["", "1", "{}", "true", "0" * 4300, "0" * 5000, "\x00", "null", "-1" * 16, "{" * 40],
)
def test_a_name_that_is_no_uuid_is_a_sentence(patient, waiting, wrong):
    refused = write(patient, waiting, "Mon texte", wrong or "x")
    assert refused.status_code == 400 and box_of(text_of(refused)) == "Mon texte"
    assert Message.objects.count() == 1


def test_addresses_that_are_none(patient, waiting):
    for path in ("/conversations/%00/", "/conversations/%ff/", "/api/v1/conversations/%ED%A0/",
                 "/console/٠/", "/" + "a" * 9000, "/conversations/?apres=%00&x=%ff"):  # fmt: skip
        assert patient.get(path).status_code in (200, 404)
    for query in ("apres=" + "9" * 5000, "apres=NaN", "apres=%D9%A1", "apres=-1", "apres=1e400"):
        assert patient.get(f"{url_of(waiting, 'vivant')}?{query}").status_code == 200


@pytest.mark.parametrize("cursor", ["NaN", "-1", "1e400", "9" * 5000, "١", "²", "", "true", "\x00"])
def test_cursors_that_are_none(api, taken, cursor):
    response = api.get(reverse("api:conversation", args=[taken.pk]), {"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (400, "BAD_CHOICE")


def test_acts_with_texts_that_are_none(api, taken):
    """Every act of the API that takes a text: the same refusals, and the conversation stays."""
    for name, field, more in (
        ("clore", "summary", {"outcome": "RESOLVED"}),
        ("orienter", "note", {"accept": True}),
        ("orienter", "when", {"accept": True}),
        ("transmettre", "place", {"phone": "06 00 00 00 00"}),
        ("transmettre", "phone", {"place": "ici"}),
    ):
        for body in ("a\x00b", "\ud83d", "x" * 30_000, ["a"], {"a": 1}, True):
            data = json.dumps({field: body} | more)
            address = reverse(f"api:{name}", args=[taken.pk])
            response = api.post(address, data, content_type="application/json")
            assert 400 <= response.status_code < 500 and response.json()["message"], (name, body)
    taken.refresh_from_db()
    assert taken.state == "IN_PROGRESS"


def test_a_foreign_conversation_answers_the_same_whatever_is_posted(waiting):
    stranger = Client(raise_request_exception=False)
    stranger.force_login(factories.patient())
    answers = {post_json(stranger, waiting, body) for body in UNREADABLE.values()}
    assert {(one.status_code, one.content) for one in answers} == {
        (404, post_json(stranger, waiting, b"{}").content)
    }
