"""The closed list of motives: administrative reasons to write, never symptoms.

Pure. A motive sorts a request for the professional's eye. It names no sign and no illness, and no
rule may lead from a motive to the 15 or to the SAS (`orientation.rules.check_rule`).
"""

from enum import StrEnum


class Motive(StrEnum):
    """Code of a motive; `LABELS` holds what people read."""

    QUESTION_SANTE = "QUESTION_SANTE"
    TRAITEMENT = "TRAITEMENT"
    ORDONNANCE = "ORDONNANCE"
    RESULTAT = "RESULTAT"
    SUIVI = "SUIVI"
    PREVENTION = "PREVENTION"
    CERTIFICAT = "CERTIFICAT"
    QUI_CONSULTER = "QUI_CONSULTER"


LABELS: dict[Motive, str] = {
    Motive.QUESTION_SANTE: "Une question de santé",
    Motive.TRAITEMENT: "Une question sur un traitement déjà prescrit",
    Motive.ORDONNANCE: "Une ordonnance à renouveler",
    Motive.RESULTAT: "Un résultat d'examen à comprendre",
    Motive.SUIVI: "La suite de soins déjà commencés",
    Motive.PREVENTION: "Un vaccin, un dépistage, la prévention",
    Motive.CERTIFICAT: "Un certificat ou un papier",
    Motive.QUI_CONSULTER: "Savoir qui consulter",
}

CHOICES: tuple[tuple[str, str], ...] = tuple((code.value, LABELS[code]) for code in Motive)
