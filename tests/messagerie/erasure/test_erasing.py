"""Erasure: by two persons or at the term; then nothing reads, and every page says so."""

import logging
import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from comptes.keys import cipher
from comptes.models import Act, DataKey, User
from evaluation.models import DailyTally
from evaluation.tally import recount_day
from messagerie import actions, tasks
from messagerie.errors import RefusalCode
from messagerie.models import Conversation, ErasureReason, ErasureRefusal, ErasureRequest
from messagerie.states import Outcome, State
from orientation.models import Decision
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import of, refused, reread
from tests.messagerie.erasure.erasing import admin, ask, erase, erasure_lines

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]
WAIT = 30


# --- Two persons


def test_one_asks_another_confirms_and_nothing_is_left(closed, nadia, paul):
    done = erase(closed, nadia, paul)
    assert (done.state, done.asked_by, done.decided_by) == ("DONE", nadia, paul)
    left = reread(closed)
    assert left.erased_at is not None
    assert left.shredded_at is not None
    key = DataKey.objects.get(pk=closed.pk)
    assert key.wrapped is None
    assert key.destroyed_at is not None
    sealed = [left.motive_sealed, left.subject_sealed, left.situation_sealed]
    sealed += left.messages.values_list("body_sealed", flat=True)
    sealed += left.emergency_transmissions.values_list("sealed", flat=True)
    sealed += Decision.objects.filter(conversation_id=closed.pk).values_list("sealed", flat=True)
    assert {bytes(blob) for blob in sealed} == {b""}
    assert left.outcome == Outcome.REFERRED_MEDECIN_TRAITANT
    assert left.messages.count() == closed.messages.count()
    assert erasure_lines(closed) == [
        (Act.ERASURE_ASKED, nadia.pk, "COURT"),
        (Act.CONVERSATION_ERASED, paul.pk, "COURT"),
    ]


def test_an_erasure_changes_no_figure(closed, nadia, paul):
    def counted() -> list[dict]:
        recount_day(timezone.localdate(closed.opened_at, ZoneInfo(closed.time_zone)))
        return list(DailyTally.objects.order_by("pk").values())

    before = counted()
    assert before
    erase(closed, nadia, paul)
    assert counted() == before


def test_who_asked_does_not_confirm(closed, nadia):
    asked = ask(closed, nadia)
    with refused(RefusalCode.NOT_YOURS):
        actions.confirm_erasure(asked.pk, **admin(nadia))
    assert reread(closed).erased_at is None
    with pytest.raises(IntegrityError), transaction.atomic():
        ErasureRequest.objects.filter(pk=asked.pk).update(
            state="DONE", decided_by=nadia, decided_at=timezone.now()
        )


def test_an_open_conversation_is_not_erased(lucie, nadia, paul, closed):
    waiting = factories.conversation()
    with refused(RefusalCode.BAD_CHOICE):
        ask(waiting, nadia)
    asked = ask(closed, nadia)
    actions.reopen(closed.pk, **of(closed.patient))
    with refused(RefusalCode.BAD_CHOICE):
        actions.confirm_erasure(asked.pk, **admin(paul))
    asked.refresh_from_db()
    assert asked.state == "ASKED"
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=waiting.pk).update(erased_at=timezone.now())


def test_another_territory_sees_and_decides_nothing(closed, nadia, lucie):
    stranger = factories.regional_administrator("53")
    with refused(RefusalCode.NOT_FOUND):
        ask(closed, stranger)
    asked = ask(closed, nadia)
    for who in (stranger, lucie, closed.patient):
        assert not ErasureRequest.objects.visible_to(scope_for(who)).exists()
        with refused(RefusalCode.NOT_FOUND):
            actions.confirm_erasure(asked.pk, **admin(who))
        with refused(RefusalCode.NOT_FOUND):
            actions.refuse_erasure(asked.pk, **admin(who), refusal=ErasureRefusal.LEGAL_TERM)
        with refused(RefusalCode.NOT_FOUND):
            actions.ask_erasure(closed.pk, **admin(who), reason=ErasureReason.COURT)


def test_the_reason_is_in_the_list(closed, nadia):
    with refused(RefusalCode.BAD_CHOICE):
        actions.ask_erasure(closed.pk, **admin(nadia), reason="parce que")
    with refused(RefusalCode.BAD_CHOICE):
        actions.refuse_erasure(ask(closed, nadia).pk, **admin(nadia), refusal="non")


def test_a_refusal_is_kept_with_its_reason_and_one_may_ask_again(closed, nadia, paul):
    asked = ask(closed, nadia)
    with refused(RefusalCode.BAD_CHOICE):
        ask(closed, paul)
    actions.refuse_erasure(asked.pk, **admin(paul), refusal=ErasureRefusal.LEGAL_TERM)
    with refused(RefusalCode.BAD_CHOICE):
        actions.confirm_erasure(asked.pk, **admin(paul))
    assert erasure_lines(closed)[-1] == (Act.ERASURE_REFUSED, paul.pk, "LEGAL_TERM")
    assert erase(closed, nadia, paul).state == "DONE"
    with refused(RefusalCode.ERASED):
        ask(closed, nadia)


def test_the_patient_requests_then_two_administrators_decide(closed, nadia, paul):
    patient = closed.patient
    made = actions.request_erasure(closed.pk, **of(patient))
    assert actions.request_erasure(closed.pk, **of(patient)) == made
    with refused(RefusalCode.BAD_CHOICE):
        actions.confirm_erasure(made.pk, **admin(paul))
    taken = actions.ask_erasure(closed.pk, **admin(nadia), reason=ErasureReason.PATIENT_ASKED)
    assert taken == made
    with refused(RefusalCode.NOT_YOURS):
        actions.confirm_erasure(made.pk, **admin(nadia))
    actions.confirm_erasure(made.pk, **admin(paul))
    assert reread(closed).erased_at is not None
    assert [line[:2] for line in erasure_lines(closed)] == [
        (Act.ERASURE_ASKED, patient.pk),
        (Act.ERASURE_ASKED, nadia.pk),
        (Act.CONVERSATION_ERASED, paul.pk),
    ]


def test_a_patient_requests_for_their_own_closed_conversation_only(closed):
    other = factories.patient()
    with refused(RefusalCode.NOT_FOUND):
        actions.request_erasure(closed.pk, **of(other))
    waiting = factories.conversation(closed.patient)
    with refused(RefusalCode.BAD_CHOICE):
        actions.request_erasure(waiting.pk, **of(closed.patient))


def test_of_several_decisions_at_once_one_wins(closed, nadia):
    asked = ask(closed, nadia)
    deciders = [factories.national_administrator() for _ in range(4)]
    start, won = threading.Barrier(len(deciders), timeout=WAIT), list[str]()

    def decide(rank: int, who: User) -> None:
        try:
            start.wait()
            if rank % 2:
                actions.confirm_erasure(asked.pk, **admin(who))
            else:
                actions.refuse_erasure(asked.pk, **admin(who), refusal=ErasureRefusal.DISPUTE)
            won.append("DONE" if rank % 2 else "REFUSED")
        except actions.erasing.Refused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=pair) for pair in enumerate(deciders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    asked.refresh_from_db()
    assert won == [asked.state]
    assert (reread(closed).erased_at is not None) == (asked.state == "DONE")
    assert len(erasure_lines(closed)) == 2


# --- Silent conversations and dead keys


def test_a_silent_conversation_with_a_dead_key_is_closed_and_stops_nobody(lucie, settings):
    settings.CONVERSATION_SILENCE_DAYS = 14
    now = timezone.now()
    dead = factories.conversation(now=now - timedelta(days=15))
    alive = factories.conversation(now=now - timedelta(days=15))
    cipher.destroy_key(dead.pk)
    assert tasks.expire_silent() == 2
    assert tasks.expire_silent() == 0
    assert [reread(one).state for one in (dead, alive)] == [State.CLOSED, State.CLOSED]
    assert reread(dead).erased_at is not None
    assert reread(alive).erased_at is None


def test_a_left_conversation_with_a_dead_key_does_not_stop_the_others(lucie, caplog):
    dead, alive = factories.taken_conversation(lucie), factories.taken_conversation(lucie)
    cipher.destroy_key(dead.pk)
    User.objects.filter(pk=lucie.pk).update(is_active=False)
    with caplog.at_level(logging.ERROR):
        assert tasks.release_left() == 1
    assert reread(alive).state == State.WAITING
    assert f"{dead.pk} left: ContentErased" in caplog.text
