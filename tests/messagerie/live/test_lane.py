"""A lane alone: order, groups, and what one bad group does to the others."""

import asyncio

from messagerie.live.lane import Lane
from tests.messagerie.door_walk import SENTINEL


async def emptied(lane: Lane) -> None:
    async with asyncio.timeout(30):
        while lane._running is not None:
            await asyncio.sleep(0)


async def test_what_arrives_meanwhile_is_the_next_group():
    groups: list[list[int]] = []
    opened = asyncio.Event()

    async def carry(group: list[int]) -> None:
        groups.append(group)
        await opened.wait()

    lane = Lane(carry, limit=2)
    lane.put(1)
    await asyncio.sleep(0)
    for item in (2, 3, 4):
        lane.put(item)
    lane.put_first([0])
    opened.set()
    await emptied(lane)
    assert groups == [[1], [0, 2], [3, 4]]


async def test_a_group_that_fails_holds_nobody_up_and_says_nothing_of_its_content(caplog):
    carried: list[str] = []

    async def carry(group: list[str]) -> None:
        if SENTINEL in group:
            raise ValueError(SENTINEL)
        carried.extend(group)

    lane = Lane(carry, limit=1)
    for item in ("before", SENTINEL, "after"):
        lane.put(item)
    await emptied(lane)
    assert carried == ["before", "after"]
    assert "ValueError" in caplog.text and SENTINEL not in caplog.text
