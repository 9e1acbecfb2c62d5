"""What is read by whoever was writing when their session, or their form, ended: for the tours."""

import contextlib
from collections.abc import Callable, Iterator

from playwright.sync_api import Page, expect

from evaluation.demo.people import CAMILLE, INES, PASSWORD
from tests.parcours.instance import Stack
from tests.parcours.talks import END_SESSIONS, begin, box
from tests.parcours.walks import DESK, PHONE, go_on, through_the_door

Visit = Callable[[str, Page], None]

ADVICE = (
    "Lavez la main à l'eau et au savon, puis posez du froid dix minutes, trois fois par jour.\n"
    "Si la rougeur s'étend au poignet, écrivez-nous le jour même."
)
NOTE = "Dites que l'équipe de garde vous envoie."
LINE = "Depuis hier soir, et cela gratte la nuit. Je n'ai rien mis dessus."
SESSION = "sessionid"
ENDS = {"session-finie": SESSION, "formulaire-expire": "csrftoken"}


def session_over(stack: Stack, open_page: Callable[..., Page], visit: Visit) -> None:
    """Forms sent too late, a console that is emptied, and what waits after the sign-in."""
    talk = begin(stack, open_page)
    patient_side = talk.address
    console_side = patient_side.replace("/conversations/", "/console/")
    for end, cookie in ENDS.items():
        late_on_the_console(talk.console, console_side, cookie, end, visit)
        late_on_the_phone(talk.phone, patient_side, cookie, end, visit)
        late_at_the_door(open_page(**PHONE), cookie, end, visit)
    emptied_console(stack, talk.console, console_side, visit)
    late_sign_in(open_page(**DESK), visit)


@contextlib.contextmanager
def late(page: Page, form: str, cookie: str) -> Iterator[None]:
    """Send a form whose session, or whose token, is gone, as a page without JavaScript does."""
    kept = page.context.cookies()
    page.context.clear_cookies(name=cookie)
    with page.expect_navigation():
        page.locator(form).first.evaluate("form => HTMLFormElement.prototype.submit.call(form)")
    yield
    page.context.add_cookies(kept)


def late_on_the_console(console: Page, home: str, cookie: str, end: str, visit: Visit) -> None:
    for panel, texts in (("orienter", ("dans la semaine", NOTE)), ("clore", (ADVICE,))):
        console.goto(f"{home}{panel}/")
        form = f"form[method=post][action$='/{panel}/']"
        for rank, text in enumerate(texts):
            console.locator(f"{form} :is(textarea, input[type=text])").nth(rank).fill(text)
        with late(console, form, cookie):
            visit(f"{end}-console-{panel}", console)


def late_on_the_phone(phone: Page, home: str, cookie: str, end: str, visit: Visit) -> None:
    for name, is_grave in (("aggravation", True), ("aggravation-sans-signe", False)):
        phone.goto(f"{home}aggravation/")
        if is_grave:
            phone.locator("main label").first.click()
            phone.locator(".ms-signes__detail label").first.click()
        with late(phone, "main form[method=post]", cookie):
            visit(f"{end}-{name}", phone)
    phone.goto(home)
    box(phone).fill(LINE)
    with late(phone, "[data-reponse]", cookie):
        visit(f"{end}-patient", phone)
        if cookie == SESSION:
            phone.get_by_role("main").get_by_role("link", name="Se connecter").click()
            type_password(phone)
            expect(box(phone)).to_have_value(LINE)
            visit("conversation-texte-rendu", phone)


def late_at_the_door(phone: Page, cookie: str, end: str, visit: Visit) -> None:
    through_the_door(phone, "Groseille", LINE)
    with late(phone, "main form.ms-formulaire", cookie):
        visit(f"{end}-porte", phone)


def emptied_console(stack: Stack, console: Page, home: str, visit: Visit) -> None:
    console.goto(home)
    box(console).fill(LINE)
    tabs = console.get_by_role("navigation", name="Actions sur la conversation")
    tabs.get_by_role("link", name="Clore").click()
    console.get_by_label("Résumé").fill(ADVICE)
    stack.shell(END_SESSIONS.format(email=INES.email))
    expect(console.get_by_text("Votre session est finie")).to_be_visible()
    visit("console-session-finie", console)


def late_sign_in(page: Page, visit: Visit) -> None:
    """A form without anything to give back."""
    page.goto("/compte/login/")
    page.context.clear_cookies(name=ENDS["formulaire-expire"])
    type_password(page)
    expect(page.get_by_role("heading", name="Le formulaire a expiré")).to_be_visible()
    visit("formulaire-expire", page)


def type_password(page: Page) -> None:
    page.get_by_label("Courriel").fill(CAMILLE.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    go_on(page, "Se connecter")
