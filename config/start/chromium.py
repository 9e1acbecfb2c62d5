"""Find a Chromium for the browser tests, or get one: apt as root, else npm."""

import os
import shutil
import subprocess
from pathlib import Path

from config.start import say

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
TOOLS = CHECKOUT / "var" / "outils"
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"
UNPACK = (
    "import('@sparticuz/chromium').then(async (m) => console.log(await m.default.executablePath()))"
)


def find() -> str | None:
    """Path of a Chromium: CHROMIUM, the usual names, or the one that bin/test got before."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen if os.access(chosen, os.X_OK) else None
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    ours = TOOLS / "chromium"
    return str(ours) if os.access(ours, os.X_OK) else None


def _run(command: list[str], cwd: Path | None = None) -> str | None:
    """The output of a command, None when it fails or does not exist."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _from_apt() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say.line("Installation de Chromium par apt, pour les tests de navigateur…")
    if _run(["apt-get", "update", "-q"]) is None:
        return False
    # A bare machine has no letters to draw: pages are measured with some.
    wanted = ["chromium", "fonts-liberation"]
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted]
    return _run(install) is not None


def _from_npm() -> bool:
    if not shutil.which("npm"):
        return False
    say.line("Installation de Chromium par npm, pour les tests de navigateur…")
    TOOLS.mkdir(parents=True, exist_ok=True)
    if _run(["npm", "install", "--silent", "--no-audit", "--no-fund", NPM_PACKAGE], TOOLS) is None:
        return False
    unpacked = _run(["node", "--input-type=module", "-e", UNPACK], TOOLS)
    if not unpacked or not Path(unpacked.strip()).is_file():
        return False
    shutil.copy2(unpacked.strip(), TOOLS / "chromium")
    return True


def ensure() -> str | None:
    """A Chromium, got if need be; None when there is no way."""
    if find() is None and not _from_apt():
        _from_npm()
    return find()
