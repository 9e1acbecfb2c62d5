"""From what a patient types to a commune, or to a question they can answer.

Five digits are always a postal code here. Codes of imports and of the API are INSEE codes and go
through `commune_by_insee`: the same five digits may name another place.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orientation import place_names, place_search
from orientation.models.territory import AncienneCommune, CodePostal, CollectiviteOutreMer, Commune
from orientation.place_search import Readings

LONGEST_INPUT = 120
CHOICES_OF_A_NAME = 20
CHOICES_OF_A_CODE = 60


class Status(StrEnum):
    FOUND = "FOUND"
    AMBIGUOUS = "AMBIGUOUS"
    NOT_COVERED = "NOT_COVERED"
    NOT_FOUND = "NOT_FOUND"
    EMPTY = "EMPTY"


@dataclass(frozen=True)
class Place:
    """A commune or arrondissement as people read it. `note` says why it is offered, if needed."""

    code_insee: str
    label: str
    departement_code: str
    departement_name: str
    region_code: str
    postal_codes: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Resolution:
    """The answer to what was typed. `total` counts all choices, `choices` may hold fewer."""

    status: Status
    message: str
    place: Place | None = None
    choices: tuple[Place, ...] = ()
    total: int = 0


def commune_by_insee(code: str) -> Commune | None:
    """The commune of today with this INSEE code, following former codes; None when unknown.

    Delegated and associated communes say where a place is now, so they win over old renumberings.
    """
    code = code.strip().upper() if len(code) < 20 else ""
    if not (code.isascii() and code.isalnum()):
        return None
    present = Commune.objects.select_related("departement").filter(code_insee=code, in_force=True)
    if commune := present.first():
        return commune
    former = AncienneCommune.objects.filter(code_ancien=code, commune__in_force=True)
    links = list(former.select_related("commune__departement").order_by("commune_id"))
    links.sort(key=lambda link: link.nature == AncienneCommune.Nature.FORMER)
    return links[0].commune if links else None


def places_of(communes: Iterable[Commune], notes: dict[str, str] | None = None) -> list[Place]:
    """Places of these communes, in the same order, with their postal codes (one query)."""
    communes = list(communes)
    codes: dict[str, list[str]] = {commune.pk: [] for commune in communes}
    rows = CodePostal.objects.filter(commune__in=list(codes)).order_by("code_postal")
    for commune_id, code in rows.values_list("commune_id", "code_postal"):
        codes[commune_id].append(code)
    return [
        Place(
            code_insee=commune.pk,
            label=commune.label,
            departement_code=commune.departement_id,
            departement_name=commune.departement.name,
            region_code=commune.departement.region_id,
            postal_codes=tuple(codes[commune.pk]),
            note=(notes or {}).get(commune.pk, ""),
        )
        for commune in communes
    ]


def resolve_patient_input(text: str, limit: int | None = None) -> Resolution:
    """Answers any text; never fails. `limit` bounds the choices (by default 60 of a code, 20 of
    a name)."""
    visible = sum(unicodedata.category(c)[0] not in "CZ" for c in text)
    if not visible:
        return Resolution(Status.EMPTY, _("Indiquez votre commune ou votre code postal."))
    if visible > LONGEST_INPUT:
        return Resolution(
            Status.NOT_FOUND,
            _("Ce texte est trop long. Indiquez seulement votre commune ou votre code postal."),
        )
    words = place_names.plain(text)
    code = place_names.postal_code(words)
    if code:
        return _at_code(code, limit or CHOICES_OF_A_CODE)
    named = limit or CHOICES_OF_A_NAME
    with_code = place_names.split_postal_code(words)
    if with_code:
        return _named_at_code(*with_code, named)
    if words.replace(" ", "").isdigit() and len(words.replace(" ", "")) > 3:
        return Resolution(Status.NOT_FOUND, _("Un code postal a cinq chiffres, comme 35000."))
    return _named(words, named) if words else _unknown()


def _found(commune: Commune, former_name: str = "") -> Resolution:
    """FOUND, or the question of the arrondissement for Paris, Lyon and Marseille."""
    said = ""
    if former_name:
        said = _("%(old)s fait aujourd’hui partie de la commune « %(new)s ».") % {
            "old": former_name,
            "new": commune.label,
        }
    if commune.search_name in place_names.CITIES_WITH_ARRONDISSEMENTS:
        districts = place_search.arrondissements(commune.search_name)
        question = _("Vous êtes à %(city)s. Choisissez votre arrondissement.")
        return _ask(
            f"{said} {question % {'city': commune.label}}".strip(), districts, len(districts)
        )
    (place,) = places_of([commune])
    message = said or _("Votre commune : %(place)s.") % {"place": place.label}
    return Resolution(Status.FOUND, message, place=place, total=1)


def _ask(
    message: str,
    communes: Iterable[Commune],
    limit: int,
    notes: dict[str, str] | None = None,
    total: int = 0,
) -> Resolution:
    """AMBIGUOUS, with the first `limit` communes; a whole city gives way to its arrondissements."""
    communes = list(dict.fromkeys(communes))
    missing = max(len(communes), total) - len(communes[:limit])
    offered: list[Commune] = []
    for commune in communes[:limit]:
        if commune.search_name in place_names.CITIES_WITH_ARRONDISSEMENTS:
            offered += place_search.arrondissements(commune.search_name)
        else:
            offered.append(commune)
    if missing:
        message += " " + _(
            "Si la vôtre n’est pas dans la liste, ajoutez le code postal ou le département."
        )
    choices = tuple(places_of(offered, notes))
    return Resolution(Status.AMBIGUOUS, message, choices=choices, total=len(choices) + missing)


def _unknown() -> Resolution:
    return Resolution(
        Status.NOT_FOUND,
        _(
            "Nous ne trouvons pas cette commune. Vérifiez l’orthographe, "
            "ou tapez les cinq chiffres de votre code postal."
        ),
    )


def _not_covered(name: str) -> Resolution:
    message = _(
        "Le service n’est pas ouvert ici : %(place)s. Pour une question de santé, "
        "appelez votre médecin. Si c’est urgent, appelez le 15."
    )
    return Resolution(Status.NOT_COVERED, message % {"place": name})


def _at_code(code: str, limit: int) -> Resolution:
    communes = place_search.at_postal_code(code)
    if len(communes) == 1:
        return _found(communes[0])
    if communes:
        message = ngettext(
            "Le code postal %(code)s couvre %(count)d commune. Choisissez la vôtre.",
            "Le code postal %(code)s couvre %(count)d communes. Choisissez la vôtre.",
            len(communes),
        )
        return _ask(message % {"code": code, "count": len(communes)}, communes, limit)
    overseas = _overseas_code(code)
    if overseas:
        return _not_covered(overseas)
    return Resolution(
        Status.NOT_FOUND,
        _(
            "Nous ne connaissons pas le code postal %(code)s. Vérifiez les cinq chiffres, ou tapez "
            "le nom de votre commune. Un code CEDEX ne convient pas."
        )
        % {"code": code},
    )


def _overseas_code(code: str) -> str:
    """Name of the place outside the service that a postal code means, or nothing."""
    collectivite = CollectiviteOutreMer.Collectivite
    for row in place_search.overseas_at_postal_code(code):
        return str(row.get_code_collectivite_display())
    if code[:3] in collectivite.values:
        return str(collectivite(code[:3]).label)
    return "Monaco" if code.startswith("980") else ""


def _named_at_code(name: str, code: str, limit: int) -> Resolution:
    """A name and a postal code together: the code narrows, and is believed when they disagree."""
    communes = place_search.at_postal_code(code)
    key = place_names.search_key(name)
    if not communes:
        overseas = _overseas_code(code)
        if overseas:
            return _not_covered(overseas)
        # CEDEX codes are unknown to the table, but begin like the department.
        where = Q(departement__code__in=[code[:2], code[:3]])
        if code.startswith("20"):
            where = Q(departement__code__in=["2A", "2B"])
        return _answer(place_search.read_name(key, name, limit, where), limit) or _at_code(
            code, limit
        )
    exact = [commune for commune in communes if commune.search_name == key]
    if len(exact) == 1:
        return _found(exact[0])
    readings = place_search.read_name(key, name, limit, Q(pk__in=[c.pk for c in communes]))
    answer = _answer(readings, limit)
    if answer:
        return answer
    if len(communes) == 1 and communes[0].parent_id and key in communes[0].search_name.split():
        return _found(communes[0])
    message = _("Voici les communes du code postal %(code)s. Choisissez la vôtre.")
    return _ask(message % {"code": code}, communes, CHOICES_OF_A_CODE)


def _named(words: str, limit: int) -> Resolution:
    """A name alone, or with its department, region or arrondissement."""
    key = place_names.search_key(words)
    district = place_names.arrondissement(words)
    if district:
        city, number, certain = district
        rows = place_search.arrondissements(city)
        chosen = [row for row in rows if row.search_name == key]
        if chosen and (certain or chosen[0].departement_id != str(number)):
            return _found(chosen[0])
        if chosen:
            others = [row for row in rows if row not in chosen]
            message = _("Choisissez votre arrondissement.")
            return _ask(message, chosen + others, len(rows))
    readings = place_search.read_name(key, words, limit)
    overseas = place_search.overseas_named(key)
    if overseas and not readings:
        return _not_covered(overseas)
    if readings:
        aside = ""
        if overseas:
            aside = _("Un autre lieu a ce nom, %(place)s : le service n’y est pas ouvert.")
            aside %= {"place": overseas}
        elif (commune := readings.sure()) and place_search.is_another_area(key, commune):
            aside = _("C’est aussi le nom d’un département ou d’une région.")
        return _answer(readings, limit, aside) or _unknown()
    return _named_in_area(key, words, limit)


def _named_in_area(key: str, words: str, limit: int) -> Resolution:
    """Words that are no name by themselves: a name and its area, an area alone, or a slip."""
    splits = place_names.splits(words)
    areas = place_search.departements_named([key, *(narrowing for _name, narrowing in splits)])
    known = [(name, areas[narrowing]) for name, narrowing in splits if narrowing in areas]
    for name, departements in known:
        where = Q(departement__in=departements)
        answer = _answer(place_search.read_name(name, name, limit, where), limit)
        if answer:
            return answer
    for _name, narrowing in splits:
        if narrowing in CollectiviteOutreMer.Collectivite.values:
            return _not_covered(place_search.overseas_named(narrowing) or "")
    if key in areas:
        message = _("Ce n’est pas assez précis. Indiquez votre commune ou votre code postal.")
        return Resolution(Status.NOT_FOUND, message)
    for name, _departements in known:
        answer = _answer(place_search.read_name(name, name, limit), limit, sure=False)
        if answer:
            return answer
    readings = place_search.near(key, limit) or place_search.first_words(words)
    return _answer(readings, limit, sure=False) or _unknown()


def _answer(
    readings: Readings, limit: int, aside: str = "", sure: bool = True
) -> Resolution | None:
    """What to say of these readings; None when there are none.

    `aside` is a sentence to add, which makes a question of any answer; so does `sure` false, for
    names that are not exactly what was typed.
    """
    if not readings:
        return None
    commune = readings.sure() if sure and not aside else None
    if commune:
        former = {present.pk: name for name, present in readings.former}
        is_former = commune not in readings.same and commune not in readings.close
        return _found(commune, former[commune.pk] if is_former else "")
    notes = {
        present.pk: _("ancienne commune : %(name)s") % {"name": name}
        for name, present in readings.former
    }
    named = [*readings.same, *readings.close]
    others = [present for _name, present in readings.former] + readings.longer
    sentences = []
    if not named and (not sure or not readings.former):
        others.sort(key=lambda commune: (-commune.population, commune.pk))
        sentences.append(_("Nous ne trouvons pas exactement ce nom."))
    if aside:
        sentences.append(aside)
    offered = named + others
    total = readings.longer_total - len(readings.longer) + len(set(offered))
    if total == 1 and offered[0].search_name in place_names.CITIES_WITH_ARRONDISSEMENTS:
        question = _("Si vous êtes à %(city)s, choisissez votre arrondissement.")
        sentences.append(question % {"city": offered[0].label})
    elif total == 1:
        sentences.append(_("Est-ce votre commune ?"))
    elif named and sure:
        sentences.append(_("Plusieurs lieux peuvent porter ce nom. Choisissez votre commune."))
    else:
        sentences.append(_("Choisissez votre commune, si elle est dans la liste."))
    return _ask(" ".join(sentences), offered, limit, notes, total)
