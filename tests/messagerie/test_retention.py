"""Terms of keeping: dated, their history kept, applied at night, said as they are."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from comptes.models import Act, DataKey, JournalEntry
from comptes.tasks import purge_sessions
from config.settings.retention import RETENTION_CLASSES, RetentionClass, Term
from messagerie import actions, retention, tasks
from messagerie.actions.closing import end
from messagerie.models import Conversation, Notice
from messagerie.states import Outcome
from tests import factories
from tests.messagerie.acting import of, reread

needs_database = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]


def term(since: date, days: int) -> Term:
    return Term(since, days, f"{days} jours", "essai")


def care(*terms: Term) -> RetentionClass:
    return RetentionClass("CARE_RECORD", "Dossier", terms, applied="effacé")


# --- Dated settings


def test_a_term_counts_from_its_date():
    found = care(term(date(2026, 1, 1), 100), term(date(2027, 1, 1), 60))
    assert found.on(date(2026, 12, 31)).days == 100
    assert found.on(date(2027, 1, 1)).days == 60
    assert found.on(date(2020, 1, 1)).days == 100
    assert [t.days for t in found.other_terms(date(2027, 6, 1))] == [100]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: care(),
        lambda: care(term(date(2026, 1, 1), 3)),
        lambda: care(term(date(2027, 1, 1), 90), term(date(2026, 1, 1), 60)),
        lambda: care(term(date(2026, 1, 1), 90), term(date(2026, 1, 1), 60)),
        lambda: RetentionClass("X", "x", (term(date(2026, 1, 1), 90),)),
    ],
)
def test_a_slip_of_the_pen_stops_the_start(wrong):
    with pytest.raises(ValueError, match="term"):
        wrong()


def test_each_class_says_what_the_machine_does_with_it():
    codes = {one.code for one in RETENTION_CLASSES}
    assert {"CARE_RECORD", "ATTACHMENT", "TECHNICAL_LOG", "EVALUATION"} <= codes
    for one in RETENTION_CLASSES:
        assert bool(one.applied) != bool(one.shown_only)


def set_care(settings, *terms: Term) -> None:
    settings.RETENTION_CLASSES = [
        replace(one, history=terms) if one.code == "CARE_RECORD" else one
        for one in RETENTION_CLASSES
    ]


# --- The night


def closed_days_ago(days: int) -> Conversation:
    made = factories.conversation()
    actions.withdraw(made.pk, **of(made.patient), now=timezone.now() - timedelta(days=days))
    return reread(made)


class TestNight:
    pytestmark = needs_database

    @pytest.fixture(autouse=True)
    def _open(self):
        factories.open_region()

    def test_what_reached_its_term_is_erased_once(self, settings):
        set_care(settings, term(date(2026, 1, 1), 60))
        old, recent, waiting = closed_days_ago(61), closed_days_ago(59), factories.conversation()
        assert tasks.erase_at_term() == 1
        assert tasks.erase_at_term() == 0
        assert reread(old).erased_at is not None
        assert DataKey.objects.get(pk=old.pk).wrapped is None
        for kept in (recent, waiting):
            assert reread(kept).erased_at is None
            assert DataKey.objects.get(pk=kept.pk).wrapped is not None
        line = JournalEntry.objects.get(act=Act.CONVERSATION_ERASED)
        assert (line.conversation_id, line.actor_id) == (old.pk, None)
        assert line.reason == "terme de conservation"

    def test_a_shorter_term_counts_only_from_its_date(self, settings):
        today = timezone.localdate()
        old = closed_days_ago(61)
        later = term(today + timedelta(days=1), 60)
        set_care(settings, term(date(2026, 1, 1), 100), later)
        assert tasks.erase_at_term() == 0
        set_care(settings, term(date(2026, 1, 1), 100), replace(later, since=today))
        assert tasks.erase_at_term() == 1
        assert reread(old).erased_at is not None

    def test_a_conversation_reopened_meanwhile_is_left_alone(self, settings):
        set_care(settings, term(date(2026, 1, 1), 60))
        old = closed_days_ago(61)
        before = retention.closed_before("CARE_RECORD", timezone.now())
        Conversation.objects.filter(pk=old.pk).update(reopen_until=timezone.now() + timedelta(1))
        actions.reopen(old.pk, **of(old.patient))
        assert not actions.erase_at_term(old.pk, closed_before=before)
        assert reread(old).erased_at is None

    def test_old_notices_go_and_fresh_or_due_ones_stay(self):
        now = timezone.now()
        made = factories.conversation()
        end(made, Outcome.EXPIRED, None, Act.CONVERSATION_EXPIRED, now)
        due = Notice.objects.get()
        sent = [
            Notice.objects.create(
                user=due.user,
                conversation=made,
                kind=due.kind,
                created_at=now,
                sent_at=now - timedelta(days=days),
            )
            for days in (366, 364)
        ]
        assert tasks.purge_notices() == 1
        assert set(Notice.objects.values_list("pk", flat=True)) == {due.pk, sent[1].pk}

    def test_sessions_that_are_over_go(self, client: Client):
        client.force_login(factories.patient())
        assert purge_sessions() == 0
        session = client.session
        session.set_expiry(-10)
        session.save()
        assert purge_sessions() == 1


@pytest.mark.django_db
def test_the_page_of_rights_tells_terms_of_before_and_of_later(client, settings):
    today = timezone.localdate()
    set_care(
        settings,
        term(date(2026, 1, 1), 100),
        term(today, 60),
        term(today + timedelta(days=30), 45),
    )
    said = client.get(reverse("pages:droits")).content.decode()
    assert "60 jours" in said
    assert "Avant, depuis le 01/01/2026 : 100 jours" in said
    assert f"À partir du {today + timedelta(days=30):%d/%m/%Y} : 45 jours" in said
    for one in RETENTION_CLASSES:
        assert escape(one.label) in said
