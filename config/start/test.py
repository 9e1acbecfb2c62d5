"""bin/test: checks, then every test. With arguments: pytest with them, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from config.start import check, chromium, say
from config.start.instance import CHECKOUT

NO_BROWSER = (
    "Pas de Chromium, et ni apt ni npm n'en donnent : les tests de navigateur sont laissés de côté."
)
JOURNEYS, OTHERS = ["-m", "browser"], ["-m", "not browser"]
ASIDE = CHECKOUT / "var" / "tests-sans-navigateur.txt"


def main() -> None:
    """Exit code of the checks, or else of pytest."""
    arguments = sys.argv[1:]
    browser = chromium.ensure()
    if browser is None:
        say.line(NO_BROWSER)
        if os.environ.get("CI"):
            sys.exit("En intégration continue, les tests de navigateur sont obligatoires.")
    else:
        os.environ["CHROMIUM"] = browser
    if arguments:
        sys.exit(_pytest(arguments if browser else [*OTHERS, *arguments]).wait())
    if failed := check.run_all():
        sys.exit(failed)
    sys.exit(_side_by_side(ASIDE) if browser else _pytest(OTHERS).wait())


def _side_by_side(aside: Path) -> int:
    """Journeys in a browser mostly wait: the other tests run meanwhile, on servers of their own.

    Each half tells its progress; that of the others, in `aside`, is shown when it is whole.
    """
    say.line(f"Les tests sans navigateur vont en même temps, dans {aside.relative_to(CHECKOUT)}.")
    aside.parent.mkdir(exist_ok=True)
    with open(aside, "w+") as output:
        others = _pytest([*OTHERS, "-p", "no:cacheprovider"], output)
        try:
            journeys = _pytest(JOURNEYS).wait()
        finally:
            failed = others.wait()
            say.line("\nTests sans navigateur :")
            output.seek(0)
            say.line(output.read())
    return journeys or failed


def _pytest(arguments: list[str], output=None) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=output, stderr=output)


if __name__ == "__main__":
    main()
