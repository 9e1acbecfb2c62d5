"""Files open for the two sides alone, go away when they are erased, and failures leave nothing."""

import io
import uuid
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from comptes.keys.cipher import destroy_key
from comptes.models import Act, JournalEntry
from messagerie import actions
from messagerie.attachments import store, workshop
from messagerie.models import Attachment, AttachmentState
from tests import factories
from tests.messagerie.attachments.conftest import address, form, refusal, send, stored

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


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
        assert refusal(Client().get(url)) == (401, "SIGN_IN", False)
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
