"""bin/check: style, format, types, production settings, missing migrations."""

import os
import subprocess
import sys
import tempfile
import time

from config.start import say
from config.start.instance import CHECKOUT

# The modules that hold rules without a database: types say what goes in and out.
PURE = [
    "messagerie/states.py",
    "messagerie/danger*.py",
    "messagerie/archive.py",
    "orientation/rules.py",
    "evaluation/indicators.py",
]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "DATABASE_URL": "postgresql://service:x@base.invalid/messagerie",
    "KEYS_DATABASE_URL": "postgresql://service:x@cles.invalid/cles",
    "REDIS_URL": "redis://redis.invalid:6379/0",
    "SECRET_KEY": "verification-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG",
    "KEY_FILE": "/nulle-part/cles.json",
    "EMBEDDED_KEYS_ACCEPTED": "1",
    "ALLOWED_HOSTS": "messagerie-sante.invalid",
    "ATTACHMENTS_DIR": "/nulle-part/pieces",
    "EMAIL_HOST": "courriel.invalid",
    "DEFAULT_FROM_EMAIL": "ne-pas-repondre@messagerie-sante.invalid",
}
PRODUCTION_ONLY = ("DEMO_MODE", "LOCAL_MAILBOX", "DEBUG", "EMBEDDED_SERVERS", "SECRET_KEY_FILE")


def production_environment() -> dict[str, str]:
    """A complete production environment that leads nowhere."""
    kept = {name: value for name, value in os.environ.items() if name not in PRODUCTION_ONLY}
    return kept | PRODUCTION


def commands() -> list[tuple[str, list[str], dict[str, str]]]:
    """Title, command and environment of each check."""
    python = sys.executable
    pure = sorted(str(path.relative_to(CHECKOUT)) for p in PURE for path in CHECKOUT.glob(p))
    ours = dict(os.environ)
    test = ours | {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    return [
        ("Style", [python, "-m", "ruff", "check", "."], ours),
        ("Format", [python, "-m", "ruff", "format", "--check", "."], ours),
        ("Types des modules purs", [python, "-m", "mypy", *pure], ours),
        ("Réglages de production", [python, "manage.py", *deploy], production_environment()),
        (
            "Migrations",
            [python, "manage.py", "makemigrations", "--check", "--dry-run"],
            test,
        ),
    ]


def run_all() -> int:
    """Run every check, even after one fails; 1 when one failed."""
    (CHECKOUT / "var" / "static-build").mkdir(parents=True, exist_ok=True)
    failed = 0
    for title, command, env in commands():
        began = time.monotonic()
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            code = subprocess.run(
                command, cwd=CHECKOUT, env=env, stdout=output, stderr=subprocess.STDOUT
            ).returncode
            duration = say.seconds(time.monotonic() - began)
            say.line(f"{title} : {'non' if code else 'oui'} ({duration})")
            if code:
                failed = 1
                output.seek(0)
                say.line(output.read().rstrip())
    return failed


def main() -> None:
    """The command line."""
    sys.exit(run_all())


if __name__ == "__main__":
    main()
