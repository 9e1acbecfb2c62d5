"""Rows to count: conversations of known days, outcomes and territories."""

import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from messagerie.models import Conversation, DoorPassage, PassageAnswer
from messagerie.states import State
from orientation.models import Departement, Structure
from tests.factories import MARSEILLE_1, RENNES, StructureFactory, patient

COMMUNE_OF = {"13": MARSEILLE_1, "35": RENNES, "97": "97411"}


@pytest.fixture
def author(db):
    return patient()


@pytest.fixture
def cpts(territory, db) -> Structure:
    return StructureFactory()


@pytest.fixture
def conversations(territory, author):
    """Writes `number` conversations opened on a local day, with an outcome ("" still open)."""

    def write(
        number: int,
        outcome: str = "RESOLVED",
        *,
        day: date = date(2026, 10, 6),
        at: time = time(10),
        departement: str = "13",
        commune: str | None = None,
        cpts: Structure | None = None,
        answered_after: timedelta | None = timedelta(minutes=30),
        promised_after: timedelta | None = timedelta(hours=4),
    ) -> list[Conversation]:
        place = Departement.objects.get(pk=departement)
        opened = datetime.combine(day, at, tzinfo=ZoneInfo(place.time_zone))
        closed = outcome != ""
        return Conversation.objects.bulk_create(
            Conversation(
                patient=author,
                commune_id=commune or COMMUNE_OF[departement[:2]],
                departement=place,
                region_id=place.region_id,
                cpts=cpts,
                time_zone=place.time_zone,
                rule_set_version="essai",
                state=State.CLOSED if closed else State.WAITING,
                outcome=outcome,
                motive_sealed=b"-",
                subject_sealed=b"-",
                situation_sealed=b"-",
                opened_at=opened,
                waiting_since=opened,
                promised_before=opened + promised_after if promised_after else None,
                first_answer_at=opened + answered_after if answered_after else None,
                closed_at=opened + timedelta(hours=5) if closed else None,
            )
            for _ in range(number)
        )

    return write


@pytest.fixture
def passages(territory, db):
    """Writes the signs of one visit at the door."""

    def write(
        *signs: str,
        day: date = date(2026, 10, 6),
        at: time = time(10),
        answers: tuple[str, ...] = (),
        continued: bool = False,
        during_conversation: bool = False,
        departement: str = "13",
    ) -> None:
        place = Departement.objects.get(pk=departement)
        instant = datetime.combine(day, at, tzinfo=ZoneInfo(place.time_zone))
        visit = uuid.uuid4()
        for index, sign in enumerate(signs):
            DoorPassage.objects.create(
                visit=visit,
                at=instant + timedelta(seconds=index),
                commune_id=COMMUNE_OF[departement[:2]],
                departement=place,
                question_code="RESPIRATION",
                sign_code=sign,
                number="15",
                answer=answers[index] if answers else PassageAnswer.DECLARED,
                continued=continued,
                during_conversation=during_conversation,
            )

    return write
