"""The socket: frames in, frames out. It decides nothing: acts and scope do.

A view joins the group of a conversation first, then reads from its cursor; each hint and each
tick pumps from the cursor again. Every inbound frame and every tick proves the session anew.
"""

import asyncio
import logging
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from comptes.models import User
from comptes.sessions import live_user
from messagerie import actions, delivery, frames
from messagerie.errors import Refused
from messagerie.live import registry
from messagerie.models import Conversation
from messagerie.rendering import line_frame, receipts_frame
from orientation.models import Structure
from orientation.scope import Level, Scope, scope_for

logger = logging.getLogger(__name__)

CLOSE_SIGN_IN = 4401  # the session is over: the page goes to the sign-in page
CLOSE_FORBIDDEN = 4403  # this account has no live view


def in_thread(function):
    """Database work off the event loop, several threads at once (the pool bounds them)."""
    return database_sync_to_async(function, thread_sensitive=False)


class LiveConsumer(AsyncWebsocketConsumer):
    """One page of a patient or of a professional."""

    async def connect(self) -> None:
        self.watched: dict[UUID, int] = {}
        self.queues: set[str] = set()
        self.user: User | None = None
        self.scope_of_user: Scope | None = None
        self.pumping = asyncio.Lock()
        if not await self._prove():
            await self.accept()
            await self.close(CLOSE_SIGN_IN)
            return
        if self.scope_of_user.level not in (Level.SELF, Level.STRUCTURE):
            await self.accept()
            await self.close(CLOSE_FORBIDDEN)
            return
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
            for group in groups:
                try:
                    await self.channel_layer.group_discard(group, self.channel_name)
                except Exception as error:  # the broker may be gone: nothing is owed to it
                    logger.info("leave failed: %s", type(error).__name__)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            frame = frames.decode(text_data)
        except frames.BadFrame as bad:
            await self._say({"t": "error", "code": "BAD_FRAME", "message": str(bad)})
            return
        if not await self._prove():
            await self.close(CLOSE_SIGN_IN)
            return
        try:
            await self._handle(frame)
        except Refused as refused:
            await self._say(_refusal(frame, refused))

    async def _handle(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Ping():
                await self._say({"t": "pong"})
            case frames.Watch():
                await self._watch(frame)
            case frames.Unwatch():
                if self.watched.pop(frame.conversation, None) is not None:
                    await self._leave(delivery.conversation_group(frame.conversation))
            case frames.Queue():
                await self._join_queues()
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
        if not await in_thread(_may_see)(self.scope_of_user, frame.conversation):
            await self._say(
                {
                    "t": "nack",
                    "conversation": frame.conversation,
                    "code": "NOT_FOUND",
                    "retry": False,
                    "message": "Cette conversation n'existe pas, ou vous n'y avez pas accès.",
                }
            )
            return
        if frame.conversation not in self.watched:
            await self._join(delivery.conversation_group(frame.conversation))
        self.watched[frame.conversation] = frame.cursor
        await self._pump(frame.conversation)

    async def _join_queues(self) -> None:
        if not self.scope_of_user.is_professional:
            return
        codes = await in_thread(_queue_codes)(self.scope_of_user)
        for code in codes - self.queues:
            await self._join(delivery.queue_group(code))
        self.queues |= codes
        await self._say({"t": "queue"})

    async def _pump(self, conversation_id: UUID) -> None:
        """Send what stands after the cursor; the lock keeps two hints from sending it twice."""
        async with self.pumping:
            cursor = self.watched.get(conversation_id)
            while cursor is not None:
                step = await in_thread(_read)(self.scope_of_user, conversation_id, cursor)
                if step is None:
                    self.watched.pop(conversation_id, None)
                    await self._leave(delivery.conversation_group(conversation_id))
                    await self._say({"t": "gone", "conversation": conversation_id})
                    return
                lines, receipts = step
                for line in lines:
                    await self._say(line)
                    cursor = line["seq"]
                self.watched[conversation_id] = cursor
                if len(lines) < delivery.PAGE:
                    await self._say(receipts)
                    return

    async def reconcile(self) -> None:
        """The tick: prove the session, then pump the conversations that moved."""
        if not await self._prove():
            await self.close(CLOSE_SIGN_IN)
            return
        moved = await in_thread(_moved)(dict(self.watched))
        for conversation_id in moved:
            await self._pump(conversation_id)
        if self.queues:
            await self._say({"t": "queue"})

    async def conversation_hint(self, event: dict[str, Any]) -> None:
        await self._pump(UUID(event["conversation"]))

    async def receipts_hint(self, event: dict[str, Any]) -> None:
        await self._pump(UUID(event["conversation"]))

    async def queue_hint(self, event: dict[str, Any]) -> None:
        if await self._prove():
            await self._say({"t": "queue"})
        else:
            await self.close(CLOSE_SIGN_IN)

    async def rights_hint(self, event: dict[str, Any]) -> None:
        before = self.scope_of_user
        if not await self._prove():
            await self.close(CLOSE_SIGN_IN)
        elif self.scope_of_user != before:
            for conversation_id in list(self.watched):
                await self._pump(conversation_id)

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
        try:
            await asyncio.wait_for(self.channel_layer.group_add(group, self.channel_name), 1)
        except Exception as error:  # without the broker the tick serves the view
            logger.warning("join failed: %s", type(error).__name__)

    async def _leave(self, group: str) -> None:
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


def _may_see(scope: Scope, conversation_id: UUID) -> bool:
    return Conversation.objects.visible_to(scope).filter(pk=conversation_id).exists()


def _queue_codes(scope: Scope) -> set[str]:
    return set(
        Structure.objects.filter(pk__in=scope.duty_structure_ids).values_list(
            "departement_id", flat=True
        )
    )


def _read(
    scope: Scope, conversation_id: UUID, cursor: int
) -> tuple[list[dict[str, Any]], dict[str, Any]] | None:
    """One step of a pump, or None when the scope no longer covers the conversation."""
    conversation = Conversation.objects.visible_to(scope).filter(pk=conversation_id).first()
    if conversation is None:
        return None
    lines = delivery.lines_after(conversation_id, cursor)
    return [line_frame(conversation, line) for line in lines], receipts_frame(conversation)


def _moved(watched: dict[UUID, int]) -> list[UUID]:
    """The watched conversations that stand further than their cursor."""
    if not watched:
        return []
    rows = Conversation.objects.filter(pk__in=watched).values_list("pk", "last_seq")
    return [pk for pk, last in rows if last > watched[pk]]
