"""Make the virtual environment and install the locked requirements, then hand over to it.

Runs on a bare Python 3.11 or newer: the standard library only.
`python -m config.start.bootstrap run|test|check|bench [arguments]`, from the checkout.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from config.embedded import process
from config.embedded.errors import StartError
from config.start import say

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN_TIME = ("requirements.txt",)
WITH_TESTS = ("requirements.txt", "requirements-test.txt")
WITH_BENCH = (*WITH_TESTS, "requirements-bench.txt")
PROGRAMS = {
    "run": ("config.start.run", RUN_TIME),
    "test": ("config.start.test", WITH_TESTS),
    "check": ("config.start.check", WITH_TESTS),
    "bench": ("config.start.bench", WITH_BENCH),
}
FREE_SPACE_NEEDED = 1024 * 1024 * 1024


def fingerprint(name: str) -> str:
    """Changes with the content of a requirements file or with the Python that installs it."""
    content = (CHECKOUT / name).read_bytes() + sys.version.encode()
    return f"{name} {hashlib.sha256(content).hexdigest()}"


def installed() -> set[str]:
    """The fingerprints that this virtual environment was installed from."""
    try:
        return set((VENV / "installe.txt").read_text().splitlines())
    except OSError:
        return set()


def python_works() -> bool:
    """Whether .venv holds a Python of our version that runs."""
    script = "import sys, pip; print(sys.version)"
    try:
        done = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == sys.version


def make_venv() -> None:
    """Create .venv. Raises StartError with what to type when Python lacks a part."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    advice = (
        "Il manque à Python de quoi créer un environnement virtuel : installez-le "
        "(sous Debian ou Ubuntu : « apt install python3-venv »), puis relancez."
    )
    if missing:
        raise StartError(advice)
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    if done.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if "ensurepip" in done.stdout + done.stderr:
        raise StartError(advice)
    raise StartError(
        "L'environnement virtuel ne peut pas être créé : " + last_words(done.stderr or done.stdout)
    )


def last_words(output: str) -> str:
    """The line that says why, out of a program's output."""
    lines = [text.strip() for text in output.splitlines() if text.strip()]
    errors = [text for text in lines if text.startswith("ERROR") or "Error" in text]
    return (errors or lines or ["aucun message"])[-1][:300]


def install(names: tuple[str, ...], step: say.Step) -> None:
    """pip install, hashes required, its output in a log. Raises StartError."""
    log = CHECKOUT / "var" / "installation.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")
    wanted = sum(
        len(re.findall(r"^[\w.-]+==", (CHECKOUT / name).read_text(), re.MULTILINE))
        for name in names
    )
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile"]
    files = [part for name in names for part in ("-r", CHECKOUT / name)]
    child = process.spawn(
        [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *options, *files],
        log=log,
        cwd=CHECKOUT,
    )
    while child.poll() is None:
        seen = log.read_text(errors="replace").count("\nCollecting ")
        step.progress(f"{seen} paquets sur {wanted}")
        time.sleep(0.2)
    if child.returncode == 0:
        (VENV / "installe.txt").write_text("\n".join(fingerprint(name) for name in names))
        return
    output = log.read_text(errors="replace")
    if "No space left on device" in output:
        raise StartError("Le disque est plein : l'installation demande environ 1 Go.")
    raise StartError(
        f"L'installation des paquets a échoué : {last_words(output)} (détail : {log})."
    )


def prepare(names: tuple[str, ...]) -> None:
    """Bring .venv up to date with the requirements files `names`."""
    with say.step(1, "Environnement Python") as step:
        if installed() >= {fingerprint(name) for name in names} and PYTHON.exists():
            step.note("à jour")
            return
        free = shutil.disk_usage(CHECKOUT).free
        if free < FREE_SPACE_NEEDED:
            raise StartError(
                f"Le disque est plein : il reste {free // 2**20} Mo dans {CHECKOUT}, "
                f"il en faut {FREE_SPACE_NEEDED // 2**20}."
            )
        if not python_works():
            make_venv()
        install(names, step)
        step.note("installé")


def main() -> None:
    """Prepare, then become the program asked for."""
    say.mark_beginning()
    os.chdir(CHECKOUT)
    module, names = PROGRAMS[sys.argv[1]]
    try:
        prepare(names)
    except StartError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Impossible d'écrire dans {CHECKOUT} : {error.strerror or error}.")
    except KeyboardInterrupt:
        sys.exit("Interrompu : relancez quand vous voulez, la suite reprendra.")
    os.execv(PYTHON, [str(PYTHON), "-m", module, *sys.argv[2:]])  # noqa: S606 - our own Python


if __name__ == "__main__":
    main()
