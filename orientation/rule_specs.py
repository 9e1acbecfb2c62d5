"""The vocabulary of orientation rules: conditions, sentences, and what may not be written.

Pure: no database, no Django. A rule is one condition of a closed list and one destination; it
says itself in a French sentence. The default national rule set is data, here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from orientation.motives import LABELS as MOTIVE_LABELS
from orientation.motives import Motive
from orientation.situation import Destination


class Condition(StrEnum):
    """The closed vocabulary of conditions. Those with parameters name them."""

    DECLARED_SIGN = "DECLARED_SIGN"
    MEDECIN_TRAITANT_REACHABLE = "MEDECIN_TRAITANT_REACHABLE"
    MEDECIN_TRAITANT_NONE = "MEDECIN_TRAITANT_NONE"
    ALD = "ALD"
    AGE_UNDER = "AGE_UNDER"  # {"years": int}
    AGE_AT_LEAST = "AGE_AT_LEAST"  # {"years": int}
    MOTIVE_IN = "MOTIVE_IN"  # {"motives": [code]}
    COMMUNE_IN = "COMMUNE_IN"  # {"communes": [INSEE code]}
    SURGERIES_OPEN = "SURGERIES_OPEN"
    SURGERIES_CLOSED = "SURGERIES_CLOSED"
    OUTSIDE_SERVICE_HOURS = "OUTSIDE_SERVICE_HOURS"
    OTHER_OPEN = "OTHER_OPEN"
    CPTS_OPEN = "CPTS_OPEN"
    ALWAYS = "ALWAYS"


class RuleError(ValueError):
    """A rule that cannot be kept. The message is French, for the administrator."""


@dataclass(frozen=True)
class RuleSpec:
    """One rule. id: stable in its set. position: lower is tried first. params: see Condition."""

    id: str
    position: int
    condition: Condition
    destination: Destination
    params: Mapping[str, Any] = field(default_factory=dict)


# The order of doors by default: the number of a declared sign, the declared GP, another GP or a
# CPTS of the territory, the SAS of the department.
DEFAULT_RULES: tuple[RuleSpec, ...] = (
    RuleSpec("SIGNE", 10, Condition.DECLARED_SIGN, Destination.NUMBER),
    RuleSpec(
        "MEDECIN_TRAITANT", 20, Condition.MEDECIN_TRAITANT_REACHABLE, Destination.MEDECIN_TRAITANT
    ),
    RuleSpec("AUTRE_MEDECIN", 30, Condition.OTHER_OPEN, Destination.OTHER_PROFESSIONAL),
    RuleSpec("CPTS", 40, Condition.CPTS_OPEN, Destination.CPTS),
    RuleSpec("SAS", 50, Condition.ALWAYS, Destination.SAS),
)
SIGN_RULE = DEFAULT_RULES[0]

_IF = {
    Condition.DECLARED_SIGN: "Si un signe de danger est déclaré",
    Condition.MEDECIN_TRAITANT_REACHABLE: (
        "Si le patient a un médecin traitant, ouvert et joignable"
    ),
    Condition.MEDECIN_TRAITANT_NONE: "Si le patient n'a pas de médecin traitant",
    Condition.ALD: "Si le patient a une affection de longue durée",
    Condition.SURGERIES_OPEN: "Aux heures habituelles des cabinets",
    Condition.SURGERIES_CLOSED: "En dehors des heures habituelles des cabinets",
    Condition.OUTSIDE_SERVICE_HOURS: "En dehors des heures de ce service",
    Condition.OTHER_OPEN: "Si un autre médecin du territoire reçoit des patients",
    Condition.CPTS_OPEN: "Si une CPTS ouverte couvre la commune",
    Condition.ALWAYS: "Dans tous les autres cas",
}
_THEN = {
    Destination.NUMBER: "donner le numéro de ce signe",
    Destination.MEDECIN_TRAITANT: "proposer le médecin traitant",
    Destination.OTHER_PROFESSIONAL: "proposer un autre médecin du territoire",
    Destination.CPTS: "proposer la CPTS du territoire",
    Destination.SAS: "proposer le service d'accès aux soins du département",
}


def describe(rule: RuleSpec) -> str:
    """The rule as one French sentence. Raises RuleError when its parameters are wrong."""
    _check_params(rule)
    return f"{_if_clause(rule)}, {_THEN[rule.destination]}."


def _if_clause(rule: RuleSpec) -> str:
    match rule.condition:
        case Condition.AGE_UNDER:
            return f"Si la personne a moins de {rule.params['years']} ans"
        case Condition.AGE_AT_LEAST:
            return f"Si la personne a {rule.params['years']} ans ou plus"
        case Condition.MOTIVE_IN:
            words = " », « ".join(MOTIVE_LABELS[Motive(code)] for code in rule.params["motives"])
            return f"Si le motif est « {words} »"
        case Condition.COMMUNE_IN:
            return "Si la commune a le code " + " ou ".join(rule.params["communes"])
    return _IF[rule.condition]


def check_rule(rule: RuleSpec) -> None:
    """Raise RuleError when a rule must not be kept.

    A number answers a declared sign and nothing else. A motive leads neither to a number nor to
    the SAS: it is an administrative reason, not a sign.
    """
    _check_params(rule)
    to_number = rule.destination == Destination.NUMBER
    if to_number != (rule.condition == Condition.DECLARED_SIGN):
        raise RuleError("Un numéro d'urgence répond à un signe de danger déclaré, et à lui seul.")
    if rule.condition == Condition.MOTIVE_IN and rule.destination == Destination.SAS:
        raise RuleError("Un motif ne peut pas conduire au service d'accès aux soins.")


def _check_params(rule: RuleSpec) -> None:
    match rule.condition:
        case Condition.AGE_UNDER | Condition.AGE_AT_LEAST:
            years = rule.params.get("years")
            if type(years) is not int or not 0 <= years <= 130:
                raise RuleError("Donnez un âge en années, entre 0 et 130.")
            expected = {"years"}
        case Condition.MOTIVE_IN:
            motives = rule.params.get("motives")
            known = {code.value for code in Motive}
            if not _is_list_of_text(motives) or not set(motives or ()) <= known:
                raise RuleError("Choisissez au moins un motif de la liste.")
            expected = {"motives"}
        case Condition.COMMUNE_IN:
            if not _is_list_of_text(rule.params.get("communes")):
                raise RuleError("Donnez au moins un code de commune.")
            expected = {"communes"}
        case _:
            expected = set()
    if set(rule.params) != expected:
        raise RuleError("Cette condition a des précisions en trop, ou il en manque.")


def _is_list_of_text(value: object) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(isinstance(item, str) and item for item in value)


def findings(rules: Iterable[RuleSpec]) -> tuple[str, ...]:
    """What an administrator should know about a set, in French; empty when all is well."""
    ordered = sorted(rules, key=lambda rule: rule.position)
    found = []
    for rule in ordered:
        try:
            check_rule(rule)
        except RuleError as error:
            found.append(f"Règle {rule.position} : {error}")
    if len({rule.position for rule in ordered}) < len(ordered):
        found.append("Deux règles ont la même place.")
    if not any(rule.condition == Condition.DECLARED_SIGN for rule in ordered):
        found.append(
            "Aucune règle ne donne le numéro d'un signe déclaré : il sera donné quand même."
        )
    if not ordered or ordered[-1].condition != Condition.ALWAYS:
        found.append("La dernière règle devrait s'appliquer dans tous les autres cas.")
    for rule in ordered[:-1]:
        if rule.condition == Condition.ALWAYS:
            found.append(f"Les règles après la place {rule.position} peuvent ne jamais servir.")
    return tuple(found)
