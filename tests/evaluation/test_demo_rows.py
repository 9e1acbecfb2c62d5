"""The composed rows of the demonstration are those of the real acts, column by column."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction

from comptes.keys.cipher import cache, ensure_keys
from comptes.models import JournalEntry
from evaluation.demo.atlas import Atlas
from evaluation.demo.compose import Composer
from evaluation.demo.places import REGIONS
from evaluation.demo.plan import plan_day
from evaluation.demo.planned import StepKind
from evaluation.demo.play import History, population
from evaluation.demo.rows import Rows
from evaluation.demo.world import build, crews
from messagerie.actions.safety import open_transmission
from messagerie.contents import open_body, open_details, open_motive, open_subject
from messagerie.models import (
    Conversation,
    DoorPassage,
    EmergencyTransmission,
    Message,
    Notice,
    Transition,
)
from orientation import care_situation
from orientation.engine import open_decision
from orientation.models import CareSituation, Decision
from tests.evaluation.demo_acts import Acts

END = date(2026, 11, 15)


def sample(played: History) -> list:
    """Requests with every kind of act and every outcome, and a handful of ordinary ones."""
    days = [plan_day(day, played.people, end=END, per_day=150) for day in played.days]
    requests = [request for day in days for request in day.requests]
    wanted = set(StepKind) | {request.outcome for request in requests}
    chosen = requests[:12]
    for request in requests:
        held = {request.outcome, *(step.kind for step in request.steps)}
        if held & wanted:
            wanted -= held
            chosen.append(request)
    oriented = [r for r in requests if r.steps[-1].kind == StepKind.ORIENT]
    chosen += oriented[:25]
    assert not wanted & set(StepKind)
    unique = {request.id: request for request in chosen}
    return [replace(request) for request in unique.values()]


DROPPED = {"id", "sealed", "at", "body_sealed", "content_mac", "sent_at", "updated_at"}
SEALED = {"motive_sealed", "subject_sealed", "situation_sealed"}
RECEIPTS = {
    f"{side}_{what}_seq" for side in ("patient", "professional") for what in ("delivered", "opened")
}


def columns(row, *, without=frozenset()) -> dict:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in without
    }


def _reference(row: JournalEntry, client_ids: set) -> str:
    """The line that an act added; one drawn at random is only known to be named."""
    known = {f"client:{client_id}" for client_id in client_ids}
    return row.object_ref if row.object_ref in known else row.object_ref.partition(":")[0]


def snapshot(client_ids: set) -> dict[str, list]:
    """Every row, opened, without what is drawn at random or read from the wall clock."""
    lines = []
    for message in Message.objects.order_by("conversation_id", "seq"):
        line = columns(message, without=DROPPED) | {"body": open_body(message)}
        if line["client_id"] not in client_ids:
            line["client_id"] = None
        lines.append(line)
    found = {
        "conversations": [
            columns(row, without=SEALED | RECEIPTS)
            | {
                "motive": open_motive(row),
                "subject": open_subject(row),
                "details": open_details(row),
            }
            for row in Conversation.objects.order_by("pk")
        ],
        "lines": lines,
        "transitions": [
            columns(row, without={"id"})
            for row in Transition.objects.order_by("conversation", "id")
        ],
        "journal": [
            columns(row, without={"id", "at"}) | {"object_ref": _reference(row, client_ids)}
            for row in JournalEntry.objects.filter(conversation_id__isnull=False).order_by(
                "conversation_id", "id"
            )
        ],
        "decisions": [
            columns(row, without={"id", "sealed"}) | {"why": open_decision(row)}
            for row in Decision.objects.order_by("conversation_id")
        ],
        "notices": [
            columns(row, without={"id", "sent_at"})
            for row in Notice.objects.order_by("conversation", "kind")
        ],
        "transmissions": [
            columns(row, without={"id", "sealed"}) | {"told": open_transmission(row)}
            for row in EmergencyTransmission.objects.order_by("conversation")
        ],
        "passages": [
            columns(row, without={"id"} if not row.during_conversation else {"id", "visit"})
            for row in DoorPassage.objects.order_by("at", "sign_code")
        ],
        "situations": [
            {"user": row.user_id, "told": care_situation.recall(row.user)}
            for row in CareSituation.objects.order_by("user")
        ],
    }
    return found


@pytest.mark.django_db(databases=["default", "keys"])
def test_composed_rows_are_those_of_the_real_acts(territory):
    cache.clear()
    build(REGIONS, today=date(2026, 11, 16))
    played = History(end=END, days=60, people=population(patients=120))
    requests = sample(played)
    accounts, staff = played.accounts(), crews(played.departements())
    ensure_keys(request.id for request in requests)
    client_ids = {
        request.client_id(rank) for request in requests for rank in range(len(request.steps) + 1)
    }
    with transaction.atomic():
        acts = Acts(accounts, staff)
        for request in requests:
            acts.play(request)
        real = snapshot(client_ids)
        transaction.set_rollback(True)
    assert not Conversation.objects.exists()

    rows = Rows()
    composer = Composer(Atlas(), accounts, staff)
    ensure_keys(composer.key_owners(requests))
    for request in requests:
        composer.add(request, rows)
    rows.insert()
    composed = snapshot(client_ids)

    assert len(real["conversations"]) == len(requests) > 30
    assert all(real[name] for name in real)
    for name in real:
        assert len(composed[name]) == len(real[name]), name
        for left, right in zip(composed[name], real[name], strict=True):
            differing = {key: (left[key], right[key]) for key in right if left[key] != right[key]}
            assert not differing, name
