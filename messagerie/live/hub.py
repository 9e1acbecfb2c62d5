"""The live views of this process: who follows what, the hints they hear, and the one tick.

One hub per event loop. It opens with the first view and closes with the last, so that a process
whose pages are all closed holds nothing.
"""

import asyncio
import logging
from collections.abc import Collection, Coroutine, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from comptes.keys.cipher import load_keys
from messagerie import delivery
from messagerie.live import desk, looking
from messagerie.live.epoch import EPOCH
from messagerie.live.lane import Lane
from messagerie.live.looking import Look
from messagerie.live.pool import Pool
from messagerie.live.proving import in_thread
from messagerie.live.receipts import Receipts
from messagerie.live.sessions import Sessions, stamps_of
from messagerie.live.tick import Tick
from messagerie.live.view import CLOSE_RESTART, View, Watch
from messagerie.live.writing import Writer
from messagerie.models import Side

logger = logging.getLogger(__name__)

LOOKS = 200  # in one transaction
LAST_WORDS = 1  # second at most, for the receipts of the pages that have just left
HINT_PAUSE = 0.02  # seconds between two announcements to the other processes


class Hub:
    """Everything that the views of one process share."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.views: set[View] = set()
        self.desks: set[View] = set()  # those that follow their left column
        self.of_user: dict[int, set[View]] = {}
        self.watching: dict[UUID, set[View]] = {}
        self.pool = Pool(self._greet)
        self.epoch = ""
        self.writer = Writer(self)
        self.sessions = Sessions(self)
        self.receipts = Receipts(self)
        self._looks: Lane[Look] = Lane(self._look, LOOKS)
        self._openings: Lane[Look] = Lane(self._look, LOOKS)
        self.hints: Lane[delivery.Hints] = Lane(self._publish, 1000)
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self.ready = loop.create_task(self._open())

    # --- Life

    async def _open(self) -> None:
        await self.pool.open()
        delivery.hear_here(self._loop, self.hear)
        self.keep(Tick(self).run())
        self.keep(self._listen())

    async def close(self) -> None:
        """The last view has left; what it has just changed is still told."""
        delivery.hear_here(self._loop, None)
        await self.receipts.drain(LAST_WORDS)
        await self.hints.drain(delivery.HINT_SECONDS)
        own = (self._looks, self._openings, self.hints)
        shared = (*self.sessions.lanes, *self.receipts.lanes, *self.writer.lanes)
        for lane in (*own, *shared):
            lane.stop()
        tasks = [self.ready, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.pool.close()

    async def _greet(self, connection: AsyncConnection) -> None:
        """A new connection may lead to a restored database: the numbers of lines may go back."""
        cursor = await connection.execute(EPOCH)
        (epoch,) = await cursor.fetchone() or ("",)
        known, self.epoch = self.epoch, epoch
        if known and known != epoch:
            logger.warning("another epoch: every view starts again")
            for view in list(self.views):
                view.close(CLOSE_RESTART)

    async def known_epoch(self) -> str:
        """The epoch, asked of the database by the first connection.

        Raises:
            Exception: whatever the database raises.
        """
        if not self.epoch:
            await self.pool.carry(stamps_of({}))
        return self.epoch

    def add(self, view: View) -> None:
        self.views.add(view)
        self.of_user.setdefault(view.user_id, set()).add(view)

    def remove(self, view: View) -> None:
        self.views.discard(view)
        self.desks.discard(view)
        _discard(self.of_user, view.user_id, view)
        for conversation_id in list(view.watched):
            self.unfollow(view, conversation_id)
        view.give_up()

    # --- Following

    def follow(self, view: View, conversation_id: UUID, cursor: int) -> None:
        """Join first, then read: nothing can pass between the two. Said again, start again."""
        watch = view.watched.get(conversation_id)
        if watch is None:
            watch = view.watched[conversation_id] = Watch(cursor)
            self.watching.setdefault(conversation_id, set()).add(view)
        elif watch.looking or watch.behind:
            watch.restart = cursor
        else:
            watch.start_again(cursor)
        self.look(view, conversation_id, watch)

    def followers(self, conversation_id: UUID) -> list[tuple[View, Watch]]:
        """Who follows a conversation, each with how far it is."""
        return [
            (view, watch)
            for view in self.watching.get(conversation_id, ())
            if (watch := view.watched.get(conversation_id)) is not None
        ]

    def unfollow(self, view: View, conversation_id: UUID) -> None:
        view.watched.pop(conversation_id, None)
        _discard(self.watching, conversation_id, view)

    def look(self, view: View, conversation_id: UUID, watch: Watch) -> None:
        """Have the view read from its cursor; one reading at a time for each thing followed."""
        if watch.looking:
            watch.again = True
        elif view.full:
            watch.behind = True
            view.when_room(self._catch_up)
        else:
            watch.looking = True
            # An opening may read much: what only follows does not wait behind it.
            (self._openings if watch.opening else self._looks).put(
                Look(view, conversation_id, watch)
            )

    def _catch_up(self, view: View) -> None:
        for conversation_id, watch in list(view.watched.items()):
            if watch.behind:
                watch.behind = False
                self._look_on(Look(view, conversation_id, watch))

    def _look_on(self, one: Look) -> None:
        """Look again, from where the view asked last."""
        if one.watch.restart is not None and not one.watch.looking:
            one.watch.start_again(one.watch.restart)
        self.look(one.view, one.conversation_id, one.watch)

    async def _look(self, looks: list[Look]) -> None:
        looks = [one for one in looks if one.followed]
        if not looks:
            return
        try:
            found = await self.pool.carry(looking.look(looks))
        except Exception as error:
            self._put_off(looks, error)
            return
        for one, why in found.refused.items():
            if one.followed:
                # A page that shows lines of it, now or since before its link was lost, must go.
                shown = one.watch.cursor > 0 or not one.watch.opening
                one.view.drop(one.conversation_id, None if shown else why)
            self._discard_watch(one)
        for one in found.moved:
            one.watch.looking = False
        if found.moved:
            self.sessions.prove_again({one.view for one in found.moved}, then=found.moved)
        slow = set(looking.without_key(found))
        if slow:
            self.keep(self._look_with_keys(slow, found))
        await self._answer([one for one in found.rows if one not in slow], found)

    async def _look_with_keys(self, looks: set[Look], found: looking.Found) -> None:
        """Fetch the keys of these conversations, while the others go on; then look again, since
        sessions may have moved meanwhile. Those that have no key any more are told."""
        try:
            await in_thread(load_keys)({one.conversation_id for one in looks})
        except Exception as error:
            self._put_off(looks, error)
            return
        gone = set(looking.without_key(found)) & looks
        for one in looks - gone:
            one.watch.looking = False
            if one.followed:
                self._look_on(one)
        await self._answer(gone, found)

    async def _answer(self, looks: Collection[Look], found: looking.Found) -> None:
        try:
            await looking.answer(looks, found)
        except Exception as error:
            self._put_off(looks, error)
            return
        for one in looks:
            watch = one.watch
            watch.looking = False
            if not one.followed:
                self._discard_watch(one)
            elif watch.again or watch.restart is not None:
                watch.again = False
                self._look_on(one)

    def _put_off(self, looks: Iterable[Look], error: Exception) -> None:
        """The database, most often: the tick looks again; an opening is not left to it."""
        logger.warning("looks put off: %s", type(error).__name__)
        for one in looks:
            one.watch.looking = False
            if one.watch.restart is not None:
                one.watch.start_again(one.watch.restart)
            self.look_later(one)

    def _discard_watch(self, one: Look) -> None:
        """Forget what a view follows no more, unless it asked again meanwhile."""
        if one.conversation_id not in one.view.watched:
            _discard(self.watching, one.conversation_id, one.view)

    def look_later(self, one: Look) -> None:
        """An opening that could not be read stays one, journaled when it is; the tick sees to
        the other looks."""
        if one.watch.opening:
            self._loop.call_later(1, self._open_again, one)

    def _open_again(self, one: Look) -> None:
        if one.view in self.views and one.followed:
            self.look(one.view, one.conversation_id, one.watch)

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Start something, and hold it until it ends: the loop itself only holds it weakly."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- Hints

    def tell(self, hints: delivery.Hints) -> None:
        """What an act of this loop changed: its desks here, and the other processes."""
        desk.hear(hints, self)
        self.hints.put(hints)

    def wake_notices(self) -> None:
        """The broker is asked from a thread: it may not answer."""
        if delivery.may_wake():
            self.keep(in_thread(delivery.wake_notices)())

    async def _publish(self, group: list[delivery.Hints]) -> None:
        whole = group[0]
        for one in group[1:]:
            whole.conversations.update(one.conversations)
            whole.queues |= one.queues
            whole.desks |= one.desks
            whole.rights |= one.rights
            whole.typing |= one.typing
        try:
            await delivery.publish(whole)
        except Exception as error:  # the tick of each process makes up for it
            logger.warning("hints lost: %s", type(error).__name__)
        # The next lines go in one announcement; one that comes after a calm goes at once.
        await asyncio.sleep(HINT_PAUSE)

    async def _listen(self) -> None:
        """Hear the other processes; without the broker, the tick is enough."""
        ear = delivery.Ear()
        try:
            while True:
                try:
                    await ear.join()
                    while True:
                        if (hints := await ear.next()) is not None:
                            self.hear(hints)
                except Exception as error:
                    logger.warning("hints not heard: %s", type(error).__name__)
                    await asyncio.sleep(1)
        finally:
            with suppress(Exception):
                await ear.leave()

    def hear(self, hints: delivery.Hints) -> None:
        """Hints are no truth: each makes a view read, or prove itself."""
        for conversation_id in hints.conversations:
            for view, watch in self.followers(conversation_id):
                self.look(view, conversation_id, watch)
        for user_id in hints.rights:
            self.sessions.prove_again(self.of_user.get(user_id, ()))
        if hints.queues or hints.desks:
            desk.hear(hints, self)
        for conversation_id, side in hints.typing:
            self.show_typing(conversation_id, Side(side))

    def show_typing(self, conversation_id: UUID, side: Side, by: View | None = None) -> None:
        for view, watch in self.followers(conversation_id):
            if view is not by and watch.told is not None:
                view.say_typing(conversation_id, side)


def _discard(index: dict, key: object, view: View) -> None:
    held = index.get(key)
    if held is not None:
        held.discard(view)
        if not held:
            del index[key]


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
_users: dict[asyncio.AbstractEventLoop, int] = {}


async def enter() -> Hub:
    """The hub of this loop, opened if need be. Each `enter` has its `leave`."""
    loop = asyncio.get_running_loop()
    _users[loop] = _users.get(loop, 0) + 1
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub(loop)
    try:
        await asyncio.shield(hub.ready)
    except BaseException:
        await leave()
        raise
    return hub


async def leave() -> None:
    loop = asyncio.get_running_loop()
    _users[loop] -= 1
    if _users[loop] == 0:
        del _users[loop]
        await _hubs.pop(loop).close()
