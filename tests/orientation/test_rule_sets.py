"""Drafts and publications of rules: by whom, from when, and what never changes."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from comptes.models import Act, JournalEntry
from orientation import rule_sets
from orientation.engine import rule_set_in_force
from orientation.models import Departement, Region, Rule, RuleSet, RuleSetState
from orientation.rule_sets import RulesRefused
from orientation.rules import DEFAULT_RULES, Condition, Destination, describe
from orientation.scope import scope_for
from tests.orientation.admin_pages import text, url

pytestmark = pytest.mark.django_db


def add(rule_set: RuleSet, position: int, **fields: object) -> Rule:
    values = {"condition": Condition.ALWAYS, "destination": Destination.SAS} | fields
    return Rule.objects.create(rule_set=rule_set, position=position, **values)


def publish(rule_set: RuleSet, admin, **changes: object) -> RuleSet:
    values = {"effective_from": timezone.now(), "scope": scope_for(admin), "by": admin} | changes
    return rule_sets.publish(rule_set, **values)


def test_a_draft_is_published_once_and_journaled(two):
    draft = publish(two.here.rule_set, two.admin)
    assert (draft.state, draft.published_by) == (RuleSetState.PUBLISHED, two.admin)
    line = JournalEntry.objects.get(act=Act.RULES_PUBLISHED)
    assert line.object_ref == f"orientation.ruleset:{draft.pk}"
    with pytest.raises(RulesRefused, match="déjà publié"):
        publish(two.here.rule_set, two.admin)
    departement = Departement.objects.get(pk="13")
    assert rule_set_in_force(departement, timezone.now()) == draft


def test_a_published_set_never_changes(two):
    draft = publish(two.here.rule_set, two.admin)
    rule = draft.rules.get()
    for act in (
        lambda: RuleSet.objects.filter(pk=draft.pk).update(name="Autre"),
        lambda: Rule.objects.filter(pk=rule.pk).update(position=99),
        rule.delete,
        lambda: add(draft, 20),
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            act()


def test_the_past_is_not_rewritten(two):
    with pytest.raises(RulesRefused, match="à venir"):
        publish(two.here.rule_set, two.admin, effective_from=timezone.now() - timedelta(hours=1))
    later = timezone.now() + timedelta(days=3)
    draft = publish(two.here.rule_set, two.admin, effective_from=later)
    departement = Departement.objects.get(pk="13")
    assert rule_set_in_force(departement, timezone.now()) != draft
    assert rule_set_in_force(departement, later) == draft


def test_a_set_that_may_not_be_kept_is_not_published(two):
    draft = two.here.rule_set
    add(draft, 5, condition=Condition.MOTIVE_IN, params={"motives": ["SUIVI"]})
    with pytest.raises(RulesRefused, match="Règle 5 : Un motif ne peut pas"):
        publish(draft, two.admin)
    draft.rules.all().delete()
    with pytest.raises(RulesRefused, match="pas de règle"):
        publish(draft, two.admin)


def test_nobody_publishes_elsewhere(two):
    national = RuleSet.objects.create(name="Nation", version=90)
    add(national, 10)
    for draft in (two.elsewhere.rule_set, national):
        with pytest.raises(RulesRefused, match="pas le vôtre"):
            publish(draft, two.admin)
    assert publish(national, two.nation).state == RuleSetState.PUBLISHED


def test_a_copy_is_a_draft_of_one_s_own_territory(two):
    source = publish(two.here.rule_set, two.admin)
    place = {"region": Region.objects.get(pk="93"), "departement": None}
    draft = rule_sets.copy_as_draft(source, **place, scope=scope_for(two.admin), by=two.admin)
    assert (draft.state, draft.version) == (RuleSetState.DRAFT, 2)
    assert [str(rule) for rule in draft.rules.all()] == [str(rule) for rule in source.rules.all()]
    for foreign in ({"region": Region.objects.get(pk="53")}, {"region": None}):
        with pytest.raises(RulesRefused):
            rule_sets.copy_as_draft(
                source,
                **(place | foreign),
                scope=scope_for(two.admin),
                by=two.admin,
            )


# --- The national rules that the migration publishes


def test_the_first_national_rules_are_those_of_the_product(two):
    from importlib import import_module

    from django.apps import apps
    from django.db import connection

    migration = import_module("orientation.migrations.0005_default_rules")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        RuleSet.objects.filter(region=None, departement=None).delete()
        cursor.execute("SET LOCAL session_replication_role = origin")
    with connection.schema_editor() as editor:
        migration.publish(apps, editor)
        migration.publish(apps, editor)
    national = RuleSet.objects.get(region=None, departement=None)
    assert national.state == RuleSetState.PUBLISHED
    assert [describe(rule.spec()) for rule in national.rules.order_by("position")] == [
        describe(rule) for rule in DEFAULT_RULES
    ]
    assert rule_sets.notes(national) == ()


# --- The pages


def rule_form(rule_set: RuleSet, *rows: dict[str, object]) -> dict[str, object]:
    form: dict[str, object] = {
        "name": rule_set.name,
        "rules-TOTAL_FORMS": len(rows),
        "rules-INITIAL_FORMS": 0,
        "rules-MIN_NUM_FORMS": 0,
        "rules-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        form |= {f"rules-{number}-{name}": value for name, value in row.items()}
    return form


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"condition": "AGE_UNDER", "precision": "3", "destination": "CPTS"}, {"years": 3}),
        (
            {"condition": "COMMUNE_IN", "precision": "13201, 01003", "destination": "CPTS"},
            {"communes": ["13201", "01165"]},
        ),
        (
            {"condition": "MOTIVE_IN", "precision": "SUIVI", "destination": "MEDECIN_TRAITANT"},
            {"motives": ["SUIVI"]},
        ),
        ({"condition": "AGE_UNDER", "precision": "trois", "destination": "CPTS"}, "un âge"),
        ({"condition": "COMMUNE_IN", "precision": "99999", "destination": "CPTS"}, "99999"),
        ({"condition": "MOTIVE_IN", "precision": "FIEVRE", "destination": "CPTS"}, "FIEVRE"),
        ({"condition": "ALD", "precision": "3", "destination": "CPTS"}, "pas de précision"),
        ({"condition": "ALWAYS", "precision": "", "destination": "NUMBER"}, "numéro d&#x27;urg"),
    ],
)
def test_a_rule_is_written_in_plain_words(two, row, said):
    draft = two.here.rule_set
    response = two.client().post(
        url(RuleSet, "change", draft.pk), rule_form(draft, {"position": 5, **row})
    )
    if isinstance(said, dict):
        assert response.status_code == 302, text(response)
        assert draft.rules.get(position=5).params == said
    else:
        assert said in text(response)
        assert draft.rules.count() == 1


def test_published_and_national_sets_are_read_as_sentences(two):
    published = publish(two.here.rule_set, two.admin)
    page = text(two.client().get(url(RuleSet, "change", published.pk)))
    assert "Dans tous les autres cas, proposer le service d" in page
    form = rule_form(published, {"position": 5, "condition": "ALD", "destination": "CPTS"})
    assert two.client().post(url(RuleSet, "change", published.pk), form).status_code == 403
    assert two.client().get(url(RuleSet, "delete", published.pk)).status_code == 403
    national = RuleSet.objects.create(name="Nation", version=90)
    assert two.client().get(url(RuleSet, "change", national.pk)).status_code == 200
    assert two.client().post(url(RuleSet, "change", national.pk), form).status_code == 403


def test_an_empty_draft_does_not_offer_to_publish(two):
    draft = two.here.rule_set
    page = url(RuleSet, "change", draft.pk)
    assert f"/{draft.pk}/publier/" in text(two.client().get(page))
    draft.rules.all().delete()
    assert f"/{draft.pk}/publier/" not in text(two.client().get(page))


def test_the_acts_have_their_pages(two):
    client, draft = two.client(), two.here.rule_set
    base = f"/administration/orientation/ruleset/{draft.pk}"
    asked = text(client.get(f"{base}/publier/"))
    assert "Dans tous les autres cas" in asked
    assert re.search(
        r'type="time"[^>]* value="\d\d:\d\d"|value="\d\d:\d\d"[^>]* type="time"', asked
    )
    past = {"effective_from_0": "2020-01-01", "effective_from_1": "10:00"}
    assert "à venir" in text(client.post(f"{base}/publier/", past))
    later = {"effective_from_0": "2099-01-01", "effective_from_1": "10:00"}
    assert client.post(f"{base}/publier/", later).status_code == 302
    draft.refresh_from_db()
    assert draft.state == RuleSetState.PUBLISHED
    assert client.post(f"{base}/dupliquer/", {"territory": "FR"}).status_code == 200
    assert client.post(f"{base}/dupliquer/", {"territory": "R-53"}).status_code == 200
    assert client.post(f"{base}/dupliquer/", {"territory": "D-84"}).status_code == 302
    assert RuleSet.objects.filter(departement="84", version=1).exists()


def test_the_acts_of_foreign_sets_do_not_exist(two):
    base = f"/administration/orientation/ruleset/{two.elsewhere.rule_set.pk}"
    for act in ("publier", "dupliquer"):
        assert two.client().get(f"{base}/{act}/").status_code == 404
        assert two.client().post(f"{base}/{act}/", {"territory": "R-93"}).status_code == 404
