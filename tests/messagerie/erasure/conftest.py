"""A conversation that may be erased, and the two administrators who may do it."""

import pytest

from comptes.models import User
from messagerie import actions
from messagerie.models import Conversation
from tests import factories
from tests.messagerie.acting import by, post, reread
from tests.messagerie.erasure.erasing import WORD


def erasing_transmission():
    return actions.safety.Transmission(
        phone="06 00 00 00 00", place=WORD, age="40 ans", sign_codes=(), samu_line="15"
    )


@pytest.fixture
def lucie() -> User:
    factories.open_region()
    return factories.professional(factories.StructureFactory(), first_name="Lucie")


@pytest.fixture
def closed(lucie) -> Conversation:
    """Oriented, so that a decision, a card and a transmission exist too."""
    held = factories.taken_conversation(lucie, body=f"Ma question {WORD}.")
    post(held, lucie, f"Ma réponse {WORD}.")
    actions.transmit_to_15(
        held.pk,
        **by(lucie),
        transmission=erasing_transmission(),
    )
    actions.orient(
        held.pk,
        **by(lucie),
        request=actions.orienting.OrientRequest(
            accept=False, destination="MEDECIN_TRAITANT", override_reason="CLINICAL", note=WORD
        ),
    )
    return reread(held)


@pytest.fixture
def nadia() -> User:
    return factories.regional_administrator("93", first_name="Nadia")


@pytest.fixture
def paul() -> User:
    return factories.national_administrator(first_name="Paul")
