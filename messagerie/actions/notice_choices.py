"""Stop the notices of the service, and have them again. Mails of the account itself go on."""

from django.db import transaction
from django.utils import timezone

from comptes.journal import record
from comptes.models import Act, User
from messagerie.models import NoticeChoice

BY_LINK = "lien du courriel"


def stop_notices(user: User, *, by_link: bool = False) -> bool:
    """No more notices for this person; True if this call changed it."""
    return _choose(user, stop=True, by_link=by_link)


def resume_notices(user: User, *, by_link: bool = False) -> bool:
    """Notices again; True if this call changed it."""
    return _choose(user, stop=False, by_link=by_link)


def _choose(user: User, *, stop: bool, by_link: bool) -> bool:
    with transaction.atomic():
        NoticeChoice.objects.bulk_create([NoticeChoice(user=user)], ignore_conflicts=True)
        changed = NoticeChoice.objects.filter(user=user, stopped_at__isnull=stop).update(
            stopped_at=timezone.now() if stop else None
        )
        if changed:
            act = Act.NOTICES_STOPPED if stop else Act.NOTICES_RESUMED
            record(act, actor=user, reason=BY_LINK if by_link else "")
    return bool(changed)
