"""One run of one target under one plan: start, burn, compare with the table."""

import contextlib
import dataclasses
import json
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fire import plan as plans
from benchmarks.fire.checker import Event, Verdict, check
from benchmarks.fire.history import read
from benchmarks.fire.plan import Plan
from benchmarks.fire.stack import Stack

LEAD_TIME = 1.0  # seconds between the order to start and the first line
LOOK_EVERY = 1.0
PATIENCE = 120.0  # seconds for the pages to end, beyond the plan

Tell = Callable[[str], None]


@dataclass
class Result:
    """What a run gave. `summary`: what the pages measured of themselves."""

    target: str
    plan: Plan
    verdict: Verdict
    summary: dict[str, Any]
    faults: list[Event]
    memory: dict[str, int]  # bytes of the larger web process: start, most, most while deaf
    tracebacks: int
    traps: Verdict | None = None


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="messagerie-feu-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as somebody else, who must get through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def started(plan: Plan, target: str, *, keep: Path | None = None) -> Iterator[Stack]:
    """The servers and people of `target` ("product" or "tutorial"), for the runs inside.

    `keep`: where the history and the logs are copied at the end.
    """
    with temporary_folder() as folder:
        stack = Stack(folder, target)
        try:
            stack.start()
            _prepare(stack, plan)
            stack.start_programs()
            yield stack
        finally:
            stack.stop()
            if keep is not None:
                _copy(folder, keep / target)


def _copy(folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in [*folder.glob("*.json*"), *folder.glob("journaux/*.log")]:
        shutil.copy(path, target / path.name)


def _prepare(stack: Stack, plan: Plan) -> None:
    """Databases and people; `task.json` tells the pages who is there."""
    folder = stack.folder
    task: dict[str, Any] = {
        "target": stack.target,
        "plan": dataclasses.asdict(plan),
        "backends": stack.ports,
        "folder": str(folder),
    }
    if stack.target == "product":
        made = folder / "people.json"
        stack.module("benchmarks.fire.people", str(plan.conversations), str(made))
        task |= json.loads(made.read_text())
    else:
        stack.module("benchmarks.reference.start")
        pairs = [_pair(number) for number in range(plan.conversations + 1)]
        task["trap"] = pairs.pop()
        task["people"] = [person for pair in pairs for person in pair]
    (folder / "task.json").write_text(json.dumps(task))


def _pair(number: int) -> list[dict[str, Any]]:
    """The two people of one conversation of the reference, which knows no account."""
    conversation = str(uuid.uuid4())
    return [
        {"who": f"{side}-{number}", "session": "", "conversations": [conversation]}
        for side in ("pro", "patient")
    ]


def burn(stack: Stack, plan: Plan, *, tell: Tell) -> Result:
    """Pages in a process of their own, accidents from here, then the table."""
    folder = stack.folder
    task = folder / "task.json"
    pages = stack.spawn([sys.executable, "-m", "benchmarks.fire.load", str(task)], "pages.log")
    memory = {"start": 0, "most": 0, "deaf": 0}
    faults: list[Event] = []
    try:
        while not (folder / "ready").exists():
            if pages.poll() is not None:
                raise RuntimeError(f"pages: {(stack.logs / 'pages.log').read_text()[-2000:]}")
            time.sleep(0.05)
        start = stack.write_start(folder, LEAD_TIME)
        memory["start"] = stack.memory()
        acts = [(at, act) for at, act in plan.acts if act not in plans.OF_THE_NETWORK]
        deaf = [at for at, act in plan.acts if act in (plans.DEAF, plans.DEAF_END)]
        deadline = start + plan.seconds + plan.drain + PATIENCE
        while pages.poll() is None and time.monotonic() < deadline:
            now = time.monotonic() - start
            if acts and now >= acts[0][0]:
                _, act = acts.pop(0)
                faults.append(_break(stack, act))
                tell(f"{now:6.1f} s  {act}")
                continue
            stack.revive()
            resident = stack.memory()
            memory["most"] = max(memory["most"], resident)
            if deaf and deaf[0] <= now <= deaf[-1]:
                memory["deaf"] = max(memory["deaf"], resident)
            next_act = acts[0][0] - now if acts else LOOK_EVERY
            time.sleep(max(0.0, min(LOOK_EVERY, next_act)))
        if pages.poll() != 0:
            raise RuntimeError(f"pages: {(stack.logs / 'pages.log').read_text()[-2000:]}")
    finally:
        if pages.poll() is None:
            pages.kill()
            pages.wait()
    history = [*read(folder / "history.jsonl"), *faults]
    shown = {event["conv"] for event in history if event["e"] == "view"}
    rows = [row for row in stack.rows() if row.conversation in shown]
    return Result(
        target=stack.target,
        plan=plan,
        verdict=check(history, rows, numbered=stack.target == "product"),
        summary=json.loads((folder / "summary.json").read_text()),
        faults=[event for event in history if event["e"] == "fault"],
        memory=memory,
        tracebacks=stack.tracebacks(),
    )


def _break(stack: Stack, act: str) -> Event:
    """Break something; the event says from when until when nobody could be served.

    Valkey is no excuse: without it the product must be as punctual.
    """
    begun = time.monotonic()
    match act:
        case plans.KILL:
            stack.kill_web()
        case plans.ROLLING:
            stack.roll_webs()
        case plans.POSTGRES:
            stack.restart_postgres()
        case plans.FLUSH:
            stack.flush_valkey()
        case plans.NO_VALKEY:
            stack.kill_valkey()
        case plans.VALKEY:
            stack.start_valkey()
        case _:
            raise ValueError(act)
    excused = act in (plans.KILL, plans.POSTGRES)
    end = time.monotonic() if excused else begun
    return {"e": "fault", "at": begun, "kind": act, "start": begun, "end": end, "door": None}
