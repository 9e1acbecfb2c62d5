"""Notices by mail: quiet at night but for danger, stopped in one click, kept without a broker."""

import subprocess
import sys
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as installed
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comptes.models import Act, JournalEntry, User
from config.settings.notices import QuietHours
from messagerie import actions, tasks
from messagerie.actions.notice_choices import resume_notices, stop_notices
from messagerie.contents import CareDetails
from messagerie.models import Conversation, Notice
from messagerie.notices import token_of, user_of
from messagerie.states import Outcome
from orientation.scope import scope_for
from tests import factories
from tests.messagerie.acting import by, of, post
from tests.other_process import of_this_installation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("territory")]


@pytest.fixture
def lucie() -> User:
    factories.open_region()
    return factories.professional(factories.StructureFactory(), first_name="Lucie")


@pytest.fixture
def held(lucie) -> Conversation:
    return factories.taken_conversation(lucie, body="Un tracas.")


@pytest.fixture
def night(settings) -> datetime:
    """It is quiet now, and until the end returned: around this very minute, in Paris."""
    now = timezone.now().astimezone(ZoneInfo("Europe/Paris"))
    starts, ends = now - timedelta(hours=2), now + timedelta(hours=2)
    rule = QuietHours(date(2026, 1, 1), starts.time(), ends.time())
    settings.NOTICE_QUIET_HOURS = (rule,)
    return ends


def make_due() -> None:
    Notice.objects.filter(sent_at__isnull=True).update(created_at=timezone.now() - tasks.DELAY)


def send() -> int:
    make_due()
    return tasks.send_notices()


# --- Quiet hours


def test_at_night_a_notice_waits_for_the_morning(held, lucie, night, settings):
    post(held, lucie, "Le matin.")
    assert send() == 0
    notice = Notice.objects.get()
    assert notice.sent_at is None
    assert abs(notice.not_before - night) < timedelta(seconds=1)
    assert send() == 0
    Notice.objects.update(not_before=timezone.now())
    settings.NOTICE_QUIET_HOURS = ()
    assert tasks.send_notices() == 1
    assert len(mail.outbox) == 1


def test_many_that_wait_do_not_hold_up_the_one_of_danger(lucie, night, monkeypatch):
    monkeypatch.setattr("messagerie.notices.BATCH", 2)
    for _ in range(5):
        post(factories.taken_conversation(lucie), lucie)
    danger = factories.taken_conversation(lucie)
    actions.declare_worsening(danger.pk, **of(danger.patient), sign_codes=("RF03",))
    post(danger, lucie)
    assert send() == 1
    assert mail.outbox[0].to == [danger.patient.email]
    assert Notice.objects.filter(not_before__isnull=False, sent_at__isnull=True).count() == 5


def to_15(held: Conversation, lucie: User) -> None:
    told = actions.safety.Transmission("06 00 00 00 00", "ici", "40 ans", (), "15")
    actions.transmit_to_15(held.pk, **by(lucie), transmission=told)


@pytest.mark.parametrize("danger", ["door", "worsening", "transmission", "closed as emergency"])
def test_danger_never_waits(lucie, night, danger):
    signs = CareDetails(sign_codes=("RF01",), sign_answer="CALLED") if danger == "door" else None
    held = factories.taken_conversation(lucie, details=signs)
    if danger == "worsening":
        actions.declare_worsening(held.pk, **of(held.patient), sign_codes=("RF03",))
    if danger == "transmission":
        to_15(held, lucie)
    elif danger == "closed as emergency":
        actions.close(held.pk, **by(lucie), outcome=Outcome.EMERGENCY)
    else:
        post(held, lucie)
    assert send() == 1


def test_a_danger_declared_since_sends_what_was_waiting(held, lucie, night):
    post(held, lucie, "Le matin.")
    assert send() == 0
    to_15(held, lucie)
    assert send() == 1


def test_what_came_after_a_reading_at_night_is_told_in_the_morning(held, lucie, night, settings):
    """The notice of a first answer waits; it was opened at night; a second answer came since."""
    post(held, lucie, "Premier mot.")
    assert send() == 0
    patient = held.patient
    actions.mark_opened(held.pk, reader=patient, scope=scope_for(patient), seq=99)
    post(held, lucie, "Second mot.")
    settings.NOTICE_QUIET_HOURS = ()
    Notice.objects.update(not_before=timezone.now())
    assert send() == 1


# --- Without a broker


ANSWER_WITHOUT_A_BROKER = """
import sys, uuid, django
django.setup()
from comptes.models import User
from messagerie import actions
from orientation.scope import scope_for
lucie = User.objects.get(pk=int(sys.argv[2]))
actions.post(uuid.UUID(sys.argv[1]), author=lucie, scope=scope_for(lucie),
             client_id=uuid.uuid4(), body="Sans courtier.")
"""


def test_a_notice_survives_the_loss_of_the_broker(held, lucie):
    """A web process answers while nobody listens at the address of the broker."""
    done = subprocess.run(
        [sys.executable, "-c", ANSWER_WITHOUT_A_BROKER, str(held.pk), str(lucie.pk)],
        cwd=installed.BASE_DIR,
        env=of_this_installation(REDIS_URL="redis://127.0.0.1:1/0"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "wake-up lost" in done.stderr
    assert Notice.objects.get().sent_at is None
    assert send() == 1
    assert send() == 0


# --- Stopping them


def link(user: User) -> str:
    return reverse("avis:lien", args=[token_of(user)])


def acts(user: User) -> list[tuple[str, str]]:
    lines = JournalEntry.objects.filter(
        actor_id=user.pk, act__in=(Act.NOTICES_STOPPED, Act.NOTICES_RESUMED)
    )
    return list(lines.order_by("pk").values_list("act", "reason"))


def test_the_mail_carries_the_link_of_one_click_and_nothing_of_care(held, lucie):
    post(held, lucie, "Le matin.")
    assert send() == 1
    message = mail.outbox[0].message()
    address = message["List-Unsubscribe"].strip("<>")
    assert address == "https://service.invalid" + link(held.patient)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    whole = str(message)
    for word in (str(held.pk), "Lucie", "Camille", "infirmier", "tracas", held.structure.name):
        assert word not in whole, word
    assert "http" not in mail.outbox[0].body


def test_without_an_address_of_the_service_there_is_no_link(held, lucie, settings):
    settings.PUBLIC_URL = ""
    post(held, lucie)
    assert send() == 1
    assert "List-Unsubscribe" not in mail.outbox[0].message()


def test_a_mail_program_stops_them_with_one_post_and_no_session(held, lucie):
    patient = held.patient
    program = Client(enforce_csrf_checks=True)
    answer = program.post(
        link(patient),
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    assert program.cookies == {}
    post(held, lucie)
    assert send() == 0
    assert mail.outbox == []
    assert Notice.objects.get().sent_at is not None
    program.post(link(patient), {"List-Unsubscribe": "One-Click"})
    assert acts(patient) == [(Act.NOTICES_STOPPED, "lien du courriel")]


def test_looking_at_the_link_changes_nothing_and_its_page_undoes(held, lucie):
    patient, browser = held.patient, Client()
    page = browser.get(link(patient))
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert acts(patient) == []
    said = browser.post(link(patient), {"choix": "arreter"}).content.decode()
    assert "Vous ne recevez plus" in said
    said = browser.post(link(patient), {"choix": "reprendre"}).content.decode()
    assert "Vous recevez un avis" in said
    assert [act for act, _ in acts(patient)] == [Act.NOTICES_STOPPED, Act.NOTICES_RESUMED]
    post(held, lucie)
    assert send() == 1


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: "1:" + t, lambda t: "x", str.upper])
def test_a_token_that_was_not_made_here_does_nothing(held, spoil):
    token = spoil(token_of(held.patient))
    assert user_of(token) is None
    url = reverse("avis:lien", args=[token])
    for answer in (Client().get(url), Client().post(url, {"choix": "arreter"})):
        assert answer.status_code == 404
        assert "Ce lien ne marche pas" in answer.content.decode()
    assert acts(held.patient) == []


def test_the_page_of_preferences(held):
    browser = Client()
    browser.force_login(held.patient)
    url = reverse("dossier:avis")
    assert "Vous recevez un avis" in browser.get(url).content.decode()
    assert url in browser.get(reverse("dossier:page")).content.decode()
    said = browser.post(url, {"choix": "arreter"}, follow=True).content.decode()
    assert "Vous ne recevez plus" in said
    assert "même en cas de danger" in said
    browser.post(url, {"choix": "reprendre"})
    assert acts(held.patient) == [(Act.NOTICES_STOPPED, ""), (Act.NOTICES_RESUMED, "")]


def test_mails_of_the_account_still_leave(held, client):
    stop_notices(held.patient)
    assert not stop_notices(held.patient)
    client.post(reverse("account_reset_password"), {"email": held.patient.email})
    assert [message.to for message in mail.outbox] == [[held.patient.email]]
    assert "List-Unsubscribe" not in mail.outbox[0].message()
    assert resume_notices(held.patient)
    assert not resume_notices(held.patient)


def test_the_page_says_the_hours_that_are_set(held, settings):
    settings.NOTICE_QUIET_HOURS = (QuietHours(date(2026, 1, 1), time(22), time(7, 30)),)
    browser = Client()
    browser.force_login(held.patient)
    said = browser.get(reverse("dossier:avis")).content.decode().replace("\u00a0", " ")
    assert "de 22 h à 7 h 30" in said
