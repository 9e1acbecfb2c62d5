"""Mails that say « Vous avez une réponse », never what it is: each once, not at night, and not to
who stopped them. Rows are written with their cause; a task calls `send_due`."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from comptes.models import User, UserKind
from messagerie.models import Message, MessageKind, Notice, NoticeKind, Side
from messagerie.quiet import quiet_until
from messagerie.states import Outcome

logger = logging.getLogger(__name__)

DELAY = timedelta(seconds=10)  # who reads the answer on the screen meanwhile gets no mail
BATCH = 100  # rows of one claim, whatever the backlog
TEMPLATES = {
    NoticeKind.ANSWER: ("courriels/reponse_objet.txt", "courriels/reponse.txt"),
    NoticeKind.CLOSED: ("courriels/close_objet.txt", "courriels/close.txt"),
}
# A declared sign, a transmission to the 15, an orientation to an emergency number: never quiet.
DANGER = ExpressionWrapper(
    Q(conversation__declared_sign=True)
    | Q(conversation__outcome=Outcome.EMERGENCY)
    | Exists(
        Message.objects.filter(conversation=OuterRef("conversation"), kind=MessageKind.EMERGENCY)
    ),
    output_field=BooleanField(),
)
_signer = Signer(salt="messagerie.notices")


def send_due() -> int:
    """Send the mails that are due, each once. Returns how many were sent.

    A notice waits for `DELAY`, then for the end of the quiet hours of its conversation's place
    unless a danger was declared; it is settled without a mail when the patient has opened the
    lines it tells of, or stopped these mails. A row is claimed (its `sent_at` set, where it was
    empty) before its mail leaves: two workers never send the same one. When sending fails the
    claim is given back, unless another notice of the same kind came meanwhile: it says the same.
    """
    sent = 0
    now = timezone.now()
    while True:
        looked, claimed = _claim(now)
        for notice in claimed:
            sent += _send(notice)
        if not looked:
            return sent


def _claim(now: datetime) -> tuple[int, list[Notice]]:
    """How many rows were looked at, and those to send; the others wait for the morning."""
    with transaction.atomic():
        due = list(
            Notice.objects.filter(sent_at__isnull=True, created_at__lte=now - DELAY)
            .annotate(danger=DANGER)
            .filter(Q(not_before__isnull=True) | Q(not_before__lte=now) | Q(danger=True))
            .order_by("created_at", "pk")
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user", "user__notice_choice", "conversation")[:BATCH]
        )
        claimed = []
        for row in due:
            morning = None if row.danger else _quiet_until(row, now)
            if morning is None:
                claimed.append(row)
            else:
                Notice.objects.filter(pk=row.pk).update(not_before=morning)
        Notice.objects.filter(pk__in=[row.pk for row in claimed], sent_at__isnull=True).update(
            sent_at=timezone.now()
        )
    return len(due), claimed


def _quiet_until(notice: Notice, now: datetime) -> datetime | None:
    return quiet_until(now, notice.conversation.time_zone, settings.NOTICE_QUIET_HOURS)


def _send(notice: Notice) -> bool:
    if not notice.user.is_active or has_stopped(notice.user) or not _has_unread(notice):
        return False
    subject, body = TEMPLATES[NoticeKind(notice.kind)]
    context = {"service": settings.SERVICE_NAME}
    mail = EmailMessage(
        render_to_string(subject, context).strip(),
        render_to_string(body, context),
        settings.DEFAULT_FROM_EMAIL,
        [notice.user.email],
        headers=headers_for(notice.user),
    )
    try:
        mail.send()
    except OSError as error:  # the mail server is away: the next minute tries again
        logger.warning("notice %s not sent: %s", notice.pk, type(error).__name__)
        _give_back(notice)
        return False
    return True


def _has_unread(notice: Notice) -> bool:
    """Whether something that the notice tells of was not opened, also what came since."""
    conversation = notice.conversation
    if conversation.erased_at is not None:
        return False
    unread = conversation.messages.filter(seq__gt=conversation.patient_opened_seq)
    if notice.kind == NoticeKind.ANSWER:
        return unread.filter(side=Side.PROFESSIONAL).exists()
    return unread.exclude(side=Side.PATIENT).exists()


def _give_back(notice: Notice) -> None:
    """Due again a minute later, so that this run does not meet it a second time."""
    later = timezone.now() + timedelta(minutes=1)
    with transaction.atomic():
        same = Notice.objects.filter(
            conversation=notice.conversation_id, kind=notice.kind, sent_at__isnull=True
        )
        if not same.exists():
            Notice.objects.filter(pk=notice.pk).update(sent_at=None, created_at=later)


# --- Stopping them


def has_stopped(user: User) -> bool:
    """Whether this person wants no notices. `user.notice_choice` may be there or not."""
    choice = getattr(user, "notice_choice", None)
    return choice is not None and choice.stopped_at is not None


def headers_for(user: User) -> dict[str, str]:
    """One click stops these mails, from the mail program itself (RFC 8058), when the service
    knows its own address. The link names an account and nothing else."""
    said = {"Auto-Submitted": "auto-generated"}
    if settings.PUBLIC_URL:
        link = settings.PUBLIC_URL.rstrip("/") + reverse("avis:lien", args=[token_of(user)])
        said["List-Unsubscribe"] = f"<{link}>"
        said["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return said


def token_of(user: User) -> str:
    """A signed name of the account: it only stops and resumes notices, and needs no sign-in."""
    return _signer.sign(str(user.pk))


def user_of(token: str) -> User | None:
    """The account of a token; None for one that was not made here."""
    try:
        pk = int(_signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    return User.objects.filter(pk=pk, kind=UserKind.PATIENT).first()
