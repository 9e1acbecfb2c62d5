"""What all tests share: real databases, and guards that fail on what a person would suffer from.

The throwaway PostgreSQL and Valkey are started by config.settings.test.
"""

import inspect
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.template import engines
from django.test import Client, TransactionTestCase
from hypothesis import settings as hypothesis_settings

from orientation.models.territory import REFERENCE_TABLES
from tests import signing

hypothesis_settings.register_profile("steady", derandomize=True, deadline=None, max_examples=100)
hypothesis_settings.load_profile("steady")

# --- Databases


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Content and its keys live apart: a test that may touch one may touch both."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if mark is None and not fixtures & {"db", "transactional_db"}:
            continue
        asked = dict(mark.kwargs) if mark else {"transaction": "transactional_db" in fixtures}
        item.add_marker(pytest.mark.django_db(**{"databases": "__all__"} | asked), append=False)


# Rows that migrations or the territory's load wrote once: emptying them would cost seconds.
KEPT_TABLES = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    *REFERENCE_TABLES,
}

# What migrations wrote besides (the default rules) is copied aside once, and put back each time.
SET_ASIDE = """
DO $$
DECLARE
    one record;
    filled boolean;
BEGIN
    CREATE SCHEMA seed;
    FOR one IN SELECT tablename FROM pg_tables
               WHERE schemaname = 'public' AND NOT tablename = ANY ('{kept}')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.tablename) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE seed.%1$I AS TABLE public.%1$I', one.tablename);
        END IF;
    END LOOP;
END $$
"""

# Triggers and foreign keys sleep meanwhile: the journal refuses DELETE from everybody else.
EMPTY_ALL_TABLES = """
DO $$
DECLARE
    one record;
    filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables
               WHERE schemaname = 'public' AND NOT tablename = ANY ('{kept}')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.tablename) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM %I', one.tablename);
        END IF;
    END LOOP;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'seed'
    LOOP
        EXECUTE format('INSERT INTO public.%1$I SELECT * FROM seed.%1$I', one.tablename);
    END LOOP;
END $$
"""


def _run_everywhere(aliases, sql: str) -> None:
    kept = "{" + ",".join(sorted(KEPT_TABLES)) + "}"
    for alias in aliases:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql.replace("{kept}", kept))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Both databases, migrated; what migrations wrote is set aside."""
    with django_db_blocker.unblock():
        _run_everywhere(connections, SET_ASIDE)


def _empty_tables(self: TransactionTestCase) -> None:
    """In place of Django's flush, after each test that really commits."""
    _run_everywhere(self._databases_names(include_mirrors=False), EMPTY_ALL_TABLES)


TransactionTestCase._fixture_teardown = _empty_tables


@pytest.fixture(scope="session")
def territory(django_db_setup, django_db_blocker):
    """The whole reference territory, loaded once and kept through the session."""
    with django_db_blocker.unblock():
        call_command("load_territory", verbosity=0)


# --- Signing in: `force_login` stands for the whole sign-in, second factor included

Client.force_login = signing.force_login


# --- Templates: a name that the view did not give is an error, in our own templates


class UndefinedVariable(str):
    """Stands for a missing variable. Django looks at its truth, then formats it."""

    def _is_ours(self) -> bool:
        frame = inspect.currentframe()
        while frame is not None:
            if frame.f_code.co_name == "render_annotated":
                origin = getattr(frame.f_locals["self"], "origin", None)
                return Path(str(getattr(origin, "name", ""))).is_relative_to(
                    settings.BASE_DIR / "templates"
                )
            frame = frame.f_back
        return False

    def __bool__(self) -> bool:
        return self._is_ours()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        raise AssertionError(f"Le gabarit nomme une variable absente : {variable}")


engines["django"].engine.string_if_invalid = UndefinedVariable()
