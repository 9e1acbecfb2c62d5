"""The first bytes of a connection: what uvicorn leaves open, or answers with a traceback.

It waits for ever for the end of the headers, and keeps whatever they hold. A proxy in front
bounds both; a process that is reached without one must not stand open meanwhile.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

HEAD_SECONDS = 10.0  # from the connection, or from the first byte of a later request
HEAD_BYTES = 65_536


class Doorstep(HttpToolsProtocol):
    """Refuses a head that is too slow (408) or too long (431), and closes."""

    seconds = HEAD_SECONDS
    _heard = 0  # bytes of the head that is awaited
    _patience: asyncio.TimerHandle | None = None  # None: no head is awaited

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_whole()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._patience is not None:
            self._heard += len(data)
            if self._heard > HEAD_BYTES:
                self._turn_away(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._patience is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._head_is_whole()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        if self.parser.get_http_version() == "1.0":  # RFC 6455: at least 1.1
            self._turn_away(b"426 Upgrade Required")
        else:
            super().handle_websocket_upgrade()

    def _await_head(self) -> None:
        self._heard = 0
        late = b"408 Request Timeout"
        self._patience = self.loop.call_later(self.seconds, self._turn_away, late)

    def _head_is_whole(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _turn_away(self, status: bytes) -> None:
        self._head_is_whole()
        if not self.transport.is_closing():
            self.transport.write(_answer(status))
            self.transport.close()


class Socket(WebSocketsSansIOProtocol):
    """Answers the handshakes that cannot be read, and closes a text that is no UTF-8 quietly."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            said = b"".join(self.conn.data_to_send())
            self.transport.write(said or _answer(b"400 Bad Request"))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            whole = b"".join(self.frames)
            try:
                whole.decode()
            except UnicodeDecodeError:
                self.conn.fail(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
            self.frames = [whole]
        super().send_receive_event_to_app()


def _answer(status: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
