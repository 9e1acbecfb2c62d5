"""A photo joined on a phone is seen on the console at once; what fails keeps everything.

CAPTURES=folder also writes a picture of each state, to look at.
"""

import http.client
import json
import re
import socket
import uuid
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.messagerie.attachments import samples
from tests.parcours.joining import box, choose, control, photo, send, sound
from tests.parcours.talks import QUESTION, begin, pumped
from tests.parcours.walks import (
    DESK,
    PHONE,
    patient_lines,
)

TYPED = "Voici la photo de ce matin."
UPLOADS = "**/api/v1/conversations/*/attachments/"
WITHOUT_SCRIPT = PHONE | {"java_script_enabled": False}


@pytest.fixture
def talk(stack, new_page):
    """A patient's phone and a console on the same conversation."""
    talk = begin(stack, new_page)
    return talk.phone, talk.console


def pieces(page: Page):
    return page.locator("[data-fil] [data-piece]")


def is_drawn(page: Page) -> None:
    """The preview is a picture that the browser has decoded."""
    image = pieces(page).last.locator("img")
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    page.wait_for_function(
        "image => image.naturalWidth > 0", arg=image.element_handle(), timeout=30_000
    )


def test_a_photo_goes_and_is_seen_at_once(talk):
    phone, console = talk
    phone.get_by_label("Votre message").fill(TYPED)
    control(phone).locator("summary").click()
    sound(phone, "phone-open")
    choose(phone, photo())
    sound(phone, "phone-chosen")
    send(phone)
    expect(control(phone).get_by_text("Le fichier est parti.")).to_be_visible()
    assert box(phone).get_attribute("open") is None
    for page in (phone, console):
        expect(pieces(page)).to_have_count(1)
        expect(pieces(page).get_by_role("link", name="IMG_2041.jpg")).to_be_visible()
        is_drawn(page)
        # Upright: the phone held it on its side.
        size = pieces(page).locator("img").bounding_box()
        assert size["height"] > size["width"]
    expect(phone.get_by_label("Votre message")).to_have_value(TYPED)
    assert not phone.locator("input[type=file]").input_value()
    sound(phone, "phone-sent")
    sound(console, "console-seen")
    expect(console.locator("[data-annonce]")).to_contain_text("un fichier joint, IMG_2041.jpg")

    with console.expect_download() as download:
        pieces(console).get_by_role("link", name=re.compile("Ouvrir")).click()
    assert download.value.suggested_filename == "IMG_2041.jpg"
    with samples.Image.open(download.value.path()) as image:
        assert image.size == (2000, 3000)
        assert not image.getexif()

    # The other way: the professional joins a document.
    document = {
        "name": "ordonnance.pdf",
        "mimeType": "application/pdf",
        "buffer": samples.pdf(2),
    }
    choose(console, document)
    sound(console, "console-chosen")
    send(console)
    for page in (console, phone):
        expect(pieces(page)).to_have_count(2)
        expect(pieces(page).last.get_by_text("Document PDF, 2 pages")).to_be_visible()
        is_drawn(page)
    sound(phone, "phone-document")
    sound(console, "console-document")
    # A page loaded anew shows the same.
    phone.reload()
    expect(pieces(phone)).to_have_count(2)
    is_drawn(phone)


def test_a_failure_keeps_text_and_file_and_is_tried_again(talk, watch):
    phone, console = talk
    phone.get_by_label("Votre message").fill(TYPED)
    choose(phone, photo())
    with watch.server_away():
        phone.route(UPLOADS, lambda route: route.abort())
        send(phone)
        expect(control(phone).get_by_text("la connexion est coupée")).to_be_visible()
        phone.unroute(UPLOADS)
    assert phone.locator("input[type=file]").input_value().endswith("IMG_2041.JPG")
    expect(phone.get_by_label("Votre message")).to_have_value(TYPED)
    expect(phone.get_by_role("button", name="Réessayer")).to_be_focused()
    sound(phone, "phone-failed")
    # Refused for now by the service, in its own words.
    busy = '{"code": "BUSY", "retry": true, "message": "Le service est très occupé. Réessayez."}'
    phone.route(
        UPLOADS,
        lambda route: route.fulfill(status=503, content_type="application/json", body=busy),
    )
    with watch.refused():
        send(phone, "Réessayer")
        expect(control(phone).get_by_text("Le service est très occupé.")).to_be_visible()
    phone.unroute(UPLOADS)
    # The answer is lost on its way back: trying again makes no second line.
    lost = []

    def lose(route) -> None:
        route.fetch()
        lost.append(route.request)
        route.abort()

    with watch.server_away():
        phone.route(UPLOADS, lose)
        send(phone, "Réessayer")
        expect(control(phone).get_by_text("la connexion est coupée")).to_be_visible()
        phone.unroute(UPLOADS)
    assert lost
    send(phone, "Réessayer")
    expect(control(phone).get_by_text("Le fichier est parti.")).to_be_visible()
    for page in (phone, console):
        expect(pieces(page)).to_have_count(1)
    expect(phone.get_by_label("Votre message")).to_have_value(TYPED)


def test_refusals_say_what_to_do(talk, watch):
    phone, _ = talk
    for name, content, words in (
        ("IMG_1.HEIC", samples.HEIC, "Le plus compatible"),
        ("dessin.svg", samples.SVG, "Ce type de fichier n'est pas accepté"),
        ("coupe.jpg", samples.jpeg()[:-300], "abîmé ou incomplet"),
        ("bombe.png", samples.bomb_png(), "trop grande"),
        ("long.pdf", samples.pdf_with_pages(21), "20 pages au plus"),
        ("lourd.pdf", b"%PDF-1.7" + b"\0" * (10 * 1024 * 1024), "trop lourd"),
    ):
        choose(phone, {"name": name, "mimeType": "image/jpeg", "buffer": content})
        with watch.refused():
            send(phone)
            expect(control(phone).get_by_text(words)).to_be_visible()
        expect(phone.locator("input[type=file]")).to_have_attribute("aria-invalid", "true")
    sound(phone, "phone-refused")
    expect(pieces(phone)).to_have_count(0)


def test_another_chosen_meanwhile_waits_for_its_own_press(talk, watch):
    phone, _ = talk
    held: list[Route] = []
    phone.route(UPLOADS, lambda route: held.append(route), times=1)
    small = {"mimeType": "image/jpeg", "buffer": samples.jpeg()}
    choose(phone, small | {"name": "un.jpg"})
    with phone.expect_request(UPLOADS):
        send(phone)
    choose(phone, small | {"name": "deux.jpg"})
    pumped(phone, lambda: held)
    held[0].continue_()
    expect(pieces(phone)).to_have_count(1)
    expect(control(phone).get_by_text("Le fichier est parti.")).to_be_visible()
    send(phone)
    expect(pieces(phone)).to_have_count(2)
    expect(control(phone).get_by_text("Le fichier est parti.")).to_be_visible()
    # Refused for good, one does not stand in the way of the next.
    phone.route(UPLOADS, lambda route: held.append(route), times=1)
    choose(phone, {"name": "a.docx", "mimeType": "text/plain", "buffer": b"PK\x03\x04"})
    with phone.expect_request(UPLOADS):
        send(phone)
    choose(phone, small | {"name": "trois.jpg"})
    pumped(phone, lambda: len(held) == 2)
    with watch.refused():
        held[1].continue_()
        expect(control(phone).get_by_text("Ce type de fichier n'est pas accepté")).to_be_visible()
    send(phone)
    expect(pieces(phone)).to_have_count(3)


def test_a_photo_too_large_is_made_smaller_on_the_phone(talk):
    """More points than the service takes: the browser sends fewer, and the photo passes."""
    phone, console = talk
    noise = samples.Image.effect_noise((7000, 5000), 90)
    big = samples.saved(noise, "JPEG", quality=60)
    assert len(big) > 6 * 1024 * 1024
    choose(phone, {"name": "grand.jpg", "mimeType": "image/jpeg", "buffer": big})
    send(phone)
    expect(control(phone).get_by_text("Le fichier est parti.")).to_be_visible()
    for page in (phone, console):
        expect(pieces(page)).to_have_count(1)


def test_the_site_reads_no_more_than_it_takes(stack):
    """On the real server: refused at once when announced, cut when it comes without an end."""
    site = urlsplit(stack.base_url)
    address = f"/api/v1/conversations/{uuid.uuid4()}/attachments/"
    announced = http.client.HTTPConnection(site.hostname, site.port, timeout=30)
    announced.putrequest("POST", address)
    announced.putheader("Content-Length", str(10**9))
    announced.endheaders()
    answer = announced.getresponse()  # not a byte of the body was sent
    assert (answer.status, json.load(answer)["code"]) == (413, "FILE_TOO_LARGE")
    announced.close()

    endless = socket.create_connection((site.hostname, site.port), timeout=30)
    endless.sendall(
        f"POST {address} HTTP/1.1\r\nHost: {site.netloc}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    part = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    sent = 0
    with pytest.raises(OSError):
        while sent < 200:
            endless.sendall(part)
            sent += 1
    assert sent < 60  # what buffers hold on the way, and no more
    endless.close()

    # Who sends all before reading anything, as many do, has their answer all the same.
    whole = http.client.HTTPConnection(site.hostname, site.port, timeout=30)
    whole.request("POST", address, body=b"x" * 20 * 2**20)
    answer = whole.getresponse()
    assert (answer.status, json.load(answer)["code"]) == (413, "FILE_TOO_LARGE")
    whole.close()


def set_state(stack, state: str) -> None:
    """What the antivirus's task writes, on the last file joined."""
    settled = "None" if state == "EN_ANALYSE" else "timezone.now()"
    stack.shell(
        "from django.utils import timezone; from messagerie.models import Attachment; "
        "last = Attachment.objects.latest('created_at'); "
        "Attachment.objects.filter(pk=last.pk).update("
        f"state='{state}', settled_at={settled}, stored_source='2026/01/01/attend')"
    )


def test_what_waits_for_the_antivirus_shows_when_it_is_ready(talk, stack):
    phone, console = talk
    choose(phone, photo())
    send(phone)
    for page in (phone, console):
        expect(pieces(page)).to_have_count(1)
        is_drawn(page)
    set_state(stack, "EN_ANALYSE")
    for page in (phone, console):
        page.reload()
        expect(pieces(page).get_by_text("en analyse par l'antivirus")).to_be_visible()
        expect(pieces(page).get_by_role("link")).to_have_count(0)
    sound(phone, "phone-analysis")
    set_state(stack, "PRET")
    for page in (phone, console):
        expect(pieces(page).get_by_role("link", name="IMG_2041.jpg")).to_be_visible()
        expect(pieces(page).get_by_text("en analyse par l'antivirus")).to_be_hidden()
        is_drawn(page)


def test_without_javascript(talk, new_page, browser):
    """The same form: the file goes, the typed text stays; a refusal keeps it too."""
    phone, console = talk
    plain = new_page(**WITHOUT_SCRIPT)
    plain.context.add_cookies(phone.context.cookies())
    plain.goto(phone.url)
    plain.get_by_label("Votre message").fill(TYPED)
    plain.locator("summary", has_text="Joindre").click()
    sent = {"name": "dessin.svg", "mimeType": "image/svg+xml", "buffer": samples.SVG}
    plain.locator("input[type=file]").set_input_files(files=[sent])
    plain.get_by_role("button", name="Envoyer le fichier").click()
    expect(plain.get_by_role("alert")).to_contain_text("Ce type de fichier n'est pas accepté")
    expect(plain.get_by_label("Votre message")).to_have_value(TYPED)
    plain.locator("summary", has_text="Joindre").click()
    plain.locator("input[type=file]").set_input_files(files=[photo()])
    plain.get_by_role("button", name="Envoyer le fichier").click()
    expect(pieces(plain)).to_have_count(1)
    expect(plain.get_by_label("Votre message")).to_have_value(TYPED)
    expect(pieces(console)).to_have_count(1)
    expect(patient_lines(phone).first).to_have_text(QUESTION)

    desk = new_page(**DESK | {"java_script_enabled": False})
    desk.context.add_cookies(console.context.cookies())
    desk.goto(console.url)
    desk.locator("[data-reponse] textarea").fill("Merci, je regarde.")
    desk.locator("summary", has_text="Joindre").click()
    document = {"name": "avis.pdf", "mimeType": "application/pdf", "buffer": samples.pdf(1)}
    desk.locator("input[type=file]").set_input_files(files=[document])
    desk.get_by_role("button", name="Envoyer le fichier").click()
    expect(pieces(desk)).to_have_count(2)
    expect(desk.locator("[data-reponse] textarea")).to_have_value("Merci, je regarde.")
    expect(pieces(phone)).to_have_count(2)
