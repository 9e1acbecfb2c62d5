"""Who may open a socket: pages of this very site, and nobody else."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": "80", "https": "443"}


class SameOrigin:
    """Refuse a handshake whose Origin is missing, or is not the host that it asks for."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket" and not is_same_origin(dict(scope["headers"])):
            return await no_socket(scope, receive, send)
        return await self.application(scope, receive, send)


async def no_socket(scope, receive, send):
    """Refuse a handshake (403). Asks nothing of anybody: no database, no broker."""
    await receive()
    await send({"type": "websocket.close"})


def is_same_origin(headers: dict[bytes, bytes]) -> bool:
    """Compare host and port of Origin with the Host header, itself among ALLOWED_HOSTS."""
    host = headers.get(b"host", b"").decode("latin-1").lower()
    try:
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1").lower())
        origin_port = str(origin.port or DEFAULT_PORTS.get(origin.scheme, ""))
    except ValueError:
        return False
    if origin.scheme not in (["https"] if settings.SECURE_SSL_REDIRECT else ["http", "https"]):
        return False
    domain, port = split_domain_port(host)
    return (
        bool(domain)
        and validate_host(domain, settings.ALLOWED_HOSTS)
        and domain.strip("[]") == origin.hostname
        and (port or DEFAULT_PORTS[origin.scheme]) == origin_port
    )
