"""The telephone numbers shown to people in danger: data, with source and date of check.

Pure: no database, no request. One table, `NUMBERS`, keyed by the digits people dial without
spaces. What was not confirmed in a recent source carries `to_check`, so that an operator sees it
before opening (`numbers_to_check`). Nothing here depends on who is on duty.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

TO_CHECK = _("à vérifier avant ouverture")
ALWAYS = _("24 heures sur 24, 7 jours sur 7")

# Numbers of the emergency services: 114 (written) always stands beside them.
SPOKEN_EMERGENCY = frozenset({"15", "17", "18"})
WRITTEN_EMERGENCY = "114"


@dataclass(frozen=True)
class Number:
    """One telephone number.

    code: the digits, without spaces (key of `NUMBERS`). label: as people write it.
    service: who answers. purpose: what it is for, in plain French. hours: when somebody answers,
    empty when unknown. sms: a text message can be sent to the same number. free: the call costs
    nothing. checked_on and source: when and where the row was read. to_check: what an operator
    must confirm before opening, empty when nothing.
    """

    code: str
    label: str
    service: str
    purpose: str
    hours: str
    checked_on: date
    source: str
    sms: bool = False
    free: bool = True
    to_check: tuple[str, ...] = ()

    @property
    def tel(self) -> str:
        """Value of the `href` of a call link."""
        return f"tel:{self.code}"

    @property
    def sms_link(self) -> str:
        """Value of the `href` of a text message link; empty when the number takes none."""
        return f"sms:{self.code}" if self.sms else ""


_READ = date(2026, 11, 21)
_PUBLIC_SERVICE = "service-public.fr, fiche « numéros d'urgence », version du 22 juillet 2024"

_TABLE = (
    Number(
        code="15",
        label="15",
        service=_("SAMU"),
        purpose=_("Un médecin répond pour une urgence de santé."),
        hours=ALWAYS,
        checked_on=_READ,
        source=_PUBLIC_SERVICE,
    ),
    Number(
        code="112",
        label="112",
        service=_("Numéro d'urgence européen"),
        purpose=_("Toutes les urgences, partout en Europe."),
        hours=ALWAYS,
        checked_on=_READ,
        source=_PUBLIC_SERVICE,
    ),
    Number(
        code="114",
        label="114",
        service=_("Urgence par écrit"),
        purpose=_(
            "Par SMS, si vous ne pouvez pas parler ou entendre."
            " Aussi par l'application «\u00a0Urgence\u00a0114\u00a0»."
        ),
        hours=ALWAYS,
        checked_on=_READ,
        source=_PUBLIC_SERVICE,
        sms=True,
    ),
    Number(
        code="17",
        label="17",
        service=_("Police et gendarmerie"),
        purpose=_("Quelqu'un vous menace ou vous fait du mal maintenant."),
        hours=ALWAYS,
        checked_on=_READ,
        source=_PUBLIC_SERVICE,
    ),
    Number(
        code="18",
        label="18",
        service=_("Pompiers"),
        purpose=_("Incendie, gaz, accident, personne à secourir."),
        hours=ALWAYS,
        checked_on=_READ,
        source=_PUBLIC_SERVICE,
    ),
    Number(
        code="116117",
        label="116\u00a0117",
        service=_("Médecin de garde"),
        purpose=_(
            "Un médecin quand les cabinets sont fermés. Ce numéro n'existe pas partout en France."
        ),
        hours=_("le soir après 20 h, du samedi midi au lundi matin, les jours fériés"),
        checked_on=_READ,
        source="annonce du ministère de la Santé, avril 2017 (Corse, Normandie, Pays de la Loire)",
        to_check=("territoires où le numéro répond",),
    ),
    Number(
        code="119",
        label="119",
        service=_("Enfance en danger"),
        purpose=_("Un enfant est frappé, négligé ou en danger."),
        hours=ALWAYS,
        checked_on=_READ,
        source="119, Allô enfance en danger (page publique)",
    ),
    Number(
        code="3114",
        label="3114",
        service=_("Prévention du suicide"),
        purpose=_("Vous pensez au suicide, ou vous avez peur pour quelqu'un."),
        hours=ALWAYS,
        checked_on=_READ,
        source="ministère chargé de la santé et agences régionales de santé",
    ),
    Number(
        code="3919",
        label="3919",
        service=_("Violences Femmes Info"),
        purpose=_("Écoute des femmes victimes de violences et de leurs proches."),
        hours=ALWAYS,
        checked_on=_READ,
        source="solidaritefemmes.org ; d'autres pages donnent des horaires plus courts",
        to_check=("horaires",),
    ),
    Number(
        code="3977",
        label="3977",
        service=_("Maltraitance des personnes âgées ou handicapées"),
        purpose=_("Une personne âgée ou handicapée est maltraitée."),
        hours=_("tous les jours, de 9 h à 19 h"),
        checked_on=_READ,
        source="gouvernement.fr, page modifiée le 18 mars 2024 ; d'autres pages donnent une pause",
        to_check=("horaires",),
    ),
    Number(
        code="3018",
        label="3018",
        service=_("Harcèlement des enfants et des jeunes"),
        purpose=_("Un enfant ou un adolescent est harcelé, à l'école ou sur internet."),
        hours=_("tous les jours, de 9 h à 23 h"),
        checked_on=_READ,
        source="pages de communes reprenant service-public.fr ; page officielle non relue",
        to_check=("numéro", "horaires"),
    ),
    Number(
        code="0145425959",
        label="01\u00a045\u00a042\u00a059\u00a059",
        service=_("Centre antipoison"),
        purpose=_("Un produit, un médicament ou une plante a été avalé."),
        hours=ALWAYS,
        checked_on=_READ,
        source="centres-antipoison.net",
        free=False,
    ),
)

NUMBERS: dict[str, Number] = {row.code: row for row in _TABLE}


def number(code: str) -> Number:
    """The row of a code. Raises KeyError for a code that is not in the table."""
    return NUMBERS[code]


def numbers_to_check() -> tuple[Number, ...]:
    """Rows that an operator must confirm before opening the service."""
    return tuple(row for row in _TABLE if row.to_check)


def with_written_emergency(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The same codes, 114 added when 15, 17 or 18 is among them, without doubles."""
    if SPOKEN_EMERGENCY.intersection(codes) and WRITTEN_EMERGENCY not in codes:
        codes = (*codes, WRITTEN_EMERGENCY)
    return tuple(dict.fromkeys(codes))
