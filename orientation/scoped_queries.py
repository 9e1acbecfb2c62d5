"""What an administrator's scope lets them see of each model; a model without a rule is refused."""

from collections.abc import Callable

from django.db.models import Model, QuerySet

from comptes.models import Professional, User, UserKind
from orientation.models import (
    Commune,
    CommuneCoverage,
    Departement,
    FinancingSetting,
    Membership,
    Opening,
    Region,
    ServiceHours,
    Structure,
)
from orientation.scope import Scope


class UnscopedModel(Exception):
    """No rule says who sees this model: it must not reach a page of administration."""


def people_of(scope: Scope) -> QuerySet[User]:
    """Accounts with a role in the territory; never a patient, whatever the scope."""
    people = User.objects.exclude(kind=UserKind.PATIENT)
    if scope.is_national:
        return people
    return people.filter(pk__in=Membership.objects.visible_to(scope).values("user"))


def _regions(scope: Scope) -> QuerySet[Region]:
    return (
        Region.objects.all()
        if scope.is_national
        else Region.objects.filter(pk__in=scope.region_codes)
    )


def _departements(scope: Scope) -> QuerySet[Departement]:
    return (
        Departement.objects.all()
        if scope.is_national
        else Departement.objects.filter(pk__in=scope.departement_codes)
    )


def _communes(scope: Scope) -> QuerySet[Commune]:
    """Communes of today; arrondissements stand for Paris, Lyon and Marseille."""
    cities = Commune.objects.filter(kind=Commune.Kind.ARM).values("parent")
    communes = Commune.objects.filter(in_force=True).exclude(pk__in=cities)
    if scope.is_national:
        return communes
    return communes.filter(departement__in=scope.departement_codes)


RULES: dict[type[Model], Callable[[Scope], QuerySet]] = {
    User: people_of,
    Professional: lambda scope: Professional.objects.filter(user__in=people_of(scope)),
    Region: _regions,
    Departement: _departements,
    Commune: _communes,
    CommuneCoverage: lambda scope: CommuneCoverage.objects.filter(
        structure__in=Structure.objects.visible_to(scope)
    ).select_related("commune"),
    ServiceHours: lambda scope: ServiceHours.objects.filter(
        opening__in=Opening.objects.visible_to(scope)
    ),
    FinancingSetting: lambda scope: FinancingSetting.objects.filter(
        opening__in=Opening.objects.visible_to(scope)
    ),
}


def visible(model: type[Model], scope: Scope) -> QuerySet:
    """The rows of a model that the scope lets see.

    Raises:
        UnscopedModel: no rule is written for this model.
    """
    manager = model._default_manager
    if hasattr(manager, "visible_to"):
        return manager.visible_to(scope)
    if model not in RULES:
        raise UnscopedModel(model._meta.label)
    return RULES[model](scope)
