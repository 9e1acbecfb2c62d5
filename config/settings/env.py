"""Typed readers of environment variables. A wrong value stops the start with one sentence.

A secret may come from NAME, or from the file named by NAME_FILE (as orchestrators mount them).
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

TRUE = {"1", "true", "yes", "on", "oui"}
FALSE = {"0", "false", "no", "off", "non", ""}


class ConfigurationError(SystemExit):
    """Refusal to start. As a SystemExit, it prints its sentence alone and gives exit code 1."""


def text(name: str, default: str | None = None) -> str:
    """The value of `name`; required when there is no default."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ConfigurationError(f"La variable {name} manque : le service ne peut pas démarrer.")
    return default


def secret(name: str, default: str | None = None) -> str:
    """The value of `name`, or the content of the file named by `name`_FILE."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path and os.environ.get(name):
        raise ConfigurationError(f"Donnez {name} ou {name}_FILE, pas les deux.")
    if not path:
        return text(name, default)
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"Le fichier {path}, donné par {name}_FILE, est illisible "
            f"({type(error).__name__}) : corrigez le chemin ou les droits."
        ) from None
    if not value:
        raise ConfigurationError(f"Le fichier {path}, donné par {name}_FILE, est vide.")
    return value


def boolean(name: str, default: bool) -> bool:
    """1/true/yes/on/oui or 0/false/no/off/non."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ConfigurationError(f"{name} vaut « {value} » : écrivez 1 (oui) ou 0 (non).")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number between `least` and `most`."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ConfigurationError(f"{name} vaut « {value} » : écrivez un nombre entier.") from None
    if not least <= number <= most:
        raise ConfigurationError(f"{name} vaut {number} : il faut entre {least} et {most}.")
    return number


def choice(name: str, default: str, among: Iterable[str]) -> str:
    """One of the values of `among`."""
    value = text(name, default)
    known = sorted(among)
    if value not in known:
        raise ConfigurationError(f"{name} vaut « {value} » : choisissez parmi {', '.join(known)}.")
    return value


def listing(name: str, default: Iterable[str] | None = None) -> list[str]:
    """Values separated by commas; required when there is no default."""
    value = text(name, None if default is None else ",".join(default))
    return [part.strip() for part in value.split(",") if part.strip()]


def database(name: str) -> dict[str, Any]:
    """A Django database from postgresql://user:password@host:port/base?sslmode=…"""
    url = secret(name)
    example = "postgresql://utilisateur:motdepasse@hote:5432/base"
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        raise ConfigurationError(f"{name} est illisible : écrivez {example}.") from None
    base = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname or not base:
        raise ConfigurationError(f"{name} doit être de la forme {example}.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": base,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(port),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def listener(name: str) -> str:
    """Where a program listens (host:port, or the path of a Unix socket); "" when unset."""
    value = text(name, "")
    if not value or value.startswith("/"):
        return value
    host, _, port = value.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigurationError(
            f"{name} vaut « {value} » : écrivez hote:port, ou le chemin d'une prise Unix."
        )
    return value


def redis(name: str) -> str:
    """The address of Redis or Valkey: redis://…, or rediss://… with TLS."""
    url = secret(name)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ConfigurationError(f"{name} doit être de la forme redis://:motdepasse@hote:6379/0.")
    return url
