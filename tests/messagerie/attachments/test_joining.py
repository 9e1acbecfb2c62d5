"""Join a file by the API: one line, once; whoever may not gets the refusal of a line."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.urls import reverse

from comptes.models import Act, JournalEntry
from messagerie import actions
from messagerie.actions import joining
from messagerie.attachments import workshop
from messagerie.attachments.record import clean_name
from messagerie.errors import Refused
from messagerie.models import Attachment, Message, MessageKind, Notice
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.conftest import form, refusal, send, stored

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


# --- Joining


def test_a_photo_becomes_a_line(talk):
    before = talk.conversation.last_seq
    answer = send(talk.phone, talk.conversation, form(samples.photo_of_a_phone(), "mon bras.JPG"))
    assert answer.status_code == 201
    said = answer.json()
    assert (said["seq"], said["state"], said["created"]) == (before + 1, "PRET", True)
    assert (said["name"], said["media"]) == ("mon bras.jpg", "image/jpeg")
    assert (said["width"], said["height"], said["pages"]) == (300, 400, None)
    line = Message.objects.get(conversation=talk.conversation, seq=said["seq"])
    assert (line.kind, line.side, line.sender) == (MessageKind.FILE, "PATIENT", talk.patient)
    talk.conversation.refresh_from_db()
    assert talk.conversation.last_seq == said["seq"]
    assert talk.conversation.last_patient_at == line.created_at


def test_the_line_reads_as_an_object(talk):
    said = send(talk.phone, talk.conversation).json()
    page = talk.console.get(reverse("api:conversation", args=[talk.conversation.pk])).json()
    body = page["lines"][-1]["body"]
    assert page["lines"][-1]["kind"] == "FILE"
    assert body == {
        "attachment": said["attachment"],
        "name": "bras.jpg",
        "media": "image/jpeg",
        "size": said["size"],
        "width": 400,
        "height": 300,
        "pages": None,
    }


def test_the_professional_joins_too_and_the_patient_is_told(talk):
    answer = send(talk.console, talk.conversation, form(samples.pdf(), "ordonnance.pdf"))
    assert answer.status_code == 201
    assert (answer.json()["media"], answer.json()["pages"]) == ("application/pdf", 2)
    talk.conversation.refresh_from_db()
    assert talk.conversation.first_answer_at is not None
    assert Notice.objects.filter(conversation=talk.conversation, kind="ANSWER").count() == 1


def test_the_journal_tells_it(talk):
    said = send(talk.phone, talk.conversation).json()
    line = JournalEntry.objects.get(act=Act.ATTACHMENT_ADDED)
    assert line.conversation_id == talk.conversation.pk
    assert (line.actor_id, line.seq) == (talk.patient.pk, said["seq"])
    assert line.object_ref == f"attachment:{said['attachment']}"
    assert "bras" not in str(line.__dict__)


# --- Sending again


def test_a_resend_is_harmless(talk):
    again = uuid.uuid4()
    answers = [
        send(talk.phone, talk.conversation, form(client_id=again, name=name))
        for name in ("bras.jpg", "bras(1).jpg")
    ]
    assert [answer.status_code for answer in answers] == [201, 200]
    first, second = (answer.json() for answer in answers)
    assert second == first | {"created": False}
    assert Attachment.objects.count() == 1
    assert len(stored()) == 2


def test_the_same_id_with_another_file_is_refused(talk):
    again = uuid.uuid4()
    send(talk.phone, talk.conversation, form(client_id=again))
    other = send(talk.phone, talk.conversation, form(samples.png(), client_id=again))
    assert refusal(other) == (409, "SAME_ID_OTHER_TEXT", False)
    assert Attachment.objects.count() == 1


def test_an_id_is_one_line_for_ever(talk):
    """The id of a text cannot be a file's, nor the other way round."""
    scope = scope_for(talk.patient)
    for first in ("text", "file"):
        same = uuid.uuid4()

        def write(same=same):
            return actions.post(
                talk.conversation.pk,
                author=talk.patient,
                scope=scope,
                client_id=same,
                body="Voici la photo.",
            )

        if first == "text":
            write()
            second = send(talk.phone, talk.conversation, form(client_id=same))
            assert refusal(second) == (409, "SAME_ID_OTHER_TEXT", False)
        else:
            send(talk.phone, talk.conversation, form(client_id=same))
            with pytest.raises(Refused) as refused:
                write()
            assert refused.value.code == "SAME_ID_OTHER_TEXT"


def test_a_resend_is_answered_after_the_close(talk):
    again = uuid.uuid4()
    first = send(talk.phone, talk.conversation, form(client_id=again)).json()
    close(talk)
    answer = send(talk.phone, talk.conversation, form(client_id=again))
    assert (answer.status_code, answer.json()["seq"]) == (200, first["seq"])


# --- Refusals, the same as for a line


def close(talk) -> None:
    actions.close(
        talk.conversation.pk,
        professional=talk.professional,
        scope=scope_for(talk.professional),
        outcome=Outcome.RESOLVED,
        summary="Rien de grave.",
    )


def test_a_closed_conversation_takes_no_file(talk):
    close(talk)
    for client in (talk.phone, talk.console):
        assert refusal(send(client, talk.conversation)) == (409, "CLOSED", False)
    assert stored() == set()


def test_nobody_else_joins(talk):
    colleague = factories.professional(talk.conversation.structure)
    for user in (factories.patient(), colleague):
        assert refusal(send(talk.browser(user), talk.conversation)) == (404, "NOT_FOUND", False)
    waiting = factories.conversation(talk.patient)
    early = send(talk.browser(colleague), waiting)
    assert refusal(early) == (409, "NOT_YOURS", False)
    assert refusal(send(Client(), talk.conversation)) == (401, "SIGN_IN", False)
    administrator = factories.regional_administrator("93")
    assert send(talk.browser(administrator), talk.conversation).status_code == 403
    assert not Attachment.objects.exists()


def test_a_waiting_patient_joins(talk):
    waiting = factories.conversation(talk.patient)
    assert send(talk.phone, waiting).status_code == 201


def test_no_more_than_thirty_files(talk, monkeypatch):
    monkeypatch.setattr(joining, "MAX_FILES", 1)
    send(talk.phone, talk.conversation)
    assert refusal(send(talk.phone, talk.conversation)) == (409, "TOO_MANY_FILES", False)
    assert send(talk.console, talk.conversation).status_code == 201


def test_one_person_is_held_to_a_rate(talk, settings, no_bucket_fills):
    """The same bucket as for lines: a refused file takes from it too."""
    settings.MESSAGE_RATE_BURST = 2
    talk.patient = factories.patient()  # a bucket that nobody has touched
    waiting = factories.conversation(talk.patient)
    answers = [send(talk.phone, waiting, form(b"x")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [415, 415, 429]
    assert refusal(answers[-1]) == (429, "RATE", True)


def test_without_its_token_a_form_is_refused(talk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(talk.patient)
    assert refusal(send(client, talk.conversation)) == (403, "FORM_EXPIRED", False)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "FILE_EMPTY"),
        (samples.SVG, 415, "FILE_WRONG_TYPE"),
        (samples.HEIC, 415, "FILE_HEIC"),
        (samples.jpeg_and_archive(), 415, "FILE_MIXED"),
        (samples.jpeg()[:-300], 422, "FILE_UNREADABLE"),
        (samples.bomb_png(), 413, "FILE_TOO_MANY_PIXELS"),
        (samples.pdf_with_pages(21), 413, "FILE_TOO_MANY_PAGES"),
        (samples.locked_pdf(), 422, "FILE_LOCKED"),
        (b"\xff\xd8\xff" + b"\0" * (10 * 1024 * 1024), 413, "FILE_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_file_leaves_nothing(talk, content, status, code):
    """Whatever its name and its type say."""
    before = talk.conversation.last_seq
    answer = send(talk.phone, talk.conversation, form(content, "photo.jpg"))
    assert refusal(answer) == (status, code, False)
    talk.conversation.refresh_from_db()
    assert talk.conversation.last_seq == before
    assert stored() == set()


FIELD = b"--x\r\nContent-Disposition: form-data; name=id\r\n\r\nzz\r\n--x--"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"anything", "multipart/form-data"),
        (FIELD, "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"id=1&file=2", "application/x-www-form-urlencoded"),
        (b"--x\r\n" + b"a" * 70_000, "multipart/form-data; boundary=x"),
        (b"--" + b"x" * 300, "multipart/form-data; boundary=" + "x" * 300),
    ],
)  # fmt: skip
def test_what_is_no_form_is_said_so(talk, body, kind):
    client = talk.phone
    client.raise_request_exception = True
    answer = client.post(
        reverse("api:pieces", args=[talk.conversation.pk]), body, content_type=kind
    )
    status, code, retry = refusal(answer)
    assert (status, code, retry) in [
        (400, "BAD_REQUEST", False),
        (415, "BAD_FORMAT", False),
    ]


# --- The row


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "AUTRE"},
        {"settled_at": None},
        {"state": "EN_ANALYSE", "settled_at": None},
        {"stored_file": ""},
        {"pages": 2},
        {"media": "application/pdf"},
        {"media": "image/svg+xml"},
        {"size": 0},
    ],
    ids=str,
)
def test_a_row_that_makes_no_sense_is_refused(talk, wrong):
    send(talk.phone, talk.conversation)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.update(**wrong)


@pytest.mark.parametrize(
    ("raw", "media", "name"),
    [
        ("photo.JPG", "image/jpeg", "photo.jpg"),
        ("IMG_0001.heic.jpeg", "image/jpeg", "IMG_0001.jpg"),
        ("C:\\Users\\Camille\\bras.png", "image/png", "bras.png"),
        ("../../etc/passwd", "image/png", "passwd.png"),
        ("", "image/jpeg", "photo.jpg"),
        (None, "application/pdf", "document.pdf"),
        (".htaccess", "application/pdf", "htaccess.pdf"),
        ("résumé\u202egpj.exe", "image/png", "résumégpj.png"),
        ("a\x00b\r\nc\"<>.pdf", "application/pdf", "abc.pdf"),
        ("x" * 300 + ".pdf", "application/pdf", "x" * 75 + ".pdf"),
    ],
)  # fmt: skip
def test_names_are_made_safe(raw, media, name):
    assert clean_name(raw, media) == name


# --- At once


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_the_same_file_sent_twice_at_once_is_one_line(talk, monkeypatch):
    # The second waits for the first, however slow.
    monkeypatch.setattr(workshop, "WAIT_SECONDS", 30)
    again, start = uuid.uuid4(), threading.Barrier(2)

    def upload() -> int:
        try:
            client, data = talk.phone, form(client_id=again)
            start.wait(30)
            return send(client, talk.conversation, data).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(one.result() for one in [pool.submit(upload) for _ in range(2)])
    assert statuses == [200, 201]
    assert Attachment.objects.count() == 1
    assert len(stored()) == 2
    assert connection.is_usable()


def test_a_name_fits_every_file_system():
    """255 bytes at most, cut between two signs."""
    name = clean_name("\N{ROLLING ON THE FLOOR LAUGHING}" * 90 + ".png", "image/png")
    assert len(name.encode()) <= 205 and name.endswith(".png")
    assert set(name.removesuffix(".png")) == {"\N{ROLLING ON THE FLOOR LAUGHING}"}
