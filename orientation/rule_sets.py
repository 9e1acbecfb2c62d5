"""Drafts and publications of rules: the only writer of published sets.

A published version never changes. One changes the rules by copying a set into a draft, working
on the draft, and publishing it with a date.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from comptes.journal import record
from comptes.models import Act, User
from orientation.models import Departement, Region, Rule, RuleSet, RuleSetState
from orientation.rule_specs import RuleError, check_rule, findings
from orientation.scope import Scope

GRACE = timedelta(minutes=5)  # a form filled in slowly still means "now"


class RulesRefused(Exception):
    """What cannot be done with a rule set. The message is French, for the administrator."""


def owns(scope: Scope, rule_set: RuleSet) -> bool:
    """Whether this scope may write rules of that territory; the national ones are the nation's."""
    if scope.is_national:
        return True
    return (
        rule_set.region_id in scope.region_codes
        or rule_set.departement_id in scope.departement_codes
    )


def next_version(region: Region | None, departement: Departement | None) -> int:
    """The number of the next version of a territory."""
    last = RuleSet.objects.filter(region=region, departement=departement)
    return (last.aggregate(last=Max("version"))["last"] or 0) + 1


def notes(rule_set: RuleSet) -> tuple[str, ...]:
    """What an administrator should know about a set, in French."""
    return findings(rule.spec() for rule in rule_set.rules.all())


def copy_as_draft(
    source: RuleSet,
    *,
    region: Region | None,
    departement: Departement | None,
    scope: Scope,
    by: User,
) -> RuleSet:
    """A draft of a territory with the rules of `source`, ready to be changed.

    Raises:
        RulesRefused: the territory is not one's own.
    """
    draft = RuleSet(
        name=source.name,
        region=region,
        departement=departement,
        version=next_version(region, departement),
    )
    if not owns(scope, draft):
        raise RulesRefused("Ce territoire n'est pas le vôtre.")
    with transaction.atomic():
        draft.save()
        Rule.objects.bulk_create(
            Rule(
                rule_set=draft,
                position=rule.position,
                condition=rule.condition,
                params=rule.params,
                destination=rule.destination,
            )
            for rule in source.rules.order_by("position")
        )
        record(Act.ADMIN_ADDED, actor=by, object_ref=f"orientation.ruleset:{draft.pk}")
    return draft


def publish(
    draft: RuleSet, *, effective_from: datetime, scope: Scope, by: User, now: datetime | None = None
) -> RuleSet:
    """Publish a draft from a date on; the past keeps the rules it had.

    Raises:
        RulesRefused: not one's own, already published, without rules, with a rule that may not
            be kept, or from a past date.
    """
    now = now or timezone.now()
    if not owns(scope, draft):
        raise RulesRefused("Ce territoire n'est pas le vôtre.")
    if effective_from < now - GRACE:
        raise RulesRefused("Choisissez une date à venir : les décisions passées ne changent pas.")
    rules = list(draft.rules.order_by("position"))
    if not rules:
        raise RulesRefused("Ce brouillon n'a pas de règle.")
    for rule in rules:
        try:
            check_rule(rule.spec())
        except RuleError as error:
            raise RulesRefused(f"Règle {rule.position} : {error}") from None
    with transaction.atomic():
        published = RuleSet.objects.filter(pk=draft.pk, state=RuleSetState.DRAFT).update(
            state=RuleSetState.PUBLISHED,
            effective_from=max(effective_from, now),
            published_at=now,
            published_by=by,
        )
        if not published:
            raise RulesRefused("Ce jeu de règles est déjà publié.")
        record(Act.RULES_PUBLISHED, actor=by, object_ref=f"orientation.ruleset:{draft.pk}")
    draft.refresh_from_db()
    return draft
