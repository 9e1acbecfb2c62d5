"""Scope: what each account may see, from its dated roles alone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from comptes.models import User, UserKind
from orientation.models import Membership, Opening, Role, RuleSet, Structure
from orientation.scope import NOBODY, ROLES_OF_KIND, Level, scope_for
from orientation.scoped_queries import people_of
from tests import factories as make

pytestmark = pytest.mark.django_db

PACA = {"04", "05", "06", "13", "83", "84"}


def test_nobody_is_nobody(two):
    assert scope_for(AnonymousUser()) == NOBODY
    assert scope_for(None) == NOBODY
    disabled = make.professional(two.here.structure, is_active=False)
    assert scope_for(disabled) == NOBODY


def test_a_patient_is_alone():
    user = make.patient()
    scope = scope_for(user)
    assert (scope.level, scope.user_id) == (Level.SELF, user.pk)
    assert not scope.departement_codes
    assert not (scope.is_professional or scope.is_administrator or scope.is_evaluator)


def test_a_professional_has_their_structures_and_duty(two):
    scope = scope_for(two.here.person)
    assert scope.level == Level.STRUCTURE
    assert scope.structure_ids == {two.here.structure.pk}
    assert scope.departement_codes == {"13"}
    assert scope.duty_structure_ids == {two.here.structure.pk}
    off = make.professional(two.here.structure, on_duty=False)
    assert scope_for(off).duty_structure_ids == frozenset()


def test_administrators_have_departments_regions_or_the_nation(two):
    regional = scope_for(two.admin)
    assert (regional.level, set(regional.departement_codes)) == (Level.TERRITORY, PACA)
    local = scope_for(make.regional_administrator(departement="84"))
    assert (set(local.departement_codes), local.region_codes) == ({"84"}, frozenset())
    assert scope_for(two.nation).is_national
    assert scope_for(make.evaluator()).is_national
    assert scope_for(make.evaluator("93")).level == Level.TERRITORY


@pytest.mark.parametrize(
    ("starts", "ends", "active"),
    [(0, 0, True), (-1, None, True), (1, None, False), (-2, -1, False), (-2, 0, True)],
)
def test_a_role_counts_on_its_days_only(two, starts, ends, active):
    today = timezone.localdate()
    Membership.objects.filter(user=two.admin).update(
        starts_on=today + timedelta(days=starts),
        ends_on=None if ends is None else today + timedelta(days=ends),
    )
    assert scope_for(two.admin).is_administrator is active


@pytest.mark.parametrize("kind", UserKind.values)
@pytest.mark.parametrize("role", Role.values)
def test_a_role_of_another_kind_of_account_gives_nothing(two, kind, role):
    """Even a row written by hand in the base does not make a patient a professional."""
    user = make.UserFactory(kind=kind)
    place = {
        Role.PROFESSIONAL: {"structure": two.here.structure},
        Role.COORDINATOR: {"structure": two.here.structure},
        Role.REGIONAL_ADMIN: {"region_id": "93"},
    }.get(role, {})
    Membership.objects.create(user=user, role=role, starts_on=make.SINCE, **place)
    roles = scope_for(user).roles
    assert roles == (frozenset({role}) if role in ROLES_OF_KIND[kind] else frozenset())


def test_querysets_follow_the_scope(two):
    mine, nation = scope_for(two.admin), scope_for(two.nation)
    for model, own, other in (
        (Structure, two.here.structure, two.elsewhere.structure),
        (Membership, two.here.membership, two.elsewhere.membership),
        (Opening, two.here.opening, two.elsewhere.opening),
        (RuleSet, two.here.rule_set, two.elsewhere.rule_set),
    ):
        seen = model.objects.visible_to(mine)
        assert own in seen
        assert other not in seen
        assert {own, other} <= set(model.objects.visible_to(nation))


def test_people_are_of_the_territory_and_never_patients(two):
    patient = make.patient()
    Membership.objects.create(
        user=patient,
        role=Role.PROFESSIONAL,
        structure=two.here.structure,
        starts_on=make.SINCE,
    )
    mine = people_of(scope_for(two.admin))
    assert two.here.person in mine
    assert two.elsewhere.person not in mine
    assert patient not in mine
    assert not people_of(scope_for(two.nation)).filter(kind=UserKind.PATIENT).exists()
    assert isinstance(mine.first(), User)


def test_a_scope_costs_few_queries(two, django_assert_max_num_queries):
    for user in (two.here.person, two.admin, two.nation):
        with django_assert_max_num_queries(2):
            scope_for(user)
