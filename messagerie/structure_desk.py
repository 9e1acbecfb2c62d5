"""What a coordinator sees of their structures: the team, who is on duty, counts. No content.

Whatever the number of people and conversations, the page costs the same queries.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from comptes.models import User
from messagerie.models import Conversation
from messagerie.states import State
from orientation.models import Duty, Membership, Role, Structure


@dataclass(frozen=True)
class Colleague:
    """Somebody of the team. `roles`: in French. `on_duty_since`: None when not on duty."""

    name: str
    roles: str
    on_duty_since: datetime | None


@dataclass(frozen=True)
class StructureDesk:
    """One structure. `waiting`, `late`, `oldest`: of its whole department; `held`: its own."""

    structure: Structure
    closed: bool
    team: tuple[Colleague, ...]
    waiting: int
    late: int
    oldest: datetime | None
    held: int

    @property
    def on_duty(self) -> tuple[Colleague, ...]:
        return tuple(person for person in self.team if person.on_duty_since)


def coordinated_by(user: User, now: datetime) -> list[Structure]:
    """The structures that this person coordinates today, by name."""
    own = (
        Membership.objects.filter(user=user, role=Role.COORDINATOR)
        .active_on(timezone.localdate(now))
        .values("structure")
    )
    return list(Structure.objects.filter(pk__in=own).select_related("departement").order_by("name"))


def desks(user: User, now: datetime) -> list[StructureDesk]:
    """A desk for each structure that this person coordinates."""
    structures = coordinated_by(user, now)
    teams = _teams(structures, now)
    queues = {
        row["departement_id"]: row
        for row in Conversation.objects.filter(
            state=State.WAITING, departement__in={s.departement_id for s in structures}
        )
        .order_by()
        .values("departement_id")
        .annotate(
            waiting=Count("pk"),
            late=Count("pk", filter=Q(promised_before__lt=now)),
            oldest=Min("waiting_since"),
        )
    }
    held = dict(
        Conversation.objects.filter(state=State.IN_PROGRESS, structure__in=structures)
        .order_by()
        .values("structure_id")
        .annotate(n=Count("pk"))
        .values_list("structure_id", "n")
    )
    found = []
    for structure in structures:
        queue = queues.get(structure.departement_id, {})
        found.append(
            StructureDesk(
                structure=structure,
                closed=_is_closed(structure, now),
                team=teams.get(structure.pk, ()),
                waiting=queue.get("waiting", 0),
                late=queue.get("late", 0),
                oldest=queue.get("oldest"),
                held=held.get(structure.pk, 0),
            )
        )
    return found


def _is_closed(structure: Structure, now: datetime) -> bool:
    return structure.closed_on is not None and structure.closed_on <= timezone.localdate(now)


def _teams(structures: list[Structure], now: datetime) -> dict[int, tuple[Colleague, ...]]:
    """The people with a role in force, by structure; a duty counts as it does for the queue."""
    today = timezone.localdate(now)
    open_ids = {s.pk for s in structures if not _is_closed(s, now)}
    duties = {
        (duty.structure_id, duty.user_id): duty.started_at
        for duty in Duty.objects.current().filter(structure__in=open_ids)
    }
    rows: dict[int, dict[int, list[Membership]]] = defaultdict(lambda: defaultdict(list))
    for row in (
        Membership.objects.filter(structure__in=structures, user__is_active=True)
        .active_on(today)
        .select_related("user")
        .order_by("user__last_name", "user__first_name", "user_id", "role")
    ):
        rows[row.structure_id][row.user_id].append(row)
    return {
        structure_id: tuple(
            _colleague(held, duties.get((structure_id, user_id)))
            for user_id, held in people.items()
        )
        for structure_id, people in rows.items()
    }


def _colleague(held: list[Membership], on_duty_since: datetime | None) -> Colleague:
    serves = any(row.role == Role.PROFESSIONAL for row in held)
    return Colleague(
        name=held[0].user.get_full_name() or "Sans nom",
        roles=", ".join(dict.fromkeys(row.get_role_display() for row in held)),
        on_duty_since=on_duty_since if serves else None,
    )
