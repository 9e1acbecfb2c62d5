"""Shorthands of the tests of the console: who is signed in, what the page says."""

import re
from html import unescape

from django.urls import reverse

from messagerie.contents import CareDetails, Subject

LINA = Subject(relation="CHILD", first_name="Lina", age=4)
CHEST = CareDetails(
    sign_codes=("RF01",),
    sign_answer="DISMISSED",
    callback_phone="06 39 98 00 11",
    present_place="12 rue des Essais",
    medecin_traitant="DECLARED",
    medecin_traitant_name="Dr Essai",
)


def text_of(response) -> str:
    """What a person reads: without tags, spaces made single."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def url(name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=args)
