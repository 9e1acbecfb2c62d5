"""Shorthands of the tests of the Python client of the live view."""

import asyncio
from uuid import UUID

from messagerie.live_client import Listener, Pace

WAIT = 30  # seconds: a ceiling on conditions, never a measure
# A server that is slow to answer is not a dead link: only the test of dead links waits for less.
QUICK = Pace(ping_after=0.3, pong_within=WAIT, first_wait=0.05, longest_wait=0.5, retry_after=0.1)


async def until(condition) -> None:
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.01)


class Shown(Listener):
    """A page: what it shows of each conversation."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []
        self.links: list[bool] = []
        self.codes: list[str] = []
        self.restarts = 0

    def link(self, up: bool) -> None:
        self.links.append(up)

    def line(self, frame: dict) -> None:
        self.lines.append((frame["seq"], frame["body"]))

    def refused(self, frame: dict) -> None:
        self.codes.append(frame["code"])

    def restarted(self, conversation: UUID) -> None:
        self.lines.clear()
        self.restarts += 1

    def shows(self, body: str) -> bool:
        return any(text == body for _, text in self.lines)
