"""Scope: who may see what. Every right in the product is a queryset filtered by one of these."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.utils import timezone

from comptes.models import User, UserKind
from orientation.models.membership import Duty, Membership, Role
from orientation.models.territory import Departement


class Level(StrEnum):
    NOBODY = "NOBODY"
    SELF = "SELF"
    STRUCTURE = "STRUCTURE"
    TERRITORY = "TERRITORY"
    NATION = "NATION"


@dataclass(frozen=True)
class Scope:
    """What one person may see, computed once per request.

    `departement_codes` are the departments the person answers for (administrators, evaluators)
    or works in (professionals, coordinators: the departments of their structures).
    `duty_structure_ids` are the structures a professional is on duty for, now;
    `duty_departement_codes` the departments that these stand in.
    """

    level: Level
    user_id: int | None
    region_codes: frozenset[str] = field(default_factory=frozenset)
    departement_codes: frozenset[str] = field(default_factory=frozenset)
    structure_ids: frozenset[int] = field(default_factory=frozenset)
    duty_structure_ids: frozenset[int] = field(default_factory=frozenset)
    duty_departement_codes: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[Role] = field(default_factory=frozenset)

    @property
    def is_national(self) -> bool:
        return self.level == Level.NATION

    @property
    def is_professional(self) -> bool:
        return Role.PROFESSIONAL in self.roles

    @property
    def is_administrator(self) -> bool:
        return bool(self.roles & {Role.REGIONAL_ADMIN, Role.NATIONAL_ADMIN})

    @property
    def is_evaluator(self) -> bool:
        return Role.EVALUATOR in self.roles

    @property
    def is_coordinator(self) -> bool:
        return Role.COORDINATOR in self.roles


NOBODY = Scope(level=Level.NOBODY, user_id=None)

# Which roles an account of each kind may hold: a patient's account never becomes a professional's.
ROLES_OF_KIND = {
    UserKind.PATIENT: frozenset[Role](),
    UserKind.PROFESSIONAL: frozenset({Role.PROFESSIONAL, Role.COORDINATOR}),
    UserKind.ADMINISTRATOR: frozenset({Role.REGIONAL_ADMIN, Role.NATIONAL_ADMIN}),
    UserKind.EVALUATOR: frozenset({Role.EVALUATOR}),
}


def scope_for(user) -> Scope:
    """Compute the scope of a signed-in account; NOBODY for anonymous or disabled ones.

    Cases, in order:
    1. anonymous or disabled: nobody;
    2. patient: oneself;
    3. no active role: nobody (a professional whose membership has ended sees nothing);
    4. national administrator, or evaluator without place: the nation;
    5. regional administrator or evaluator: the departments of their regions, and single ones;
    6. professional or coordinator: their structures and the departments these stand in; a duty
       counts while one is a professional of its structure, and the structure is open.
    """
    return scopes_for([user])[0]


def scopes_for(users: Sequence[object]) -> list[Scope]:
    """The scopes of many accounts, in their order; two queries for all the professionals."""
    today = timezone.localdate()
    ids = {
        user.pk
        for user in users
        if isinstance(user, User) and user.is_active and user.kind != UserKind.PATIENT
    }
    roles: dict[int, list[Membership]] = {}
    duties: dict[int, list[int]] = {}
    if ids:
        rows = Membership.objects.filter(user__in=ids).active_on(today)
        for row in rows.select_related("structure"):
            roles.setdefault(row.user_id, []).append(row)
    if serving := {pk for pk, held in roles.items() if any(row.structure_id for row in held)}:
        rows = Duty.objects.current().filter(user__in=serving)
        for user_id, structure_id in rows.values_list("user_id", "structure_id"):
            duties.setdefault(user_id, []).append(structure_id)
    return [_scope(user, roles, duties, today) for user in users]


def _scope(
    user: object, roles: dict[int, list[Membership]], duties: dict[int, list[int]], today: date
) -> Scope:
    if not isinstance(user, User) or not user.is_active:
        return NOBODY
    if user.kind == UserKind.PATIENT:
        return Scope(level=Level.SELF, user_id=user.pk)
    allowed = ROLES_OF_KIND[UserKind(user.kind)]
    memberships = [m for m in roles.get(user.pk, ()) if m.role in allowed]
    if not memberships:
        return Scope(level=Level.NOBODY, user_id=user.pk)
    held = frozenset(Role(m.role) for m in memberships)
    if any(
        m.role == Role.NATIONAL_ADMIN
        or (m.role == Role.EVALUATOR and not m.region_id and not m.departement_id)
        for m in memberships
    ):
        return Scope(level=Level.NATION, user_id=user.pk, roles=held)
    if held & {Role.REGIONAL_ADMIN, Role.EVALUATOR}:
        return _territorial(user, memberships, held)
    structures = {m.structure_id: m.structure for m in memberships if m.structure is not None}
    served = {m.structure_id for m in memberships if m.role == Role.PROFESSIONAL}
    on_duty = {
        pk for pk in duties.get(user.pk, ()) if pk in served and structures[pk].is_open_on(today)
    }
    return Scope(
        level=Level.STRUCTURE,
        user_id=user.pk,
        roles=held,
        departement_codes=frozenset(place.departement_id for place in structures.values()),
        structure_ids=frozenset(structures),
        duty_structure_ids=frozenset(on_duty),
        duty_departement_codes=frozenset(structures[pk].departement_id for pk in on_duty),
    )


def _territorial(user: User, memberships: list[Membership], held: frozenset[Role]) -> Scope:
    regions = frozenset(m.region_id for m in memberships if m.region_id)
    departements = {m.departement_id for m in memberships if m.departement_id}
    departements.update(
        Departement.objects.filter(region__in=regions).values_list("code", flat=True)
    )
    return Scope(
        level=Level.TERRITORY,
        user_id=user.pk,
        roles=held,
        region_codes=regions,
        departement_codes=frozenset(departements),
    )
