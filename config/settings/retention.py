"""How long each class of data is kept. No text fixes these terms for this service yet.

A decree decides; until then each term says where it comes from and from which day it counts. To
change a term, add a `Term` at the end of its history with the day from which it counts: what came
before stays written here, on the page of rights and in the administration. The night's tasks
apply the term in force that day, to old data too.
"""

from dataclasses import dataclass
from datetime import date

LEAST_DAYS = 30  # a term shorter than this is a slip of the pen, and it would destroy for good


@dataclass(frozen=True)
class Term:
    """One term: `days` for the machine, the rest as people read it."""

    since: date
    days: int
    duration: str
    origin: str


@dataclass(frozen=True)
class RetentionClass:
    """One class of data and its dated terms, oldest first.

    `applied`: what the machine does at the end of the term; `shown_only`: nothing, and why.
    """

    code: str
    label: str
    history: tuple[Term, ...]
    applied: str = ""
    shown_only: str = ""

    def __post_init__(self) -> None:
        days = [term.since for term in self.history]
        if not days or days != sorted(set(days)):
            raise ValueError(f"{self.code}: terms are dated, one a day, oldest first")
        if min(term.days for term in self.history) < LEAST_DAYS:
            raise ValueError(f"{self.code}: a term is {LEAST_DAYS} days at least")
        if bool(self.applied) == bool(self.shown_only):
            raise ValueError(f"{self.code}: a term is applied or only shown, and says it")

    def on(self, day: date) -> Term:
        """The term in force on a day; before the first one, the first one."""
        return next((term for term in reversed(self.history) if term.since <= day), self.history[0])

    def other_terms(self, day: date) -> tuple[Term, ...]:
        """Terms of before and of later, for those who read the history."""
        return tuple(term for term in self.history if term is not self.on(day))


TO_BE_DECREED = "À fixer par décret."
TWENTY_YEARS = 20 * 365 + 5
FIRST_DAY = date(2026, 11, 1)

RETENTION_CLASSES = (
    RetentionClass(
        "CARE_RECORD",
        "Conversations et orientations (dossier de soins)",
        (
            Term(
                FIRST_DAY,
                TWENTY_YEARS,
                "20 ans : 5 ans en service, puis 15 ans en archive",
                f"{TO_BE_DECREED} Repère de la CNIL pour un cabinet libéral.",
            ),
        ),
        applied="Chaque nuit, le contenu des conversations closes depuis plus longtemps est "
        "effacé : sa clé est détruite. Les dates et les nombres restent.",
    ),
    RetentionClass(
        "ATTACHMENT",
        "Photos et fichiers joints",
        (
            Term(
                FIRST_DAY,
                TWENTY_YEARS,
                "Comme la conversation",
                f"{TO_BE_DECREED} Un fichier lu pour répondre fait partie du dossier.",
            ),
        ),
        applied="Effacés chaque nuit à leur terme, et toujours avec leur conversation.",
    ),
    RetentionClass(
        "TECHNICAL_LOG",
        "Traces techniques : avis envoyés par courriel, sessions",
        (
            Term(
                FIRST_DAY,
                365,
                "12 mois ; une session finie part la nuit suivante",
                f"{TO_BE_DECREED} Repère de la CNIL pour les journaux : de 6 à 12 mois.",
            ),
        ),
        applied="Effacées chaque nuit.",
    ),
    RetentionClass(
        "JOURNAL",
        "Journal des lectures et des actes (qui, quand, quoi ; aucun texte)",
        (
            Term(
                FIRST_DAY,
                TWENTY_YEARS,
                "Comme la conversation",
                f"{TO_BE_DECREED} Il prouve qui a lu le dossier, aussi longtemps qu'il existe.",
            ),
        ),
        shown_only="Aucune ligne n'est effacée : chacune est scellée avec les autres. La fin de "
        "cette durée se décide avec le décret.",
    ),
    RetentionClass(
        "EVALUATION",
        "Données de l'évaluation (sans texte ni nom)",
        (
            Term(
                FIRST_DAY,
                3 * 365,
                "3 ans après la fin de l'expérimentation",
                f"{TO_BE_DECREED} Choix prudent de cette installation.",
            ),
        ),
        shown_only="Rien n'est effacé par la machine : l'expérimentation n'a pas de date de fin.",
    ),
)
