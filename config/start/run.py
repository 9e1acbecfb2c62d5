"""bin/run: the whole service on this machine, until Ctrl-C."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from config.embedded.errors import StartError
from config.embedded.ports import LOCALHOST, refuse_taken_port
from config.embedded.servers import SYSTEM_STATE, default_state_folder
from config.start import say
from config.start.instance import CHECKOUT, Instance, external_servers
from config.start.supervisor import Program


def parse(arguments: list[str]) -> argparse.Namespace:
    """The choices of the command line."""
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Démarre le service sur cette machine, jusqu'à Ctrl-C."
    )
    parser.add_argument("--port", type=int, default=8000, help="port du site (8000 par défaut)")
    parser.add_argument("--no-demo", action="store_true", help="sans personnes fictives")
    parser.add_argument("--tiny", action="store_true", help="quelques personnes fictives seulement")
    parser.add_argument(
        "--reset", action="store_true", help="effacer d'abord toutes les données (demande l'accord)"
    )
    parser.add_argument(
        "--oui", action="store_true", help="répondre oui d'avance à la question de --reset"
    )
    choices = parser.parse_args(arguments)
    if not 1 <= choices.port <= 65535:
        parser.error("le port est un nombre entre 1 et 65535.")
    return choices


def state_folder() -> Path:
    """The folder of the data, that ETAT_DIR can move."""
    chosen = os.environ.get("ETAT_DIR")
    return Path(chosen).absolute() if chosen else default_state_folder(CHECKOUT)


def reset(state: Path, *, agreed: bool) -> None:
    """Remove the data of `state`, after a yes."""
    if external_servers():
        raise StartError("--reset efface les données embarquées ; DATABASE_URL désigne les vôtres.")
    if not agreed:
        if not sys.stdin.isatty():
            raise StartError("--reset demande votre accord : ajoutez --oui.")
        answer = input(f"Effacer toutes les données de {state} ? Tapez oui pour confirmer : ")
        if answer.strip().lower() != "oui":
            raise StartError("Rien n'a été effacé.")
    # The lock file stays: another start may be waiting on it.
    for path in state.iterdir():
        if path.name != "demarrage.lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def announce(instance: Instance) -> None:
    """The last words of a start: where to go, as whom, how to stop."""
    people = instance.state / "personnes.txt"
    say.line()
    say.line(f"Prêt en {say.since_beginning()}.")
    say.line()
    say.line(f"  Service         {instance.base_url}/")
    say.line(f"  Administration  {instance.base_url}/administration/")
    say.line(f"  Courriels       {instance.base_url}/courriels/")
    if instance.demo and people.exists():
        say.line()
        say.line("Personnes fictives (un clic sur la page d'accueil, sans mot de passe) :")
        say.line(people.read_text().rstrip())
    say.line()
    say.line(f"Données : {instance.state}. Journaux : {instance.logs}. Ctrl-C arrête tout.")


def run(choices: argparse.Namespace) -> None:
    """Start, watch, stop. Raises StartError."""
    state = state_folder()
    instance = Instance(state, choices.port, demo=not choices.no_demo, tell=say.line)
    try:
        if os.geteuid() == 0 and SYSTEM_STATE in state.parents:
            SYSTEM_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        instance.take_lock()
        refuse_taken_port(LOCALHOST, choices.port)
        if choices.reset:
            reset(state, agreed=choices.oui)
        with say.step(2, "Serveurs") as step:
            step.note(instance.start_servers())
        instance.prepare(people_wanted(choices))
        with say.step(7, "Site, tâches et horloge"):
            instance.start_programs(background_work(instance))
        assert instance.supervisor is not None
        if not instance.supervisor.stopping:
            announce(instance)
        instance.supervisor.watch()
        say.line("\nArrêt…")
    finally:
        instance.stop()
    say.line("Tout est arrêté, les données sont gardées.")


def people_wanted(choices: argparse.Namespace) -> str:
    """The option of config.start.prepare."""
    if choices.no_demo:
        return "--no-demo"
    return "--tiny" if choices.tiny else "--demo"


def background_work(instance: Instance) -> list[Program]:
    """The rest of the demonstration's people, played while the site is already open."""
    if not instance.demo or not (instance.state / "demonstration-a-finir").exists():
        return []
    command = [sys.executable, str(CHECKOUT / "manage.py"), "demo_data"]
    return [Program("suite de la démonstration", command, once=True)]


def main() -> None:
    """The command line. One sentence and exit code 1 when the start cannot be."""
    say.mark_beginning()
    choices = parse(sys.argv[1:])
    try:
        run(choices)
    except StartError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Le démarrage a échoué : {error.strerror or error} ({error.filename or '?'}).")
    except KeyboardInterrupt:
        sys.exit("Interrompu : rien ne tourne, les données sont gardées.")


if __name__ == "__main__":
    main()
