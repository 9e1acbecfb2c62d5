"""Ask a ClamAV daemon about a file, by its INSTREAM command; and wake the task that does.

The protocol (man clamd, "zINSTREAM"): the command, then chunks with their length in front (4
bytes, big-endian), then a length of zero; the answer is "stream: OK", "stream: <name> FOUND" or
a sentence that ends in ERROR. Only the first two are a verdict.
"""

import logging
import re
import socket
import struct
import time
from contextlib import closing
from enum import Enum

from celery import current_app

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
CONNECT_SECONDS = 5
TOTAL_SECONDS = 30
LONGEST_ANSWER = 4096
FOUND = re.compile(rb"^stream: .+ FOUND$")


class Verdict(Enum):
    CLEAN = "CLEAN"
    INFECTED = "INFECTED"


class ScannerAway(Exception):
    """No verdict: the daemon is away, silent, full, or says something else. Ask again later."""


def scan(content: bytes, address: str, *, seconds: float = TOTAL_SECONDS) -> Verdict:
    """The verdict of the daemon at `address` ("host:port", or the path of a Unix socket).

    Raises:
        ScannerAway: anything but a verdict.
    """
    deadline = time.monotonic() + seconds
    try:
        with closing(_connect(address, min(CONNECT_SECONDS, seconds))) as link:
            _send(link, content, deadline)
            answer = _answer(link, deadline)
    except OSError as error:
        raise ScannerAway(type(error).__name__) from None
    if answer == b"stream: OK":
        return Verdict.CLEAN
    if FOUND.match(answer):
        return Verdict.INFECTED
    raise ScannerAway("no verdict")


def _connect(address: str, seconds: float) -> socket.socket:
    if address.startswith("/"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(seconds)
        try:
            link.connect(address)
        except OSError:
            link.close()
            raise
        return link
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)


def _send(link: socket.socket, content: bytes, deadline: float) -> None:
    link.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), CHUNK):
        chunk = content[start : start + CHUNK]
        link.settimeout(_left(deadline))
        try:
            link.sendall(struct.pack(">I", len(chunk)) + chunk)
        except (BrokenPipeError, ConnectionResetError):
            return  # it closed early, perhaps to say that it found something: read what it said
    link.sendall(struct.pack(">I", 0))


def _answer(link: socket.socket, deadline: float) -> bytes:
    """What the daemon says, up to its closing NUL. Cut short, it is no answer."""
    answer = b""
    while b"\0" not in answer:
        link.settimeout(_left(deadline))
        part = link.recv(1024)
        if not part or len(answer) > LONGEST_ANSWER:
            raise ScannerAway("cut")
        answer += part
    return answer.split(b"\0", 1)[0].strip()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def wake_scan() -> None:
    """Have what waits scanned now; without a broker, the minute's task will."""
    try:
        current_app.send_task("messagerie.attachments.tasks.scan_waiting")
    except Exception as error:  # whatever the broker raises, the row is committed
        logger.warning("wake-up lost: %s", type(error).__name__)
