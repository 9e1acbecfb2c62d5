"""The control that joins a file, in the conversations and at the door, as a person uses it."""

import os
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.messagerie.attachments import samples
from tests.parcours.test_axe import OVERFLOW, grave


def photo(name: str = "IMG_2041.JPG") -> dict[str, object]:
    """As a phone takes it: large, lying on its side, with the place where it was taken."""
    image = samples.picture(3000, 2000)
    exif = samples.Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    content = samples.saved(image, "JPEG", quality=95, exif=exif)
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def control(page: Page):
    return page.locator("[data-joindre]")


def box(page: Page):
    return control(page).locator("details")


def choose(page: Page, file: dict[str, object]) -> None:
    if box(page).get_attribute("open") is None:
        page.get_by_text("Joindre une photo ou un document").click()
    page.get_by_label("Photo ou document", exact=False).last.set_input_files(files=[file])


def send(page: Page, button: str = "Envoyer le fichier") -> None:
    page.get_by_role("button", name=button).click()


def sound(page: Page, name: str) -> None:
    """Nothing overflows, axe finds nothing serious, and the picture is kept when asked for."""
    assert page.evaluate(OVERFLOW) == ""
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE_SCRIPT})
    assert grave(page, {}) == []
    if folder := os.environ.get("CAPTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")
