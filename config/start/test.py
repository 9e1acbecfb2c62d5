"""bin/test: checks, then every test. With arguments: pytest with them, and nothing else."""

import os
import subprocess
import sys

from config.start import check, chromium, say
from config.start.instance import CHECKOUT

NO_BROWSER = (
    "Pas de Chromium, et ni apt ni npm n'en donnent : les tests de navigateur sont laissés de côté."
)


def main() -> None:
    """Exit code of the checks, or else of pytest."""
    arguments = sys.argv[1:]
    browser = chromium.ensure()
    if browser is None:
        say.line(NO_BROWSER)
        if os.environ.get("CI"):
            sys.exit("En intégration continue, les tests de navigateur sont obligatoires.")
        arguments = ["-m", "not browser", *arguments]
    else:
        os.environ["CHROMIUM"] = browser
    if not sys.argv[1:] and (failed := check.run_all()):
        sys.exit(failed)
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=CHECKOUT).returncode)


if __name__ == "__main__":
    main()
