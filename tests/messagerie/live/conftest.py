"""Two people of one conversation, and their pages."""

from collections.abc import AsyncIterator

import pytest

from comptes.models import User
from messagerie.live import writing
from messagerie.models import Conversation
from orientation.models import Structure
from tests import factories
from tests.messagerie.talking import watch
from tests.signing import session_of
from tests.sockets import Socket


@pytest.fixture
def cpts() -> Structure:
    factories.open_region()
    return factories.StructureFactory()


@pytest.fixture
def lucie(cpts: Structure) -> User:
    """A professional on duty."""
    return factories.professional(cpts, first_name="Lucie")


@pytest.fixture
def camille(cpts: Structure) -> User:
    return factories.patient()


@pytest.fixture
def talk(lucie: User, camille: User) -> Conversation:
    """What Camille asked, and Lucie holds."""
    return factories.taken_conversation(lucie, camille)


@pytest.fixture
def sessions(lucie: User, camille: User) -> dict[str, str]:
    return {"pro": session_of(lucie), "patient": session_of(camille)}


@pytest.fixture
async def pages(sessions: dict[str, str]) -> AsyncIterator[dict[str, Socket]]:
    """Both people, connected."""
    opened = {}
    for who, session in sessions.items():
        opened[who] = Socket(session)
        assert await opened[who].open()
        hello = await opened[who].hear()
        assert (hello["t"], hello["version"]) == ("hello", 1)
    yield opened
    for socket in opened.values():
        await socket.close()


@pytest.fixture
async def followed(pages: dict[str, Socket], talk: Conversation) -> dict[str, Socket]:
    """Both people, each following the conversation."""
    for page in pages.values():
        await watch(page, talk)
    return pages


@pytest.fixture(params=["alone", "together"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of a line: in one statement, or judged under the lock as a group is."""
    if request.param == "together":
        monkeypatch.setattr(writing, "judged", lambda line, row: None)
    return request.param
