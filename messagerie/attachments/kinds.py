"""What a file is, by its content alone, and the sentence for each file that is refused; pure.

The name and the type that a browser gives say nothing sure: neither is read here.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messagerie.errors import RefusalCode, Refused

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
MAX_BYTES = 10 * 1024 * 1024
# How each kind begins. A PDF may begin with a mark of encoding or blank lines: scanners do that.
BEGINNINGS = (
    (JPEG, re.compile(rb"\xff\xd8\xff")),
    (PNG, re.compile(rb"\x89PNG\r\n\x1a\n")),
    (PDF, re.compile(rb"(?:\xef\xbb\xbf)?\s{0,64}%PDF-\d")),
)
EXTENSIONS = {JPEG: ".jpg", PNG: ".png", PDF: ".pdf"}
# What Apple's phones write unless told otherwise: brands of an ISO media file.
HEIC = re.compile(rb"^.{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1|avif|avis)", re.DOTALL)
# A page that a browser would run, at either end of a file that calls itself an image.
PAGE = re.compile(rb"<script|<html|<!doctype|<svg[ >]|<iframe", re.IGNORECASE)
EDGE = 64 * 1024
ARCHIVE_END = b"PK\x05\x06"
ARCHIVE_END_BYTES = 22

SENTENCES: dict[RefusalCode, tuple[int, str | Promise]] = {
    RefusalCode.FILE_MISSING: (400, _("Choisissez d'abord une photo ou un document.")),
    RefusalCode.FILE_EMPTY: (400, _("Ce fichier est vide. Choisissez-en un autre.")),
    RefusalCode.FILE_TOO_LARGE: (
        413,
        _("Ce fichier est trop lourd : 10 Mo au plus. Envoyez une photo plus petite."),
    ),
    RefusalCode.FILE_TOO_MANY_PIXELS: (
        413,
        _(
            "Cette image est trop grande : 25 millions de points au plus. "
            "Réduisez-la, ou envoyez une capture d'écran."
        ),
    ),
    RefusalCode.FILE_TOO_MANY_PAGES: (
        413,
        _("Ce document est trop long : 20 pages au plus. Envoyez les pages utiles."),
    ),
    RefusalCode.FILE_TOO_HEAVY: (
        422,
        _(
            "Ce fichier demande trop de travail pour être ouvert. "
            "Envoyez-en une photo ou une capture d'écran."
        ),
    ),
    RefusalCode.FILE_HEIC: (
        415,
        _(
            "Cette photo est au format HEIC, que tous les appareils ne savent pas lire. "
            "Sur iPhone : Réglages > Appareil photo > Formats > Le plus compatible, "
            "puis reprenez la photo. Ou envoyez une capture d'écran de la photo."
        ),
    ),
    RefusalCode.FILE_WRONG_TYPE: (
        415,
        _(
            "Ce type de fichier n'est pas accepté. "
            "Envoyez une photo (JPEG ou PNG) ou un document PDF."
        ),
    ),
    RefusalCode.FILE_MIXED: (
        415,
        _(
            "Ce fichier en cache un autre : il n'est pas accepté. "
            "Envoyez-en une photo ou une capture d'écran."
        ),
    ),
    RefusalCode.FILE_UNREADABLE: (
        422,
        _("Ce fichier est abîmé ou incomplet : il ne s'ouvre pas. Choisissez-en un autre."),
    ),
    RefusalCode.FILE_LOCKED: (
        422,
        _("Ce PDF est protégé par un mot de passe. Envoyez-le sans mot de passe, ou une photo."),
    ),
    RefusalCode.TOO_MANY_FILES: (
        409,
        _("Vous avez déjà joint 30 fichiers à cette conversation : c'est le plus possible."),
    ),
    RefusalCode.FILE_IN_ANALYSIS: (
        409,
        _("Ce fichier est en cours d'analyse. Il pourra s'ouvrir dans un instant."),
    ),
    RefusalCode.FILE_REFUSED: (410, _("Ce fichier a été refusé par l'antivirus et effacé.")),
    RefusalCode.FILE_ERASED: (410, _("Ce fichier a été effacé.")),
}


def refused(code: RefusalCode) -> Refused:
    """The refusal of a file, with its sentence. Waiting for the analysis is worth another try."""
    status, sentence = SENTENCES[code]
    return Refused(code, str(sentence), status=status, retry=code == RefusalCode.FILE_IN_ANALYSIS)


def kind_of(content: bytes) -> str:
    """The media type of a file that may be taken: image/jpeg, image/png or application/pdf.

    Raises:
        Refused: FILE_EMPTY, FILE_TOO_LARGE, FILE_HEIC, FILE_WRONG_TYPE or FILE_MIXED.
    """
    if not content:
        raise refused(RefusalCode.FILE_EMPTY)
    if len(content) > MAX_BYTES:
        raise refused(RefusalCode.FILE_TOO_LARGE)
    for media, beginning in BEGINNINGS:
        if beginning.match(content):
            if _hides_another(media, content):
                raise refused(RefusalCode.FILE_MIXED)
            return media
    if HEIC.match(content):
        raise refused(RefusalCode.FILE_HEIC)
    raise refused(RefusalCode.FILE_WRONG_TYPE)


def _hides_another(media: str, content: bytes) -> bool:
    """Whether another reader would take the same bytes for an archive, a page or a document.

    What is written anew holds none of this; a file made to be two things is refused all the same.
    Photos with a film or a second photo behind them are ordinary: phones make them.
    """
    if _ends_as_archive(content):
        return True
    if media == PDF:
        return False
    return (
        b"%PDF-" in content[:1024]
        or PAGE.search(content, 0, EDGE) is not None
        or PAGE.search(content, max(0, len(content) - EDGE)) is not None
    )


def _ends_as_archive(content: bytes) -> bool:
    """Whether a ZIP reader, which looks from the end, would find its directory here."""
    at = content.rfind(ARCHIVE_END, max(0, len(content) - EDGE - ARCHIVE_END_BYTES))
    if at < 0 or at + ARCHIVE_END_BYTES > len(content):
        return False
    comment = int.from_bytes(content[at + 20 : at + ARCHIVE_END_BYTES], "little")
    return at + ARCHIVE_END_BYTES + comment <= len(content)
