"""Files to send: honest ones, and those that somebody makes to do harm."""

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw

HIDDEN = b"sentinelle-cachee-dans-le-fichier"


def picture(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """A gradient with a mark in its upper left corner, so that a turn can be seen."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    if mode == "RGB":
        ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill=(220, 20, 20))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(width: int = 400, height: int = 300, **options: object) -> bytes:
    return saved(picture(width, height), "JPEG", **options)


def png(width: int = 400, height: int = 300, **options: object) -> bytes:
    return saved(picture(width, height), "PNG", **options)


def photo_of_a_phone(orientation: int = 6) -> bytes:
    """EXIF with a place, a comment and a wrong way up, as a camera writes them."""
    image = picture(400, 300)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = HIDDEN.decode()  # description
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (43.0, 17.0, 47.0)
    gps[3], gps[4] = "E", (5.0, 22.0, 12.0)
    return saved(image, "JPEG", exif=exif, comment=HIDDEN)


def png_with_text() -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", HIDDEN.decode())
    info.add_itxt("Description", HIDDEN.decode(), zip=True)
    return saved(picture(), "PNG", pnginfo=info)


def pdf(pages: int = 2) -> bytes:
    first, *others = [picture(600, 800) for _ in range(pages)]
    return saved(first, "PDF", save_all=True, append_images=others, title=HIDDEN.decode())


def raw_pdf(objects: list[bytes], *, root: int = 1) -> bytes:
    """A PDF from the bodies of its objects, numbered from 1."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + table + trailer % (len(objects) + 1, root, len(body))


def pdf_with_pages(count: int, box: bytes = b"0 0 612 792") -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(count))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] >>" % box
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
            *[page] * count,
        ]
    )


def pdf_with_script() -> bytes:
    """A script at opening, a file inside, a link, and a line of text."""
    text = b"BT /F1 24 Tf 72 700 Td (Compte rendu) Tj ET"
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R "
            b"/Names << /EmbeddedFiles << /Names [(a.txt) 7 0 R] >> >> >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            b"/Resources << /Font << /F1 6 0 R >> >> /AA << /O 5 0 R >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
            b"<< /S /JavaScript /JS (app.alert('" + HIDDEN + b"')) >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Filespec /F (a.txt) /EF << /F 8 0 R >> >>",
            b"<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (len(HIDDEN), HIDDEN),
        ]
    )


def locked_pdf() -> bytes:
    """Encrypted: the entry is enough for a reader to ask for a password."""
    encrypt = (
        b"<< /Filter /Standard /V 1 /R 2 /O <" + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> /P -4 >>"
    )
    whole = raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
            encrypt,
        ]
    )
    identity = b"<" + b"00" * 16 + b">"
    entry = b"/Root 1 0 R /Encrypt 4 0 R /ID [" + identity + identity + b"] >>"
    return whole.replace(b"/Root 1 0 R >>", entry)


# --- Made to do harm


def png_of_size(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG whose header announces any size, whatever follows."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(rows or b"\x00" * 64)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def bomb_png() -> bytes:
    """13,000 × 13,000 points in about 160 KB: 169 million points once read."""
    return saved(Image.new("L", (13_000, 13_000)), "PNG")


def text_bomb_png() -> bytes:
    """A note of 200 MB in a small PNG."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    note = b"Comment\x00\x00" + zlib.compress(b"a" * 200_000_000, 9)
    whole = png(8, 8)
    return whole[:33] + chunk(b"zTXt", note) + whole[33:]


def stream_bomb_pdf() -> bytes:
    """A page whose drawing orders are 300 MB once inflated."""
    orders = zlib.compress(b"0 0 m 612 792 l S " * 16_000_000, 9)
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(orders), orders),
        ]
    )


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as folder:
        folder.writestr("a.txt", HIDDEN)
    return file.getvalue()


def jpeg_and_archive() -> bytes:
    return jpeg() + archive()


def jpeg_and_page() -> bytes:
    return jpeg(comment=b"<html><script>alert(1)</script>")


def png_and_page() -> bytes:
    return png() + b"\n<html><script>alert(1)</script></html>"


def jpeg_and_document() -> bytes:
    return jpeg(comment=b"%PDF-1.4 \n1 0 obj")


def jpeg_with_a_film() -> bytes:
    """What phones make: a photo, then a short film that only their own album knows."""
    return jpeg() + struct.pack(">I", 24) + b"ftypmp42" + HIDDEN * 100


HEIC = struct.pack(">I", 24) + b"ftypheic" + b"\x00" * 400
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"


def gif() -> bytes:
    return saved(picture(mode="L"), "GIF")


def webp() -> bytes:
    return saved(picture(), "WEBP")


def tiff() -> bytes:
    return saved(picture(), "TIFF")
