"""Pages of the door left open: the session ended meanwhile, or another question was begun."""

import re

import pytest
from django.test import Client

from messagerie.models import Conversation, DoorDraft, DoorFile
from tests import factories
from tests.messagerie.attachments.door import JOIN, PAGE, by_script, in_form, sent_by
from tests.messagerie.door_walk import QUESTION, SENTINEL, draft_of, text_of, walk_to

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory", "own_store"),
]

KEPT = "ce que vous venez d'écrire est gardé"
AGAIN = "Si vous aviez déjà joint des photos ou des documents, il faut les joindre de nouveau"


@pytest.fixture
def left_open(at_the_question) -> str:
    """The name of the draft that a page holds, with one file; its browser has no session left."""
    by_script(at_the_question)
    at_the_question.cookies.clear()
    return str(DoorDraft.objects.get().pk)


# --- The session ended


def test_files_joined_before_the_session_ended_are_asked_again(client, left_open):
    answer = client.post(PAGE, QUESTION | {"brouillon": left_open}, follow=True)
    assert [url for url, _ in answer.redirect_chain] == ["/demande/"]
    page = text_of(answer)
    assert KEPT in page and AGAIN in page
    walk_to(client)
    page = text_of(client.get(PAGE))
    assert SENTINEL in page and "bras.jpg" not in page


def test_they_are_asked_again_on_a_page_that_comes_back(client, left_open):
    answer = client.post(PAGE, QUESTION | {"brouillon": left_open, "motive": ""})
    page = text_of(answer)
    assert answer.status_code == 400 and SENTINEL in page and AGAIN in page


def test_a_file_that_comes_with_the_form_is_kept(client, left_open):
    page = text_of(client.post(JOIN, in_form(brouillon=left_open)))
    assert AGAIN in page and "« bras.jpg » est joint à votre question." in page


@pytest.mark.parametrize(
    ("url", "posted"), [("/demande/medecin/", {"passer": "1"}), (PAGE, QUESTION)]
)
def test_nobody_is_asked_for_files_by_a_page_that_had_no_draft(client, lucie, url, posted):
    page = text_of(client.post(url, posted, follow=True))
    assert KEPT in page and AGAIN not in page


def test_a_strangers_browser_learns_nothing_of_a_draft(left_open):
    """The same words, whether the draft named exists, had files, or neither."""
    pages = []
    for name in (left_open, "00000000-0000-4000-8000-000000000000", "x"):
        stranger = Client()
        answer = stranger.post(PAGE, QUESTION | {"brouillon": name}, follow=True)
        pages.append(AGAIN in text_of(answer))
    assert pages == [True] * 3


# --- Another question was begun


@pytest.fixture
def nameless(client, left_open) -> str:
    """What a page names that was drawn when the session held no draft; then a question begins in
    another tab."""
    drawn = text_of(client.post(PAGE, QUESTION | {"brouillon": left_open, "motive": ""}))
    walk_to(client)
    return re.search(r'name="brouillon" value="([^"]*)"', drawn).group(1)


def test_a_page_that_names_no_draft_changes_none(client, nameless):
    before, files = draft_of(client), DoorFile.objects.count()
    assert before.body == ""
    late = by_script(client, brouillon=nameless)
    assert (late.status_code, late.json()["code"]) == (409, "TOO_LATE")
    for where in (PAGE, JOIN):
        answer = client.post(where, in_form(brouillon=nameless))
        assert answer.status_code == 409 and SENTINEL in text_of(answer)
        assert "Cette page est celle d'une autre question." in text_of(answer)
    assert draft_of(client) == before and DoorFile.objects.count() == files


def test_alone_it_begins_a_question(client, left_open):
    """Its text is kept, in a draft of its own."""
    client.post(PAGE, QUESTION | {"brouillon": left_open, "motive": ""})
    assert client.post(PAGE, QUESTION | {"brouillon": ""}).url == "/demande/"
    assert draft_of(client).body == SENTINEL


def test_the_text_of_such_a_page_outlives_the_question_that_left(client, nameless, left_open):
    other = "Une autre question."
    client.post(PAGE, QUESTION)
    sent_by(client)
    for name in (nameless, left_open):
        answer = client.post(PAGE, QUESTION | {"body": other, "brouillon": name})
        assert answer.status_code == 409 and other in text_of(answer)


def test_the_page_of_the_question_that_left_leads_to_it(at_the_question):
    client, own = at_the_question, str(DoorDraft.objects.get().pk)
    client.force_login(factories.patient())
    for _ in range(2):
        answer = client.post(PAGE, QUESTION | {"brouillon": own})
        assert answer.url == f"/conversations/{Conversation.objects.get().pk}/"
