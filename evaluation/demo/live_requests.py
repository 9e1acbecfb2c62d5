"""The questions that wait, go on or have just ended when a visitor comes: invented texts. Pure."""

from dataclasses import dataclass

from evaluation.demo.theme import CHILD, HELPED, SELF
from evaluation.demo.world import MARSEILLE_1
from messagerie.contents import Subject


@dataclass(frozen=True)
class Request:
    """One question.

    patient: place in `people.LIVE_PATIENTS`. minutes: for how long it has waited. signs: codes of
    signs declared at the door, then « ce n'est pas mon cas ».
    """

    patient: int
    commune: str
    minutes: int
    subject: Subject
    motive: str
    body: str
    medecin_traitant: str = "DECLARED"
    ald: bool | None = False
    signs: tuple[str, ...] = ()
    alternative: str = ""


WAITING = (
    Request(
        2,
        "13215",
        96,
        Subject(relation=HELPED, first_name="Odette", age=84),
        "SUIVI",
        "Bonjour. Ma mère Odette, 84 ans, est sortie de l'hôpital hier avec un pansement à "
        "changer. Personne ne nous a dit qui vient. J'ai l'ordonnance sous les yeux.",
        ald=True,
        alternative="MEDECIN_TRAITANT",
    ),
    Request(
        1,
        "13201",
        41,
        Subject(relation=CHILD, first_name="Noé", age=4),
        "QUESTION_SANTE",
        "Noé a de petits boutons sur les bras depuis hier soir. Pas de fièvre, il joue. Peut-il "
        "aller à l'école demain ?",
        alternative="URGENCES",
    ),
    Request(
        0,
        "13202",
        23,
        Subject(relation=SELF, first_name="Yanis", age=34),
        "QUESTION_SANTE",
        "J'ai eu un malaise en me levant ce matin, c'est passé tout de suite. J'ai répondu que ce "
        "n'était pas le signe de la liste, mais j'aimerais un avis.",
        medecin_traitant="NONE",
        signs=("RF12",),
        alternative="APPEL_15",
    ),
    Request(
        3,
        "13001",
        17,
        Subject(relation=SELF, first_name="Awa", age=29),
        "TRAITEMENT",
        "Bonjour. J'ai oublié deux jours de suite mon comprimé pour la thyroïde. Est-ce que je "
        "reprends comme avant ?",
        ald=True,
        alternative="PHARMACIE",
    ),
    Request(
        4,
        "13208",
        6,
        Subject(relation=SELF, first_name="Tomas", age=47),
        "ORDONNANCE",
        "Mon ordonnance pour la tension finit vendredi et mon médecin est en congé pendant trois "
        "semaines. Comment faire ? Merci d'avance.",
        alternative="RIEN",
    ),
)


LEA = Request(
    5,
    "13201",
    0,
    Subject(relation=SELF, first_name="Léa", age=31),
    "SUIVI",
    "Bonjour. On m'a retiré des fils à la main il y a trois jours. La peau tire et gratte un peu. "
    "Est-ce normal ?",
    alternative="MEDECIN_TRAITANT",
)
KARIM = Request(
    6,
    "13205",
    0,
    Subject(relation=HELPED, first_name="Ahmed", age=78),
    "TRAITEMENT",
    "Mon père Ahmed a huit médicaments et il se trompe dans les boîtes. Comment l'aider sans le "
    "vexer ?",
    ald=True,
    alternative="RIEN",
)
CAMILLE_RHUME = Request(
    0,
    MARSEILLE_1,
    0,
    Subject(relation=SELF, first_name="Camille", age=38),
    "QUESTION_SANTE",
    "Bonjour. Je tousse depuis quatre jours, surtout la nuit, sans fièvre. Y a-t-il quelque chose "
    "à faire pour mieux dormir ? Merci d'avance.",
    alternative="PHARMACIE",
)
CAMILLE_GENOU = Request(
    0,
    MARSEILLE_1,
    0,
    Subject(relation=SELF, first_name="Camille", age=38),
    "QUI_CONSULTER",
    "Mon genou gonfle après la marche depuis deux semaines. Mon médecin est absent ce mois-ci. "
    "Qui peut regarder ?",
    alternative="URGENCES",
)
