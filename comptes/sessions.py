"""Prove a session again: is it still there, whose is it, may the account still act with it?"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from comptes import second_factor
from comptes.models import User

# What Django draws, and nothing else: what we never gave must not reach the database.
KEY = re.compile(r"[0-9a-z]{8,40}")


def key_in(cookies: Mapping[str, str]) -> str:
    """The session key that the cookies of a request name; "" when it is none that we gave."""
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    return key if KEY.fullmatch(key) else ""


def live_user(session_key: str | None) -> User | None:
    """The active account behind a session key, or None; see `live_users`."""
    return live_users([session_key or ""]).get(session_key or "")


def live_users(session_keys: Iterable[str]) -> dict[str, User]:
    """The active accounts behind session keys, in two queries however many there are.

    A key is missing from the answer when its session ended, the account is disabled, the password
    changed since, the session has not passed the second factor that the account needs, or a
    fictitious person holds it outside the demonstration.
    """
    wanted = {key for key in session_keys if key}
    sessions = {
        row.session_key: SessionStore().decode(row.session_data)
        for row in Session.objects.filter(session_key__in=wanted, expire_date__gt=timezone.now())
    }
    ids = {key: _user_id(session) for key, session in sessions.items()}
    users = User.objects.filter(is_active=True).in_bulk({pk for pk in ids.values() if pk})
    return {
        key: user
        for key, session in sessions.items()
        if (user := users.get(ids[key])) is not None and _holds(user, session)
    }


def _user_id(session: dict[str, Any]) -> int | None:
    """The number of the account that a session says it is, by a way to sign in that stands."""
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return int(session[SESSION_KEY])
    except (KeyError, ValueError):
        return None


def _holds(user: User, session: dict[str, Any]) -> bool:
    """Whether the password is still the one of the sign-in, and the second factor is there."""
    held = session.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(held, user.get_session_auth_hash()):
        return False
    return not second_factor.missing(user, session)
