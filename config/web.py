"""One web process: uvicorn, with the few things that its command line has no word for.

    python -m config.web --host 127.0.0.1 --port 8000

Several processes behind a proxy make a site; this starts one.
"""

import argparse
import gc
import socket

import uvicorn

from config.doorstep import HEAD_SECONDS, Doorstep, Socket

WAITING = 4096  # connections that may wait to be accepted: a whole region comes back at once
SILENT_MS = 30_000  # a peer that takes nothing for so long is gone, or does not read: cut
MAX_FRAME_BYTES = 65_536
PING_SECONDS = 20
YOUNG_OBJECTS = 20_000  # before a collection: a socket is some hundred objects, and lives long


def listening(host: str, port: int) -> socket.socket:
    """The socket to accept from; those accepted inherit its options."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: closing alone waits for the peer for ever
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_MS)
    server.bind((host, port))
    server.listen(WAITING)
    server.set_inheritable(True)
    return server


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m config.web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--graceful", type=int, default=20, help="secondes laissées à la fin")
    parser.add_argument("--head", type=float, default=HEAD_SECONDS, help="secondes pour l'en-tête")
    parser.add_argument("--application", default="config.asgi:application")
    choices = parser.parse_args()
    Doorstep.seconds = choices.head
    config = uvicorn.Config(
        choices.application,
        http=Doorstep,
        ws=Socket,
        access_log=False,  # addresses may hold what a person typed
        server_header=False,
        lifespan="off",
        backlog=WAITING,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        timeout_graceful_shutdown=choices.graceful,
    )
    server = listening(choices.host, choices.port)
    config.load()
    # What is loaded now stays: collections need not go through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
    uvicorn.Server(config).run(sockets=[server])


if __name__ == "__main__":
    main()
