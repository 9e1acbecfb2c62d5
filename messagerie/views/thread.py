"""A conversation as its patient reads it: lines, day separators, who speaks, how far it went."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from messagerie import delivery
from messagerie.actions.orienting import OrientationCard
from messagerie.actions.safety import Worsening
from messagerie.attachments.showing import Piece, pieces_of
from messagerie.contents import Line
from messagerie.danger import NUMBERS, SIGNS
from messagerie.models import Conversation, MessageKind, Side
from orientation.distance import km_between
from orientation.models import Structure


@dataclass(frozen=True)
class Card:
    """An orientation: who, where, how far, when, telephone, why."""

    title: str
    kind: str
    why: str
    address: str
    distance_km: str
    when: str
    phone: str
    number: str
    number_service: str
    note: str
    is_fictitious: bool


@dataclass(frozen=True)
class Bubble:
    """One line of the thread. `day`, in words, and `iso_day` are filled on the first line of a day.

    Of the patient's own: `client_id`; `sent`, how far it went (envoye, remis, ouvert; "" when the
    page does not say); `sent_quiet`, when the next own line is as far and says it.
    """

    seq: int
    kind: str
    mine: bool
    author: str
    body: str
    at: datetime
    day: str = ""
    iso_day: str = ""
    card: Card | None = None
    signs: tuple[str, ...] = ()
    client_id: UUID | None = None
    sent: str = ""
    sent_quiet: bool = False
    piece: Piece | None = None


def all_lines(conversation: Conversation) -> list[Line]:
    """Every line, in order."""
    lines: list[Line] = []
    while page := delivery.lines_after(conversation.pk, lines[-1].seq if lines else 0):
        lines += page
        if len(page) < delivery.PAGE:
            break
    return lines


def bubbles(conversation: Conversation, lines: Iterable[Line], now: datetime) -> list[Bubble]:
    """The lines as the page shows them."""
    lines = list(lines)
    pieces = pieces_of(conversation, lines, route="patient:piece")
    zone = ZoneInfo(conversation.time_zone)
    shown: list[Bubble] = []
    last_day: date | None = None
    today = timezone.localdate(now, zone)
    for line in lines:
        day = line.created_at.astimezone(zone).date()
        begins = day != last_day
        body, card, signs = _content(conversation, line)
        shown.append(
            Bubble(
                seq=line.seq,
                kind=line.kind,
                mine=line.side == Side.PATIENT,
                author=author_of(conversation, line),
                body=body,
                at=line.created_at,
                day=said_date(day, today) if begins else "",
                iso_day=day.isoformat() if begins else "",
                card=card,
                signs=signs,
                client_id=line.client_id if line.side == Side.PATIENT else None,
                piece=pieces.get(line.seq),
            )
        )
        last_day = day
    return shown


def said_date(day: date, today: date) -> str:
    """ "Aujourd'hui", "Hier", else "lundi 16 novembre"."""
    days = (today - day).days
    if days == 0:
        return _("Aujourd'hui")
    if days == 1:
        return _("Hier")
    return date_format(day, "l j F" if day.year == today.year else "l j F Y")


def author_of(conversation: Conversation, line: Line) -> str:
    """First name, profession and, for who holds the conversation, structure; "" for others."""
    if line.by and line.sender_id == conversation.professional_id and conversation.structure:
        return f"{line.by} · {conversation.structure.name}"
    return line.by


def holder_name(conversation: Conversation) -> str:
    """Who holds the conversation, as the patient reads it; "" while it waits."""
    if conversation.professional is None:
        return ""
    name = conversation.professional.professional.public_name
    return f"{name} · {conversation.structure.name}" if conversation.structure else name


def _content(conversation: Conversation, line: Line) -> tuple[str, Card | None, tuple[str, ...]]:
    if line.kind == MessageKind.ORIENTATION:
        return "", card_of(conversation, line), ()
    if line.kind == MessageKind.WORSENING:
        worsening = msgspec.json.decode(line.body, type=Worsening)
        labels = tuple(str(SIGNS[code].label) for code in worsening.sign_codes if code in SIGNS)
        reach = [part for part in (worsening.phone, worsening.place) if part]
        return " · ".join(reach), None, labels
    return "" if line.kind == MessageKind.FILE else line.body, None, ()


KIND_LABELS = {
    "MEDECIN_TRAITANT": _lazy("Médecin traitant"),
    "CPTS": _lazy("CPTS : des soignants qui travaillent ensemble"),
    "SAS": _lazy("Service d'accès aux soins (SAS)"),
    "OTHER_PROFESSIONAL": _lazy("Autre professionnel"),
    "NUMBER": _lazy("Numéro d'urgence"),
}


def card_of(conversation: Conversation, line: Line) -> Card:
    """The card of an ORIENTATION line, with the distance from the patient's commune."""
    card = msgspec.json.decode(line.body, type=OrientationCard)
    number = NUMBERS.get(card.number)
    titles = {
        "MEDECIN_TRAITANT": _("Votre médecin traitant"),
        "NUMBER": _("Appelez le %(number)s") % {"number": number.label if number else "15"},
    }
    return Card(
        title=card.name or titles.get(card.destination, _("Le lieu indiqué")),
        kind=str(KIND_LABELS.get(card.destination, "")),
        why=card.why,
        address=card.address,
        distance_km=_distance(conversation, card.structure_id),
        when=card.when,
        phone=card.phone,
        number=number.label if number else "",
        number_service=str(number.service) if number else "",
        note=card.note,
        is_fictitious=card.is_fictitious,
    )


def _distance(conversation: Conversation, structure_id: int | None) -> str:
    place = Structure.objects.filter(pk=structure_id).first() if structure_id else None
    commune = conversation.commune
    if place is None or None in (place.latitude, place.longitude, commune.lat, commune.lon):
        return ""
    km = km_between(commune.lat, commune.lon, place.latitude, place.longitude)
    if km < 1:
        return ""  # both points stand for an area: below this they say nothing
    return f"{km:.1f}".replace(".", ",") if km < 10 else f"{km:.0f}"


def with_progress(conversation: Conversation, shown: Iterable[Bubble]) -> list[Bubble]:
    """The same lines, the patient's own with how far each went."""
    told: list[Bubble] = []
    following = ""
    for bubble in reversed(list(shown)):
        if bubble.mine:
            sent = _progress(conversation, bubble.seq)
            bubble = replace(bubble, sent=sent, sent_quiet=sent == following)
            following = sent
        told.append(bubble)
    return told[::-1]


def _progress(conversation: Conversation, seq: int) -> str:
    if conversation.professional_opened_seq >= seq:
        return "ouvert"
    if conversation.professional_delivered_seq >= seq:
        return "remis"
    return "envoye"
