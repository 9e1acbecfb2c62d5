"""What a silence ends, who still reads, which place is proposed, what is declared twice."""

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from comptes.models import User
from messagerie import actions
from messagerie.actions.orienting import OrientRequest
from messagerie.actions.safety import Transmission
from messagerie.contents import CareDetails
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation
from messagerie.states import Outcome, State
from orientation.models import Duty, Membership, Opening, Role, Structure, StructureKind
from orientation.openings import local_day
from orientation.scope import scope_for
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]

SAINT_PAUL = "97415"  # La Réunion


@pytest.fixture
def cpts() -> Structure:
    factories.open_region()
    return factories.StructureFactory()


@pytest.fixture
def lucie(cpts) -> User:
    return factories.professional(cpts, first_name="Lucie")


# --- Silence and reopening


def test_a_reopened_conversation_is_not_closed_by_the_silence_before_it(cpts, lucie):
    now = timezone.now()
    author = factories.patient()
    one = factories.conversation(author, now=now - timedelta(days=6))
    then = now - timedelta(days=6)
    actions.take(one.pk, professional=lucie, scope=scope_for(lucie), now=then)
    actions.close(
        one.pk,
        professional=lucie,
        scope=scope_for(lucie),
        outcome=Outcome.RESOLVED,
        summary="Buvez de l'eau.",
        now=then,
    )
    actions.reopen(one.pk, patient=author, scope=scope_for(author), now=now)
    assert not actions.expire(one.pk, silent_since=now - timedelta(days=3), now=now)
    later = now + timedelta(days=4)
    assert actions.expire(one.pk, silent_since=later - timedelta(days=3), now=later)
    one.refresh_from_db()
    assert one.outcome == Outcome.EXPIRED  # it waited for us


def test_a_conversation_just_taken_is_not_closed_under_the_professional(cpts, lucie):
    now = timezone.now()
    one = factories.conversation(now=now - timedelta(days=6))
    actions.take(one.pk, professional=lucie, scope=scope_for(lucie), now=now)
    assert not actions.expire(one.pk, silent_since=now - timedelta(days=3), now=now)


def test_reopening_promises_anew_and_needs_an_open_territory(cpts, lucie):
    now = timezone.now()
    author = factories.patient()
    one = factories.conversation(author, now=now - timedelta(days=2))
    actions.withdraw(one.pk, patient=author, scope=scope_for(author), now=now - timedelta(days=2))
    again = actions.reopen(one.pk, patient=author, scope=scope_for(author), now=now)
    assert again.promised_before > now
    actions.withdraw(one.pk, patient=author, scope=scope_for(author), now=now)
    Opening.objects.update(closes_on=now.date() - timedelta(days=5))
    with pytest.raises(Refused) as refused:
        actions.reopen(one.pk, patient=author, scope=scope_for(author), now=now)
    assert refused.value.code == RefusalCode.TERRITORY_CLOSED


# --- The day of the territory


def test_the_service_opens_at_midnight_of_the_territory():
    day = date(2027, 3, 1)
    reunion = factories.departement("974")
    factories.open_departement("974", opens_on=day)
    first = datetime(2027, 3, 1, 0, 30, tzinfo=ZoneInfo("Indian/Reunion"))
    assert local_day(reunion, first) == day
    one = factories.conversation(commune=SAINT_PAUL, now=first)
    assert one.state == State.WAITING
    with pytest.raises(Refused) as refused:
        factories.conversation(commune=SAINT_PAUL, now=first - timedelta(hours=1))
    assert refused.value.code == RefusalCode.TERRITORY_CLOSED


# --- Who still reads


def test_who_left_a_structure_no_longer_reads_what_they_held_for_it(cpts, lucie):
    one = factories.taken_conversation(lucie)
    factories.open_region("53")
    elsewhere = factories.StructureFactory(in_rennes=True)
    Membership.objects.create(
        user=lucie, role=Role.PROFESSIONAL, structure=elsewhere, starts_on=factories.SINCE
    )
    visible = Conversation.objects.visible_to
    assert one in visible(scope_for(lucie))
    Membership.objects.filter(structure=cpts).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert one not in visible(scope_for(lucie))


def test_a_duty_counts_only_for_a_professional_of_an_open_structure(cpts, lucie):
    waiting = factories.conversation()
    visible = Conversation.objects.visible_to
    assert waiting in visible(scope_for(lucie))
    other = factories.StructureFactory()
    Membership.objects.create(
        user=lucie, role=Role.PROFESSIONAL, structure=other, starts_on=factories.SINCE
    )
    Membership.objects.filter(structure=cpts).update(role=Role.COORDINATOR)
    assert waiting not in visible(scope_for(lucie))
    Duty.objects.update(structure=other)
    assert waiting in visible(scope_for(lucie))
    Structure.objects.filter(pk=other.pk).update(closed_on=timezone.localdate())
    assert waiting not in visible(scope_for(lucie))


# --- Orientation


def test_the_proposal_read_is_the_proposal_accepted_among_several_places(cpts, lucie):
    factories.StructureFactory()
    for name in ("A", "B", "C"):
        factories.StructureFactory(kind=StructureKind.MAISON_SANTE, name=f"Maison {name}")
    now = timezone.now()
    one = factories.conversation(details=CareDetails(medecin_traitant="NONE"))
    actions.take(one.pk, professional=lucie, scope=scope_for(lucie))
    one.refresh_from_db()
    marks = {
        actions.shown_mark(actions.proposal_for(one, now + timedelta(seconds=n))) for n in range(20)
    }
    assert len(marks) == 1
    card = actions.orient(
        one.pk,
        professional=lucie,
        scope=scope_for(lucie),
        request=OrientRequest(accept=True, shown=marks.pop()),
        now=now + timedelta(seconds=30),
    )
    assert card.accepted


# --- Danger


def test_other_signs_ticked_on_the_same_page_are_declared_too(cpts):
    author = factories.patient()
    one = factories.conversation(author)
    page = uuid.uuid4()
    for signs in (("RF01",), ("RF01",), ("RF01", "RF02")):
        actions.declare_worsening(
            one.pk,
            patient=author,
            scope=scope_for(author),
            sign_codes=signs,
            client_id=page,
        )
    assert one.messages.filter(kind="WORSENING").count() == 2


def test_a_double_click_transmits_once_and_other_words_again(cpts, lucie):
    one = factories.taken_conversation(lucie)
    for place in ("12 rue des Essais", "12 rue des Essais", "14 rue des Essais"):
        actions.transmit_to_15(
            one.pk,
            professional=lucie,
            scope=scope_for(lucie),
            transmission=Transmission("06 39 98 00 11", place, "40 ans", ("RF01",), "15"),
        )
    assert one.emergency_transmissions.count() == 2
    assert one.messages.filter(kind="EMERGENCY").count() == 2
