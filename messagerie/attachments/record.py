"""The sealed body of a line of kind FILE: what a page must know to show it; pure."""

import re
import unicodedata

import msgspec
from django.utils.translation import gettext as _

from messagerie.attachments.kinds import EXTENSIONS, PDF

MAX_NAME = 80
MAX_STEM_BYTES = 200  # file systems take names of 255 bytes


class FileRecord(msgspec.Struct, frozen=True):
    """`size` in bytes; `width` and `height` in points (of the first page, for a document)."""

    attachment: str
    name: str
    media: str
    size: int
    width: int
    height: int
    pages: int | None = None

    @property
    def is_image(self) -> bool:
        return self.media != PDF

    @property
    def size_label(self) -> str:
        """As people say it: 340 Ko, 2,3 Mo."""
        if self.size < 1_000_000:
            return f"{max(1, round(self.size / 1000))}\u00a0Ko"
        return f"{self.size / 1_000_000:.1f}".replace(".", ",") + "\u00a0Mo"


def write_record(record: FileRecord) -> str:
    return msgspec.json.encode(record).decode()


def read_record(body: str) -> FileRecord:
    return msgspec.json.decode(body, type=FileRecord)


def clean_name(raw: object, media: str) -> str:
    """A name that can be shown and saved anywhere, with the extension of what the file is now.

    Folders, controls and marks that turn the reading order go; an empty name gets a plain one.
    """
    name = unicodedata.normalize("NFC", raw if isinstance(raw, str) else "")
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = re.sub(r'[<>:"|?*\s]+', " ", name)
    stem = re.sub(r"(\.[A-Za-z0-9]{1,5})+$", "", name).strip(" .")
    stem = stem[: MAX_NAME - 5].encode()[:MAX_STEM_BYTES].decode(errors="ignore").strip(" .")
    return (stem or (_("document") if media == PDF else _("photo"))) + EXTENSIONS[media]
