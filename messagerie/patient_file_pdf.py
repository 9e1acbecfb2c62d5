"""« Mon dossier » as a PDF: the same data as the JSON file, said in French with local hours."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messagerie.models import Side
from messagerie.patient_file import (
    ConversationFile,
    Message,
    PatientFile,
    Remembered,
    Told,
    WhoRead,
)
from messagerie.printing import compile_pdf
from messagerie.states import Outcome, State

TEMPLATE = "impression/dossier.typ"
RELATIONS = {"SELF": "pour soi", "CHILD": "pour son enfant", "HELPED": "pour un proche"}
GP = {"DECLARED": "déclaré", "NONE": "aucun", "UNKNOWN": "non dit"}
SIGN_ANSWERS = {"DISMISSED": "puis « ce n'est pas mon cas »", "CALLED": "a appelé"}


def as_pdf(made: PatientFile) -> bytes:
    """Raises CannotMakePdf."""
    return compile_pdf(TEMPLATE, document(made))


def document(made: PatientFile) -> dict[str, Any]:
    """The data of the template: nothing but strings and lists of strings."""
    return {
        "service": made.service,
        "words": _words(_moment(made.made_at, timezone.get_current_timezone())),
        "account": " · ".join(
            filter(
                None,
                [
                    f"{made.account.first_name} {made.account.last_name}".strip(),
                    made.account.email,
                ],
            )
        ),
        "remembered": _remembered(made.remembered),
        "conversations": [_conversation(row) for row in made.conversations],
    }


def _remembered(told: Remembered | None) -> str:
    if told is None:
        return ""
    ald = {True: "oui", False: "non", None: "non dit"}[told.ald]
    gp = GP.get(told.medecin_traitant, "")
    return _("Retenu pour ne pas le redemander\u00a0: médecin traitant %(gp)s, ALD %(ald)s.") % {
        "gp": gp,
        "ald": ald,
    }


def _words(made: str) -> dict[str, str]:
    """The fixed words of the document."""
    return {
        "title": _("Mon dossier"),
        "prepared": _("préparé le %(made)s · document personnel de santé") % {"made": made},
        "about": _(
            "Ce document contient des données de santé\u00a0: gardez-le à l'abri. Les photos et "
            "les documents joints n'y sont pas\u00a0: ils sont dans l'archive ZIP, à télécharger "
            "dans «\u00a0Mon dossier\u00a0»."
        ),
        "nothing": _("Aucune conversation."),
        "name": _("Renseignement"),
        "value": _("Valeur"),
        "messages": _("Messages"),
        "readers": _("Qui a ouvert cette conversation"),
        "nobody": _("Personne."),
    }


def _moment(at: datetime, zone: Any) -> str:
    return date_format(timezone.localtime(at, zone), "j F Y, H:i")


def _conversation(row: ConversationFile) -> dict[str, Any]:
    zone = ZoneInfo(row.time_zone)
    who = f"{row.person.first_name}, {row.person.age}" if row.person else ""
    ended = str(Outcome(row.outcome).label) if row.outcome else str(State(row.state).label)
    facts = [
        (_("Numéro du dossier"), row.number),
        (_("Personne concernée"), who and f"{who} ({RELATIONS[row.person.relation]})"),
        (_("Sujet"), row.motive),
        (_("Lieu"), f"{row.commune} ({row.departement})"),
        (_("Question posée"), _moment(row.opened_at, zone)),
        (_("Fin"), _moment(row.closed_at, zone) if row.closed_at else ""),
        (_("Issue"), ended),
        *(_told(row.told) if row.told else ()),
    ]
    opened = date_format(timezone.localtime(row.opened_at, zone), "j F Y")
    return {
        "title": f"{who or _('Conversation')} – {opened}",
        "facts": [{"name": name, "value": value} for name, value in facts if value],
        "erased": row.erased,
        "messages": [_message(message, zone) for message in row.messages],
        "readers": [_reader(reader, zone) for reader in row.who_read],
    }


def _told(told: Told) -> list[tuple[str, str]]:
    gp = GP.get(told.medecin_traitant, "")
    if told.medecin_traitant_name:
        gp += f" : {told.medecin_traitant_name}"
    signs = " ; ".join(told.declared_signs) or "aucun"
    if told.declared_signs and told.sign_answer in SIGN_ANSWERS:
        signs += f" ({SIGN_ANSWERS[told.sign_answer]})"
    return [
        (_("Médecin traitant"), gp),
        (_("Affection de longue durée"), {True: "oui", False: "non", None: "non dit"}[told.ald]),
        (_("Signes de danger déclarés"), signs),
        (_("Téléphone laissé"), told.callback_phone),
        (_("Lieu laissé"), told.present_place),
        (_("Habite"), told.lives_elsewhere),
    ]


def _message(message: Message, zone: ZoneInfo) -> dict[str, Any]:
    author = {Side.PATIENT: _("Vous"), Side.SERVICE: _("Le service")}.get(
        Side(message.from_side), message.author
    )
    parts = [message.text] if message.text else []
    if message.declared_signs:
        parts.insert(0, _("Aggravation déclarée : ") + " ; ".join(message.declared_signs))
    if message.file:
        parts.append(_("Fichier joint : ") + message.file.name)
        if message.file.path:
            parts.append(_("Dans l'archive : ") + message.file.path)
    card = message.orientation
    if card:
        parts += [
            text
            for text in (
                f"{card.place} – {card.kind}" if card.kind else card.place,
                card.why,
                card.address,
                card.phone,
                card.when,
                card.note,
            )
            if text
        ]
    return {
        "author": author,
        "at": _moment(message.at, zone),
        "service": message.from_side == Side.SERVICE,
        "card": bool(card),
        "parts": parts,
    }


def _reader(reader: WhoRead, zone: ZoneInfo) -> dict[str, str]:
    name = f"{reader.name} · {reader.structure}" if reader.structure else reader.name
    times = " ; ".join(_moment(at, zone) for at in reader.opened_at)
    opened = _("ouverte le %(times)s") % {"times": times} if times else ""
    acts = " ; ".join(f"{did} ({_moment(at, zone)})" for at, did in reader.acts)
    return {"name": name, "opened": opened, "acts": acts}
