"""Prove a session again: is it still there, whose is it, may the account still act with it?"""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from comptes import second_factor
from comptes.models import User


def live_user(session_key: str | None) -> User | None:
    """The active account behind a session key, or None.

    None when the session ended, the account is disabled, the password changed since, the session
    has not passed the second factor that the account needs, or a fictitious person holds it
    outside the demonstration.
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
    if not constant_time_compare(held, user.get_session_auth_hash()):
        return None
    return None if second_factor.missing(user, session) else user
