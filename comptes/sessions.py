"""Prove a session again: is it still there, whose is it, is the account still active?"""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from comptes.models import User


def live_user(session_key: str | None) -> User | None:
    """The active account behind a session key, or None.

    None when the session ended, the account is disabled, or the password changed since.
    """
    if not session_key:
        return None
    session = SessionStore(session_key)
    user_id = session.get(SESSION_KEY)
    if user_id is None or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return None
    held = session.get(HASH_SESSION_KEY, "")
    return user if constant_time_compare(held, user.get_session_auth_hash()) else None
