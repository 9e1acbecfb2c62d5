"""A small object store on a real socket: what boto3 asks of S3 to put, get, list and delete.

It checks no signature, but keeps what it was asked, so that a test can look at it.
"""

import contextlib
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Bucket(ThreadingHTTPServer):
    """`objects` by key; `failing` makes every request answer 503, `silent` none at all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.failing = False
        self.silent = False
        self.closed = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin(self) -> tuple[str, dict[str, list[str]], bytes] | None:
        parts = urlsplit(self.path)
        key = unquote(parts.path.lstrip("/")).partition("/")[2]
        self.server.asked.append((self.command, key, dict(self.headers)))
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "aws-chunked":
            body = _without_frames(body)
        if self.server.silent:
            self.server.closed.wait(30)
            self.close_connection = True
            return None
        if self.server.failing:
            self._answer(503)
            return None
        return key, parse_qs(parts.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        if begun := self._begin():
            self.server.objects[begun[0]] = begun[2]
            self._answer(200, ETag='"x"')

    def do_DELETE(self) -> None:
        if begun := self._begin():
            self.server.objects.pop(begun[0], None)
            self._answer(204)

    def do_HEAD(self) -> None:
        if begun := self._begin():
            held = self.server.objects.get(begun[0])
            if held is None:
                self._answer(404)
            else:
                self._answer(200, Content_Length=str(len(held)), **self._dated())

    def do_GET(self) -> None:
        if not (begun := self._begin()):
            return
        key, query, _ = begun
        if not key:
            self._list(query)
        elif (held := self.server.objects.get(key)) is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._answer(200, held, **self._dated())

    def _dated(self) -> dict[str, str]:
        return {"Last_Modified": formatdate(usegmt=True), "ETag": '"x"'}

    def _list(self, query: dict[str, list[str]]) -> None:
        prefix = query.get("prefix", [""])[0]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(held)}</Size>"
            "<LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>"
            for key, held in sorted(self.server.objects.items())
            if key.startswith(prefix)
        )
        said = f'<ListBucketResult xmlns="{NAMESPACE}"><Prefix>{escape(prefix)}</Prefix>{rows}'
        self._answer(200, f"{said}<IsTruncated>false</IsTruncated></ListBucketResult>".encode())


def _without_frames(body: bytes) -> bytes:
    """The content of a body sent in chunks: length in hexadecimal, CRLF, bytes, CRLF, up to 0."""
    content = b""
    while body:
        line, _, body = body.partition(b"\r\n")
        length = int(line.split(b";")[0], 16)
        if not length:
            return content
        content, body = content + body[:length], body[length + 2 :]
    return content


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    server = Bucket()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.closed.set()
        server.shutdown()
        server.server_close()
