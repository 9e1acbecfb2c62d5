"""The journal is only added to: a trigger refuses any change, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON comptes_journalentry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_change();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON comptes_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change();
CREATE TRIGGER journal_seal_append_only BEFORE UPDATE OR DELETE ON comptes_journalseal
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_change();
CREATE TRIGGER journal_seal_no_truncate BEFORE TRUNCATE ON comptes_journalseal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change();
"""
BACKWARD = """
DROP TRIGGER journal_append_only ON comptes_journalentry;
DROP TRIGGER journal_no_truncate ON comptes_journalentry;
DROP TRIGGER journal_seal_append_only ON comptes_journalseal;
DROP TRIGGER journal_seal_no_truncate ON comptes_journalseal;
DROP FUNCTION journal_refuse_change();
"""


def run(sql):
    """Run a script in the main database only: the keys database has no journal."""

    def apply(apps, schema_editor):
        if schema_editor.connection.alias == "default":
            schema_editor.execute(sql)

    return apply


class Migration(migrations.Migration):
    dependencies = [("comptes", "0001_initial")]
    operations = [migrations.RunPython(run(FORWARD), run(BACKWARD))]
