"""TCP ports of this machine."""

import errno
import socket

from config.embedded.errors import StartError

LOCALHOST = "127.0.0.1"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def refuse_taken_port(host: str, port: int) -> None:
    """Raise StartError when the web port cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise StartError(
                    f"Le port {port} est réservé au système : choisissez-en un autre, "
                    f"par exemple « bin/run --port 8000 »."
                ) from None
            raise StartError(
                f"Le port {port} est déjà pris par un autre programme : "
                f"essayez « bin/run --port {free_port()} »."
            ) from None
