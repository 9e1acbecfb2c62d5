"""A socket against the real application, without a server: frames in, frames out."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from config.asgi import application

WAIT = 30  # seconds: a ceiling on conditions, never a measure


class Closed(Exception):
    """The server closed the socket; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Socket(ApplicationCommunicator):
    """One browser's socket. `session` is the value of its session cookie, "" for none."""

    def __init__(
        self, session: str = "", *, origin: str = "http://testserver", path: str = "/ws/v1/"
    ) -> None:
        headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
        if session:
            headers.append((b"cookie", f"sessionid={session}".encode()))
        super().__init__(
            application,
            {
                "type": "websocket",
                "path": path,
                "query_string": b"",
                "headers": headers,
                "subprotocols": [],
            },
        )

    async def open(self) -> bool:
        """Handshake; False when the server refuses it."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(WAIT)
        return answer["type"] == "websocket.accept"

    async def say(self, frame: dict[str, Any] | str) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        """The next frame. Raises Closed when the server closes instead."""
        output = await self.receive_output(WAIT)
        if output["type"] == "websocket.close":
            raise Closed(output.get("code", 1000))
        return json.loads(output["text"])

    async def hear_until(self, kind: str) -> list[dict[str, Any]]:
        """Frames up to and including the first of a kind."""
        heard = [await self.hear()]
        while heard[-1]["t"] != kind:
            heard.append(await self.hear())
        return heard

    async def close(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(WAIT)
