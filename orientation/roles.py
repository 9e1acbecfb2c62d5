"""Give and end roles, open and close accounts: the only writer of `Membership`.

Each change goes to the journal, and cuts the sockets of the person once committed.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone

from comptes.announce import rights_changed
from comptes.journal import record
from comptes.models import Act, User
from orientation.models import Membership
from orientation.scope import ROLES_OF_KIND, UserKind


class RoleRefused(Exception):
    """A role that cannot be given. The message is French, for the administrator."""


def grant(membership: Membership, *, by: User) -> Membership:
    """Write a new role, already checked by its form.

    Raises:
        RoleRefused: an account of this kind never holds this role.
    """
    user = membership.user
    if membership.role not in ROLES_OF_KIND[UserKind(user.kind)]:
        raise RoleRefused(
            f"Un compte « {user.get_kind_display()} » ne peut pas avoir le rôle "
            f"« {membership.get_role_display()} »."
        )
    with transaction.atomic():
        membership.save()
        record(
            Act.ROLE_CHANGED,
            actor=by,
            object_ref=f"orientation.membership:{membership.pk}",
            reason="donné",
        )
        rights_changed(user.pk)
    return membership


def end(membership: Membership, *, on: date | None, by: User) -> None:
    """Date the end of a role (None: it lasts); the last day is still in the role."""
    with transaction.atomic():
        membership.ends_on = on
        membership.save(update_fields=["ends_on"])
        record(
            Act.ROLE_CHANGED,
            actor=by,
            object_ref=f"orientation.membership:{membership.pk}",
            reason="fin datée" if on else "sans fin",
        )
        rights_changed(membership.user_id)


def remove(membership: Membership, *, by: User) -> None:
    """Remove a role that has not begun."""
    if membership.starts_on <= timezone.localdate():
        raise RoleRefused("Ce rôle a commencé : datez sa fin.")
    with transaction.atomic():
        record(
            Act.ROLE_CHANGED,
            actor=by,
            object_ref=f"orientation.membership:{membership.pk}",
            reason="retiré",
        )
        rights_changed(membership.user_id)
        membership.delete()


def set_active(user: User, active: bool, *, by: User) -> None:
    """Close an account (nobody can sign in with it any more), or open it again."""
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, is_active=not active).update(is_active=active)
        if changed:
            act = Act.ACCOUNT_ENABLED if active else Act.ACCOUNT_DISABLED
            record(act, actor=by, object_ref=f"comptes.user:{user.pk}")
            rights_changed(user.pk)
    user.is_active = active
