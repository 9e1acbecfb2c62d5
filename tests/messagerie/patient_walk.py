"""What a patient and a professional do in a conversation, for the tests of the pages."""

import re
import uuid

from django.test import Client
from django.urls import reverse

from messagerie import actions
from messagerie.models import Conversation
from messagerie.states import Outcome
from orientation.scope import scope_for


def url_of(conversation: Conversation, name: str = "conversation") -> str:
    return reverse(f"patient:{name}", args=[conversation.pk])


def box_of(page: str) -> str:
    """What stands in the text box of the page."""
    return re.search(r'<textarea class="fr-input" id="texte"[^>]*>(.*?)</textarea>', page, re.S)[1]


def write(client: Client, conversation: Conversation, body: str, client_id: str | None = None):
    posted = {"body": body, "client_id": client_id or str(uuid.uuid4())}
    return client.post(url_of(conversation, "repondre"), posted)


def answer(conversation: Conversation, by, body: str) -> None:
    actions.post(conversation.pk, author=by, scope=scope_for(by), client_id=uuid.uuid4(), body=body)


def resolve(conversation: Conversation, by, summary: str = "Buvez de l'eau.") -> None:
    actions.close(
        conversation.pk,
        professional=by,
        scope=scope_for(by),
        outcome=Outcome.RESOLVED,
        summary=summary,
    )
