"""The guards of tests/conftest.py guard."""

import pytest
from django.conf import settings
from django.db import connections
from django.template import engines


def render(source: str, *, ours: bool) -> str:
    from django.template import Context, Origin, Template

    name = settings.BASE_DIR / "templates" / "x.html" if ours else "/elsewhere/x.html"
    template = Template(source, origin=Origin(str(name)), engine=engines["django"].engine)
    return template.render(Context({"known": "oui"}))


def test_a_missing_variable_fails_in_our_templates():
    with pytest.raises(AssertionError, match="absente"):
        render("{{ missing }}", ours=True)


def test_a_missing_variable_is_left_to_libraries():
    assert render("{{ missing|default:'rien' }}", ours=False) == "rien"


def test_a_known_variable_and_a_question_are_fine():
    assert render("{{ known }}{% if missing %}non{% endif %}", ours=True) == "oui"


@pytest.mark.django_db(transaction=True)
def test_both_databases_are_real_postgresql_18():
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW server_version")
            assert cursor.fetchone()[0].startswith("18.")


RULES_OF_THE_NATION = "SELECT count(*) FROM orientation_rule"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_migrations_wrote_is_there_for_every_test(turn):
    """The first turn destroys it; the second finds it again."""
    with connections["default"].cursor() as cursor:
        cursor.execute(RULES_OF_THE_NATION)
        assert cursor.fetchone()[0] > 0
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM orientation_rule")
        cursor.execute("SET session_replication_role = origin")
