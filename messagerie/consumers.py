"""The socket: frames in, frames out. It decides nothing: acts and scope do.

A view joins the group of a conversation first, then reads from its cursor; each hint and each
tick pumps from the cursor again. Every inbound frame and every tick proves the session anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch

from comptes.keys.cipher import SealBroken
from comptes.keys.provider import KeyUnavailable
from comptes.models import User
from comptes.sessions import live_user
from messagerie import actions, delivery, frames
from messagerie.errors import RefusalCode, Refused
from messagerie.live import registry
from messagerie.live_reading import Step, desk_mark, moved, queue_codes, read_step
from orientation.scope import Level, Scope, scope_for

logger = logging.getLogger(__name__)

CLOSE_SIGN_IN = 4401  # the session is over: the page goes to the sign-in page
CLOSE_FORBIDDEN = 4403  # this account has no live view
CLOSE_TRY_LATER = 1013  # the database does not answer: the page tries again by itself
MAX_WATCHED = 50  # conversations that one page may follow
BUSY = Refused(
    RefusalCode.BUSY,
    "Le service est très occupé. Votre message sera renvoyé dans un instant.",
    status=503,
    retry=True,
)
UNREADABLE = Refused(
    RefusalCode.UNREADABLE, "Le contenu de cette conversation ne peut pas être lu.", status=500
)


def in_thread(function):
    """Database work off the event loop, several threads at once (the pool bounds them)."""
    return database_sync_to_async(function, thread_sensitive=False)


class LiveConsumer(AsyncWebsocketConsumer):
    """One page of a patient or of a professional."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """As Channels does it, but a page opens without a broker too: the tick serves it."""
        self.scope, self.base_send = scope, send
        self.channel_layer, self.channel_name = await delivery.own_channel()
        sources = [receive]
        if self.channel_layer is not None:
            sources.append(partial(self.channel_layer.receive, self.channel_name))
        with suppress(StopConsumer):
            await await_many_dispatch(sources, self.dispatch)

    async def connect(self) -> None:
        self.watched: dict[UUID, int] = {}
        self.receipts: dict[UUID, object] = {}  # last state told of each conversation
        self.queues: set[str] = set()
        self.desk: object | None = None  # what the left column stood on; None when not asked for
        self.user: User | None = None
        self.scope_of_user: Scope | None = None
        self.scope_served: Scope | None = None  # the rights that the views were last set by
        self.pumping = asyncio.Lock()
        try:
            proved = await self._prove()
        except Exception as error:
            logger.warning("handshake put off: %s", type(error).__name__)
            await self.accept()
            await self.close(CLOSE_TRY_LATER)
            return
        if not proved:
            await self.accept()
            await self.close(CLOSE_SIGN_IN)
            return
        if self.scope_of_user.level not in (Level.SELF, Level.STRUCTURE):
            await self.accept()
            await self.close(CLOSE_FORBIDDEN)
            return
        self.scope_served = self.scope_of_user
        await self.accept()
        await self._join(delivery.user_group(self.user.pk))
        registry.add(self)
        await self._say({"t": "hello", "version": frames.VERSION})

    async def disconnect(self, code: int) -> None:
        registry.remove(self)
        if self.user is not None:
            groups = [delivery.user_group(self.user.pk)]
            groups += [delivery.conversation_group(conversation) for conversation in self.watched]
            groups += [delivery.queue_group(code) for code in self.queues]
            await asyncio.gather(*(self._leave(group) for group in groups))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            frame = frames.decode(text_data)
        except frames.BadFrame as bad:
            await self._say({"t": "error", "code": "BAD_FRAME", "message": str(bad)})
            return
        try:
            if not await self._prove():
                await self.close(CLOSE_SIGN_IN)
                return
            await self._handle(frame)
        except Refused as refused:
            await self._say(_refusal(frame, refused))
        except OSError:  # the socket itself is gone
            raise
        except (KeyUnavailable, SealBroken) as error:
            logger.error("frame failed: %s", type(error).__name__)
            await self._say(_refusal(frame, UNREADABLE))
        except Exception as error:  # the database, most often: the same frame may pass later
            logger.warning("frame failed: %s", type(error).__name__)
            await self._say(_refusal(frame, BUSY))

    async def _handle(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Ping():
                await self._say({"t": "pong"})
            case frames.Watch():
                await self._watch(frame)
            case frames.Unwatch():
                await self._unwatch(frame.conversation)
            case frames.Queue():
                await self._open_desk()
            case frames.Seen():
                act = actions.mark_opened if frame.opened else actions.mark_delivered
                await in_thread(act)(
                    frame.conversation, reader=self.user, scope=self.scope_of_user, seq=frame.seq
                )
            case frames.Send():
                posted = await in_thread(actions.post)(
                    frame.conversation,
                    author=self.user,
                    scope=self.scope_of_user,
                    client_id=frame.id,
                    body=frame.body,
                )
                await self._say(
                    {
                        "t": "ack",
                        "conversation": frame.conversation,
                        "id": frame.id,
                        "seq": posted.seq,
                        "at": posted.at,
                    }
                )

    async def _watch(self, frame: frames.Watch) -> None:
        """Join first, then read from the cursor. The opening goes to the journal."""
        if frame.conversation not in self.watched and len(self.watched) >= MAX_WATCHED:
            raise Refused(RefusalCode.BUSY, "Cette page suit trop de conversations.", status=429)
        await in_thread(actions.note_reading)(
            frame.conversation, reader=self.user, scope=self.scope_of_user
        )
        if frame.conversation not in self.watched:
            await self._join(delivery.conversation_group(frame.conversation))
        async with self.pumping:
            self.watched[frame.conversation] = frame.cursor
            self.receipts.pop(frame.conversation, None)
        await self._pump(frame.conversation)

    async def _unwatch(self, conversation_id: UUID) -> None:
        async with self.pumping:
            known = self.watched.pop(conversation_id, None)
            self.receipts.pop(conversation_id, None)
        if known is not None:
            await self._leave(delivery.conversation_group(conversation_id))

    async def _open_desk(self) -> None:
        """Follow the queues of one's duty, and one's own conversations."""
        if not self.scope_of_user.is_professional:
            return
        self.desk = await in_thread(desk_mark)(self.user.pk, self.scope_of_user)
        await self._follow_queues()
        await self._say({"t": "queue"})

    async def _follow_queues(self) -> None:
        codes = await in_thread(queue_codes)(self.scope_of_user)
        for code in codes - self.queues:
            await self._join(delivery.queue_group(code))
        for code in self.queues - codes:
            await self._leave(delivery.queue_group(code))
        self.queues = codes

    async def _tell_desk(self) -> None:
        """Say that the left column changed, if it did."""
        mark = await in_thread(desk_mark)(self.user.pk, self.scope_of_user)
        if mark != self.desk:
            self.desk = mark
            await self._say({"t": "queue"})

    async def _pump(self, conversation_id: UUID) -> None:
        """Send what stands after the cursor; the lock keeps two hints from sending it twice."""
        async with self.pumping:
            while conversation_id in self.watched:
                cursor = self.watched[conversation_id]
                step: Step | None = await in_thread(read_step)(
                    self.scope_of_user, conversation_id, cursor
                )
                if step is None:
                    del self.watched[conversation_id]
                    self.receipts.pop(conversation_id, None)
                    await self._leave(delivery.conversation_group(conversation_id))
                    await self._say({"t": "gone", "conversation": conversation_id})
                    return
                for line in step.lines:
                    await self._say(line)
                    self.watched[conversation_id] = line["seq"]
                if not step.more:
                    if self.receipts.get(conversation_id) != step.state:
                        self.receipts[conversation_id] = step.state
                        await self._say(step.state)
                    return

    async def _pump_or_wait(self, conversation_id: UUID) -> None:
        """Pump; what fails now is tried again by the tick, and the socket stays open."""
        try:
            await self._pump(conversation_id)
        except OSError:  # the socket itself is gone
            raise
        except Exception as error:
            logger.warning("pump put off: %s", type(error).__name__)

    async def reconcile(self) -> None:
        """The tick: prove the session, then pump what moved and the desk if it changed."""
        if not await self._prove():
            await self.close(CLOSE_SIGN_IN)
            return
        await self._follow_rights()
        for conversation_id in await in_thread(moved)(
            self.scope_of_user, dict(self.watched), dict(self.receipts)
        ):
            await self._pump_or_wait(conversation_id)
        if self.desk is not None:
            await self._follow_queues()
            await self._tell_desk()

    async def _follow_rights(self) -> None:
        """After a change of rights, whoever noticed it: say what is gone, follow other queues."""
        scope = self.scope_of_user
        if scope == self.scope_served:
            return
        for conversation_id in list(self.watched):
            await self._pump_or_wait(conversation_id)
        if self.desk is not None:
            await self._follow_queues()
            await self._tell_desk()
        self.scope_served = scope

    async def conversation_hint(self, event: dict[str, Any]) -> None:
        await self._pump_or_wait(UUID(event["conversation"]))

    async def receipts_hint(self, event: dict[str, Any]) -> None:
        await self._pump_or_wait(UUID(event["conversation"]))

    async def queue_hint(self, event: dict[str, Any]) -> None:
        if self.desk is not None:
            await self._prove_then(self._tell_desk)

    async def rights_hint(self, event: dict[str, Any]) -> None:
        await self._prove_then(self._follow_rights)

    async def _prove_then(self, go_on: Callable[[], Awaitable[None]]) -> None:
        """Prove the session, then go on; what fails now is left to the tick."""
        try:
            if await self._prove():
                await go_on()
            else:
                await self.close(CLOSE_SIGN_IN)
        except OSError:
            raise
        except Exception as error:
            logger.warning("hint put off: %s", type(error).__name__)

    async def _prove(self) -> bool:
        """Read the session, the account and the rights again; False when they are gone."""
        session_key = getattr(self.scope.get("session"), "session_key", None)
        user = await in_thread(live_user)(session_key)
        if user is None or (self.user is not None and user.pk != self.user.pk):
            return False
        self.user = user
        self.scope_of_user = await in_thread(scope_for)(user)
        return self.scope_of_user.level != Level.NOBODY

    async def _join(self, group: str) -> None:
        if self.channel_layer is None:
            return
        try:
            await asyncio.wait_for(self.channel_layer.group_add(group, self.channel_name), 1)
        except Exception as error:  # without the broker the tick serves the view
            logger.warning("join failed: %s", type(error).__name__)

    async def _leave(self, group: str) -> None:
        if self.channel_layer is None:
            return
        try:
            await asyncio.wait_for(self.channel_layer.group_discard(group, self.channel_name), 1)
        except Exception as error:
            logger.info("leave failed: %s", type(error).__name__)

    async def _say(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=frames.encode(frame))


def _refusal(frame: frames.Frame, refused: Refused) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "t": "nack",
        "conversation": getattr(frame, "conversation", None),
        "code": refused.code,
        "retry": refused.retry,
        "message": refused.sentence,
    }
    if isinstance(frame, frames.Send):
        answer["id"] = frame.id
    return answer
