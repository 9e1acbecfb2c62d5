"""The live views of this process: who follows what, the hints they hear, and the one tick.

One hub per event loop. It opens with the first view and closes with the last, so that a process
whose pages are all closed holds nothing.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from messagerie import delivery
from messagerie.actions.statements import Steps
from messagerie.live import desk, looking
from messagerie.live.epoch import EPOCH
from messagerie.live.lane import Lane
from messagerie.live.looking import Look
from messagerie.live.pool import Pool
from messagerie.live.proving import Proof, in_thread, prove
from messagerie.live.tick import Tick
from messagerie.live.view import CLOSE_RESTART, CLOSE_SIGN_IN, View, Watch
from messagerie.live.writing import Writer, busy
from messagerie.models import Side
from orientation.scope import Level
from orientation.standing import stamps_statement

logger = logging.getLogger(__name__)

LOOKS = 200  # in one transaction
PROOFS = 200


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
        self.looks: Lane[Look] = Lane(self._look, LOOKS)
        self.proofs: Lane[tuple[str, asyncio.Future[Proof | None]]] = Lane(self._prove, PROOFS)
        self.pings: Lane[View] = Lane(self._pong, LOOKS)
        self.hints: Lane[delivery.Hints] = Lane(self._publish, 1000)
        self._loop = loop
        self._proving: set[View] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.ready = loop.create_task(self._open())

    # --- Life

    async def _open(self) -> None:
        await self.pool.open()
        delivery.hear_here(self._loop, self.hear)
        self.keep(Tick(self).run())
        self.keep(self._listen())

    async def close(self) -> None:
        """The last view has left."""
        delivery.hear_here(self._loop, None)
        for lane in (self.looks, self.proofs, self.pings, self.hints, *self.writer.lanes):
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
        """Join first, then read: nothing can pass between the two."""
        watch = view.watched[conversation_id] = Watch(cursor)
        self.watching.setdefault(conversation_id, set()).add(view)
        self.look(view, conversation_id, watch, opening=True)

    def unfollow(self, view: View, conversation_id: UUID) -> None:
        view.watched.pop(conversation_id, None)
        _discard(self.watching, conversation_id, view)

    def look(
        self, view: View, conversation_id: UUID, watch: Watch, *, opening: bool = False
    ) -> None:
        """Have the view read from its cursor; one reading at a time for each thing followed."""
        if watch.looking:
            watch.again = True
        elif view.full and not opening:
            watch.behind = True
            view.when_room(self._catch_up)
        else:
            watch.looking = True
            self.looks.put(Look(view, conversation_id, watch, opening))

    def _catch_up(self, view: View) -> None:
        for conversation_id, watch in view.watched.items():
            if watch.behind:
                watch.behind = False
                self.look(view, conversation_id, watch)

    async def _look(self, looks: list[Look]) -> None:
        try:
            found = await self.pool.carry(looking.look(looks))
            await looking.answer(looks, found)
        except Exception as error:  # the database, most often: the tick looks again
            logger.warning("looks put off: %s", type(error).__name__)
            for one in looks:
                one.watch.looking = False
                if one.opening:  # not journaled yet: it stays an opening
                    self._loop.call_later(1, self._open_again, one)
            return
        moved = []
        for one in looks:
            one.watch.looking = False
            followed = one.view.watched.get(one.conversation_id) is one.watch
            if not followed:
                if one.conversation_id not in one.view.watched:
                    _discard(self.watching, one.conversation_id, one.view)
            elif found.stamps.get(one.view.session_key) != one.view.proof.stamp:
                moved.append(one)
            elif one.watch.again:
                one.watch.again = False
                self.look(one.view, one.conversation_id, one.watch)
        if moved:
            self.prove_again({one.view for one in moved}, then=moved)

    def _open_again(self, one: Look) -> None:
        if one.view in self.views and one.view.watched.get(one.conversation_id) is one.watch:
            self.look(one.view, one.conversation_id, one.watch, opening=True)

    # --- Sessions

    async def prove(self, session_key: str) -> Proof | None:
        """Prove one session; those that ask at the same moment are proved together.

        Raises:
            Exception: whatever the database raises.
        """
        answer: asyncio.Future[Proof | None] = self._loop.create_future()
        self.proofs.put((session_key, answer))
        return await answer

    async def _prove(self, asked: list[tuple[str, asyncio.Future[Proof | None]]]) -> None:
        try:
            proofs = await prove({key for key, _ in asked if key})
        except Exception as error:
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for key, answer in asked:
            if not answer.done():
                answer.set_result(proofs.get(key))

    async def _pong(self, views: list[View]) -> None:
        """Answer pings: the session is compared with its proof first, as for any frame."""
        sessions = {view.session_key: view.user_id for view in views}
        try:
            stamps = await self.pool.carry(stamps_of(sessions))
        except Exception as error:
            logger.warning("pings put off: %s", type(error).__name__)
            for view in views:
                view.refuse(busy(), None)
            return
        standing = {view for view in views if stamps.get(view.session_key) == view.proof.stamp}
        for view in standing:
            view.say({"t": "pong"})
        self.prove_again(set(views) - standing)

    def prove_again(self, views: Iterable[View], then: Iterable[Look] = ()) -> None:
        """Prove views whose session may have changed; those that hold look again.

        `then`: looks that waited for it.
        """
        looks: dict[View, list[Look]] = {}
        for one in then:
            looks.setdefault(one.view, []).append(one)
        for view in views:
            if view not in self._proving or view in looks:
                self._proving.add(view)
                self.keep(self._settle(view, looks.get(view, [])))

    async def _settle(self, view: View, looks: list[Look]) -> None:
        try:
            proof = await self.prove(view.session_key)
        except Exception as error:  # nothing is served meanwhile: each path checks the stamp
            logger.warning("proof put off: %s", type(error).__name__)
            for one in looks:
                if one.opening:
                    self._loop.call_later(1, self._open_again, one)
            return
        finally:
            self._proving.discard(view)
        if view not in self.views:
            return
        if not may_stay(proof, view):
            view.close(CLOSE_SIGN_IN)
            return
        assert proof is not None
        changed, view.proof = proof.scope != view.scope, proof
        for one in looks:
            if view.watched.get(one.conversation_id) is one.watch:
                self.look(view, one.conversation_id, one.watch, opening=one.opening)
        if changed:
            for conversation_id, watch in list(view.watched.items()):
                self.look(view, conversation_id, watch)
            desk.due(view, self)

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
            whole.typing |= one.typing
        try:
            await delivery.publish(whole)
        except Exception as error:  # the tick of each process makes up for it
            logger.warning("hints lost: %s", type(error).__name__)

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
            for view in self.watching.get(conversation_id, ()):
                self.look(view, conversation_id, view.watched[conversation_id])
        for user_id in hints.rights:
            self.prove_again(self.of_user.get(user_id, ()))
        if hints.queues or hints.desks:
            desk.hear(hints, self)
        for conversation_id, side in hints.typing:
            self.show_typing(conversation_id, Side(side))

    def show_typing(self, conversation_id: UUID, side: Side, by: View | None = None) -> None:
        for view in self.watching.get(conversation_id, ()):
            if view is not by:
                view.say_typing(conversation_id, side)


def stamps_of(sessions: dict[str, int]) -> Steps[dict[str, str]]:
    """The stamps of sessions that still stand."""
    (rows,) = yield [stamps_statement(list(sessions.items()))]
    return dict(rows)


def may_stay(proof: Proof | None, view: View | None = None) -> bool:
    """Whether a session may hold a live view: it stands, is of the same account, and sees."""
    if proof is None or proof.scope.level == Level.NOBODY:
        return False
    return view is None or proof.user.pk == view.user_id


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
    await asyncio.shield(hub.ready)
    return hub


async def leave() -> None:
    loop = asyncio.get_running_loop()
    _users[loop] -= 1
    if _users[loop] == 0:
        del _users[loop]
        await _hubs.pop(loop).close()
