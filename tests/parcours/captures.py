"""Pictures of every page: `python -m tests.parcours.captures [folder [tour …]]`, to look at.

Starts an instance of its own, makes the picture of the README, walks the tours, and writes one
picture of each page at 360 and at 1280 pixels into the folder (var/captures by default). With the
names of tours, only those are walked, and the README keeps its picture.
"""

import os
import shutil
import sys
import tempfile
from base64 import b64decode, b64encode
from pathlib import Path
from struct import pack
from zlib import compress, crc32

import django
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.start import chromium, say
from tests.config.conftest import CHECKOUT
from tests.parcours.instance import Stack, running

WIDTHS = {360: 740, 1280: 800}
FIXED_FRAME = ("console", "conversation-")  # their height is the window's: a long picture would lie
OVERVIEW = CHECKOUT / "docs" / "images" / "apercu.png"
TALK = (
    "Bonjour Camille. La plaque s'étend-elle ? Avez-vous de la fièvre ?",
    "Non, elle ne bouge pas. Pas de fièvre.",
    "Très bien. Lavez à l'eau et au savon, puis posez du froid dix minutes.",
    "D'accord, je le fais tout de suite. Et si cela gratte encore demain ?",
)
# The foot of the talk at the foot of the screen, the reply box just below the last line.
SHOW_THE_FOOT = """() => scrollTo(
    0, document.querySelector("nav.ms-conversation__pied").offsetTop - innerHeight
)"""
# A picture as its width, its height and the rows of its pixels, in fewer shades: nobody sees the
# difference on a page, and it weighs half.
PIXELS = """async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const size = { width: image.width, height: image.height };
    const brush = Object.assign(document.createElement("canvas"), size).getContext("2d");
    brush.drawImage(image, 0, 0);
    const { data } = brush.getImageData(0, 0, image.width, image.height);
    const rows = new Uint8Array((image.width * 3 + 1) * image.height);
    let at = 0;
    for (let y = 0; y < image.height; y += 1) {
        rows[at++] = 0; // no filter: flat colours repeat as they are
        for (let x = 0; x < image.width; x += 1) {
            for (let part = 0; part < 3; part += 1) {
                const value = data[(y * image.width + x) * 4 + part];
                rows[at++] = Math.round(value / 5) * 5;
            }
        }
    }
    const url = await new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(new Blob([rows]));
    });
    return [image.width, image.height, url.split(",")[1]];
}"""
FRAME = """<style>
body {{ margin: 0; padding: 28px; display: flex; gap: 28px; width: max-content }}
body {{ background: #dde7e7 }}
img {{ display: block; border: 1px solid #9fb3b3; border-radius: 10px }}
</style><img src="data:image/png;base64,{phone}"><img src="data:image/png;base64,{console}">"""


def opener(browser: Browser, stack: Stack):
    """Opens pages as the tests do."""

    def open_page(**options) -> Page:
        context = browser.new_context(
            base_url=stack.base_url, locale="fr-FR", timezone_id="Europe/Paris", **options
        )
        return context.new_page()

    return open_page


def png(width: int, height: int, rows: bytes) -> bytes:
    """A picture of 8-bit red, green, blue rows, each after its filter byte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))

    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def every_page(browser: Browser, stack: Stack, folder: Path, wanted: list[str]) -> None:
    from tests.parcours.tours import TOURS  # needs the settings of the instance

    def visit(name: str, page: Page) -> None:
        before = page.viewport_size
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            whole = not name.startswith(FIXED_FRAME)
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=whole)
        if before:
            page.set_viewport_size(before)

    for tour in TOURS:
        if wanted and tour.__name__ not in wanted:
            continue
        say.line(tour.__name__)
        tour(stack, opener(browser, stack), visit)


def overview(browser: Browser, stack: Stack, target: Path) -> None:
    """A patient's phone beside the console, in the middle of a talk."""
    from tests.parcours import walks

    open_page = opener(browser, stack)
    phone, console = open_page(**walks.PHONE), open_page(**walks.DESK)
    walks.enter(phone, "patient")
    walks.through_the_door(
        phone,
        "Camille",
        "Depuis hier, j'ai une plaque rouge qui gratte sur l'avant-bras, après du jardinage. "
        "Que mettre dessus ?",
    )
    walks.send_question(phone)
    expect(walks.patient_lines(phone)).to_have_count(1)
    walks.enter(console, "professionnel")
    console.goto(phone.url.replace("/conversations/", "/console/"))
    console.get_by_role("button", name="Prendre cette conversation").click()
    for rank, text in enumerate(TALK):
        if rank % 2:
            walks.patient_writes(phone, text)
        else:
            walks.professional_writes(console, text)
        expect(walks.patient_lines(phone)).to_have_count(rank + 2)
        expect(walks.console_lines(console)).to_have_count(rank + 2)
    for page in (phone, console):
        walks.all_kept(page)
    console.set_viewport_size({"width": 1280, "height": 740})
    tabs = console.get_by_role("navigation", name="Actions sur la conversation")
    tabs.get_by_role("link", name="Orienter").click()
    expect(console.get_by_role("heading", name="Orienter")).to_be_visible()
    phone.evaluate(SHOW_THE_FOOT)
    pictures = {
        "phone": b64encode(phone.screenshot()).decode(),
        "console": b64encode(console.screenshot()).decode(),
    }
    sheet = browser.new_page(viewport={"width": 1760, "height": 800})
    sheet.set_content(FRAME.format(**pictures))
    whole = b64encode(sheet.locator("body").screenshot()).decode()
    width, height, rows = sheet.evaluate(PIXELS, f"data:image/png;base64,{whole}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(png(width, height, b64decode(rows)))
    say.line(f"{target} : {target.stat().st_size} octets")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else CHECKOUT / "var" / "captures")
    wanted = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="messagerie-captures-"))
    own.chmod(0o711)
    try:
        with running(own / "etat", "--tiny") as stack, sync_playwright() as playwright:
            os.environ.update(stack.environment())
            django.setup()
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=["--headless", "--no-sandbox"]
            )
            if not wanted:
                overview(browser, stack, OVERVIEW)
            every_page(browser, stack, folder, wanted)
            browser.close()
    finally:
        shutil.rmtree(own, ignore_errors=True)


if __name__ == "__main__":
    main()
