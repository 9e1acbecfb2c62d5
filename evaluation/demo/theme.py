"""One everyday question of the demonstration, with what each side writes. Pure."""

from dataclasses import dataclass

SELF, CHILD, HELPED = "SELF", "CHILD", "HELPED"
SONS = ("Noé", "Milan", "Gabin", "Nahel", "Timéo", "Malo", "Isaac", "Léon")
MOTHERS = ("Odette", "Yvette", "Fatima", "Rose", "Lucienne", "Marie-Ange")
WOMEN = (
    *("Adèle", "Anaïs", "Aya", "Béatrice", "Cécile", "Chloé", "Dalila", "Élise", "Fanny"),
    *("Florence", "Gaëlle", "Hélène", "Irène", "Jade", "Julie", "Kenza", "Lina", "Louise"),
    *("Maëlle", "Manon", "Marion", "Mila", "Nolwenn", "Pauline", "Rose", "Samira", "Sarah"),
    *("Thérèse", "Yasmine", "Zoé"),
)
FATHERS = ("Marcel", "Ahmed", "René", "Lucien", "Gaston", "Joseph")


@dataclass(frozen=True)
class Theme:
    """Texts of one kind of request. `{name}` stands for the first name of the person concerned.

    motive: code of `orientation.motives`. relation: SELF, CHILD or HELPED. ages: youngest and
    oldest, in years. questions: what the patient writes first. ask, reply: one exchange. advice:
    the answer for good, also the summary. elsewhere: a word beside an orientation.
    names: first names that suit the sentences; empty when all do.
    """

    motive: str
    relation: str
    ages: tuple[int, int]
    questions: tuple[str, ...]
    ask: str
    replies: tuple[str, ...]
    advice: str
    elsewhere: str
    names: tuple[str, ...] = ()
