"""Orientation rules: a situation in, a proposal with its trace out.

Pure: no database, no clock, no Django. A rule is one condition of a closed vocabulary and one
destination; it says itself in a French sentence. Rules are tried in order and the first whose
condition holds, and whose destination exists, is retained. There is always a proposal.

The software grades nothing: a declared sign is a yes or a no, and gives its own number; a motive
is administrative and can lead neither to a number nor to the SAS.
"""

from collections.abc import Iterable
from zlib import crc32

from orientation.motives import LABELS as MOTIVE_LABELS
from orientation.motives import Motive
from orientation.rule_specs import (
    DEFAULT_RULES,
    SIGN_RULE,
    Condition,
    RuleError,
    RuleSpec,
    check_rule,
    describe,
    findings,
)
from orientation.situation import (
    Destination,
    Directory,
    MedecinTraitant,
    Place,
    Proposal,
    Situation,
    TraceStep,
    Verdict,
)

__all__ = [
    "DEFAULT_RULES",
    "LAST_RESORT",
    "Condition",
    "Destination",
    "Directory",
    "MedecinTraitant",
    "Place",
    "Proposal",
    "RuleError",
    "RuleSpec",
    "Situation",
    "TraceStep",
    "Verdict",
    "check_rule",
    "describe",
    "findings",
    "propose",
]

LAST_RESORT = "DERNIER_RECOURS"  # rule_id of a proposal that no rule made
DEFAULT_NUMBER = "15"


def propose(
    situation: Situation,
    rules: Iterable[RuleSpec],
    directory: Directory,
    version: str = "",
) -> Proposal:
    """The proposal of a rule set for a situation; never fails, never returns nothing.

    Rules on declared signs are tried first whatever their place, and one is added when the set
    has none. A rule that `check_rule` refuses is set aside. When no rule is retained, the SAS of
    the department is proposed, or 15 when no SAS is recorded.
    """
    ordered = sorted(rules, key=lambda rule: (rule.position, rule.id))
    signs = [rule for rule in ordered if rule.condition == Condition.DECLARED_SIGN]
    rest = [rule for rule in ordered if rule.condition != Condition.DECLARED_SIGN]
    if not any(rule.destination == Destination.NUMBER for rule in signs):
        signs.append(SIGN_RULE)
    trace: list[TraceStep] = []
    for rule in (*signs, *rest):
        try:
            check_rule(rule)
        except RuleError as error:
            trace.append(_refused(rule, str(error)))
            continue
        holds, why = _holds(rule, situation, directory)
        if not holds:
            trace.append(_refused(rule, why))
            continue
        place, missing = _place_for(rule.destination, situation, directory)
        if missing:
            trace.append(_refused(rule, missing))
            continue
        trace.append(TraceStep(rule.id, describe(rule), Verdict.RETENUE, why))
        return Proposal(
            destination=rule.destination,
            structure_id=place.structure_id if place else None,
            structure_name=place.name if place else "",
            number=_number(situation) if rule.destination == Destination.NUMBER else "",
            rule_id=rule.id,
            rule_set_version=version,
            sentence=_sentence(rule.destination, place, why),
            trace=tuple(trace),
        )
    return _last_resort(directory, version, trace)


def _refused(rule: RuleSpec, reason: str) -> TraceStep:
    try:
        sentence = describe(rule)
    except RuleError:
        sentence = "Règle illisible."
    return TraceStep(rule.id, sentence, Verdict.ECARTEE, reason)


def _number(situation: Situation) -> str:
    return situation.sign_number or DEFAULT_NUMBER


def _holds(rule: RuleSpec, situation: Situation, directory: Directory) -> tuple[bool, str]:
    """Whether the condition holds, and the French reason either way."""
    match rule.condition:
        case Condition.DECLARED_SIGN:
            if situation.declared_signs:
                return True, "un signe de danger est déclaré"
            return False, "aucun signe de danger déclaré"
        case Condition.MEDECIN_TRAITANT_REACHABLE:
            return _medecin_traitant(situation)
        case Condition.MEDECIN_TRAITANT_NONE:
            none = situation.medecin_traitant == MedecinTraitant.NONE
            return none, f"médecin traitant : {_MT_WORDS[situation.medecin_traitant]}"
        case Condition.ALD:
            return situation.ald is True, f"affection de longue durée : {_yes_no(situation.ald)}"
        case Condition.AGE_UNDER:
            if situation.age is None:
                return False, "âge non donné"
            return situation.age < rule.params["years"], f"âge : {situation.age} ans"
        case Condition.AGE_AT_LEAST:
            if situation.age is None:
                return False, "âge non donné"
            return situation.age >= rule.params["years"], f"âge : {situation.age} ans"
        case Condition.MOTIVE_IN:
            if situation.motive in rule.params["motives"]:
                return True, f"motif : {MOTIVE_LABELS[Motive(situation.motive)]}"
            return False, "le motif est autre, ou n'est pas donné"
        case Condition.COMMUNE_IN:
            inside = situation.commune_code in rule.params["communes"]
            return inside, f"commune {situation.commune_code}"
        case Condition.SURGERIES_OPEN | Condition.SURGERIES_CLOSED:
            is_open = situation.surgeries_open
            wanted = rule.condition == Condition.SURGERIES_OPEN
            words = "aux heures des cabinets" if is_open else "hors des heures des cabinets"
            return is_open == wanted, f"demande faite {words}"
        case Condition.OUTSIDE_SERVICE_HOURS:
            words = "pendant" if situation.within_service_hours else "hors"
            return (
                not situation.within_service_hours,
                f"demande faite {words} les heures de service",
            )
        case Condition.OTHER_OPEN:
            return _some_open(directory.others, "autre médecin", "un autre médecin reçoit")
        case Condition.CPTS_OPEN:
            return _some_open(directory.cpts, "CPTS", "une CPTS ouverte couvre la commune")
        case Condition.ALWAYS:
            return True, "aucune règle précédente ne convient"


_MT_WORDS = {
    MedecinTraitant.DECLARED: "déclaré",
    MedecinTraitant.NONE: "aucun",
    MedecinTraitant.UNKNOWN: "non renseigné",
}


def _yes_no(value: bool | None) -> str:
    return "non renseigné" if value is None else "oui" if value else "non"


def _medecin_traitant(situation: Situation) -> tuple[bool, str]:
    """Declared, and reachable: as checked when somebody checked, else by the usual hours."""
    if situation.medecin_traitant != MedecinTraitant.DECLARED:
        return False, f"médecin traitant : {_MT_WORDS[situation.medecin_traitant]}"
    if situation.medecin_traitant_reachable is True:
        return True, "le patient a un médecin traitant, joignable"
    if situation.medecin_traitant_reachable is False:
        return False, "médecin traitant fermé ou injoignable"
    if situation.surgeries_open:
        return True, "le patient a un médecin traitant, aux heures habituelles des cabinets"
    return False, "médecin traitant : hors des heures habituelles des cabinets"


def _some_open(places: tuple[Place, ...], what: str, found: str) -> tuple[bool, str]:
    if any(place.is_open for place in places):
        return True, found
    if places:
        return False, f"{what} : tous fermés" if what != "CPTS" else "CPTS : toutes fermées"
    return (
        False,
        f"{what} : aucune pour cette commune" if what == "CPTS" else f"{what} : aucun connu",
    )


def _place_for(
    destination: Destination, situation: Situation, directory: Directory
) -> tuple[Place | None, str]:
    """The place of a destination, or the French reason why there is none."""
    match destination:
        case Destination.NUMBER:
            return None, ""
        case Destination.MEDECIN_TRAITANT:
            known = situation.medecin_traitant == MedecinTraitant.DECLARED
            return None, "" if known else "pas de médecin traitant déclaré"
        case Destination.SAS:
            return directory.sas, "" if directory.sas else "aucun SAS connu dans ce département"
        case Destination.CPTS:
            places, missing = directory.cpts, "aucune CPTS ouverte ne couvre la commune"
        case Destination.OTHER_PROFESSIONAL:
            places, missing = directory.others, "aucun autre médecin connu ne reçoit"
    opened = sorted((p for p in places if p.is_open), key=lambda place: place.structure_id)
    if not opened:
        return None, missing
    # Several places serve the commune: the instant of the request draws one, so that none is
    # always first, and the same situation always gives the same place.
    draw = crc32(f"{situation.asked_at.isoformat()} {situation.commune_code}".encode())
    return opened[draw % len(opened)], ""


_TO = {
    Destination.NUMBER: "Donner le numéro du signe déclaré",
    Destination.MEDECIN_TRAITANT: "Médecin traitant",
    Destination.OTHER_PROFESSIONAL: "Autre médecin",
    Destination.CPTS: "CPTS",
    Destination.SAS: "Service d'accès aux soins",
}


def _sentence(destination: Destination, place: Place | None, why: str) -> str:
    where = f"{_TO[destination]} ({place.name})" if place else _TO[destination]
    return f"{where} : {why}."


def _last_resort(directory: Directory, version: str, trace: list[TraceStep]) -> Proposal:
    sas = directory.sas
    if sas:
        destination, why = Destination.SAS, "aucune règle n'a trouvé de lieu"
    else:
        destination, why = Destination.NUMBER, "aucun lieu n'est connu pour cette commune"
    sentence = _sentence(destination, sas, why) if sas else f"Appeler le 15 : {why}."
    step = TraceStep(LAST_RESORT, "En dernier recours, le SAS ou le 15.", Verdict.RETENUE, why)
    return Proposal(
        destination=destination,
        structure_id=sas.structure_id if sas else None,
        structure_name=sas.name if sas else "",
        number="" if sas else DEFAULT_NUMBER,
        rule_id=LAST_RESORT,
        rule_set_version=version,
        sentence=sentence,
        trace=(*trace, step),
    )
