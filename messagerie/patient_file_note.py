"""A-LIRE.txt: what the archive of « Mon dossier » holds, and what it lacks, in plain French."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from messagerie.errors import RefusalCode

NOTE = "A-LIRE.txt"


class Missing(NamedTuple):
    """What is not in the archive: where it would be, and the refusal that it met; None for the
    PDF that could not be made."""

    path: str
    code: RefusalCode | None


WHY: dict[RefusalCode | None, str | Promise] = {
    None: _lazy("ce PDF n'a pas pu être préparé. Réessayez plus tard."),
    RefusalCode.FILE_IN_ANALYSIS: _lazy(
        "l'antivirus regarde encore ce fichier. Réessayez dans quelques minutes."
    ),
    RefusalCode.FILE_REFUSED: _lazy("ce fichier a été refusé par l'antivirus et effacé."),
    RefusalCode.FILE_ERASED: _lazy("ce fichier a été effacé."),
    RefusalCode.ERASED: _lazy("cette conversation a été effacée, avec ses fichiers."),
    RefusalCode.UNREADABLE: _lazy("ce fichier est abîmé : il ne peut plus être lu."),
    RefusalCode.BUSY: _lazy("ce fichier ne peut pas être lu pour l'instant. Réessayez plus tard."),
}
OTHERWISE = _lazy("ce fichier ne peut pas être ouvert.")


def note(
    at: datetime,
    *,
    service: str,
    pdf: str,
    json: str,
    files: int,
    folder: str,
    missing: Iterable[Missing],
) -> bytes:
    """The text as a file that opens on any computer: old readers of Windows and macOS guess
    neither UTF-8 without its mark nor a line that ends as on Unix.

    pdf, json: their names in the archive; `pdf` is "" when it is not there.
    files: how many are in the folder.
    """
    contents = [
        _("%(name)s : tout ce qui est écrit, à lire ou à imprimer.") % {"name": pdf} if pdf else "",
        _("%(name)s : les mêmes informations, pour un logiciel.") % {"name": json},
        ngettext(
            "Le dossier « %(folder)s » : %(count)s photo ou document.",
            "Le dossier « %(folder)s » : %(count)s photos et documents, par conversation.",
            files,
        )
        % {"folder": folder, "count": files}
        if files
        else "",
    ]
    lacks = [_("%(path)s : %(why)s") % {"path": path, "why": _why(code)} for path, code in missing]
    lines = [
        _("Mon dossier – %(service)s") % {"service": service},
        _("Préparé le %(at)s.") % {"at": date_format(at, "j F Y, H:i")},
        "",
        _("Cette archive contient des données de santé : gardez-la à l'abri."),
        _("Sur un ordinateur partagé, effacez-la après l'avoir copiée ailleurs."),
        "",
        _("CE QU'ELLE CONTIENT"),
        *(f"- {line}" for line in contents if line),
        *([_("Le numéro au début du nom d'un fichier est celui de son message.")] if files else []),
        "",
        _("CE QUI MANQUE"),
        *([f"- {line}" for line in lacks] or [_("Rien : tout y est.")]),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def _why(code: RefusalCode | None) -> str:
    return str(WHY.get(code, OTHERWISE))
