"""A small client of the live view, in Python: for tests, measures and whoever integrates.

It follows `docs/protocol.md` and nothing else of this service:

    async with LiveClient(address, session=cookie, origin="https://…", listener=mine) as client:
        client.watch(conversation, cursor=12)
        ack = await client.send(conversation, "Bonjour.")

A line stays in the outbox until it is acknowledged or refused for good, and goes under the same
UUID at every try, in the order of typing.
"""

import asyncio
import contextlib
import json
import random
from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid4

import websockets
from websockets.asyncio.client import ClientConnection, connect

from messagerie.live_listener import Listener
from messagerie.live_outbox import Frame, LineRefused, Outbox, written

__all__ = ["Frame", "LineRefused", "LinkRefused", "Listener", "LiveClient", "Pace"]

VERSION = 1
SIGN_IN, FORBIDDEN, OUTDATED = 4401, 4403, 1002
FINAL = (SIGN_IN, FORBIDDEN)  # close codes after which no new try makes sense


@dataclass(frozen=True)
class Pace:
    """Times of the client, in seconds; the defaults are those of the protocol."""

    ping_after: float = 20.0  # a link that says nothing is asked
    pong_within: float = 10.0  # then it is taken for dead; also the limit of a handshake
    first_wait: float = 0.5  # ceiling of the first pause between two tries, doubled each time
    longest_wait: float = 8.0
    retry_after: float = 3.0  # after a refusal that says "try again" without saying when
    seen_after: float = 0.25  # receipts are gathered for this long


class LinkRefused(Exception):
    """No new try: signed out (4401), no live view (4403), or a version that we do not speak."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class LinkLost(Exception):
    """The link is of no use any more; a new one is tried."""


@dataclass
class View:
    """One watched conversation."""

    cursor: int
    told: int = 0  # the last number that a receipt went out for, on this link
    asked_again: bool = False


class LiveClient:
    """One device of one account. Open between `async with` and its end."""

    def __init__(
        self,
        address: str,
        *,
        session: str,
        origin: str,
        listener: Listener | None = None,
        receipts: bool = True,
        cookie: str = "sessionid",
        pace: Pace | None = None,
    ) -> None:
        self.epoch: str | None = None
        self.listener = listener or Listener()
        self._address, self._origin = address, origin
        self._headers = {"Cookie": f"{cookie}={session}"}
        self._receipts = receipts
        self._pace = pace or Pace()
        self._views: dict[UUID, View] = {}
        self._outbox = Outbox(self._say, retry_after=self._pace.retry_after)
        self._wants_queue = False
        self._tries = 0
        self._out: asyncio.Queue[Frame] | None = None  # None while there is no link
        self._seen_timer: asyncio.TimerHandle | None = None
        self._run: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._run = asyncio.get_running_loop().create_task(self._keep_linked())
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._run is not None
        self._run.cancel()
        with contextlib.suppress(asyncio.CancelledError, LinkRefused):
            await self._run

    # --- what the caller asks

    def watch(self, conversation: UUID, cursor: int = 0) -> None:
        """Follow a conversation after the number `cursor`, which is known already."""
        self._views[conversation] = View(cursor)
        self._say_watch(conversation)

    def unwatch(self, conversation: UUID) -> None:
        if self._views.pop(conversation, None) is not None:
            self._say({"t": "unwatch", "conversation": str(conversation)})

    def watch_queue(self) -> None:
        """Be told when the queue of the professional changes."""
        self._wants_queue = True
        self._say({"t": "queue"})

    def send(
        self, conversation: UUID, body: str, id: UUID | None = None
    ) -> "asyncio.Future[Frame]":
        """Put a line in the outbox. The result is its `ack`.

        Raises (from the future): LineRefused, LinkRefused.
        """
        return self._outbox.put(conversation, id or uuid4(), body)

    def opened(self, conversation: UUID) -> None:
        """The lines so far were on a screen that somebody looks at."""
        seq = self._views[conversation].cursor
        self._say({"t": "seen", "conversation": str(conversation), "seq": seq, "opened": True})

    def typing(self, conversation: UUID) -> None:
        self._say({"t": "typing", "conversation": str(conversation)})

    def cursor(self, conversation: UUID) -> int:
        return self._views[conversation].cursor

    @property
    def pending(self) -> int:
        """Lines that wait for their acknowledgement."""
        return len(self._outbox)

    @property
    def linked(self) -> bool:
        return self._out is not None

    async def closed(self) -> None:
        """Until there will be no new try. Raises LinkRefused, which says why."""
        assert self._run is not None
        await asyncio.shield(self._run)

    # --- the link

    async def _keep_linked(self) -> None:
        try:
            while True:
                await self._one_link()
                ceiling = min(self._pace.longest_wait, self._pace.first_wait * 2**self._tries)
                self._tries = min(self._tries + 1, 10)
                await asyncio.sleep(random.uniform(0, ceiling))  # noqa: S311 - full jitter
        except LinkRefused as refused:
            self._outbox.give_up(refused)
            raise

    async def _one_link(self) -> None:
        """One link, until it is lost. Raises LinkRefused when no other would be better."""
        code = None
        try:
            async with self._connect() as link:
                try:
                    await self._greet(link)
                    await self._serve(link)
                finally:
                    code = link.close_code
                    link.transport.abort()  # a half-open link would hold a polite goodbye up
        except (websockets.WebSocketException, LinkLost, OSError, TimeoutError, ValueError):
            if code in FINAL:
                raise LinkRefused(code) from None
        finally:
            self._unlinked()

    def _connect(self) -> connect:
        return connect(
            self._address,
            origin=self._origin,  # type: ignore[arg-type]
            additional_headers=self._headers,
            open_timeout=self._pace.pong_within,
            close_timeout=1,
            ping_interval=None,  # the protocol has its own, which a browser can say too
            compression=None,
            proxy=None,
        )

    async def _greet(self, link: ClientConnection) -> None:
        """Hear `hello`, then say all that is wanted, cursors first, in one go."""
        async with asyncio.timeout(self._pace.pong_within):
            hello = json.loads(await link.recv())
        if hello.get("t") != "hello" or hello.get("version") != VERSION:
            raise LinkRefused(OUTDATED)
        epoch = hello.get("epoch")
        if self.epoch is not None and epoch != self.epoch:
            self._start_numbers_again()
        self.epoch, self._tries = epoch, 0
        self._out = asyncio.Queue()
        for conversation, view in self._views.items():
            view.told, view.asked_again = 0, False
            self._say_watch(conversation)
        if self._wants_queue:
            self._say({"t": "queue"})
        self._outbox.resume()
        self.listener.link(True)

    async def _serve(self, link: ClientConnection) -> None:
        writer = asyncio.get_running_loop().create_task(self._write(link))
        try:
            while True:
                self._receive(json.loads(await self._hear(link)))
        finally:
            writer.cancel()

    async def _write(self, link: ClientConnection) -> None:
        out = self._out
        assert out is not None
        with contextlib.suppress(websockets.ConnectionClosed, OSError):  # the reader sees it too
            while True:
                await link.send(written(await out.get()))

    async def _hear(self, link: ClientConnection) -> str | bytes:
        """The next frame; a link that says nothing is asked, then taken for dead."""
        try:
            async with asyncio.timeout(self._pace.ping_after):
                return await link.recv()
        except TimeoutError:
            self._say({"t": "ping"})
        async with asyncio.timeout(self._pace.pong_within):
            return await link.recv()

    def _unlinked(self) -> None:
        """What was on its way may be lost: it will be said again."""
        if self._out is None:
            return
        self._out = None
        self._outbox.release()
        self.listener.link(False)

    def _say(self, frame: Frame) -> bool:
        if self._out is None:
            return False
        self._out.put_nowait(frame)
        return True

    def _say_watch(self, conversation: UUID) -> None:
        cursor = self._views[conversation].cursor
        frame: Frame = {"t": "watch", "conversation": str(conversation), "cursor": cursor}
        self._say(frame | ({"epoch": self.epoch} if self.epoch else {}))

    # --- what comes in

    def _receive(self, frame: Frame) -> None:
        match frame["t"]:
            case "line":
                self._line(UUID(frame["conversation"]), frame)
            case "state":
                self._state(UUID(frame["conversation"]), frame)
            case "ack":
                self._outbox.settle(frame)
            case "nack":
                self._nack(frame)
            case "gone":
                self._views.pop(UUID(frame["conversation"]), None)
                self.listener.gone(UUID(frame["conversation"]))
            case "queue":
                self.listener.queue()
            case "typing":
                self.listener.typing(frame)
            # A pong, an error, or a frame of a later version: nothing to do.

    def _line(self, conversation: UUID, frame: Frame) -> None:
        view = self._views.get(conversation)
        if view is None or frame["seq"] <= view.cursor:
            return
        if frame["seq"] > view.cursor + 1:
            self._ask_again(conversation, view)  # a hole: never shown
            return
        view.cursor, view.asked_again = frame["seq"], False
        self.listener.line(frame)
        if self._receipts and self._seen_timer is None:
            loop = asyncio.get_running_loop()
            self._seen_timer = loop.call_later(self._pace.seen_after, self._say_seen)

    def _state(self, conversation: UUID, frame: Frame) -> None:
        view = self._views.get(conversation)
        if view is None:
            return
        self.listener.state(frame)
        if frame["last_seq"] > view.cursor:  # it has more than what came here
            loop = asyncio.get_running_loop()
            loop.call_later(1, self._ask_if_behind, conversation, frame["last_seq"])

    def _ask_if_behind(self, conversation: UUID, last_seq: int) -> None:
        view = self._views.get(conversation)
        if view is not None and view.cursor < last_seq:
            view.asked_again = False
            self._ask_again(conversation, view)

    def _ask_again(self, conversation: UUID, view: View) -> None:
        if not view.asked_again:
            view.asked_again = True
            self._say_watch(conversation)

    def _nack(self, frame: Frame) -> None:
        self.listener.refused(frame)
        if frame["code"] == "OTHER_EPOCH":
            self._start_numbers_again()
            self.epoch = None  # the next hello tells it
            raise LinkLost
        if frame.get("id") is not None:
            self._outbox.settle(frame)
        elif frame.get("conversation") is not None:
            conversation = UUID(frame["conversation"])
            if frame["retry"]:
                after = float(frame.get("after") or self._pace.retry_after)
                asyncio.get_running_loop().call_later(after, self._watch_if_wanted, conversation)
            elif frame["code"] == "NOT_FOUND":
                self._views.pop(conversation, None)

    def _watch_if_wanted(self, conversation: UUID) -> None:
        if conversation in self._views:
            self._say_watch(conversation)

    def _start_numbers_again(self) -> None:
        for conversation, view in self._views.items():
            view.cursor = 0
            self.listener.restarted(conversation)

    # --- receipts

    def _say_seen(self) -> None:
        self._seen_timer = None
        for conversation, view in self._views.items():
            if view.cursor > view.told and self.linked:
                view.told = view.cursor
                self._say({"t": "seen", "conversation": str(conversation), "seq": view.cursor})
