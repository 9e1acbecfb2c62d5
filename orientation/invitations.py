"""Invitations with a role: who invites for which place, and what acceptance gives."""

from collections.abc import Callable

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from comptes import invitations
from comptes.models import Invitation, User, UserKind
from orientation import roles
from orientation.models import InvitedRole, Membership, Role

KIND_OF_ROLE = {
    Role.PROFESSIONAL: UserKind.PROFESSIONAL,
    Role.COORDINATOR: UserKind.PROFESSIONAL,
    Role.REGIONAL_ADMIN: UserKind.ADMINISTRATOR,
    Role.NATIONAL_ADMIN: UserKind.ADMINISTRATOR,
    Role.EVALUATOR: UserKind.EVALUATOR,
}


def invite(
    invitation: Invitation, place: InvitedRole, *, by: User, link: Callable[[str], str]
) -> InvitedRole:
    """Write the invitation and its role, and mail the link once both are committed.

    Args:
        link: gives the whole address of the page for a secret.
    """
    with transaction.atomic():
        invitation.kind = KIND_OF_ROLE[Role(place.role)]
        token = invitations.invite(invitation, by=by)
        place.invitation = invitation
        place.save()
        transaction.on_commit(lambda: _mail(invitation, place, link(token)))
    return place


def _mail(invitation: Invitation, place: InvitedRole, address: str) -> None:
    context = {
        "service": settings.SERVICE_NAME,
        "first_name": invitation.first_name,
        "role": place.get_role_display().lower(),
        "where": place.structure or place.departement or place.region or "France",
        "address": address,
        "days": settings.INVITATION_DAYS,
    }
    send_mail(
        render_to_string("courriels/invitation_objet.txt", context).strip(),
        render_to_string("courriels/invitation.txt", context),
        None,
        [invitation.email],
    )


@transaction.atomic
def accept(invitation: Invitation, *, password: str = "", user: User | None = None) -> User:
    """Open the account, or join with an existing one, then give the role from today on.

    Raises:
        InvitationRefused: see `comptes.invitations`.
    """
    if user is None:
        user = invitations.open_account(invitation, password)
    else:
        invitations.join_with(invitation, user)
    place = invitation.place
    membership = Membership(
        user=user,
        role=place.role,
        structure=place.structure,
        region=place.region,
        departement=place.departement,
        starts_on=timezone.localdate(),
    )
    held = Membership.objects.filter(
        user=user,
        role=place.role,
        structure=place.structure,
        region=place.region,
        departement=place.departement,
    )
    if not held.active_on(timezone.localdate()).exists():
        roles.grant(membership, by=invitation.invited_by)
    return user
