"""Shorthands of the tests that act: who does it, on what, and what it left."""

import uuid

import pytest
from django.test import Client

from comptes.models import User
from messagerie import actions
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation
from orientation.scope import scope_for


def signed_in(user: User) -> Client:
    """The browser of somebody."""
    client = Client()
    client.force_login(user)
    return client


def by(user: User) -> dict[str, object]:
    return {"professional": user, "scope": scope_for(user)}


def of(user: User) -> dict[str, object]:
    return {"patient": user, "scope": scope_for(user)}


def post(conversation: Conversation, author: User, body: str = "Bonjour.", **more: object):
    more.setdefault("client_id", uuid.uuid4())
    return actions.post(conversation.pk, author=author, scope=scope_for(author), body=body, **more)


def refused(code: RefusalCode):
    """The act below is refused, with this code and a sentence."""
    return pytest.raises(Refused, check=lambda error: error.code == code and bool(error.sentence))


def numbers(conversation: Conversation) -> list[int]:
    return list(conversation.messages.order_by("seq").values_list("seq", flat=True))


def passages(conversation: Conversation) -> list[tuple[str, str, str]]:
    rows = conversation.transitions.order_by("pk")
    return list(rows.values_list("from_state", "to_state", "act"))


def reread(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)
