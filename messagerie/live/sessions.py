"""The sessions behind the views: proved at the handshake, and again when their stamp moved."""

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from messagerie.actions.statements import Steps
from messagerie.live import desk
from messagerie.live.lane import Lane
from messagerie.live.looking import Look
from messagerie.live.proving import Proof, prove, today
from messagerie.live.view import CLOSE_SIGN_IN, View
from messagerie.live.writing import busy
from orientation.scope import Level
from orientation.standing import stamps_statement

if TYPE_CHECKING:
    from messagerie.live.hub import Hub

logger = logging.getLogger(__name__)

GROUP = 200  # proved, or compared, at once


def stamps_of(sessions: dict[str, int]) -> Steps[dict[str, str]]:
    """The stamps of sessions that still stand."""
    (rows,) = yield [stamps_statement(list(sessions.items()))]
    return dict(rows)


def may_stay(proof: Proof | None, view: View | None = None) -> bool:
    """Whether a session may hold a live view: it stands, is of the same account, and sees."""
    if proof is None or proof.scope.level == Level.NOBODY:
        return False
    return view is None or proof.user.pk == view.user_id


class Sessions:
    """The sessions of the views of one hub."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._proofs: Lane[tuple[str, asyncio.Future[Proof | None]]] = Lane(self._prove, GROUP)
        self._pings: Lane[View] = Lane(self._pong, GROUP)
        self._proving: dict[View, bool] = {}  # whether something changed since the proof began
        self.lanes = (self._proofs, self._pings)

    async def prove(self, session_key: str) -> Proof | None:
        """Prove one session; those that ask at the same moment are proved together.

        Raises:
            Exception: whatever the database raises.
        """
        answer: asyncio.Future[Proof | None] = asyncio.get_running_loop().create_future()
        self._proofs.put((session_key, answer))
        return await answer

    async def _prove(self, asked: list[tuple[str, asyncio.Future[Proof | None]]]) -> None:
        try:
            proofs = await prove({key for key, _ in asked if key})
        except Exception as error:
            if len(asked) > 1:  # one bad key must not fail its neighbours
                for one in asked:
                    await self._prove([one])
            elif not asked[0][1].done():
                asked[0][1].set_exception(error)
            return
        for key, answer in asked:
            if not answer.done():
                answer.set_result(proofs.get(key))

    def ping(self, view: View) -> None:
        """Answer a ping: the session is compared with its proof first, as for any frame."""
        self._pings.put(view)

    async def _pong(self, views: list[View]) -> None:
        try:
            stamps = await self._hub.pool.carry(
                stamps_of({view.session_key: view.user_id for view in views})
            )
        except Exception as error:
            logger.warning("pings put off: %s", type(error).__name__)
            for view in views:
                view.refuse(busy(), None)
            return
        day = today()
        standing = {view for view in views if view.stands(stamps, day)}
        for view in standing:
            view.say({"t": "pong"})
        self.prove_again(set(views) - standing)

    def prove_again(self, views: Iterable[View], then: Iterable[Look] = ()) -> None:
        """Prove views whose session may have changed: they are closed, or look again.

        `then`: looks that waited for it.
        """
        looks: dict[View, list[Look]] = {}
        for one in then:
            looks.setdefault(one.view, []).append(one)
        for view in views:
            if view in self._proving and view not in looks:
                self._proving[view] = True
            else:
                self._proving[view] = False
                self._hub.keep(self._settle(view, looks.get(view, [])))

    async def _settle(self, view: View, looks: list[Look]) -> None:
        hub = self._hub
        try:
            proof = await self.prove(view.session_key)
        except Exception as error:  # nothing is served meanwhile: each path checks the stamp
            logger.warning("proof put off: %s", type(error).__name__)
            for one in looks:
                hub.look_later(one)
            return
        finally:
            if self._proving.pop(view, False) and view in hub.views:
                self.prove_again([view])  # told of a change while the proof was being read
        if view not in hub.views:
            return
        if proof is None or not may_stay(proof, view):
            view.close(CLOSE_SIGN_IN)
            return
        changed, view.proof = proof.scope != view.scope, proof
        for one in looks:
            if one.followed:
                hub.look(view, one.conversation_id, one.watch)
        if changed:
            for conversation_id, watch in list(view.watched.items()):
                hub.look(view, conversation_id, watch)
            desk.due(view, hub)
