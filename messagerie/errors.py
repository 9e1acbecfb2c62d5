"""Refusals that people read. Typed, so that a client knows whether to try again."""

from enum import StrEnum

from django.utils.translation import gettext as _


class RefusalCode(StrEnum):
    EMPTY = "EMPTY"
    TOO_LONG = "TOO_LONG"
    UNREADABLE = "UNREADABLE"
    BAD_ID = "BAD_ID"
    NOT_FOUND = "NOT_FOUND"
    CLOSED = "CLOSED"
    NOT_YOURS = "NOT_YOURS"
    ALREADY_TAKEN = "ALREADY_TAKEN"
    SAME_ID_OTHER_TEXT = "SAME_ID_OTHER_TEXT"
    NOT_ON_DUTY = "NOT_ON_DUTY"
    TERRITORY_CLOSED = "TERRITORY_CLOSED"
    BAD_CHOICE = "BAD_CHOICE"
    TOO_LATE = "TOO_LATE"
    BUSY = "BUSY"


class Refused(Exception):
    """An act that cannot be done.

    Attributes:
        code: what a program reads.
        sentence: what a person reads, in French.
        status: the HTTP status that says the same.
        retry: True when the same request may pass later; False when it never will.
    """

    def __init__(
        self, code: RefusalCode, sentence: str, *, status: int = 400, retry: bool = False
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.status = status
        self.retry = retry


def not_found() -> Refused:
    """One answer for what does not exist and for what is not yours: neither is told apart."""
    return Refused(
        RefusalCode.NOT_FOUND,
        _("Cette conversation n'existe pas, ou vous n'y avez pas accès."),
        status=404,
    )
