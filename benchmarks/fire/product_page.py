"""A person of the product: one socket, every conversation of theirs on the same page."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from benchmarks.fire.history import History
from benchmarks.fire.links import HOST, Door
from messagerie.live_client import Listener, LiveClient, Pace

Frame = dict[str, Any]


class ProductPage(Listener):
    """Everything goes by the public protocol, through the client that is given to integrators."""

    def __init__(
        self,
        who: str,
        session: str,
        conversations: Iterable[str],
        door: Door,
        history: History,
        pace: Pace | None = None,
    ) -> None:
        self.who = who
        self._door, self._history = door, history
        self._conversations = list(conversations)
        self.client = LiveClient(
            f"ws://{HOST}:{door.port}/ws/v1/",
            session=session,
            origin=f"http://{HOST}:{door.port}",
            listener=self,
            pace=pace,
        )

    async def load(self) -> None:
        """The page as the service gives it; here it shows nothing yet."""
        for conversation in self._conversations:
            self._history.view(conversation, self.who, self._door.name)
            self.client.watch(UUID(conversation))

    async def open(self, *, loaded: bool = False) -> None:
        """`loaded`: only the socket is missing."""
        if not loaded:
            await self.load()
        await self.client.__aenter__()

    async def close(self) -> None:
        await self.client.__aexit__()

    @property
    def linked(self) -> bool:
        return self.client.linked

    def say(self, conversation: str, id: str, body: str) -> None:
        """Put a line in the outbox of this page."""
        self.client.send(UUID(conversation), body, UUID(id)).add_done_callback(
            lambda answer: self._answered(id, answer)
        )

    def _answered(self, id: str, answer: Any) -> None:
        if answer.cancelled():
            return
        error = answer.exception()
        if error is None:
            self._history.ok(id, answer.result()["seq"])
        elif hasattr(error, "frame"):
            self._history.fail(id, error.frame["code"])

    # --- what the client tells

    def link(self, up: bool) -> None:
        self._history.link(self.who, self._door.name, up=up)

    def line(self, frame: Frame) -> None:
        body = frame["body"] if isinstance(frame["body"], str) else ""
        self._history.seen(frame["conversation"], self.who, frame["id"], body)

    def restarted(self, conversation: UUID) -> None:
        self._history.view(str(conversation), self.who, self._door.name)

    def refused(self, frame: Frame) -> None:
        self._history.note("nack", who=self.who, code=frame["code"], retry=frame["retry"])
