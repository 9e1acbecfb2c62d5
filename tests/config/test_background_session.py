"""What a page reads by itself never takes away the cookie of a session."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended() -> Client:
    """A browser that still holds the cookie of a session that is over."""
    client = Client()
    client.force_login(factories.patient())
    client.session.flush()
    return client


@pytest.mark.parametrize("mode", ["cors", "same-origin", "no-cors"])
def test_a_reading_in_the_background_leaves_the_cookie(ended, mode):
    answer = ended.get(reverse("patient:conversations"), headers={"Sec-Fetch-Mode": mode})
    assert answer.status_code == 302 and "sessionid" not in answer.cookies


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Mode": "navigate"}], ids=["old", "page"])
def test_a_page_takes_a_dead_cookie_away(ended, headers):
    answer = ended.get(reverse("patient:conversations"), headers=headers)
    assert answer.status_code == 302 and answer.cookies["sessionid"].value == ""


def test_a_living_session_is_read_all_the_same():
    client = Client()
    client.force_login(factories.patient())
    page = client.get(reverse("patient:conversations"), headers={"Sec-Fetch-Mode": "cors"})
    assert page.status_code == 200
