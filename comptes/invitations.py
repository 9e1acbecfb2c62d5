"""Invite somebody, and let them in: the only writer of `Invitation` and of invited accounts.

The link carries a secret of 256 bits; only its digest is kept, so that the base opens no door.
"""

import hashlib
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from comptes.journal import record
from comptes.models import Act, Invitation, Professional, User


class InvitationRefused(Exception):
    """What stands against it. The message is French, for whoever reads the page."""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def invite(invitation: Invitation, *, by: User) -> str:
    """Write an invitation (checked by its form) and return the secret of its link, kept nowhere."""
    token = secrets.token_urlsafe(32)
    invitation.email = invitation.email.lower()
    invitation.invited_by = by
    invitation.token_digest = _digest(token)
    invitation.expires_at = timezone.now() + timedelta(days=settings.INVITATION_DAYS)
    with transaction.atomic():
        invitation.save()
        record(Act.INVITED, actor=by, object_ref=f"comptes.invitation:{invitation.pk}")
    return token


def pending(token: str) -> Invitation | None:
    """The invitation of a link, while it waits and is in time."""
    return Invitation.objects.filter(
        token_digest=_digest(token), accepted_at=None, expires_at__gt=timezone.now()
    ).first()


def standing_account(invitation: Invitation) -> User | None:
    """The account that already has the invited address, if any."""
    return User.objects.filter(email=invitation.email.lower()).first()


@transaction.atomic
def open_account(invitation: Invitation, password: str) -> User:
    """Create the invited account. The address is verified: the link came by mail.

    Raises:
        InvitationRefused: the address or the RPPS number already has an account.
    """
    if standing_account(invitation) is not None:
        raise InvitationRefused("Un compte existe déjà avec cette adresse.")
    if invitation.rpps and Professional.objects.filter(rpps=invitation.rpps).exists():
        raise InvitationRefused(
            "Ce numéro RPPS a déjà un compte, à une autre adresse. "
            "Demandez une invitation à cette adresse."
        )
    user = User.objects.create_user(
        invitation.email,
        password,
        kind=invitation.kind,
        first_name=invitation.first_name,
        last_name=invitation.last_name,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if invitation.rpps:
        Professional.objects.create(
            user=user, rpps=invitation.rpps, profession=invitation.profession
        )
    _close(invitation, user)
    return user


@transaction.atomic
def join_with(invitation: Invitation, user: User) -> None:
    """Accept with the account, of the same kind, that already has the invited address.

    Raises:
        InvitationRefused: another address, or another kind of account.
    """
    if user.email != invitation.email or user.kind != invitation.kind:
        raise InvitationRefused("Cette invitation n'est pas pour ce compte.")
    _close(invitation, user)


def _close(invitation: Invitation, user: User) -> None:
    """One acceptance only, even if the button is pressed twice at the same instant."""
    accepted = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(
        accepted_at=timezone.now(), accepted_by=user
    )
    if not accepted:
        raise InvitationRefused("Cette invitation a déjà servi.")
    record(Act.INVITATION_ACCEPTED, actor=user, object_ref=f"comptes.invitation:{invitation.pk}")
