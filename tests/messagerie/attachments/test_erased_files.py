"""Files go with their conversation, or at their own term."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import timezone

from config.settings.retention import RETENTION_CLASSES, Term
from messagerie import actions, tasks
from messagerie.models import Attachment, AttachmentState, ErasureReason
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import of
from tests.messagerie.attachments.conftest import send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def closed(talk):
    """A photo was joined, then the conversation closed."""
    assert send(talk.phone, talk.conversation).status_code == 201
    actions.withdraw(talk.conversation.pk, **of(talk.patient))
    talk.conversation.refresh_from_db()
    return talk.conversation


def stored(folder) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_two_persons_erase_the_files_too(closed, own_store):
    assert stored(own_store)
    first, second = factories.national_administrator(), factories.national_administrator()
    asked = actions.ask_erasure(
        closed.pk, administrator=first, scope=scope_for(first), reason=ErasureReason.MISTAKE
    )
    actions.confirm_erasure(asked.pk, administrator=second, scope=scope_for(second))
    assert Attachment.objects.get().state == AttachmentState.EFFACE
    assert stored(own_store) == []


def test_files_have_a_term_of_their_own(closed, own_store, settings):
    settings.RETENTION_CLASSES = [
        replace(one, history=(Term(date(2026, 1, 1), 40, "40 jours", "essai"),))
        if one.code == "ATTACHMENT"
        else one
        for one in RETENTION_CLASSES
    ]
    assert tasks.erase_at_term() == 0
    assert stored(own_store)
    type(closed).objects.filter(pk=closed.pk).update(closed_at=timezone.now() - timedelta(days=41))
    assert tasks.erase_at_term() == 0
    assert stored(own_store) == []
    closed.refresh_from_db()
    assert closed.erased_at is None
    assert actions.open_for_reading(
        closed.pk, reader=closed.patient, scope=of(closed.patient)["scope"]
    )
