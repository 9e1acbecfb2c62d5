"""bin/bench: measures of benchmarks/, on servers of their own with the whole territory.

`bin/bench` runs all but `fire`; `bin/bench resolver` runs one; what follows goes to it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from config.embedded.errors import StartError
from config.start import say
from config.start.instance import CHECKOUT, Instance

FOLDER = CHECKOUT / "benchmarks"
OWN_SERVERS = {"fire"}  # it breaks its servers, so it starts them itself; run by its name only


def known() -> list[str]:
    """The measures: modules of benchmarks/ that have a `main`, packages that have a `__main__`."""
    modules = [path.stem for path in FOLDER.glob("*.py") if "\ndef main(" in path.read_text()]
    packages = [path.parent.name for path in FOLDER.glob("*/__main__.py")]
    return sorted(modules + packages)


def measure(names: list[str], arguments: list[str]) -> int:
    """Run them one after the other. The number of failures."""
    folder = Path(tempfile.mkdtemp(prefix="messagerie-mesure-"))
    folder.chmod(0o711)
    instance = Instance(folder / "etat", 0, demo=False, tell=say.line)
    try:
        instance.take_lock()
        with say.step(2, "Serveurs") as step:
            step.note(instance.start_servers())
        instance.prepare("--no-demo")
        load = os.getloadavg()[0]
        say.line(f"\n{os.cpu_count()} cœurs, charge {load:.1f} avant les mesures.")
        failed = 0
        for name in names:
            say.line(f"\n== {name}")
            failed += bool(instance.module(f"benchmarks.{name}", *arguments))
        return failed
    finally:
        instance.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """The command line."""
    names = known()
    chosen, arguments = sys.argv[1:2], sys.argv[2:]
    if chosen and chosen[0] not in names:
        sys.exit(f"Mesure inconnue. Il y a : {', '.join(names)}.")
    if chosen and chosen[0] in OWN_SERVERS:
        alone = [sys.executable, "-m", f"benchmarks.{chosen[0]}", *arguments]
        sys.exit(subprocess.run(alone, cwd=CHECKOUT).returncode)
    try:
        sys.exit(measure(chosen or [name for name in names if name not in OWN_SERVERS], arguments))
    except StartError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
