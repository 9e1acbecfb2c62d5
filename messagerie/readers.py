"""Who opened a conversation or acted on it, from the journal, grouped by person, in plain words.

A professional is said by first name, profession and the structure of their duty at that moment.
Somebody of the administration is said by that alone: they never see the content.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from comptes.models import Act, JournalEntry, Professional, User, UserKind
from messagerie.models import Conversation
from orientation.models import Duty, Membership, Role

MOST = 5000  # lines of the journal looked at, the newest
READINGS = frozenset({Act.CONVERSATION_READ, Act.ATTACHMENT_READ, Act.SHEET_PRINTED})


@dataclass(frozen=True)
class Day:
    """The readings of one local day, oldest first."""

    day: date
    times: tuple[datetime, ...]


@dataclass(frozen=True)
class Done:
    """One act, other than reading."""

    at: datetime
    did: str


@dataclass
class Reader:
    """One person, under one structure. `is_reader`: the patient themselves."""

    name: str
    structure: str
    is_reader: bool
    last: datetime
    days: list[Day] = field(default_factory=list)
    acts: list[Done] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(len(day.times) for day in self.days)


def readers_of(conversation: Conversation, reader: User) -> list[Reader]:
    """The people of the journal of a conversation, the last who came first; the reader last.

    The caller has checked that the reader may ask.
    """
    newest = JournalEntry.objects.filter(conversation_id=conversation.pk).order_by("-id")[:MOST]
    entries = sorted(newest, key=lambda entry: (entry.at, entry.pk))
    names = _names(entries, reader)
    duties, roles = _duties(entries), _roles(entries)
    zone = ZoneInfo(conversation.time_zone)
    found: dict[tuple[int | None, str], Reader] = {}
    times: dict[tuple[int | None, str], dict[date, list[datetime]]] = {}
    for entry in entries:
        if entry.act == Act.ATTACHMENT_READ and entry.actor_id == reader.pk:
            continue  # their own files: an archive opens each of them at once
        structure = _structure(duties, roles, entry, entry.at.astimezone(zone).date())
        key = (entry.actor_id, structure)
        group = found.setdefault(
            key,
            Reader(
                names.get(entry.actor_id) or _unnamed(entry),
                structure,
                entry.actor_id == reader.pk,
                entry.at,
            ),
        )
        group.last = entry.at
        if entry.act in READINGS:
            day = entry.at.astimezone(zone).date()
            times.setdefault(key, {}).setdefault(day, []).append(entry.at)
        else:
            group.acts.append(Done(entry.at, entry.get_act_display()))
    for key, days in times.items():
        found[key].days = [Day(day, tuple(at)) for day, at in days.items()]
    return sorted(found.values(), key=lambda one: (not one.is_reader, one.last), reverse=True)


def _names(entries: list[JournalEntry], reader: User) -> dict[int | None, str]:
    ids = {entry.actor_id for entry in entries}
    return Professional.objects.names(ids - {reader.pk, None}) | {
        reader.pk: _("Vous"),
        None: _("Le service, sans personne"),
    }


def _unnamed(entry: JournalEntry) -> str:
    if entry.actor_kind == UserKind.ADMINISTRATOR:
        return _("L'administration du service, sans accès au contenu")
    return _("Une personne dont le compte n'existe plus")


def _duties(entries: list[JournalEntry]) -> dict[int, list[Duty]]:
    if not entries:
        return {}
    ids = {entry.actor_id for entry in entries if entry.actor_kind == UserKind.PROFESSIONAL}
    rows = Duty.objects.filter(user_id__in=ids, started_at__lte=entries[-1].at).filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=entries[0].at)
    )
    found: dict[int, list[Duty]] = {}
    for duty in rows.select_related("structure").order_by("started_at"):
        found.setdefault(duty.user_id, []).append(duty)
    return found


def _roles(entries: list[JournalEntry]) -> dict[int, list[Membership]]:
    ids = {entry.actor_id for entry in entries if entry.actor_kind == UserKind.PROFESSIONAL}
    rows = Membership.objects.filter(user_id__in=ids, role=Role.PROFESSIONAL)
    found: dict[int, list[Membership]] = {}
    for row in rows.select_related("structure"):
        found.setdefault(row.user_id, []).append(row)
    return found


def _structure(
    duties: dict[int, list[Duty]],
    roles: dict[int, list[Membership]],
    entry: JournalEntry,
    day: date,
) -> str:
    """The structure of the duty at that moment, else the only one where they had a role that
    day; "" when neither tells."""
    for duty in reversed(duties.get(entry.actor_id or 0, [])):
        if duty.started_at <= entry.at and (duty.ended_at is None or entry.at <= duty.ended_at):
            return duty.structure.name
    held = {
        role.structure.name
        for role in roles.get(entry.actor_id or 0, [])
        if role.structure
        and role.starts_on <= day
        and (role.ends_on is None or day <= role.ends_on)
    }
    return held.pop() if len(held) == 1 else ""
