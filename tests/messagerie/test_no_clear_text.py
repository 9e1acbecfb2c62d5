"""No word of care in clear: neither at rest, nor in the broker, nor in logs, nor in mails.

Sentinels are planted in everything a person types, by the page, the socket and the API, and in
the files they join; then every column of both databases, every key and message of Valkey, every
log line, every mail, the store of files and the temporary folder are searched for them, as text,
hexadecimal, base64 and JSON.
"""

import base64
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messagerie import actions, tasks
from messagerie.console_panel import panel, thread
from messagerie.contents import CareDetails, Subject, open_details, open_subject
from messagerie.models import Conversation, Notice
from orientation.motives import Motive
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import signed_in
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.conftest import address as file_address
from tests.messagerie.attachments.conftest import form as file_form
from tests.messagerie.attachments.conftest import own_store as own_store
from tests.messagerie.attachments.conftest import send as send_file
from tests.messagerie.clear_text import (
    WORDS,
    Gathered,
    Listener,
    files_below,
    keys_of_valkey,
    rows_of_everything,
    words_in,
)
from tests.messagerie.talking import apart
from tests.sockets import Socket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory"),
]


@pytest.fixture
def logs() -> Iterator[Gathered]:
    """The whole application's logs at DEBUG, except the driver's, which settings keep at WARNING:
    it would print each statement with its parameters."""
    gathered = Gathered()
    names = ["", "comptes", "orientation", "messagerie", "evaluation", "config", "django.request"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(gathered)
    yield gathered
    logging.getLogger().removeHandler(gathered)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


# --- The journey


def ask(author) -> Conversation:
    return factories.conversation(
        author,
        body=f"Ma question {WORDS['question']}",
        motive=Motive.RESULTAT,
        subject=Subject("CHILD", WORDS["first name"], 4),
        details=CareDetails(
            medecin_traitant="DECLARED",
            medecin_traitant_name=WORDS["doctor"],
            sign_codes=("RF01",),
            sign_answer="CALLED",
            callback_phone=WORDS["phone"],
            present_place=WORDS["place"],
            elsewhere=WORDS["elsewhere"],
        ),
    )


def write_by_page_and_api(console: Client, talk: Conversation) -> None:
    page = reverse("console:repondre", args=[talk.pk])
    console.post(page, {"id": str(uuid4()), "body": WORDS["line by page"]})
    console.post(page, {"id": "zzz", "body": WORDS["refused line"]})
    console.post(page, {"id": str(uuid4()), "body": WORDS["refused line"] * 1000})
    console.post(
        reverse("api:messages", args=[talk.pk]),
        {"id": str(uuid4()), "body": WORDS["line by api"]},
        content_type="application/json",
    )
    console.post(
        reverse("api:messages", args=[talk.pk]),
        f'{{"id": 1, "body": "{WORDS["refused line"]}"',
        content_type="application/json",
    )
    console.post(
        reverse("console:transmettre", args=[talk.pk]),
        {"phone": WORDS["transmitted phone"], "place": WORDS["transmitted place"], "age": "4"},
    )


def join_files(phone: Client, console: Client, talk: Conversation) -> None:
    """One taken, one refused in time, one refused for its form; the first opened by both."""
    inside = samples.jpeg(comment=WORDS["inside of a file"].encode())
    joined = send_file(phone, talk, file_form(inside, f"{WORDS['name of a file']}.jpg")).json()
    assert joined["name"] == f"{WORDS['name of a file']}.jpg"
    refused = WORDS["refused file"]
    hidden = samples.jpeg(comment=refused.encode())[:-200]
    assert send_file(phone, talk, file_form(hidden, refused)).status_code == 422
    assert send_file(phone, talk, file_form(refused.encode(), refused)).status_code == 415
    for client in (phone, console):
        for name in ("piece", "piece_fichier", "piece_apercu"):
            assert client.get(file_address(joined, talk, name)).status_code == 200


def orient(console: Client, talk: Conversation) -> None:
    answer = console.post(
        reverse("console:orienter", args=[talk.pk]),
        {
            "autre": "1",
            "place": "MEDECIN_TRAITANT",
            "reason": "CLINICAL",
            "when": WORDS["when"],
            "note": WORDS["note"],
        },
    )
    assert answer.status_code == 302


def close(console: Client, talk: Conversation) -> None:
    answer = console.post(
        reverse("console:clore", args=[talk.pk]),
        {"outcome": "RESOLVED", "summary": WORDS["summary"]},
    )
    assert answer.status_code == 302


async def write_by_socket(session: str, talk: Conversation, body: str) -> None:
    page = Socket(session)
    await page.open()
    await page.hear_until("hello")
    await page.say({"t": "watch", "conversation": str(talk.pk), "cursor": 0})
    await page.hear_until("state")
    line = {"t": "send", "conversation": str(talk.pk), "id": str(uuid4()), "body": body}
    await page.say(line)
    await page.hear_until("ack")
    await page.say(f'{{"t": "send", "body": "{WORDS["refused line"]}"')
    await page.say(line | {"body": WORDS["refused line"]})
    await page.hear_until("nack")
    await page.close()


async def test_no_word_of_care_lies_in_clear_anywhere(logs, own_store, monkeypatch, tmp_path):
    temporary = tmp_path / "temporaire"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    listener = Listener()
    cpts = await apart(_world)()
    lucie = await apart(factories.professional)(cpts, first_name="Lucie")
    camille = await apart(factories.patient)()
    sessions = {user.pk: await apart(_session)(user) for user in (lucie, camille)}
    console = await apart(signed_in)(lucie)

    first, second = [await apart(ask)(camille) for _ in range(2)]
    for talk, end in ((first, orient), (second, close)):
        await apart(_take)(lucie, talk)
        await write_by_socket(sessions[lucie.pk], talk, WORDS["line by socket"])
        await write_by_socket(sessions[camille.pk], talk, WORDS["line of the patient"])
        await apart(write_by_page_and_api)(console, talk)
        await apart(_worsen)(camille, talk)
        await apart(join_files)(await apart(signed_in)(camille), console, talk)
        await apart(_read_all)(console, talk)
        await apart(end)(console, talk)
    mails = await apart(_send_mails)()

    listener.wait_for(b"hints")
    listener.close()
    await apart(_nothing_in_clear)(listener, logs, mails, own_store, temporary)
    await apart(_everything_can_be_read_with_the_keys)([first, second])


def _world():
    factories.open_region()
    return factories.StructureFactory()


def _session(user) -> str:
    return signed_in(user).cookies["sessionid"].value


def _take(lucie, talk) -> None:
    actions.take(talk.pk, professional=lucie, scope=scope_for(lucie))


def _worsen(camille, talk) -> None:
    actions.declare_worsening(
        talk.pk,
        patient=camille,
        scope=scope_for(camille),
        sign_codes=("RF03",),
        phone=WORDS["worsening phone"],
        place=WORDS["worsening place"],
    )


def _read_all(console: Client, talk: Conversation) -> None:
    for name in ("conversation", "situation", "orienter", "transmettre"):
        page = console.get(reverse(f"console:{name}", args=[talk.pk]))
        assert WORDS["first name"] in page.content.decode()
        assert WORDS["first name"] not in str(page.headers)


def _send_mails() -> list[str]:
    Notice.objects.update(created_at=timezone.now() - tasks.DELAY)
    assert tasks.send_notices() >= 2
    return [str(message.message()) + message.subject + message.body for message in mail.outbox]


def _nothing_in_clear(
    listener: Listener, logs: Gathered, mails: list[str], store: Path, temporary: Path
) -> None:
    places: list[tuple[str, bytes]] = [*rows_of_everything(), *keys_of_valkey()]
    kept = list(files_below(store))
    assert len(kept) == 4  # a file and its preview, in each of the two conversations
    places += [*kept, *files_below(temporary)]
    places += [("through valkey", command) for command in listener.heard]
    places += [("logs", line.encode("utf-8", "surrogatepass")) for line in logs.lines]
    places += [("mails", message.encode()) for message in mails]
    for needed in ("through valkey", "logs", "mails", "messagerie_message.body_sealed"):
        assert any(place == needed for place, _ in places), f"nothing looked at in {needed}"
    found = {(place, where) for place, content in places for where in words_in(content)}
    assert found == set()
    # The motive is a code of a closed list: sealed too, since it says why a person writes.
    assert {place for place, content in places if b"RESULTAT" in content} == set()


def _everything_can_be_read_with_the_keys(talks: list[Conversation]) -> None:
    """What is sealed is what was planted: nothing above passed for want of content."""
    read = ""
    for talk in talks:
        talk = Conversation.objects.select_related("patient").get(pk=talk.pk)
        reader = talk.professional
        read += str(thread(talk, reader)) + str(panel(talk, reader, timezone.now()))
        read += str(open_subject(talk)) + str(open_details(talk))
    missing = {where for where, word in WORDS.items() if word not in read}
    # What was inside of a file is gone: only what the eye sees is kept.
    assert missing == {"refused line", "refused file", "inside of a file"}


@pytest.mark.parametrize(
    "hide",
    [
        lambda word: word.encode(),
        lambda word: b"xx" + base64.b64encode(f"un {word} ici".encode()),
        lambda word: word.encode().hex().encode(),
        lambda word: f'"{word}"'.encode("ascii", "backslashreplace"),
    ],
    ids=["text", "base64", "hex", "escaped"],
)
def test_the_search_finds_what_is_hidden(hide: Callable[[str], bytes]):
    assert words_in(hide(WORDS["note"])) == ["note"]
