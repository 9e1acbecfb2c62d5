"""Patients, a team on duty and conversations, for the pages."""

import time
from types import SimpleNamespace

import pytest
from django.test import Client

from comptes.models import User
from messagerie import actions
from messagerie.models import Conversation
from orientation.models import Structure
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.door_walk import walk_to


@pytest.fixture
def no_bucket_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the rate of writing stands still: on a slow machine a bucket would fill again."""
    now = time.monotonic()
    monkeypatch.setattr("messagerie.rate.time", SimpleNamespace(monotonic=lambda: now))


@pytest.fixture
def structure(territory) -> Structure:
    """A CPTS of Marseille, in an open region with its SAS."""
    factories.open_region("93")
    factories.StructureFactory(sas=True, name="SAS des Bouches-du-Rhône")
    return factories.StructureFactory(name="CPTS du Vieux-Port", latitude=43.31, longitude=5.40)


@pytest.fixture
def lucie(structure: Structure) -> User:
    """A professional on duty."""
    return factories.professional(structure, first_name="Lucie")


@pytest.fixture
def camille(client: Client, structure: Structure) -> User:
    """A patient, signed in."""
    patient = factories.patient()
    client.force_login(patient)
    return patient


@pytest.fixture
def waiting(camille: User) -> Conversation:
    return factories.conversation(camille, body="Ma première question")


@pytest.fixture
def taken(waiting: Conversation, lucie: User) -> Conversation:
    return actions.take(waiting.pk, professional=lucie, scope=scope_for(lucie))


@pytest.fixture
def at_the_signs(client: Client, lucie: User) -> Client:
    """A browser at the page of the danger signs, in Marseille."""
    walk_to(client, "signes")
    return client
