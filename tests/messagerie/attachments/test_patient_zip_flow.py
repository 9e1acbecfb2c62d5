"""How the archive of « Mon dossier » goes: one file at a time, and nothing held by who is slow."""

import asyncio
import builtins
import io
import os
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from comptes.models import User
from config.asgi import application
from messagerie import actions
from messagerie.actions.files import Opened
from messagerie.archive import PIECE, Archive
from messagerie.models import Attachment
from messagerie.patient_file import own_conversations, patient_file
from messagerie.patient_file_zip import archive, joined_files
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.archives import Got, collected, joined, openings
from tests.messagerie.attachments.conftest import Talk

pytestmark = pytest.mark.django_db(transaction=True)


def pieces_of(talk: Talk) -> AsyncIterator[bytes]:
    scope = scope_for(talk.patient)
    rows = list(own_conversations(scope))
    files = joined_files(scope, rows)
    made = patient_file(talk.patient, rows, is_whole=True)
    return archive(made, files, patient=talk.patient, scope=scope, name="mon-dossier")


def test_one_file_is_in_memory_at_a_time(talk, monkeypatch):
    for _ in range(6):
        joined(talk)
    size, opened, done = 4_000_000, [], 0

    def opens(*_args, **_more):
        opened.append(done)
        return Opened(os.urandom(size), "image/jpeg", "photo.jpg")

    monkeypatch.setattr(actions, "open_file", opens)
    pieces = pieces_of(talk)

    async def slowly() -> int:
        nonlocal done
        tracemalloc.start()
        try:
            async for piece in pieces:
                assert len(piece) <= PIECE
                done += len(piece)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak = async_to_sync(slowly)()
    assert done > 6 * size
    # Each was opened when the one before had left.
    assert [round(at / size) for at in opened] == list(range(6))
    assert peak < 3 * size  # one, and what is written of it


def test_nothing_clear_is_written_on_a_disk(talk, monkeypatch):
    joined(talk)
    pieces = pieces_of(talk)
    written: list[object] = []
    real_open, real_os_open = builtins.open, os.open

    def watched(file, mode="r", *args, **more):
        if set(mode) & set("wax+") and not isinstance(file, int):  # a number: the PDF's pipe
            written.append(file)
        return real_open(file, mode, *args, **more)

    def watched_os(path, flags, *args, **more):
        if flags & (os.O_WRONLY | os.O_RDWR):
            written.append(path)
        return real_os_open(path, flags, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", watched)
        patch.setattr(io, "open", watched)
        patch.setattr(os, "open", watched_os)
        tempfile.TemporaryFile().close()
        assert written, "the watch sees nothing"
        written.clear()
        assert Got(collected(pieces)).files
    assert written == []


def test_the_heads_of_entries_are_whole(talk):
    """Sizes after the bytes of an entry that is not compressed: several readers refuse that."""
    packed = Archive()
    content = b""
    at = talk.conversation.opened_at
    for rank in range(3):
        packed.add(f"é/{rank}.jpg", os.urandom(100_000), at)
        packed.add(f"{rank}.txt", b"bonjour " * 1000, at, is_text=True)
        content += b"".join(packed.take())
    packed.end()
    content += b"".join(packed.take())
    got = Got(content)
    assert {entry.flag_bits & 0x08 for entry in got.zip.infolist()} == {0}
    sizes = [(entry.compress_size < entry.file_size) for entry in got.zip.infolist()]
    assert sizes == [False, True] * 3


# --- With the real application: nothing held, whoever leaves


def lent() -> int:
    """Connections that are out of the pools of this process."""
    stats = [connections[alias].pool.get_stats() for alias in ("default", "keys")]
    return sum(stat["pool_size"] - stat["pool_available"] for stat in stats)


class Browser:
    """One download of the real application; after `pieces` bodies it takes nothing more."""

    def __init__(self, session: str, pieces: int) -> None:
        self.left = pieces
        self.stuck, self.gone = asyncio.Event(), asyncio.Event()
        self.status = 0
        self.body = b""
        self.asked = False
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": reverse("dossier:complet_zip"),
            "query_string": b"",
            "headers": [(b"host", b"testserver"), (b"cookie", f"sessionid={session}".encode())],
        }

    async def receive(self):
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if not self.left:
            self.stuck.set()
            await asyncio.Event().wait()
        self.left -= 1
        self.body += message.get("body", b"")


def locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE "
            "state = 'idle in transaction' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


@pytest.fixture
def ended(monkeypatch) -> Iterator[list[str]]:
    """How each archive ended."""
    ends: list[str] = []

    async def watched(*args, **more):
        try:
            async for piece in archive(*args, **more):
                yield piece
            ends.append("whole")
        except BaseException as error:
            ends.append(type(error).__name__)
            raise

    monkeypatch.setattr("messagerie.views.patient_file.archive", watched)
    return ends


def test_a_slow_browser_holds_no_connection_and_one_that_leaves_leaves_nothing(talk, ended):
    photo = samples.saved(samples.Image.effect_noise((900, 700), 90).convert("RGB"), "JPEG")
    for _ in range(2):
        joined(talk, content=photo)
    session = talk.phone.cookies["sessionid"].value
    before = lent()

    async def leaves() -> None:
        browser = Browser(session, pieces=1)
        serving = asyncio.create_task(application(browser.scope, browser.receive, browser.send))
        await asyncio.wait_for(browser.stuck.wait(), 30)
        assert (browser.status, ended) == (200, [])
        assert lent() == before
        browser.gone.set()
        await asyncio.wait_for(serving, 30)

    asyncio.run(leaves())
    assert ended in (["GeneratorExit"], ["CancelledError"])
    assert (lent(), locks()) == (before, 0)
    assert len(openings(talk)) == 1

    async def stays() -> Browser:
        browser = Browser(session, pieces=10_000)
        await asyncio.wait_for(application(browser.scope, browser.receive, browser.send), 60)
        return browser

    assert len(Got(asyncio.run(stays()).body).files) == 2
    assert ended[1:] == ["whole"]
    assert lent() == before


def begun(pieces: AsyncIterator[bytes], act) -> bytes:
    """The archive, with something that happens after its first piece."""

    async def go() -> bytes:
        got = await anext(pieces)
        await sync_to_async(act)()
        return got + b"".join([piece async for piece in pieces])

    return async_to_sync(go)()


def test_one_archive_of_an_account_at_a_time(talk):
    joined(talk)
    seen = []

    def ask_again() -> None:
        for user in (talk.patient, factories.patient()):
            seen.append(talk.browser(user).get(reverse("dossier:complet_zip")).status_code)

    begun(pieces_of(talk), ask_again)
    assert seen == [503, 200]
    assert talk.phone.get(reverse("dossier:complet_zip")).status_code == 200


def test_what_is_erased_while_it_goes_is_not_in_its_text(talk):
    """The photo comes first; then the conversation is erased, and its text was read before."""
    joined(talk)
    by = {"professional": talk.professional, "scope": scope_for(talk.professional)}
    actions.close(talk.conversation.pk, outcome="RESOLVED", summary="Un conseil.", **by)
    row = patient_file(
        talk.patient, own_conversations(scope_for(talk.patient)), is_whole=True
    ).conversations[0]
    assert row.messages

    def erase() -> None:
        term = timezone.now() + timedelta(days=1)
        assert actions.erase_at_term(talk.conversation.pk, closed_before=term)

    (made,) = Got(begun(pieces_of(talk), erase)).made.conversations
    assert not made.messages and not made.told and "a été effacé" in made.erased


def test_a_disabled_account_gets_no_more_files(talk):
    first, second = joined(talk), joined(talk)

    def disable() -> None:
        User.objects.filter(pk=talk.patient.pk).update(is_active=False)

    got = Got(begun(pieces_of(talk), disable))
    assert len(got.files) == 1 and "ne peut pas être ouvert" in got.note
    assert {first.pk, second.pk} == set(Attachment.objects.values_list("pk", flat=True))


def test_a_file_that_comes_while_it_begins_is_said_to_lack(talk):
    scope = scope_for(talk.patient)
    rows = list(own_conversations(scope))
    files = joined_files(scope, rows)
    joined(talk, "tard.jpg")
    made = patient_file(talk.patient, rows, is_whole=True)
    pieces = archive(made, files, patient=talk.patient, scope=scope, name="mon-dossier")
    assert "tard.jpg : ce fichier ne peut pas être lu" in Got(collected(pieces)).note
