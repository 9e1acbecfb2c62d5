"""The pages of a run, in a process of their own: everybody connects, writes and reads.

    python -m benchmarks.fire.load <task.json>

Open loop: a line is sent when its time has come, whatever became of those before; its delay counts
from that time. The breaking of links happens here too. Writes `ready` when all are linked, waits
for `start` (the time of the first line), and leaves `history.jsonl` and `summary.json`.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.fire import plan as plans
from benchmarks.fire.deaf import DeafPages
from benchmarks.fire.history import History
from benchmarks.fire.links import Door
from benchmarks.fire.plan import Plan
from benchmarks.fire.product_page import ProductPage
from benchmarks.fire.tutorial_page import TutorialPage
from messagerie.live_client import Pace

TEXT = (
    "Bonjour, j'ai pris le médicament hier soir avec de l'eau et je n'ai plus de douleur,"
    " dois-je continuer ?"
)
CONNECTING = 60.0  # seconds in which all must be linked before the first line
SETTLE = 2.0  # seconds after the last line arrived: doubles may still come
AT_ONCE = 50  # pages that open at the same moment

Page = ProductPage | TutorialPage


class Load:
    """Everything of one run but the servers."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.folder = Path(task["folder"])
        self.plan = Plan(**task["plan"])
        self.history = History(self.folder / "history.jsonl")
        self.doors = {name: Door(name, task["backends"]) for name in ("main", "half")}
        self.pages: list[Page] = []
        self.writers: dict[str, list[Page]] = defaultdict(list)  # conversation -> its two
        self.lateness: list[float] = []
        self.deaf: DeafPages | None = None
        self.frozen_at: float | None = None

    async def run(self) -> None:
        for door in self.doors.values():
            await door.open()
        self._make_pages()
        for first in range(0, len(self.pages), AT_ONCE):
            await asyncio.gather(*(page.open() for page in self.pages[first : first + AT_ONCE]))
        await self._all_linked()
        start = await self._start()
        summary = await self._burn(start)
        self.history.close()
        for page in self.pages:
            await page.close()
        for door in self.doors.values():
            await door.close()
        (self.folder / "summary.json").write_text(json.dumps(summary))

    # --- people

    def _make_pages(self) -> None:
        for number, person in enumerate(self.task["people"]):
            door = self.doors["half" if number % self.plan.half_every == 1 else "main"]
            if self.task["target"] == "product":
                pages: list[Page] = [
                    ProductPage(
                        person["who"],
                        person["session"],
                        person["conversations"],
                        door,
                        self.history,
                        Pace(ping_after=self.plan.ping_after, pong_within=self.plan.pong_within),
                    )
                ]
            else:
                pages = [
                    TutorialPage(person["who"], conversation, door, self.history)
                    for conversation in person["conversations"]
                ]
            self.pages += pages
            for page, conversation in zip(
                pages * len(person["conversations"]), person["conversations"], strict=False
            ):
                self.writers[conversation].append(page)

    async def _all_linked(self) -> None:
        async with asyncio.timeout(CONNECTING):
            while not all(page.linked for page in self.pages):
                await asyncio.sleep(0.1)

    async def _start(self) -> float:
        (self.folder / "ready").touch()
        path = self.folder / "start"
        while not (path.exists() and path.read_text().endswith("\n")):
            await asyncio.sleep(0.02)
        return float(path.read_text())

    # --- the run

    async def _burn(self, start: float) -> dict[str, Any]:
        used, began = time.process_time(), time.monotonic()
        acts = [
            asyncio.create_task(self._act(start + second, act))
            for second, act in self.plan.acts
            if act in plans.OF_THE_NETWORK
        ]
        await self._write(start)
        achieved = self.history.acknowledged / self.plan.seconds
        await asyncio.gather(*acts)
        ended = time.monotonic()
        drained = await self._drain(ended + self.plan.drain)
        draining = time.monotonic() - ended
        cpu = (time.process_time() - used) / (time.monotonic() - began)
        await asyncio.sleep(SETTLE)
        ranked = sorted(self.lateness)
        return {
            "offered": self.plan.rate,
            "achieved": achieved,
            "seconds": self.plan.seconds,
            "lateness_p99": ranked[int(len(ranked) * 0.99)] if ranked else 0.0,
            "cpu": cpu,
            "drained": drained,
            "drain_seconds": draining,
            "unanswered": self.history.waiting,
            "lacking": self.history.lacking(),
            "deaf": self.deaf.told() if self.deaf else None,
        }

    async def _write(self, start: float) -> None:
        chance = random.Random(1)
        conversations = list(self.writers)
        for number in range(int(self.plan.rate * self.plan.seconds)):
            if number % len(conversations) == 0:
                chance.shuffle(conversations)
            at = start + number / self.plan.rate
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            self.lateness.append(time.monotonic() - at)
            conversation = conversations[number % len(conversations)]
            page = chance.choice(self.writers[conversation])
            id = str(uuid.uuid4())
            body = f"{id} {TEXT}"
            self.history.invoke(at, conversation, page.who, id, body)
            page.say(conversation, id, body)

    async def _drain(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            if not self.history.waiting and not self.history.lacking():
                return True
            await asyncio.sleep(0.1)
        return False

    async def _act(self, at: float, act: str) -> None:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        now = time.monotonic()
        match act:
            case plans.FREEZE:
                self.frozen_at = now
                self.doors["half"].freeze()
            case plans.THAW:
                self.doors["half"].thaw()
                self._note_fault("half-open", self.frozen_at or now, "half")
            case plans.STORM:
                for door in self.doors.values():
                    door.cut()
                self._note_fault("storm", now)
            case plans.DEAF if self.task["target"] == "product":
                fat = self.task["fat"]
                self.deaf = DeafPages(self.task["backends"], fat["session"], fat["conversation"])
                self.deaf.start(self.plan.deaf)
            case plans.DEAF_END if self.deaf:
                await self.deaf.stop()

    def _note_fault(self, kind: str, start: float, door: str | None = None) -> None:
        end = time.monotonic()
        self.history.note("fault", kind=kind, start=start, end=end, door=door)


if __name__ == "__main__":
    asyncio.run(Load(json.loads(Path(sys.argv[1]).read_text())).run())
