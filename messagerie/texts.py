"""What a person typed, made safe to keep; pure.

PostgreSQL refuses NUL in a text, UTF-8 refuses lone surrogates, and a body of zero-width
characters only looks empty to everybody: all are refused here, at the door, with a sentence.
"""

import re
import unicodedata

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messagerie.errors import RefusalCode, Refused

MAX_BODY = 5000
MAX_NAME = 60
MAX_SHORT = 200
# Marks that stack on one letter: the eye cannot read more, and the page would overflow.
MAX_COMBINING_RUN = 4
YOUR_MESSAGE = gettext_lazy("Votre message")
# What almost every line is made of: Latin letters, digits, usual signs. It needs no second look.
PLAIN = re.compile(r"[\t\n -~\u00a0-\u00ac\u00ae-\u024f\u2010-\u2027\u2030-\u205e\u20ac]*")
# Orders to turn the direction of writing. A name or a place stands inside our own sentences.
DIRECTIONS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
WORD = re.compile(r"[0-9A-Za-z\u00c0-\u024f]")
# Letters and symbols in name, blanks to the eye: braille blank, Hangul fillers.
BLANK_LETTERS = "\u2800\u3164\uffa0\u115f\u1160"


def clean_text(raw: object, *, limit: int = MAX_BODY, what: str | Promise = YOUR_MESSAGE) -> str:
    """Return the text to keep: NFC, LF line ends, no control characters, trimmed.

    A short one loses its orders of direction; a message keeps them, alone in its block of a page.

    Args:
        raw: what came in; anything but a string is refused.
        limit: the greatest number of characters after cleaning.
        what: the subject of the French sentence when it is refused.

    Raises:
        Refused: EMPTY, TOO_LONG or UNREADABLE.
    """
    if not isinstance(raw, str):
        raise Refused(RefusalCode.UNREADABLE, _("%(what)s n'est pas un texte.") % {"what": what})
    if len(raw) > 4 * limit:
        raise _too_long(what, limit)
    if len(raw) <= limit and PLAIN.fullmatch(raw) and WORD.search(raw):
        return unicodedata.normalize("NFC", raw.strip())
    if "\x00" in raw or any(0xD800 <= ord(char) <= 0xDFFF for char in raw):
        raise Refused(
            RefusalCode.UNREADABLE,
            _("%(what)s contient un caractère illisible. Effacez-le, puis réessayez.")
            % {"what": what},
        )
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    if limit <= MAX_SHORT:
        text = text.translate(DIRECTIONS)
    text = unicodedata.normalize("NFC", text).strip()  # last: what was between letters is gone
    if not any(_is_visible(char) for char in text):
        raise Refused(
            RefusalCode.EMPTY, _("%(what)s est vide. Écrivez quelques mots.") % {"what": what}
        )
    if len(text) > limit:
        raise _too_long(what, limit)
    return _calm_marks(text)


def _too_long(what: str | Promise, limit: int) -> Refused:
    shown = f"{limit:,}".replace(",", "\u202f")
    return Refused(
        RefusalCode.TOO_LONG,
        _("%(what)s est trop long : %(most)s caractères au plus. Raccourcissez-le, puis réessayez.")
        % {"what": what, "most": shown},
        status=413,
    )


def _is_visible(char: str) -> bool:
    if "\U0001f000" <= char <= "\U0001faff":  # emoji, also those younger than this Python
        return True
    return unicodedata.category(char)[0] not in "CZM" and char not in BLANK_LETTERS


def _calm_marks(text: str) -> str:
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        if run <= MAX_COMBINING_RUN:
            kept.append(char)
    return "".join(kept)
