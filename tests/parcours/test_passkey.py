"""A passkey, from its enrolment to a sign-in without a password, with the browser's own key."""

import pytest
from playwright.sync_api import Page, expect

from evaluation.demo.people import CLAIRE
from tests.parcours.walks import go_on, sign_in


@pytest.fixture
def page(browser, stack):
    """A browser that holds a key. Passkeys need a name, so the site is asked as "localhost"."""
    context = browser.new_context(
        base_url=stack.base_url.replace("127.0.0.1", "localhost"), locale="fr-FR"
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield page
    context.close()


def test_enrol_a_passkey_then_sign_in_with_it_alone(page: Page):
    sign_in(page, CLAIRE.email)
    expect(page.get_by_role("heading", name="Mon territoire")).to_be_visible()
    page.goto("/compte/2fa/webauthn/add/")
    page.get_by_label("Nom de la clé").fill("Mon téléphone")
    page.get_by_text("Me connecter sans mot de passe avec cette clé").click()
    go_on(page, "Ajouter")
    expect(page.get_by_text("Clé de sécurité ajoutée")).to_be_visible()
    page.goto("/compte/logout/")
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button").click()
    page.goto("/administration/")
    page.get_by_role("button", name="Utiliser une clé d'accès").click()
    expect(page.get_by_role("heading", name="Mon territoire")).to_be_visible()
