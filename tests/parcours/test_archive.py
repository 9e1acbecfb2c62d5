"""« Mon dossier » as one archive, downloaded by a browser from a real server.

CAPTURES=folder also writes a picture of the page, to look at.
"""

import uuid
import zipfile

from playwright.sync_api import expect

from tests.parcours.joining import choose, photo, send, sound
from tests.parcours.walks import DESK, PHONE, enter, send_question, through_the_door

QUESTION = "Une plaque rouge est apparue sur mon avant-bras. Que faire ?"


def test_the_archive_is_downloaded_with_its_photo(new_page, tmp_path):
    phone = new_page(**PHONE)
    enter(phone, "patient")
    through_the_door(phone, f"Myrtille {uuid.uuid4().hex[:8]}", QUESTION)
    send_question(phone)
    choose(phone, photo())
    send(phone)
    expect(phone.locator("[data-fil] [data-piece]")).to_have_count(1)
    number = phone.url.rstrip("/").rsplit("/", 1)[1]
    phone.goto("/mon-dossier/")
    sound(phone, "dossier-archive-phone")
    links = phone.get_by_role("link", name="avec les photos et les documents")
    whole, one = links.first, phone.locator(f"a[href*='{number}'][href$='.zip']")
    for rank, link in enumerate((whole, one)):
        with phone.expect_download() as waited:
            link.click()
        kept = tmp_path / f"{rank}.zip"
        waited.value.save_as(kept)
        assert waited.value.suggested_filename.endswith(".zip")
        with zipfile.ZipFile(kept) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            (file,) = [name for name in names if f"-{number[:8]}/" in name]
            assert file.endswith("-IMG_2041.jpg")
            assert archive.read(file).startswith(b"\xff\xd8\xff")
            assert "A-LIRE.txt" in names
    phone.set_viewport_size(DESK["viewport"])
    sound(phone, "dossier-archive-desk")
