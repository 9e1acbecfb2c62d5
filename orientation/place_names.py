"""How place names are compared: pure functions on text, no database.

`plain` keeps every word in a comparable form; `search_key` is what the index holds. Both give
lower-case ASCII letters, digits and single spaces, never fail, and change nothing the second time.
"""

import re
import unicodedata

# Communes where a person lives in an arrondissement, and how many arrondissements they have.
CITIES_WITH_ARRONDISSEMENTS = {"paris": 20, "lyon": 9, "marseille": 16}

ARTICLES = frozenset({"le", "la", "les", "l"})
# Words that may stand between a commune and its department: « dans le 93 », « en Gironde ».
LINKS = ARTICLES | frozenset({"dans", "en", "a", "de", "du", "des", "d", "departement", "region"})
_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_SHORT_LINKS = ((re.compile(r"(?<!\w)s/s(?!\w)"), " sous "), (re.compile(r"(?<!\w)s/"), " sur "))

_CITY = "(?P<city>" + "|".join(CITIES_WITH_ARRONDISSEMENTS) + ")"
_NUMBER = r"0?(?P<number>[1-9][0-9]?) ?(?P<mark>er|ere|e|eme|ieme|nd|nde|o)?"
_WORD = r"(?P<word> arr| arrt| arrdt| arrondissement)?"
_ARRONDISSEMENTS = (
    re.compile(rf"{_CITY} {_NUMBER}{_WORD}"),
    re.compile(rf"(?:le )?{_NUMBER}{_WORD}(?: de| a)? {_CITY}"),
)


def plain(text: str) -> str:
    """Every word of `text` in small ASCII letters: « Ste-Mère-Église » → « sainte mere eglise »."""
    text = unicodedata.normalize("NFKD", text).casefold().translate(_LIGATURES)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Cf"))
    for pattern, word in _SHORT_LINKS:
        text = pattern.sub(word, text)
    words = re.findall(r"[a-z0-9]+", text)
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


def without_article(words: str) -> str:
    """`words` (already plain) without its leading articles, unless nothing else would remain."""
    first, _, rest = words.partition(" ")
    while rest and first in ARTICLES:
        words = rest
        first, _, rest = words.partition(" ")
    return words


def arrondissement(words: str) -> tuple[str, int, bool] | None:
    """City, number, and whether the writing leaves no doubt (« 16e », « arrondissement »).

    `words` is plain text. « marseille 13 » is doubtful: 13 is also the department.
    """
    for pattern in _ARRONDISSEMENTS:
        found = pattern.fullmatch(words)
        if found and int(found["number"]) <= CITIES_WITH_ARRONDISSEMENTS[found["city"]]:
            return found["city"], int(found["number"]), bool(found["mark"] or found["word"])
    return None


def search_key(text: str) -> str:
    """The form under which a name is stored and looked up: « Le Havre » → « havre »."""
    words = plain(text)
    district = arrondissement(words)
    if district:
        return f"{district[0]} {district[1]}"
    return without_article(words)


def postal_code(text: str) -> str | None:
    """The postal code when `text` is five digits and nothing else; spaces are tolerated."""
    digits = "".join(plain(text).split())
    return digits if re.fullmatch(r"[0-9]{5}", digits) else None


def split_postal_code(words: str) -> tuple[str, str] | None:
    """Name and postal code when plain `words` hold both: « 75 016 paris » → (« paris », « 75016 »).

    A CEDEX mention and what follows it are dropped.
    """
    words = re.sub(r" cedex( [0-9]{1,2})?(?= |$)", "", words)
    found = re.search(r"(?<![^ ])([0-9]{2}) ?([0-9]{3})(?![^ ])", words)
    if not found:
        return None
    name = " ".join((words[: found.start()] + " " + words[found.end() :]).split())
    return (name, found[1] + found[2]) if name else None


def splits(words: str) -> list[tuple[str, str]]:
    """Every cut of plain `words` into (name, place that narrows it), longest narrowing first.

    « saint denis la reunion » gives, among others, (« saint denis », « reunion »);
    « 93 saint denis » gives (« saint denis », « 93 »).
    """
    parts = words.split()
    cuts = [(parts[:cut], " ".join(parts[cut:])) for cut in range(1, len(parts))]
    if len(parts) > 1 and re.fullmatch(r"[0-9]{2,3}|2[ab]", parts[0]):
        cuts.append((parts[1:], parts[0]))
    found = []
    for name, narrowing in cuts:
        while len(name) > 1 and name[-1] in LINKS:
            name = name[:-1]
        found.append((without_article(" ".join(name)), without_article(narrowing)))
    return found


def one_slip_apart(left: str, right: str) -> bool:
    """True when one letter added, missing, replaced or two neighbours swapped separate the two."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    if len(left) > len(right):
        left, right = right, left
    start = 0
    while start < len(left) and left[start] == right[start]:
        start += 1
    if len(left) < len(right):
        return left[start:] == right[start + 1 :]
    swapped = right[start + 1 : start + 2] + right[start : start + 1] + right[start + 2 :]
    return left[start + 1 :] == right[start + 1 :] or left[start:] == swapped


def intact_halves(key: str) -> tuple[str, str]:
    """A beginning and an end of `key`, one of which any single slip leaves whole."""
    middle = len(key) // 2
    return key[: max(middle - 1, 1)], key[middle:]
