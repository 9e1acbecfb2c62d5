"""A published rule set and its rules never change: decisions point at them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION rule_set_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'PUBLISHED' THEN
        RAISE EXCEPTION 'a published rule set never changes' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_set_published BEFORE UPDATE OR DELETE ON orientation_ruleset
    FOR EACH ROW EXECUTE FUNCTION rule_set_refuse_change();

CREATE FUNCTION rule_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    touched := CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.rule_set_id]
        WHEN 'DELETE' THEN ARRAY[OLD.rule_set_id]
        ELSE ARRAY[OLD.rule_set_id, NEW.rule_set_id]
    END;
    PERFORM 1 FROM orientation_ruleset WHERE id = ANY(touched) AND state = 'PUBLISHED';
    IF FOUND THEN
        RAISE EXCEPTION 'a rule of a published set never changes' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_published BEFORE INSERT OR UPDATE OR DELETE ON orientation_rule
    FOR EACH ROW EXECUTE FUNCTION rule_refuse_change();
"""
BACKWARD = """
DROP TRIGGER rule_published ON orientation_rule;
DROP FUNCTION rule_refuse_change();
DROP TRIGGER rule_set_published ON orientation_ruleset;
DROP FUNCTION rule_set_refuse_change();
"""


def run(sql):
    """Run a script in the main database only."""

    def apply(apps, schema_editor):
        if schema_editor.connection.alias == "default":
            schema_editor.execute(sql)

    return apply


class Migration(migrations.Migration):
    dependencies = [("orientation", "0002_initial")]
    operations = [migrations.RunPython(run(FORWARD), run(BACKWARD))]
