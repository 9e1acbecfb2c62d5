"""Who calls the API: a session that is over, a page older than a sign-in, another site."""

import json
import re
import uuid

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from messagerie.api_errors import SENTENCES
from messagerie.api_session import FormExpired
from messagerie.models import Message
from tests import factories
from tests.messagerie.attachments.conftest import refusal

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("territory"),
]


def line() -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "body": "Bonjour."}


def assert_asked_to_sign_in(answer) -> None:
    assert refusal(answer) == (401, "SIGN_IN", False)
    assert answer.json()["message"] == "Connectez-vous, puis réessayez."
    # A scheme that browsers do not know: they show no window that asks for a password.
    assert answer.headers["WWW-Authenticate"] == "Session"


class Page:
    """A page of a patient's conversation, open in a browser that holds real tokens."""

    def __init__(self) -> None:
        self.author = factories.patient(email="camille@exemple.invalid")
        self.conversation = factories.conversation(self.author)
        self.browser = Client(enforce_csrf_checks=True)
        self.sign_in()
        self.token = self.browser.cookies["csrftoken"].value

    def sign_in(self) -> None:
        """In this tab or in another one: the browser has one jar."""
        login = reverse("account_login")
        self.browser.get(login)
        token = self.browser.cookies["csrftoken"].value
        who = {"login": self.author.email, "password": factories.PASSWORD}
        entered = self.browser.post(login, who | {"csrfmiddlewaretoken": token})
        assert entered.status_code == 302

    def post(self, name: str, said: dict[str, object]):
        return self.browser.post(
            reverse(f"api:{name}", args=[self.conversation.pk]),
            json.dumps(said),
            content_type="application/json",
            headers={"X-CSRFToken": self.token},
        )


@pytest.fixture
def page() -> Page:
    factories.open_region()
    return Page()


def test_a_page_whose_session_is_over_is_asked_to_sign_in(page):
    """And not told that its token is wrong: the session is looked at first."""
    assert page.post("messages", line()).status_code == 201
    Session.objects.all().delete()
    for token in (page.token, "x" * 32):
        page.token = token
        assert_asked_to_sign_in(page.post("messages", line()))
        assert_asked_to_sign_in(page.post("lecture", {"cursor": 0}))
    assert Message.objects.filter(conversation=page.conversation).count() == 2


def test_a_page_older_than_the_last_sign_in_is_told_so_and_its_line_passes_later(page):
    """The session ended, and the same person is back in another tab: another token."""
    one = line()
    Session.objects.all().delete()
    page.sign_in()
    for name, said in (("messages", one), ("lecture", {"cursor": 0})):
        refused = page.post(name, said)
        assert refusal(refused) == (403, "FORM_EXPIRED", False)
        assert refused.json()["message"] == (
            "Cette page a expiré. Rechargez-la, ou connectez-vous de nouveau."
        )
    assert Message.objects.filter(conversation=page.conversation).count() == 1
    page.token = page.browser.cookies["csrftoken"].value  # loaded again
    assert page.post("messages", one).status_code == 201


def test_another_site_cannot_post(page):
    page.token = ""
    assert refusal(page.post("messages", line())) == (403, "FORM_EXPIRED", False)
    assert Message.objects.filter(conversation=page.conversation).count() == 1


def test_the_script_of_the_pages_knows_what_leads_to_the_sign_in():
    """Read as any other refusal, it would set the line aside, and stop reading without a word."""
    script = (settings.BASE_DIR / "static/js/direct_outils.mjs").read_text(encoding="utf-8")
    (known,) = re.findall(r"^const SIGN_IN = \[(.*)\];$", script, re.M)
    assert {SENTENCES[401][0], SENTENCES[403][0], FormExpired.default_code} <= set(
        re.findall(r'"(\w+)"', known)
    )


def test_the_schema_says_by_which_cookie(page):
    answer = page.browser.get(reverse("api:schema"), {"format": "json"})
    told = json.loads(answer.content)
    assert told["components"]["securitySchemes"] == {
        "cookieAuth": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
    }
    messages = told["paths"]["/api/v1/conversations/{conversation_id}/messages/"]
    assert messages["post"]["security"] == [{"cookieAuth": []}]
