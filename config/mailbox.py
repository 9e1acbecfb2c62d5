"""The local mailbox: mails are kept as files then read on a page, never sent.

For a start on one's own machine only (LOCAL_MAILBOX); production settings refuse it.
"""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import urlize
from django.utils.safestring import SafeString

SHOWN = 50


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    sent_at: datetime | None
    body: SafeString


class LocalMailboxBackend(EmailBackend):
    """Django's file backend, in a folder of its own, one mail per file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["file_path"] = settings.LOCAL_MAILBOX_DIR
        super().__init__(*args, **kwargs)


def read_mails(folder: Path, limit: int = SHOWN) -> list[Mail]:
    """The last mails of the folder, newest first."""
    if not folder.is_dir():
        return []
    mails: list[Mail] = []
    paths = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in paths[:limit]:
        for raw in reversed(path.read_bytes().split(b"\n" + b"-" * 79 + b"\n")):
            if raw.strip():
                mails.append(_parse(raw))
    return mails[:limit]


def _parse(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("plain",))
    date = message["date"]
    return Mail(
        to=str(message["to"] or ""),
        subject=str(message["subject"] or ""),
        sent_at=_aware(date.datetime) if date is not None else None,
        body=SafeString(urlize(part.get_content() if part else "", autoescape=True)),
    )


def _aware(moment: datetime) -> datetime:
    """A mail dated "-0000" is in UTC, and parsed without a zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def mailbox(request: HttpRequest) -> HttpResponse:
    if not settings.LOCAL_MAILBOX:
        raise Http404
    return render(
        request, "courriels.html", {"mails": read_mails(Path(settings.LOCAL_MAILBOX_DIR))}
    )
