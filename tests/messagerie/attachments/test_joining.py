"""Join a file by the API: one line, once; whoever may not gets the refusal of a line."""

import io
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from comptes.keys.cipher import destroy_key
from comptes.models import Act, JournalEntry
from messagerie import actions
from messagerie.actions import files
from messagerie.attachments import store, workshop
from messagerie.attachments.record import clean_name
from messagerie.models import Attachment, AttachmentState, Message, MessageKind, Notice
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.conftest import address, form, send

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def refusal(response) -> tuple[int, str, bool]:
    said = response.json()
    assert said["message"].endswith(".")
    return response.status_code, said["code"], said["retry"]


def stored() -> set[str]:
    """Every name in the store."""
    found: set[str] = set()

    def walk(folder: str) -> None:
        folders, names = storages[store.ALIAS].listdir(folder)
        found.update(f"{folder}/{name}".lstrip("/") for name in names)
        for inner in folders:
            walk(f"{folder}/{inner}".lstrip("/"))

    try:
        walk("")
    except FileNotFoundError:
        return set()
    return found


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
            with pytest.raises(actions.files.Refused) as refused:
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
    assert send(Client(), talk.conversation).status_code in (401, 403)
    administrator = factories.regional_administrator("93")
    assert send(talk.browser(administrator), talk.conversation).status_code == 403
    assert not Attachment.objects.exists()


def test_a_waiting_patient_joins(talk):
    waiting = factories.conversation(talk.patient)
    assert send(talk.phone, waiting).status_code == 201


def test_no_more_than_thirty_files(talk, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 1)
    send(talk.phone, talk.conversation)
    assert refusal(send(talk.phone, talk.conversation)) == (409, "TOO_MANY_FILES", False)
    assert send(talk.console, talk.conversation).status_code == 201


def test_without_its_token_a_form_is_refused(talk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(talk.patient)
    assert send(client, talk.conversation).status_code == 403


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


# --- Opening


def test_both_sides_open_the_file_and_its_preview(talk):
    said = send(talk.phone, talk.conversation, form(name="été à la mer.jpg")).json()
    for client in (talk.phone, talk.console):
        whole = client.get(address(said, talk.conversation, "piece_fichier"))
        assert whole.status_code == 200
        with Image.open(io.BytesIO(whole.content)) as image:
            assert image.size == (400, 300)
        assert whole["Content-Type"] == "image/jpeg"
        assert whole["Content-Disposition"].startswith("attachment; ")
        assert "%C3%A9t%C3%A9" in whole["Content-Disposition"]
        small = client.get(address(said, talk.conversation, "piece_apercu"))
        assert small["Content-Disposition"] == 'inline; filename="apercu.jpg"'
        for answer in (whole, small):
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert answer["Cache-Control"] == "private, no-store"
            assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_each_opening_is_journaled(talk):
    said = send(talk.phone, talk.conversation).json()
    for name in ("piece_apercu", "piece_apercu", "piece_fichier", "piece_fichier", "piece"):
        talk.console.get(address(said, talk.conversation, name))
    lines = JournalEntry.objects.filter(act=Act.ATTACHMENT_READ, actor_id=talk.professional.pk)
    assert [line.reason for line in lines] == ["aperçu", "", ""]
    assert {line.object_ref for line in lines} == {f"attachment:{said['attachment']}"}


def test_nobody_else_opens(talk):
    said = send(talk.phone, talk.conversation).json()
    colleague = factories.professional(talk.conversation.structure)
    other = factories.conversation(colleague_patient := factories.patient())
    for name in ("piece", "piece_fichier", "piece_apercu"):
        url = address(said, talk.conversation, name)
        for user in (colleague, colleague_patient):
            assert talk.browser(user).get(url).status_code == 404
        assert talk.browser(factories.regional_administrator("93")).get(url).status_code == 403
        assert Client().get(url).status_code in (401, 403)
        # One's own conversation does not lead to another's file.
        stray = reverse(f"api:{name}", args=[other.pk, said["attachment"]])
        assert refusal(talk.browser(colleague_patient).get(stray)) == (404, "NOT_FOUND", False)


# --- When something fails


class Broken:
    """A store that fails on the call of a given rank, then works again."""

    def __init__(self, monkeypatch, act: str, rank: int) -> None:
        self.left = rank
        real = getattr(store._store().__class__, act)

        def fails(storage, *args, **kwargs):
            self.left -= 1
            if self.left == 0:
                raise OSError("plus de place")
            return real(storage, *args, **kwargs)

        monkeypatch.setattr(store._store().__class__, act, fails)


@pytest.mark.parametrize("rank", [1, 2])
def test_a_store_that_fails_midway_leaves_nothing_and_a_retry_works(talk, monkeypatch, rank):
    before = talk.conversation.last_seq
    again = uuid.uuid4()
    Broken(monkeypatch, "_save", rank)
    answer = send(talk.phone, talk.conversation, form(client_id=again))
    assert refusal(answer) == (503, "BUSY", True)
    talk.conversation.refresh_from_db()
    assert (talk.conversation.last_seq, Attachment.objects.count()) == (before, 0)
    assert stored() == set()
    assert send(talk.phone, talk.conversation, form(client_id=again)).status_code == 201


def test_a_child_killed_midway_leaves_nothing_and_a_retry_works(talk, monkeypatch, tmp_path):
    again = uuid.uuid4()
    with monkeypatch.context() as patch:
        program = tmp_path / "program.py"
        program.write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        patch.setattr(workshop, "PROGRAM", program)
        answer = send(talk.phone, talk.conversation, form(client_id=again))
        assert refusal(answer) == (503, "BUSY", True)
    assert stored() == set()
    assert send(talk.phone, talk.conversation, form(client_id=again)).status_code == 201


def test_a_store_that_cannot_be_read_is_worth_another_try(talk, monkeypatch):
    said = send(talk.phone, talk.conversation).json()
    url = address(said, talk.conversation, "piece_fichier")
    with monkeypatch.context() as patch:
        Broken(patch, "_open", 1)
        assert refusal(talk.phone.get(url)) == (503, "BUSY", True)
    assert talk.phone.get(url).status_code == 200


def test_altered_or_exchanged_bytes_do_not_open(talk):
    first, second = (send(talk.phone, talk.conversation).json() for _ in range(2))
    rows = [Attachment.objects.get(pk=said["attachment"]) for said in (first, second)]
    paths = [storages[store.ALIAS].path(row.stored_file) for row in rows]
    other = Path(paths[1]).read_bytes()
    Path(paths[0]).write_bytes(other)  # the other file, sealed under the same key
    altered = bytearray(other)
    altered[len(altered) // 2] ^= 1
    Path(paths[1]).write_bytes(altered)
    for said in (first, second):
        url = address(said, talk.conversation, "piece_fichier")
        assert refusal(talk.phone.get(url)) == (410, "UNREADABLE", False)


# --- Erasing


def test_destroyed_files_are_gone(talk, django_capture_on_commit_callbacks):
    said = send(talk.phone, talk.conversation).json()
    assert len(stored()) == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.destroy_files(talk.conversation.pk) == 1
    assert stored() == set()
    row = Attachment.objects.get()
    assert (row.state, row.stored_file, row.stored_preview) == (AttachmentState.EFFACE, "", "")
    for name in ("piece_fichier", "piece_apercu"):
        answer = talk.phone.get(address(said, talk.conversation, name))
        assert refusal(answer) == (410, "FILE_ERASED", False)
    assert talk.phone.get(address(said, talk.conversation)).json()["state"] == "EFFACE"
    assert actions.destroy_files(talk.conversation.pk) == 0


def test_what_the_store_cannot_delete_now_is_swept_later(
    talk, monkeypatch, django_capture_on_commit_callbacks
):
    from messagerie.attachments.tasks import sweep_store

    send(talk.phone, talk.conversation)
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        Broken(patch, "delete", 1)
        actions.destroy_files(talk.conversation.pk)
    assert len(stored()) == 1
    assert sweep_store() == 1
    assert stored() == set()
    assert sweep_store() == 0


def test_a_destroyed_key_is_not_used_from_memory(talk):
    said = send(talk.phone, talk.conversation).json()
    assert talk.phone.get(address(said, talk.conversation, "piece_fichier")).status_code == 200
    from comptes.models.data_key import DataKey

    gone = DataKey.objects.filter(pk=talk.conversation.pk)  # by another process
    gone.update(wrapped=None, destroyed_at=timezone.now())
    answer = talk.phone.get(address(said, talk.conversation, "piece_fichier"))
    assert refusal(answer) == (410, "FILE_ERASED", False)
    destroy_key(talk.conversation.pk)
    assert refusal(send(talk.phone, talk.conversation)) == (410, "FILE_ERASED", False)


def test_orphans_are_swept_when_they_are_old(talk, monkeypatch):
    from messagerie.attachments import tasks

    send(talk.phone, talk.conversation)
    kept = stored()
    orphan = store.put(b"sealed")
    assert tasks.sweep_store() == 0
    monkeypatch.setattr(tasks, "ORPHAN_AGE", tasks.timedelta(0))
    assert tasks.sweep_store() == 1
    assert stored() == kept and orphan not in kept


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
def test_the_same_file_sent_twice_at_once_is_one_line(talk):
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
