"""Two accidents that happen every day, made to happen for certain: no chance, no load.

1. A line is written after the reader's page was made and before its socket follows.
2. A line is stored, and the link breaks before its writer hears of it.

The usual way of writing a chat loses the first and doubles the second, each time.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fire.checker import Verdict, check
from benchmarks.fire.history import History, read
from benchmarks.fire.links import Door
from benchmarks.fire.product_page import ProductPage
from benchmarks.fire.stack import Stack
from benchmarks.fire.tutorial_page import TutorialPage

WAIT = 30.0  # seconds: a ceiling on conditions, never a measure


def spring(stack: Stack) -> Verdict:
    """Both accidents in one conversation, on started servers; what the checker says of it."""
    path = stack.folder / "traps.jsonl"
    conversation = asyncio.run(_spring(stack, path))
    rows = [row for row in stack.rows() if row.conversation == conversation]
    return check(read(path), rows, numbered=stack.target == "product")


async def _spring(stack: Stack, path: Path) -> str:
    history = History(path)
    door = Door("main", stack.ports)
    await door.open()
    people = json.loads((stack.folder / "task.json").read_text())["trap"]
    conversation = people[0]["conversations"][0]
    writer, reader = (_page(stack, person, conversation, door, history) for person in people)

    def write() -> str:
        id = str(uuid.uuid4())
        body = f"{id} Bonjour."
        history.invoke(asyncio.get_running_loop().time(), conversation, writer.who, id, body)
        writer.say(conversation, id, body)
        return id

    try:
        await reader.load()
        await writer.open()
        await _until(lambda: writer.linked)
        write()
        await _until(lambda: history.waiting == 0)
        await reader.open(loaded=True)
        await _until(lambda: reader.linked)
        after = write()
        await _until(lambda: history.shows(conversation, reader.who, after))

        door.mute()
        unheard = write()
        await _until(lambda: any(row.id == unheard for row in stack.rows()))
        door.cut()
        await _until(lambda: writer.linked and reader.linked)
        last = write()
        await _until(lambda: history.waiting == 0)
        for page in (writer, reader):
            await _until(lambda page=page: history.shows(conversation, page.who, last))
    finally:
        history.close()
        for page in (writer, reader):
            await page.close()
        await door.close()
    return str(conversation)


def _page(
    stack: Stack, person: dict[str, Any], conversation: str, door: Door, history: History
) -> ProductPage | TutorialPage:
    if stack.target == "product":
        return ProductPage(person["who"], person["session"], [conversation], door, history)
    return TutorialPage(person["who"], conversation, door, history)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.02)
