"""Nobody waits for a professional who has gone: the machine hands the question back."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.models import Conversation
from messagerie.states import State
from messagerie.tasks import release_left
from orientation.models import Duty, Membership
from orientation.scope import scope_for
from tests import factories as make


@pytest.fixture
def nurse(territory, db):
    make.open_region()
    return make.professional(make.StructureFactory())


@pytest.fixture
def held(nurse) -> Conversation:
    return make.taken_conversation(nurse)


def state_of(conversation: Conversation) -> str:
    return Conversation.objects.values_list("state", flat=True).get(pk=conversation.pk)


def test_a_held_conversation_stays_with_who_is_there(held):
    assert release_left() == 0
    assert state_of(held) == State.IN_PROGRESS


def test_a_disabled_account_lets_go(held, nurse):
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    assert release_left() == 1
    assert state_of(held) == State.WAITING
    line = JournalEntry.objects.get(act=Act.CONVERSATION_RETURNED)
    assert line.actor_id is None
    assert release_left() == 0


def test_leaving_the_structure_lets_go(held, nurse):
    Membership.objects.filter(user=nurse).update(
        starts_on=date(2026, 1, 1), ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert release_left() == 1
    assert state_of(held) == State.WAITING


def test_off_duty_lets_go_only_when_the_patient_has_waited(held, nurse):
    now = timezone.now()
    patient = held.patient
    actions.post(
        held.pk,
        author=patient,
        scope=scope_for(patient),
        client_id=make.uuid.uuid4(),
        body="Et si cela revient ?",
        now=now,
    )
    Duty.objects.filter(user=nurse).update(ended_at=now)
    assert not actions.release(held.pk, now=now + timedelta(hours=1))
    assert actions.release(held.pk, now=now + timedelta(hours=3))
    assert state_of(held) == State.WAITING


def test_off_duty_keeps_what_is_answered(held, nurse):
    now = timezone.now()
    Duty.objects.filter(user=nurse).update(ended_at=now)
    assert not actions.release(held.pk, now=now + timedelta(days=1))
