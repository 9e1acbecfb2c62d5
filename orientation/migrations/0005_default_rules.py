"""The national rules of the first day, published: without them no place would have any.

The values are copied here and stay as they were, whatever the code becomes.
"""

from datetime import UTC, datetime

from django.db import migrations

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
RULES = [
    (10, "DECLARED_SIGN", "NUMBER"),
    (20, "MEDECIN_TRAITANT_REACHABLE", "MEDECIN_TRAITANT"),
    (30, "OTHER_OPEN", "OTHER_PROFESSIONAL"),
    (40, "CPTS_OPEN", "CPTS"),
    (50, "ALWAYS", "SAS"),
]


def publish(apps, schema_editor):
    if schema_editor.connection.alias != "default":
        return
    rule_set = apps.get_model("orientation", "RuleSet").objects
    rule = apps.get_model("orientation", "Rule").objects
    if rule_set.filter(region=None, departement=None, state="PUBLISHED").exists():
        return
    version = rule_set.filter(region=None, departement=None).count() + 1
    national = rule_set.create(name="Règles nationales", version=version, state="DRAFT")
    for position, condition, destination in RULES:
        rule.create(
            rule_set=national, position=position, condition=condition, destination=destination
        )
    rule_set.filter(pk=national.pk).update(
        state="PUBLISHED", effective_from=SINCE, published_at=SINCE
    )


class Migration(migrations.Migration):
    dependencies = [("orientation", "0004_invited_role")]
    # Nothing to undo: a published set never changes, and decisions point at it.
    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
