"""A whole sign-in without its pages, second factor included."""

from typing import Any

from django.test import Client

from comptes import second_factor

_force_login = Client.force_login


def force_login(client: Client, user: Any, backend: str | None = None) -> None:
    """In place of Django's, which signs in with the password alone."""
    _force_login(client, user, backend)
    session = client.session
    session[second_factor.ENROLLED] = user.pk
    session.save()


def session_of(user: Any) -> str:
    """The key of a new session of this person."""
    client = Client()
    force_login(client, user)
    return client.cookies["sessionid"].value
