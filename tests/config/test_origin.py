"""A socket opens only from a page of the same site."""

import pytest

from config.origin import is_same_origin

HOSTS = ["messagerie.example", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("host", "origin", "accepted"),
    [
        ("messagerie.example", "http://messagerie.example", True),
        ("messagerie.example", "https://messagerie.example", True),
        ("messagerie.example", "https://messagerie.example:443", True),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("MESSAGERIE.example", "https://messagerie.EXAMPLE", True),
        ("messagerie.example", None, False),
        ("messagerie.example", "", False),
        ("messagerie.example", "null", False),
        ("messagerie.example", "https://evil.example", False),
        ("messagerie.example", "https://messagerie.example.evil.example", False),
        ("messagerie.example", "https://messagerie.example:8443", False),
        ("127.0.0.1:8000", "http://127.0.0.1:9000", False),
        ("evil.example", "https://evil.example", False),  # not one of our names
        ("messagerie.example", "ftp://messagerie.example", False),
        ("messagerie.example", "https://messagerie.example:port", False),
        ("messagerie.example", "https://[", False),
    ],
)
def test_origin(settings, host, origin, accepted):
    settings.ALLOWED_HOSTS = HOSTS
    headers = {b"host": host.encode()}
    if origin is not None:
        headers[b"origin"] = origin.encode()
    assert is_same_origin(headers) is accepted


def test_behind_https_a_plain_page_is_refused(settings):
    settings.ALLOWED_HOSTS = HOSTS
    settings.SECURE_SSL_REDIRECT = True
    headers = {b"host": b"messagerie.example", b"origin": b"http://messagerie.example"}
    assert not is_same_origin(headers)
    assert is_same_origin(headers | {b"origin": b"https://messagerie.example"})
