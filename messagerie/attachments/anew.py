"""Read a file that somebody sent and write it anew: only what the eye sees is kept.

A program of its own: `python -I anew.py image/jpeg`, the file on its input. It imports nothing of
the service, gets no environment, and limits itself before it reads: 512 MiB of memory, 10 s of
processor. Once the file is read it can open no file and no socket any more.

Output: length of the header (4 bytes), header in JSON, the file, its preview. Header:
{"media", "width", "height", "pages", "file", "preview"} (the last two in bytes; pages is null for
an image), or {"refused": a code of messagerie.errors.RefusalCode}.
"""

import contextlib
import io
import json
import math
import resource
import struct
import sys
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 10
MAX_PIXELS = 25_000_000
MAX_SIDE = 20_000
MAX_PAGES = 20
PAGE_DPI = 150
PAGE_PIXELS = 2_500_000  # an A4 page at 150 points per inch has 2,200,000
PREVIEW_SIDE = 720
JPEG_QUALITY = 88
LARGE = 8 * 1024 * 1024  # above this, a JPEG is written smaller
PNG_PIXELS = 8_000_000  # a larger PNG becomes a JPEG: it would be slow to write, and heavy
WHITE = (255, 255, 255)


class FileRefused(Exception):
    """The file cannot be taken; its text is the code of the refusal."""


def limit_myself() -> None:
    """Memory, processor, no file written, no core file."""
    limits = [
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    for kind, most in limits:
        try:
            resource.setrlimit(kind, (most, most + 1 if kind == resource.RLIMIT_CPU else most))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise  # elsewhere (macOS) memory cannot be limited so


def close_the_doors() -> None:
    """From now on no file and no socket can be opened: only the three streams stay."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


# --- Images


def image_anew(content: bytes, media: str) -> tuple[dict[str, Any], bytes, bytes]:
    """Header, file and preview of an image: upright, in plain colours, without its metadata."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    kind = "JPEG" if media == "image/jpeg" else "PNG"
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
            raise FileRefused("FILE_TOO_MANY_PIXELS")
        opened.load()
        image = plain(upright(opened))
    width, height = image.size
    file, media = written(image, media)
    header = {"media": media, "width": width, "height": height, "pages": None}
    return header, file, preview_of(image)


def upright(image: Any) -> Any:
    """Turned as the camera was held. A damaged note of the camera is no note."""
    from PIL import ImageOps

    with contextlib.suppress(Exception):
        return ImageOps.exif_transpose(image)
    return image


def plain(image: Any) -> Any:
    """Grey or RGB in sRGB, transparent parts in white, and nothing else in it."""
    from PIL import Image

    image = in_srgb(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        image = Image.new("RGB", layered.size, WHITE)
        image.paste(layered, mask=layered.getchannel("A"))
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in {"L", "RGB"}:
        image = image.convert("RGB")
    image.info = {}
    return image


def in_srgb(image: Any) -> Any:
    """The colours of a wide-gamut camera, told to any screen: the red of a rash stays that red."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if profile and image.mode == "RGB":
        with contextlib.suppress(Exception):  # a damaged profile is no profile
            return ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            )
    return image


def written(image: Any, media: str) -> tuple[bytes, str]:
    """The image as a file of the same kind, or a JPEG when a PNG would be large."""
    if media == "image/png" and image.width * image.height <= PNG_PIXELS:
        file = io.BytesIO()
        image.save(file, "PNG")
        if file.tell() <= LARGE:
            return file.getvalue(), media
    file = io.BytesIO()
    image.save(file, "JPEG", quality=JPEG_QUALITY)
    if file.tell() > LARGE:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=70)
    return file.getvalue(), "image/jpeg"


def preview_of(image: Any) -> bytes:
    """A small JPEG. The image itself becomes small: it was written already."""
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=78)
    return file.getvalue()


# --- Documents


def document_anew(content: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """Header, file and preview of a PDF: each page drawn, then a new PDF of these pictures."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower() or "security" in str(error).lower()
        raise FileRefused("FILE_LOCKED" if locked else "FILE_UNREADABLE") from None
    if len(document) > MAX_PAGES:
        raise FileRefused("FILE_TOO_MANY_PAGES")
    if len(document) < 1:
        raise FileRefused("FILE_UNREADABLE")
    with contextlib.suppress(Exception):
        document.init_forms()  # what was typed in a form is part of the page
    pages = [drawn(document[number]) for number in range(len(document))]
    width, height = pages[0].size
    file = io.BytesIO()
    pages[0].save(
        file,
        "PDF",
        save_all=True,
        append_images=pages[1:],
        resolution=PAGE_DPI,
        quality=80,
        title="",
        producer="",
    )
    header = {
        "media": "application/pdf",
        "width": width,
        "height": height,
        "pages": len(pages),
    }
    return header, file.getvalue(), preview_of(pages[0])


def drawn(page: Any) -> Any:
    """One page as a picture, smaller when its sheet is immense."""
    width, height = page.get_size()
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise FileRefused("FILE_UNREADABLE")
    scale = min(
        PAGE_DPI / 72,
        math.sqrt(PAGE_PIXELS / (width * height)),
        MAX_SIDE / 2 / max(width, height),
    )
    if min(width, height) * scale < 1:
        raise FileRefused("FILE_UNREADABLE")
    image = page.render(scale=scale).to_pil().convert("RGB")
    image.info = {}
    page.close()
    return image


# --- The program


def load_the_tools(media: str) -> None:
    """Import all that the work needs, while files can still be opened."""
    from PIL import (  # noqa: F401
        ExifTags,
        Image,
        ImageCms,
        ImageFile,
        ImageOps,
        JpegImagePlugin,
        MpoImagePlugin,
        PdfImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
    )

    Image.preinit()
    if media == "application/pdf":
        import pypdfium2  # noqa: F401


def main(media: str) -> None:
    limit_myself()
    load_the_tools(media)
    content = sys.stdin.buffer.read()
    close_the_doors()
    file, preview = b"", b""
    try:
        anew = document_anew(content) if media == "application/pdf" else image_anew(content, media)
        header, file, preview = anew
        header |= {"file": len(file), "preview": len(preview)}
    except FileRefused as refused:
        header = {"refused": str(refused)}
    except MemoryError:
        header = {"refused": "FILE_TOO_HEAVY"}
    except Exception as error:  # whatever a damaged file makes a decoder raise
        large = type(error).__name__ == "DecompressionBombError"
        header = {"refused": "FILE_TOO_MANY_PIXELS" if large else "FILE_UNREADABLE"}
    head = json.dumps(header).encode()
    for part in (struct.pack(">I", len(head)), head, file, preview):
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
