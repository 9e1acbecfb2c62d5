"""How long each class of data is kept. No text fixes these terms for this service yet.

A decree decides; until then each term says where it comes from and since when it is set here.
Four classes: care record, attachments, technical log, evaluation.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class RetentionTerm:
    """One class of data: `days` for the purge, the rest as people read it."""

    code: str
    label: str
    days: int
    duration: str
    origin: str
    since: date


TO_BE_DECREED = "À fixer par décret."

RETENTION_TERMS = (
    RetentionTerm(
        "CARE_RECORD",
        "Conversations et orientations (dossier de soins)",
        20 * 365 + 5,
        "20 ans : 5 ans en service, puis 15 ans en archive",
        f"{TO_BE_DECREED} Repère de la CNIL pour un cabinet libéral.",
        date(2026, 11, 1),
    ),
    RetentionTerm(
        "ATTACHMENT",
        "Photos et fichiers joints, quand le service en acceptera",
        20 * 365 + 5,
        "Comme la conversation",
        f"{TO_BE_DECREED} Un fichier lu pour répondre fait partie du dossier.",
        date(2026, 11, 1),
    ),
    RetentionTerm(
        "TECHNICAL_LOG",
        "Journal technique et journal des lectures",
        365,
        "12 mois",
        f"{TO_BE_DECREED} Repère de la CNIL pour les journaux : de 6 à 12 mois.",
        date(2026, 11, 1),
    ),
    RetentionTerm(
        "EVALUATION",
        "Données de l'évaluation (sans texte ni nom)",
        3 * 365,
        "3 ans après la fin de l'expérimentation",
        f"{TO_BE_DECREED} Choix prudent de cette installation.",
        date(2026, 11, 1),
    ),
)
