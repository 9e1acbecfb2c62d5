"""What fictitious patients and professionals write: invented sentences, plain and gentle. Pure."""

import random

from evaluation.demo.theme import CHILD, HELPED, SELF, Theme
from evaluation.demo.themes import THEMES as OWN_THEMES
from evaluation.demo.themes_more import MORE_THEMES

THEMES: tuple[Theme, ...] = (*OWN_THEMES, *MORE_THEMES)
_BY_RELATION = {
    relation: tuple(theme for theme in THEMES if theme.relation == relation)
    for relation in (SELF, CHILD, HELPED)
}

_GREETINGS = ("Bonjour. ", "Bonjour. ", "Bonjour docteur. ", "")
_THANKS = (" Merci d'avance.", " Merci beaucoup.", " Merci pour votre aide.", "", "")
_HELLOS = (
    "Bonjour, merci pour votre message.",
    "Bonjour, je prends votre question.",
    "Bonjour, je lis votre message et je vous réponds.",
    "Bonjour, merci d'avoir écrit.",
)
_LAST_WORDS = (
    "Merci, c'est très clair.",
    "D'accord, je vais faire comme cela. Merci.",
    "Merci beaucoup, cela me rassure.",
    "Parfait, bonne journée à vous.",
    "Merci de votre réponse rapide.",
)
_BACK_AGAIN = (
    "Je reviens vers vous : j'ai encore une question sur le même sujet.",
    "Bonjour, cela ne va pas mieux qu'hier. Que dois-je faire ?",
    "Pardon de vous déranger encore, j'ai oublié de demander quelque chose.",
)
_STILL_THERE = (
    "Êtes-vous toujours là ? J'attends votre réponse pour vous conseiller.",
    "Je reste disponible. Pouvez-vous répondre à ma question quand vous le pourrez ?",
)
_ORIENTED = (
    "Merci. Le mieux est que quelqu'un vous voie. Je vous indique où aller.",
    "Cela demande un examen. Je vous oriente, avec les informations utiles.",
    "Par écrit je ne peux pas en dire plus. Voici qui peut vous recevoir.",
)
_EMERGENCY = (
    "Ce que vous décrivez doit être vu sans attendre. Je transmets tout de suite au 15.",
    "Gardez votre téléphone près de vous, je transmets votre situation au 15.",
)
_TEST = "Ceci est un essai de la messagerie, merci de ne pas répondre."
WHEN = ("aujourd'hui", "d'ici demain", "dans les trois jours", "dans la semaine")


def themes_for(relation: str, age: int) -> tuple[Theme, ...]:
    """Themes that suit a person; never empty for an age of the plan."""
    fitting = tuple(t for t in _BY_RELATION[relation] if t.ages[0] <= age <= t.ages[1])
    return fitting or _BY_RELATION[relation]


def first_words(rng: random.Random, theme: Theme, name: str) -> str:
    """What the patient writes at the door."""
    text = rng.choice(_GREETINGS) + rng.choice(theme.questions) + rng.choice(_THANKS)
    text = text.format(name=name)
    return text[0].upper() + text[1:]


def ask(rng: random.Random, theme: Theme, name: str) -> str:
    return f"{rng.choice(_HELLOS)} {theme.ask.format(name=name)}"


def reply(rng: random.Random, theme: Theme, name: str) -> str:
    return rng.choice(theme.replies).format(name=name)


def advice(theme: Theme, name: str) -> str:
    return theme.advice.format(name=name)


def elsewhere(theme: Theme, name: str) -> str:
    return theme.elsewhere.format(name=name)


def last_words(rng: random.Random) -> str:
    return rng.choice(_LAST_WORDS)


def back_again(rng: random.Random) -> str:
    return rng.choice(_BACK_AGAIN)


def still_there(rng: random.Random) -> str:
    return rng.choice(_STILL_THERE)


def oriented(rng: random.Random) -> str:
    return rng.choice(_ORIENTED)


def emergency(rng: random.Random) -> str:
    return rng.choice(_EMERGENCY)


def technical_test() -> str:
    return _TEST


def every_text() -> tuple[str, ...]:
    """All sentences, for the tests that read them."""
    own = [
        text
        for theme in THEMES
        for text in (
            *theme.questions,
            theme.ask,
            *theme.replies,
            theme.advice,
            theme.elsewhere,
        )
    ]
    lists = (_GREETINGS, _THANKS, _HELLOS, _LAST_WORDS, _BACK_AGAIN, _STILL_THERE)
    more = (_ORIENTED, _EMERGENCY, WHEN, (_TEST,))
    return (*own, *(text for group in (*lists, *more) for text in group))
