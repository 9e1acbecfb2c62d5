"""Mails without content, silent conversations, forgotten drafts: each done once."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.utils import timezone

from comptes.keys.cipher import cache as key_cache
from comptes.keys.cipher import ensure_key, seal
from comptes.keys.provider import KeyUnavailable
from comptes.models import DataKey, User
from config.celery import app
from messagerie import actions, tasks
from messagerie.models import Conversation, DoorDraft, Notice
from messagerie.states import Outcome, State
from orientation.scope import scope_for
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory"),
]
WAIT = 30


@pytest.fixture
def lucie() -> User:
    factories.open_region()
    return factories.professional(factories.StructureFactory(), first_name="Lucie")


@pytest.fixture
def held(lucie) -> Conversation:
    return factories.taken_conversation(lucie, body="Un tracas.")


def answer(held: Conversation, lucie: User) -> None:
    actions.post(
        held.pk, author=lucie, scope=scope_for(lucie), client_id=uuid.uuid4(), body="Le matin."
    )


def make_due() -> None:
    Notice.objects.filter(sent_at__isnull=True).update(created_at=timezone.now() - tasks.DELAY)


def test_one_mail_without_content_for_several_lines(held, lucie):
    for _ in range(3):
        answer(held, lucie)
    make_due()
    assert tasks.send_notices() == 1
    assert tasks.send_notices() == 0
    (message,) = mail.outbox
    assert message.to == [held.patient.email]
    assert message.subject == "Vous avez une réponse"
    for word in ("matin", "tracas", "Lucie", "Camille", str(held.pk), "http"):
        assert word not in message.body


def test_a_line_written_later_is_told_by_another_mail(held, lucie):
    answer(held, lucie)
    make_due()
    tasks.send_notices()
    answer(held, lucie)
    make_due()
    assert tasks.send_notices() == 1
    assert len(mail.outbox) == 2


def test_a_notice_waits_a_moment(held, lucie):
    answer(held, lucie)
    assert tasks.send_notices() == 0
    assert Notice.objects.get().sent_at is None


def test_who_reads_the_answer_on_the_screen_gets_no_mail(held, lucie):
    answer(held, lucie)
    patient = held.patient
    actions.mark_opened(held.pk, reader=patient, scope=scope_for(patient), seq=99)
    make_due()
    assert tasks.send_notices() == 0
    assert mail.outbox == []
    assert Notice.objects.get().sent_at is not None


def test_a_disabled_account_gets_no_mail(held, lucie):
    answer(held, lucie)
    User.objects.filter(pk=held.patient_id).update(is_active=False)
    make_due()
    assert tasks.send_notices() == 0
    assert mail.outbox == []


def test_two_workers_at_once_send_each_mail_once(lucie):
    for _ in range(12):
        answer(factories.taken_conversation(lucie), lucie)
    make_due()
    sent: list[int] = []
    start = threading.Barrier(3, timeout=WAIT)

    def work() -> None:
        try:
            start.wait()
            sent.append(tasks.send_notices())
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(WAIT)
    assert sum(sent) == len(mail.outbox) == 12
    assert len({message.to[0] for message in mail.outbox}) == 12


class AwayBackend(EmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, messages):
        raise ConnectionRefusedError


def test_a_mail_that_could_not_leave_is_tried_again(held, lucie, settings):
    answer(held, lucie)
    make_due()
    kept = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.AwayBackend"
    assert tasks.send_notices() == 0
    settings.EMAIL_BACKEND = kept
    assert Notice.objects.get().sent_at is None
    make_due()
    assert tasks.send_notices() == 1


def test_silent_conversations_are_closed_once(lucie, settings):
    settings.CONVERSATION_SILENCE_DAYS = 14
    now = timezone.now()
    silent = factories.conversation(now=now - timedelta(days=15))
    recent = factories.conversation(now=now - timedelta(days=13))
    taken = factories.conversation(now=now - timedelta(days=15))
    actions.take(taken.pk, professional=lucie, scope=scope_for(lucie))
    assert tasks.expire_silent() == 1
    assert tasks.expire_silent() == 0
    states = [Conversation.objects.get(pk=one.pk).state for one in (silent, recent, taken)]
    assert states == [State.CLOSED, State.WAITING, State.IN_PROGRESS]
    assert Conversation.objects.get(pk=silent.pk).outcome == Outcome.EXPIRED


def draft(age: timedelta, owner: uuid.UUID | None = None) -> uuid.UUID:
    owner = owner or uuid.uuid4()
    ensure_key(owner)
    DoorDraft.objects.create(pk=owner, sealed=seal(owner, "draft", "Un texte"))
    DoorDraft.objects.filter(pk=owner).update(updated_at=timezone.now() - age)
    return owner


def test_old_drafts_go_with_their_keys():
    old, fresh = draft(timedelta(hours=25)), draft(timedelta(hours=23))
    assert tasks.purge_drafts() == 1
    assert tasks.purge_drafts() == 0
    assert list(DoorDraft.objects.values_list("pk", flat=True)) == [fresh]
    assert DataKey.objects.get(pk=old).wrapped is None
    assert DataKey.objects.get(pk=fresh).wrapped is not None
    with pytest.raises(KeyUnavailable):
        seal(old, "draft", "Un autre texte")


def test_the_key_of_a_conversation_outlives_its_draft(held):
    draft(timedelta(hours=25), owner=held.pk)
    assert tasks.purge_drafts() == 1
    key_cache.clear()
    assert DataKey.objects.get(pk=held.pk).wrapped is not None


def test_the_clock_knows_each_task():
    app.loader.import_default_modules()
    known = set(app.tasks)
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert asked <= known
    assert {"messagerie.tasks.send_notices", "messagerie.tasks.purge_drafts"} <= asked
