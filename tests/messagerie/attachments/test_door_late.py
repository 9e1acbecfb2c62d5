"""Pages of the door left open: the session ended meanwhile, or another question was begun."""

import pytest
from django.test import Client

from messagerie.models import DoorDraft
from tests.messagerie.attachments.door import JOIN, PAGE, by_script, in_form
from tests.messagerie.door_walk import QUESTION, SENTINEL, text_of, walk_to

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
