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
    ERASED = "ERASED"
    BUSY = "BUSY"
    # A file that somebody joins (sentences in messagerie.attachments.kinds).
    FILE_MISSING = "FILE_MISSING"
    FILE_EMPTY = "FILE_EMPTY"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    FILE_TOO_MANY_PIXELS = "FILE_TOO_MANY_PIXELS"
    FILE_TOO_MANY_PAGES = "FILE_TOO_MANY_PAGES"
    FILE_TOO_HEAVY = "FILE_TOO_HEAVY"
    FILE_HEIC = "FILE_HEIC"
    FILE_WRONG_TYPE = "FILE_WRONG_TYPE"
    FILE_MIXED = "FILE_MIXED"
    FILE_UNREADABLE = "FILE_UNREADABLE"
    FILE_LOCKED = "FILE_LOCKED"
    FILE_IN_ANALYSIS = "FILE_IN_ANALYSIS"
    FILE_REFUSED = "FILE_REFUSED"
    FILE_ERASED = "FILE_ERASED"
    TOO_MANY_FILES = "TOO_MANY_FILES"
    RATE = "RATE"
    OTHER_EPOCH = "OTHER_EPOCH"


class Refused(Exception):
    """An act that cannot be done.

    Attributes:
        code: what a program reads.
        sentence: what a person reads, in French.
        status: the HTTP status that says the same.
        retry: True when the same request may pass later; False when it never will.
        after: seconds to wait before another try; None when the client decides.
    """

    def __init__(
        self,
        code: RefusalCode,
        sentence: str,
        *,
        status: int = 400,
        retry: bool = False,
        after: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.status = status
        self.retry = retry
        self.after = after


def other_epoch() -> Refused:
    """The numbers that a page knows count the lines of another database."""
    return Refused(
        RefusalCode.OTHER_EPOCH,
        _("Cette page date d'avant une remise en service. Rechargez-la."),
        status=409,
    )


def not_a_patient() -> Refused:
    """Only patients ask."""
    return Refused(
        RefusalCode.NOT_YOURS,
        _(
            "Ce compte n'est pas un compte de patient. "
            "Déconnectez-vous, puis entrez avec votre compte de patient."
        ),
        status=403,
    )


def not_found() -> Refused:
    """One answer for what does not exist and for what is not yours: neither is told apart."""
    return Refused(
        RefusalCode.NOT_FOUND,
        _("Cette conversation n'existe pas, ou vous n'y avez pas accès."),
        status=404,
    )
