"""The usual way through the door, for tests that look at one step."""

from html import unescape

from django.test import Client

from messagerie.danger import NONE
from messagerie.drafts import DoorContent, load

SENTINEL = "Zwybelqux depuis hier soir"
QUESTION = {"motive": "SUIVI", "body": SENTINEL, "readers_agreed": "on", "alternative": "RIEN"}


def text_of(response) -> str:
    """The page as a person reads it, entities resolved."""
    return unescape(response.content.decode())


def for_whom(client: Client, **answers: str):
    return client.post(
        "/demande/", {"relation": "SELF", "first_name": "Camille", "age": "40"} | answers
    )


def walk_to(client: Client, step: str = "question") -> None:
    """Answer the steps before `step` in the usual way."""
    me = {"relation": "SELF", "first_name": "Camille", "age": "40"}
    answers = [
        ("ou", "/demande/", me),
        ("found", "/demande/ou/", {"lieu": "13001"}),
        ("signes", "/demande/ou/", {"suite": "1"}),
        ("medecin", "/demande/signes/", {"signe": NONE}),
        ("question", "/demande/medecin/", {"passer": "1"}),
        ("envoyer", "/demande/question/", QUESTION),
    ]
    for leads_to, url, posted in answers:
        assert client.post(url, posted).status_code == 302
        if leads_to == step:
            return


def draft_of(client: Client) -> DoorContent:
    return load(client.session).content
