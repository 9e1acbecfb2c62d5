"""Environment variables are read with their type; a wrong value is one clear sentence."""

import re

import pytest

from config.settings import env
from tests.config.conftest import CHECKOUT

# A reader of the settings and the variable that it reads.
READ = re.compile(
    r"(?:env\.(?:text|secret|boolean|integer|listing|choice|database|redis)|pooled)\(\s*\"([A-Z_]+)\""
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("oui", True), ("TRUE", True), ("0", False), ("non", False), ("", False)],
)
def test_boolean(monkeypatch, value, expected):
    monkeypatch.setenv("SWITCH", value)
    assert env.boolean("SWITCH", not expected) is expected


def test_defaults_stand_when_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTHING", raising=False)
    assert env.boolean("NOTHING", True) is True
    assert env.integer("NOTHING", 3, least=1, most=5) == 3
    assert env.text("NOTHING", "x") == "x"
    assert env.listing("NOTHING", ["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("reader", "value", "words"),
    [
        (lambda: env.boolean("WRONG", False), "peut-être", "WRONG vaut « peut-être »"),
        (lambda: env.integer("WRONG", 1, least=1, most=9), "dix", "un nombre entier"),
        (lambda: env.integer("WRONG", 1, least=1, most=9), "10", "entre 1 et 9"),
        (lambda: env.choice("WRONG", "A", {"A", "B"}), "C", "choisissez parmi A, B"),
        (lambda: env.database("WRONG"), "mysql://u:p@h/b", "doit être de la forme"),
        (lambda: env.database("WRONG"), "postgresql://h:port/b", "est illisible"),
        (lambda: env.database("WRONG"), "postgresql://u:p@h/", "doit être de la forme"),
        (lambda: env.redis("WRONG"), "http://h", "doit être de la forme"),
        (lambda: env.redis("WRONG"), "redis://:secret@h:abc/0", "doit être de la forme"),
    ],
)
def test_a_wrong_value_stops_the_start(monkeypatch, reader, value, words):
    monkeypatch.setenv("WRONG", value)
    with pytest.raises(SystemExit) as refusal:
        reader()
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_address_is_never_repeated_in_a_refusal(monkeypatch):
    monkeypatch.setenv("WRONG", "mysql://user:top-secret@host/base")
    with pytest.raises(SystemExit) as refusal:
        env.database("WRONG")
    assert "top-secret" not in str(refusal.value)


def test_a_missing_value_is_named(monkeypatch):
    monkeypatch.delenv("NEEDED", raising=False)
    with pytest.raises(SystemExit, match="NEEDED manque"):
        env.text("NEEDED")


def test_a_secret_comes_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("valeur\n")
    monkeypatch.delenv("TOKEN", raising=False)
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "secret"))
    assert env.secret("TOKEN") == "valeur"


@pytest.mark.parametrize("content", [None, "", "  \n"])
def test_a_secret_file_that_is_absent_or_empty_is_refused(monkeypatch, tmp_path, content):
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("TOKEN_FILE", str(path))
    with pytest.raises(SystemExit, match="TOKEN_FILE"):
        env.secret("TOKEN")


def test_a_secret_given_twice_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("TOKEN", "a")
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "b"))
    with pytest.raises(SystemExit, match="pas les deux"):
        env.secret("TOKEN")


def test_a_database_address_is_decoded(monkeypatch):
    monkeypatch.setenv("BASE", "postgresql://us%40er:p%2Fw@db.example:6432/b?sslmode=require")
    read = env.database("BASE")
    assert (read["USER"], read["PASSWORD"]) == ("us@er", "p/w")
    assert (read["HOST"], read["PORT"], read["NAME"]) == ("db.example", "6432", "b")
    assert read["OPTIONS"] == {"sslmode": "require"}


def test_every_variable_of_the_settings_is_documented():
    sources = [path.read_text() for path in sorted((CHECKOUT / "config/settings").glob("*.py"))]
    named = {name for source in sources for name in READ.findall(source)}
    assert len(named) > 20
    page = (CHECKOUT / "docs/operations.md").read_text()
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []
