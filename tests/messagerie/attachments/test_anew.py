"""Files are known by their content, written anew within limits, and lose what the eye does not see.

Each case runs the real child process.
"""

import io
import zipfile

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from messagerie.attachments.anew import MAX_PIXELS
from messagerie.attachments.kinds import JPEG, MAX_BYTES, PDF, PNG, kind_of
from messagerie.attachments.workshop import write_anew
from messagerie.errors import RefusalCode, Refused
from tests.messagerie.attachments import samples


def refusal_of(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        write_anew(content)
    return caught.value


# --- What is taken


@pytest.mark.parametrize(
    ("content", "media", "size"),
    [
        (samples.jpeg(400, 300), JPEG, (400, 300)),
        (samples.png(400, 300), PNG, (400, 300)),
        (samples.saved(samples.picture(40, 30, "L"), "PNG"), PNG, (40, 30)),
        (samples.saved(samples.picture(40, 30, "RGBA"), "PNG"), PNG, (40, 30)),
        (samples.saved(samples.picture(40, 30, "P"), "PNG"), PNG, (40, 30)),
        (samples.saved(samples.picture(40, 30, "1"), "PNG"), PNG, (40, 30)),
        (samples.saved(samples.picture(40, 30, "I;16"), "PNG"), PNG, (40, 30)),
        (samples.saved(samples.picture(40, 30, "CMYK"), "JPEG"), JPEG, (40, 30)),
        (samples.jpeg(400, 300, progressive=True), JPEG, (400, 300)),
        (samples.png(4000, 3000), JPEG, (4000, 3000)),  # large: lighter as a photo
    ],
    ids=["jpeg", "png", "grey", "rgba", "palette", "bits", "deep", "cmyk", "progressive", "large"],
)
def test_an_image_is_taken(content, media, size):
    anew = write_anew(content)
    assert (anew.media, (anew.width, anew.height), anew.pages) == (media, size, None)
    with Image.open(io.BytesIO(anew.file)) as image:
        image.load()
        assert image.size == size
        assert image.mode in {"L", "RGB"}
    with Image.open(io.BytesIO(anew.preview)) as preview:
        assert preview.format == "JPEG"
        assert max(preview.size) <= 720


def test_a_document_is_drawn_page_by_page():
    anew = write_anew(samples.pdf(3))
    assert (anew.media, anew.pages) == (PDF, 3)
    document = pypdfium2.PdfDocument(anew.file)
    assert len(document) == 3
    width, height = document[0].get_size()
    assert abs(width - 600) < 2 and abs(height - 800) < 2  # the sheet keeps its size


def test_colours_and_transparency_are_kept_as_seen():
    seen = Image.new("RGBA", (20, 20), (200, 30, 40, 255))
    seen.paste((0, 0, 0, 0), (10, 0, 20, 20))
    with Image.open(io.BytesIO(write_anew(samples.saved(seen, "PNG")).file)) as image:
        assert image.getpixel((2, 2)) == (200, 30, 40)
        assert image.getpixel((15, 2)) == (255, 255, 255)


# --- What goes away


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_it_was_held(orientation):
    anew = write_anew(samples.photo_of_a_phone(orientation))
    turned = orientation >= 5
    assert (anew.width, anew.height) == ((300, 400) if turned else (400, 300))
    with Image.open(io.BytesIO(anew.file)) as image:
        red = [
            corner
            for corner, (x, y) in {
                "top left": (5, 5),
                "top right": (image.width - 6, 5),
                "bottom left": (5, image.height - 6),
                "bottom right": (image.width - 6, image.height - 6),
            }.items()
            if image.getpixel((x, y))[0] > 150 and image.getpixel((x, y))[1] < 90
        ]
    assert red == [
        {
            1: "top left",
            2: "top right",
            3: "bottom right",
            4: "bottom left",
            5: "top left",
            6: "top right",
            7: "bottom right",
            8: "bottom left",
        }[orientation]
    ]


@pytest.mark.parametrize(
    "content",
    [
        samples.photo_of_a_phone(),
        samples.png_with_text(),
        samples.jpeg_with_a_film(),
        samples.pdf(),
        samples.pdf_with_script(),
    ],
    ids=["place", "text", "film", "title", "script"],
)
def test_what_the_eye_does_not_see_is_gone(content):
    assert samples.HIDDEN in content or samples.HIDDEN[:10] in content or b"zTXt" or b"iTXt"
    anew = write_anew(content)
    for written in (anew.file, anew.preview):
        assert samples.HIDDEN not in written
        assert samples.HIDDEN.decode().encode("utf-16-be") not in written
        for word in (b"JavaScript", b"/JS", b"EmbeddedFile", b"OpenAction", b"Exif", b"iTXt"):
            assert word not in written
    if anew.media != PDF:
        with Image.open(io.BytesIO(anew.file)) as image:
            assert not image.getexif()
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_what_a_document_says_is_still_seen():
    """The page with the script shows its line of text: dark points on white."""
    anew = write_anew(samples.pdf_with_script())
    with Image.open(io.BytesIO(anew.preview)) as page:
        assert min(page.convert("L").get_flattened_data()) < 100


def test_written_anew_twice_is_the_same_size():
    """What we write, we take: somebody may send on what they were sent."""
    for content in (samples.jpeg(), samples.png(), samples.pdf()):
        once = write_anew(content)
        again = write_anew(once.file)
        assert (again.media, again.width, again.height) == (once.media, once.width, once.height)


# --- What is refused


@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        (b"", "FILE_EMPTY", 400),
        (b"x", "FILE_WRONG_TYPE", 415),
        (b"\xff\xd8\xff" + b"\0" * MAX_BYTES, "FILE_TOO_LARGE", 413),
        (samples.HEIC, "FILE_HEIC", 415),
        (samples.SVG, "FILE_WRONG_TYPE", 415),
        (samples.HTML, "FILE_WRONG_TYPE", 415),
        (samples.gif(), "FILE_WRONG_TYPE", 415),
        (samples.webp(), "FILE_WRONG_TYPE", 415),
        (samples.tiff(), "FILE_WRONG_TYPE", 415),
        (samples.archive(), "FILE_WRONG_TYPE", 415),
        (samples.jpeg_and_archive(), "FILE_MIXED", 415),
        (samples.pdf() + samples.archive(), "FILE_MIXED", 415),
        (samples.jpeg_and_page(), "FILE_MIXED", 415),
        (samples.png_and_page(), "FILE_MIXED", 415),
        (samples.jpeg_and_document(), "FILE_MIXED", 415),
        (samples.jpeg()[:-300], "FILE_UNREADABLE", 422),
        (samples.png()[:-300], "FILE_UNREADABLE", 422),
        (samples.pdf()[:200], "FILE_UNREADABLE", 422),
        (samples.jpeg()[:3], "FILE_UNREADABLE", 422),
        (b"\x89PNG\r\n\x1a\n", "FILE_UNREADABLE", 422),
        (b"%PDF-1.7", "FILE_UNREADABLE", 422),
        (samples.locked_pdf(), "FILE_LOCKED", 422),
        (samples.bomb_png(), "FILE_TOO_MANY_PIXELS", 413),
        (samples.png_of_size(2**31 - 1, 2**31 - 1), "FILE_TOO_MANY_PIXELS", 413),
        (samples.png_of_size(1, 24_000_000), "FILE_TOO_MANY_PIXELS", 413),
        (samples.png_of_size(0, 10), "FILE_UNREADABLE", 422),
        (samples.png_of_size(4000, 4000), "FILE_UNREADABLE", 422),
        (samples.text_bomb_png(), "FILE_UNREADABLE", 422),
        (samples.pdf_with_pages(21), "FILE_TOO_MANY_PAGES", 413),
        (samples.pdf_with_pages(10_000), "FILE_TOO_MANY_PAGES", 413),
        (samples.pdf_with_pages(0), "FILE_UNREADABLE", 422),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_is_refused_with_its_reason(content, code, status):
    refused = refusal_of(content)
    assert (refused.code, refused.status, refused.retry) == (code, status, False)
    assert refused.sentence.endswith(".") and len(refused.sentence) < 260


def test_apple_photos_are_told_how():
    assert "Réglages > Appareil photo > Formats > Le plus compatible" in (
        refusal_of(samples.HEIC).sentence
    )


def test_each_refusal_of_a_file_has_its_sentence():
    from messagerie.attachments.kinds import SENTENCES

    assert set(SENTENCES) == {
        code for code in RefusalCode if code.startswith("FILE_") or code == "TOO_MANY_FILES"
    }


# --- Anything at all


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_known_or_refused(content):
    try:
        assert kind_of(content) in {JPEG, PNG, PDF}
    except Refused as refused:
        assert refused.code.startswith("FILE_")


BASES = [samples.jpeg(60, 40), samples.png(60, 40), samples.pdf_with_script()]


@settings(max_examples=25)
@given(
    base=st.sampled_from(BASES),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), min_size=1, max_size=6),
    end=st.floats(0.2, 1),
)
def test_a_damaged_file_is_taken_or_refused(base, cuts, end):
    """Bytes changed anywhere, then cut: the child answers or dies, and we always know."""
    damaged = bytearray(base)
    for where, put in cuts:
        at = int(where * len(damaged))
        damaged[at : at + len(put)] = put
    damaged = bytes(damaged[: int(len(damaged) * end)])
    try:
        anew = write_anew(damaged)
    except Refused as refused:
        assert refused.code.startswith("FILE_")
        assert not refused.retry
    else:
        assert anew.width * anew.height <= MAX_PIXELS


def test_an_archive_cannot_be_read_from_what_we_write():
    for content in (samples.jpeg_with_a_film(), samples.pdf_with_script()):
        assert not zipfile.is_zipfile(io.BytesIO(write_anew(content).file))
