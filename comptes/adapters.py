"""How allauth works here: who may sign up, where one arrives, what the journal keeps.

Nothing happens by signal: allauth calls these methods, and each says what it does.
"""

import base64
import time
import uuid
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from comptes import journal, second_factor
from comptes.announce import rights_changed
from comptes.keys import cipher
from comptes.models import Act, Patient, User, UserKind

# Session: a page of this site to reach after signing in or up, when no `next` was given.
AFTER_SIGN_IN = "after_sign_in"
# The data key that seals the secrets of second factors.
FACTORS_KEY_OWNER = uuid.UUID("5e4f0d5a-2f0b-4f4e-9d6a-7b7f3c1d9a10")


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up opens patient accounts only; everybody else is invited."""

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """The account and its patient row, together or not at all."""
        user.kind = UserKind.PATIENT
        with transaction.atomic():
            super().save_user(request, user, form, commit=commit)
            if commit:
                Patient.objects.create(user=user)
        return user

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        waiting = request.session.pop(AFTER_SIGN_IN, None)
        if waiting and url_has_allowed_host_and_scheme(waiting, allowed_hosts=None):
            return str(waiting)
        try:
            return reverse(settings.ARRIVAL_PAGES[request.user.kind])
        except NoReverseMatch:  # a part that this installation does not open
            return reverse(settings.LOGIN_REDIRECT_URL)

    get_signup_redirect_url = get_login_redirect_url

    def pre_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse | None:
        """By any means of sign-in, a fictitious person outside the demonstration is turned away."""
        if second_factor.barred(user):
            journal.record(
                Act.SIGN_IN_FAILED,
                actor=None,
                object_ref=f"comptes.user:{user.pk}",
                reason="hors démonstration",
            )
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **details)

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        journal.record(Act.SIGN_IN, actor=user, reason=_how(request, user))

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if user.is_authenticated:
            journal.record(Act.SIGN_OUT, actor=user)
            rights_changed(user.pk)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A refused password. The address is not kept: the number of the account, if any."""
        email = (credentials.get("email") or "").lower()
        known = User.objects.filter(email=email).values_list("pk", flat=True).first()
        journal.record(
            Act.SIGN_IN_FAILED,
            actor=None,
            object_ref=f"comptes.user:{known}" if known else "",
            reason="mot de passe",
        )

    def set_password(self, user: User, password: str) -> None:
        """A new password ends every other session: their sockets must prove themselves again."""
        with transaction.atomic():
            super().set_password(user, password)
            journal.record(Act.PASSWORD_CHANGED, actor=user)
            rights_changed(user.pk)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has just signed in is not asked again for the same proof."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        records = get_authentication_records(self.request, self.request.user)
        last = max((record["at"] for record in records), default=0.0)
        return time.time() - last > app_settings.REAUTHENTICATION_TIMEOUT


def _how(request: HttpRequest, user: User) -> str:
    """The means of this sign-in, as codes in the order they were proved."""
    records = get_authentication_records(request, user)
    return " + ".join(str(record.get("type") or record["method"]) for record in records)[:120]


class MFAAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are sealed, and the last one stays while it is required."""

    def encrypt(self, text: str) -> str:
        cipher.ensure_key(FACTORS_KEY_OWNER)
        return base64.b64encode(cipher.seal(FACTORS_KEY_OWNER, "factor", text)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher.unseal(FACTORS_KEY_OWNER, "factor", base64.b64decode(encrypted_text))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if not second_factor.required_for(authenticator.user):
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id)
        others = others.exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
