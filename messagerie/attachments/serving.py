"""A file as an answer: never run, never framed, never kept by a cache."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from messagerie.actions.files import Opened

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}


def answer(opened: Opened, *, inline: bool = False) -> HttpResponse:
    """Hand a file over. `inline` is for previews alone: small pictures that we drew ourselves."""
    response = HttpResponse(opened.content, content_type=opened.media)
    for name, value in HEADERS.items():
        response[name] = value
    name = "apercu.jpg" if inline else opened.name
    response["Content-Disposition"] = content_disposition_header(not inline, name)
    return response
