"""The socket: frames in, frames out. It decides nothing: acts and rights do.

A bare ASGI callable rather than a consumer class, which dispatches each frame by name and sends
each one through two coroutines (docs/decisions/0012). It stands where a consumer would, behind the
routing and the cookies of Channels and our Origin check.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from comptes.keys.cipher import cache, load_keys
from comptes.outbox_key import account_tag
from messagerie import delivery, frames
from messagerie.actions.lines import NewLine, seal_line
from messagerie.errors import RefusalCode, Refused, not_found, other_epoch
from messagerie.live import desk
from messagerie.live.hub import Hub, enter, leave
from messagerie.live.proving import in_thread
from messagerie.live.sessions import may_stay
from messagerie.live.view import CLOSE_FORBIDDEN, CLOSE_SIGN_IN, CLOSE_TRY_LATER, View
from messagerie.live.writing import busy
from messagerie.rate import rate
from messagerie.rights import side_of
from messagerie.texts import clean_text
from orientation.scope import Level

logger = logging.getLogger(__name__)

MAX_WATCHED = 50  # conversations that one page may follow
MAX_UNDER_WAY = 100  # lines of one page that wait for their answer
FRAMES_PER_SECOND = 50  # other than lines, that one page may say in the long run
FRAMES_AT_ONCE = 200
TYPING_PAUSE = 2.0  # seconds between two signs of typing that are passed on

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def live_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One page, from its handshake to its end."""
    if (await receive())["type"] != "websocket.connect":
        return
    hub = await enter()
    try:
        view = await _admit(scope, send, hub)
        if view is not None:
            await _serve(view, hub, receive)
    finally:
        await leave()


async def _admit(scope: dict[str, Any], send: Send, hub: Hub) -> View | None:
    """Prove the session, accept the socket, and say hello; or close with the reason."""
    session_key = getattr(scope.get("session"), "session_key", None) or ""
    code = 0
    try:
        proof = await hub.sessions.prove(session_key)
        epoch = await hub.known_epoch()
    except Exception as error:
        logger.warning("handshake put off: %s", type(error).__name__)
        proof, code = None, CLOSE_TRY_LATER
    if proof is None or not may_stay(proof):
        code = code or CLOSE_SIGN_IN
    elif proof.scope.level not in (Level.SELF, Level.STRUCTURE):
        code = CLOSE_FORBIDDEN
    await send({"type": "websocket.accept"})
    if code or proof is None:
        await send({"type": "websocket.close", "code": code})
        return None
    view = View(session_key, proof, send)
    hub.add(view)
    account = account_tag(proof.user)
    view.say({"t": "hello", "version": frames.VERSION, "epoch": epoch, "account": account})
    return view


async def _serve(view: View, hub: Hub, receive: Receive) -> None:
    try:
        await _hear(view, hub, receive)
    except asyncio.CancelledError:
        if view.closing is None:  # the server stops, rather than we this one socket
            raise
    finally:
        hub.remove(view)


async def _hear(view: View, hub: Hub, receive: Receive) -> None:
    while True:
        event = await receive()
        if event["type"] != "websocket.receive":
            return
        if view.closing is not None:
            continue
        try:
            frame = frames.decode(event.get("text"))
        except frames.BadFrame as bad:
            view.say({"t": "error", "code": "BAD_FRAME", "message": str(bad)})
            continue
        if not isinstance(frame, frames.Send):  # lines have a limit of their own
            await _pace(view)
        try:
            await _handle(frame, view, hub)
        except Refused as refused:
            view.refuse(refused, getattr(frame, "conversation", None), _line_id(frame))
        except Exception as error:  # the database, most often: the same frame may pass later
            logger.warning("frame failed: %s", type(error).__name__)
            view.refuse(busy(), getattr(frame, "conversation", None), _line_id(frame))


async def _pace(view: View) -> None:
    """A page that says much is heard more slowly; the others are not."""
    now = asyncio.get_running_loop().time()
    view.frames_at = max(view.frames_at, now - FRAMES_AT_ONCE / FRAMES_PER_SECOND)
    view.frames_at += 1 / FRAMES_PER_SECOND
    if view.frames_at > now:
        await asyncio.sleep(view.frames_at - now)


def _line_id(frame: frames.Frame) -> UUID | None:
    return frame.id if isinstance(frame, frames.Send) else None


async def _handle(frame: frames.Frame, view: View, hub: Hub) -> None:
    match frame:
        case frames.Send():
            await _send_line(frame, view, hub)
        case frames.Seen():
            if frame.conversation not in view.watched:
                raise not_found()
            # Whether this person takes part is judged there: the watch may not be answered yet.
            hub.receipts.note(view, frame.conversation, frame.seq, opened=frame.opened)
        case frames.Typing():
            _pass_typing(frame.conversation, view, hub)
        case frames.Watch():
            _watch(frame, view, hub)
        case frames.Unwatch():
            hub.unfollow(view, frame.conversation)
        case frames.Queue():
            await desk.open_desk(view, hub)
        case frames.Ping():
            hub.sessions.ping(view)


async def _send_line(frame: frames.Send, view: View, hub: Hub) -> None:
    rate.take(view.user_id)
    if view.under_way >= MAX_UNDER_WAY:
        raise busy()
    text = clean_text(frame.body)
    if cache.get(frame.conversation) is None:
        await in_thread(load_keys)([frame.conversation])
    user = view.proof.user
    sealed = mac = b""  # without a key: the act refuses, after it has judged the rights
    if cache.get(frame.conversation) is not None:
        sealed, mac = seal_line(frame.conversation, user.pk, frame.id, text)
    line = NewLine(
        conversation_id=frame.conversation,
        author_id=user.pk,
        author_kind=user.kind,
        scope=view.scope,
        client_id=frame.id,
        sealed=sealed,
        mac=mac,
        at=timezone.now(),
    )
    hub.writer.send(view, line, text)


def _watch(frame: frames.Watch, view: View, hub: Hub) -> None:
    if frame.epoch and frame.epoch != hub.epoch:
        raise other_epoch()
    if frame.conversation not in view.watched and len(view.watched) >= MAX_WATCHED:
        raise Refused(RefusalCode.BUSY, "Cette page suit trop de conversations.", status=429)
    hub.follow(view, frame.conversation, frame.cursor)


def _pass_typing(conversation: UUID, view: View, hub: Hub) -> None:
    """Tell the others that somebody is typing; nothing is kept, and nothing is answered."""
    now = asyncio.get_running_loop().time()
    watch = view.watched.get(conversation)
    side = watch and watch.row and side_of(watch.row, view.scope)
    if side is None or now - view.typed_at < TYPING_PAUSE:
        return
    view.typed_at = now
    hub.show_typing(conversation, side, by=view)
    hub.tell(delivery.Hints(typing={(conversation, side)}))
