"""The rights of the live paths are those of the querysets, and a stamp tells every change."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from comptes.models import User
from messagerie import actions
from messagerie.models import Conversation
from messagerie.rights import COLUMNS, Row, covers, side_of
from messagerie.states import Outcome
from orientation.models import Duty, Membership, Role, Structure
from orientation.scope import scope_for
from orientation.standing import stamps_statement
from tests import factories
from tests.signing import session_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]


def row_of(conversation: Conversation) -> Row:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM messagerie_conversation WHERE id = %s", [conversation.pk]
        )
        return Row(*cursor.fetchone())


def everybody(marseille: Structure, rennes: Structure) -> list[User]:
    """One person of each kind, here and elsewhere, on duty and off."""
    off = factories.professional(marseille, first_name="Sami")
    Duty.objects.filter(user=off).update(ended_at=timezone.now())
    left = factories.professional(marseille, first_name="Inès")
    Membership.objects.filter(user=left).update(
        starts_on="2026-01-01", ends_on=timezone.localdate() - timedelta(days=1)
    )
    return [
        factories.professional(marseille, first_name="Lucie"),
        factories.professional(rennes, first_name="Erwan"),
        off,
        left,
        factories.patient(),
        factories.patient(),
        factories.coordinator(marseille),
        factories.regional_administrator("93"),
        factories.national_administrator(),
        factories.evaluator(),
        User(),
    ]


def test_covers_is_visible_to():
    """Every person against every conversation: here and elsewhere, waiting, held, closed."""
    factories.open_region()
    factories.open_region("53")
    marseille = factories.StructureFactory()
    rennes = factories.StructureFactory(in_rennes=True)
    people = everybody(marseille, rennes)
    lucie, erwan, _, _, camille, other, *_ = people
    talks = [
        factories.conversation(camille),
        factories.conversation(other, commune=factories.RENNES),
        factories.taken_conversation(lucie, camille),
        factories.taken_conversation(erwan, other, commune=factories.RENNES),
    ]
    ended = factories.taken_conversation(lucie, other)
    actions.close(
        ended.pk,
        professional=lucie,
        scope=scope_for(lucie),
        outcome=Outcome.RESOLVED,
        summary="Reposez-vous.",
    )
    found = set()
    for person, talk in product(people, [*talks, ended]):
        scope = scope_for(person)
        expected = Conversation.objects.visible_to(scope).filter(pk=talk.pk).exists()
        row = row_of(talk)
        assert covers(row, scope) is expected, (person.kind, talk.state)
        assert side_of(row, scope) is None or expected
        found.add(expected)
    assert found == {True, False}


def stamp(session: str, user: User) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(*stamps_statement([(session, user.pk)]))
        row = cursor.fetchone()
    return row[1] if row else None


def end_duty(user: User) -> None:
    Duty.objects.filter(user=user).update(ended_at=timezone.now())


def start_duty(user: User) -> None:
    end_duty(user)
    place = Membership.objects.get(user=user).structure
    Duty.objects.create(user=user, structure=place, started_at=timezone.now())


def end_role(user: User) -> None:
    Membership.objects.filter(user=user).update(ends_on=timezone.localdate())


def add_role(user: User) -> None:
    place = Membership.objects.get(user=user).structure
    Membership.objects.create(
        user=user, role=Role.COORDINATOR, structure=place, starts_on=timezone.localdate()
    )


def lose_role(user: User) -> None:
    Membership.objects.filter(user=user).delete()


def close_structure(user: User) -> None:
    place = Membership.objects.get(user=user).structure
    Structure.objects.filter(pk=place.pk).update(closed_on=timezone.localdate())


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User) -> None:
    user.set_password("un autre mot de passe")
    user.save()


def touch_session(user: User) -> None:
    for row in Session.objects.all():
        Session.objects.filter(pk=row.pk).update(session_data=row.session_data + "x")


@pytest.mark.parametrize(
    "change",
    [
        end_duty,
        start_duty,
        end_role,
        add_role,
        lose_role,
        close_structure,
        disable,
        change_password,
        touch_session,
    ],
)
def test_a_stamp_tells_every_change(change: Callable[[User], None]):
    lucie = factories.professional(factories.StructureFactory())
    session = session_of(lucie)
    before = stamp(session, lucie)
    assert before is not None
    assert stamp(session, lucie) == before
    with transaction.atomic():  # a transaction of its own, as any change is
        change(lucie)
    assert stamp(session, lucie) not in (before, None)


@pytest.mark.parametrize("end", ["logout", "term"])
def test_a_session_that_ended_has_no_stamp(end: str):
    camille = factories.patient()
    session = session_of(camille)
    assert stamp(session, camille) is not None
    if end == "logout":
        Session.objects.filter(pk=session).delete()
    else:
        Session.objects.filter(pk=session).update(expire_date=timezone.now())
    assert stamp(session, camille) is None


def test_what_others_do_moves_no_stamp():
    place = factories.StructureFactory()
    lucie, sami = factories.professional(place), factories.professional(place)
    session = session_of(lucie)
    before = stamp(session, lucie)
    for change in (end_duty, end_role, disable, change_password):
        change(sami)
    session_of(sami)
    assert stamp(session, lucie) == before
    assert stamp(str(uuid4()), lucie) is None
