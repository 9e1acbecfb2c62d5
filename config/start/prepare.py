"""Bring databases, territory, pages and fictitious people up to date, one numbered step each.

A process of its own inside an instance: `python -m config.start.prepare --demo|--no-demo|--tiny`.
Every step does nothing when there is nothing to do.
"""

import hashlib
import os
import sys
import traceback
from pathlib import Path

import django
from django.core.management import CommandError, call_command, get_commands
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from config.start import say


def migrate() -> str:
    """Apply what is missing, on both databases. The keys' own holds a model of comptes alone."""
    applied = 0
    for alias, apps in (("default", []), ("keys", ["comptes"])):
        executor = MigrationExecutor(connections[alias])
        graph = executor.loader.graph
        last = [node for app in apps for node in graph.leaf_nodes(app)] or graph.leaf_nodes()
        missing = executor.migration_plan(last)
        if missing:
            call_command("migrate", *apps, database=alias, verbosity=0, interactive=False)
            applied += len(missing)
    call_command("createcachetable", verbosity=0)
    return f"{applied} migrations" if applied else "à jour"


def load_territory(log: Path) -> str:
    """The reference territory; the command itself knows when its vintage is there."""
    with open(log, "w", encoding="utf-8") as output:
        call_command("load_territory", stdout=output)
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    return lines[-1].rstrip(".") if lines else "chargé"


def build_pages() -> str:
    """The cleaned design system, then all static files in one folder, when something changed."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    from config import design

    target = Path(settings.STATIC_BUILD_DIR)
    design.build(target, state_look=settings.DSFR_STATE_LOOK)
    marks = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            marks.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    mark = Path(settings.STATIC_ROOT) / ".empreinte"
    if mark.exists() and mark.read_text() == marks.hexdigest():
        return "à jour"
    mark.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(marks.hexdigest())
    return "construits"


def add_people(state: Path, kind: str, log: Path) -> str:
    """The first fictitious people, quickly; the rest is played in the background."""
    unfinished = state / "demonstration-a-finir"
    unfinished.unlink(missing_ok=True)
    if kind == "--no-demo":
        return "aucune (--no-demo)"
    if "demo_data" not in get_commands():
        return "aucune"
    with open(log, "w", encoding="utf-8") as output:
        call_command("demo_data", "--tiny" if kind == "--tiny" else "--quick", stdout=output)
    if kind == "--demo":
        unfinished.touch()
    (state / "personnes.txt").write_text(people_lines(), encoding="utf-8")
    return "prêtes"


def people_lines() -> str:
    """One fictitious person of each kind, for the last lines of bin/run."""
    from comptes.models import User, UserKind

    lines = []
    for kind in UserKind:
        person = User.objects.filter(is_demo=True, is_active=True, kind=kind).order_by("pk").first()
        if person is not None:
            lines.append(f"  {kind.label:<28} {person.get_full_name()}, {person.email}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """All steps; one sentence and exit code 1 at the first that fails."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "--demo"
    state = Path(os.environ["STATE_DIR"])
    logs = state / "journaux"
    logs.mkdir(parents=True, exist_ok=True)
    try:
        with say.step(3, "Base de données") as step:
            django.setup()
            step.note(migrate())
        with say.step(4, "Territoire") as step:
            step.note(load_territory(logs / "territoire.log"))
        with say.step(5, "Styles et scripts") as step:
            step.note(build_pages())
        with say.step(6, "Personnes fictives") as step:
            step.note(add_people(state, kind, logs / "demonstration.log"))
    except KeyboardInterrupt:
        sys.exit(1)
    except Exception as error:
        detail = logs / "preparation.log"
        detail.write_text(traceback.format_exc(), encoding="utf-8")
        sys.exit(f"{sentence(error)} Détail : {detail}.")
    finally:
        for alias in ("default", "keys"):
            connections[alias].close_pool()


def sentence(error: Exception) -> str:
    """What went wrong, for the person at the terminal."""
    words = " ".join(str(error).split())
    if "No space left on device" in words or getattr(error, "errno", None) == 28:
        return "Le disque est plein : libérez de la place puis relancez."
    if isinstance(error, OperationalError):
        return f"La base de données ne répond pas : {words[:200]}."
    if isinstance(error, CommandError):
        return words
    return f"Erreur inattendue ({type(error).__name__}) : {words[:200]}."


if __name__ == "__main__":
    main()
