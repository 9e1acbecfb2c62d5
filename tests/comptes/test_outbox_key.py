"""The key of what a page keeps on the device: whose, for how long, and what signing out leaves."""

import base64
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from comptes import outbox_key
from comptes.outbox_key import account_tag, outbox_keys
from tests import factories

pytestmark = pytest.mark.django_db


def at(monkeypatch, *moment: int) -> None:
    monkeypatch.setattr(outbox_key.timezone, "now", lambda: datetime(*moment, tzinfo=UTC))


def keys_of(user) -> dict[str, str]:
    return dict(one.split(":") for one in outbox_keys(user).keys.split())


def test_the_same_account_has_the_same_key_all_day_and_the_next(monkeypatch):
    user = factories.patient()
    at(monkeypatch, 2026, 11, 21, 0, 5)
    morning = keys_of(user)
    at(monkeypatch, 2026, 11, 21, 23, 55)
    assert keys_of(user) == morning
    at(monkeypatch, 2026, 11, 22, 0, 5)
    next_day = keys_of(user)
    assert next_day["2026-11-21"] == morning["2026-11-21"]
    at(monkeypatch, 2026, 11, 23, 0, 5)
    assert "2026-11-21" not in keys_of(user)


def test_keys_are_256_bits_and_all_different(monkeypatch):
    at(monkeypatch, 2026, 11, 21, 12, 0)
    people = [factories.patient(), factories.patient()]
    keys = [key for user in people for key in keys_of(user).values()]
    assert len(set(keys)) == 4
    assert {len(base64.urlsafe_b64decode(key + "=")) for key in keys} == {32}


def test_the_name_of_an_account_tells_nothing_of_it():
    one, other = factories.patient(), factories.patient()
    assert account_tag(one) == account_tag(one) != account_tag(other)
    assert str(one.pk) != account_tag(one) and len(account_tag(one)) == 16


def test_signing_out_empties_the_browser(client: Client):
    client.force_login(factories.patient())
    assert "Clear-Site-Data" not in client.get(reverse("account_logout"))
    answer = client.post(reverse("account_logout"))
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == '"storage"'
    assert "_auth_user_id" not in client.session
