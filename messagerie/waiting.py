"""What a patient is told while nobody answers yet: who is on duty, by when, how many before."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from messagerie.clock import said_at, said_before, said_date
from messagerie.models import Conversation
from messagerie.states import State
from orientation.models import Commune, Departement, Opening
from orientation.openings import (
    departement_of,
    local_day,
    next_opening_for,
    opening_for,
    service_status,
)
from orientation.structures import on_duty_structures, sas_of


@dataclass(frozen=True)
class ServiceNotice:
    """The service of a department at one moment, in words.

    Attributes:
        on_duty: names of the structures with somebody on duty, empty when nobody is.
        answer: "avant 14 h", when an answer is promised; "" when nothing is promised.
        reopens: "demain à 8 h", when the service is closed now; "" otherwise.
    """

    departement_name: str
    open_now: bool
    on_duty: tuple[str, ...]
    answer: str
    reopens: str


@dataclass(frozen=True)
class ClosedTerritory:
    """A department where the service is not open: whom to call, and when it opens."""

    departement_name: str
    sas_name: str
    sas_phone: str
    opens: str


def service_notice(departement: Departement, opening: Opening, now: datetime) -> ServiceNotice:
    """What the door says of the service for one department."""
    status = service_status(opening, departement, now)
    zone = departement.time_zone
    return ServiceNotice(
        departement_name=departement.name,
        open_now=status.open_now,
        on_duty=tuple(row.name for row in on_duty_structures(departement.pk)),
        answer=said_before(status.promised_before, zone, now) if status.promised_before else "",
        reopens=said_at(status.next_opening, zone, now) if status.next_opening else "",
    )


def service_for(commune: Commune, now: datetime) -> ServiceNotice | ClosedTerritory:
    """The service for a commune: open, or closed with the other doors."""
    departement = departement_of(commune)
    today = local_day(departement, now)
    opening = opening_for(departement, today)
    if opening is not None:
        return service_notice(departement, opening, now)
    planned = next_opening_for(departement, today)
    sas = sas_of(departement, today)
    return ClosedTerritory(
        departement_name=departement.name,
        sas_name=sas.name if sas else "",
        sas_phone=sas.phone if sas else "",
        opens=said_date(planned.opens_on) if planned else "",
    )


def people_before(conversation: Conversation) -> int:
    """How many conversations of the department will be taken before this one, in queue order."""
    waiting = Conversation.objects.filter(
        departement_id=conversation.departement_id, state=State.WAITING
    )
    same_rank = Q(declared_sign=conversation.declared_sign) & (
        Q(waiting_since__lt=conversation.waiting_since)
        | Q(waiting_since=conversation.waiting_since, pk__lt=conversation.pk)
    )
    if conversation.declared_sign:
        return waiting.filter(same_rank).count()
    return waiting.filter(Q(declared_sign=True) | same_rank).count()
