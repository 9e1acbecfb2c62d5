"""Signing up and in by the real pages: password, mail code, second factor, journal."""

import time
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client

from comptes.models import Act, JournalEntry, Patient, User, UserKind
from comptes.sessions import live_user
from tests import factories as make
from tests.comptes.codes import mailed_code, totp

pytestmark = pytest.mark.django_db

LOGIN = "/compte/login/"
NEW_PASSWORD = "une phrase nouvelle et longue"


@pytest.fixture(autouse=True)
def one_half_minute(monkeypatch):
    """A code is of half a minute: here it is checked in the one that it was read in."""
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: now))


def sign_in(client: Client, user: User, **extra: str):
    return client.post(LOGIN, {"login": user.email, "password": make.PASSWORD, **extra})


def with_totp(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def led_to_factor(client: Client) -> bool:
    return client.get("/").headers.get("Location", "").startswith("/compte/2fa/")


def test_sign_up_opens_a_patient_account_only(client):
    asked = {
        "email": "Nouvelle@Exemple.invalid",
        "password1": NEW_PASSWORD,
        "kind": "ADMINISTRATOR",
        "is_superuser": "on",
    }
    response = client.post("/compte/signup/", asked)
    assert response.status_code == 302
    user = User.objects.get(email="nouvelle@exemple.invalid")
    assert user.kind == UserKind.PATIENT
    assert not user.is_superuser
    assert Patient.objects.filter(user=user).count() == 1
    assert "_auth_user_id" not in client.session
    client.post("/compte/confirm-email/", {"code": mailed_code()})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_patient_arrives_at_home_and_the_journal_says_how(client):
    user = make.patient()
    response = sign_in(client, user)
    assert response.headers["Location"] == "/"
    line = JournalEntry.objects.get(act=Act.SIGN_IN)
    assert (line.actor_id, line.reason) == (user.pk, "password")
    client.post("/compte/logout/")
    assert JournalEntry.objects.filter(act=Act.SIGN_OUT, actor_id=user.pk).exists()


def test_next_is_followed_inside_this_site_only(client):
    user = make.patient()
    assert sign_in(client, user, next="/demande/envoyer/").headers["Location"].endswith("/envoyer/")
    other = Client()
    assert sign_in(other, user, next="https://ailleurs.invalid/").headers["Location"] == "/"


def test_a_mail_code_signs_a_patient_in(client):
    user = make.patient()
    client.post("/compte/login/code/", {"email": user.email})
    assert mail.outbox[-1].to == [user.email]
    response = client.post("/compte/login/code/confirm/", {"code": mailed_code()})
    assert response.headers["Location"] == "/"
    assert JournalEntry.objects.get(act=Act.SIGN_IN).reason == "code"


def test_a_wrong_password_leaves_a_line_without_the_address(client):
    user = make.patient()
    client.post(LOGIN, {"login": user.email, "password": "faux"})
    client.post(LOGIN, {"login": "inconnu@exemple.invalid", "password": "faux"})
    lines = list(JournalEntry.objects.filter(act=Act.SIGN_IN_FAILED).order_by("pk"))
    assert [line.object_ref for line in lines] == [f"comptes.user:{user.pk}", ""]
    assert all(line.actor_id is None and "@" not in line.reason for line in lines)


@pytest.mark.parametrize(
    "person", [make.UserFactory.build(professional_account=True).kind, "ADMINISTRATOR", "EVALUATOR"]
)
def test_without_a_second_factor_one_is_led_to_enrol(client, person):
    user = make.UserFactory(kind=person)
    sign_in(client, user)
    response = client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/compte/2fa/"
    assert client.get("/api/v1/lieux/").status_code == 403
    assert live_user(client.session.session_key) is None
    for path in ("/compte/2fa/", "/compte/logout/", "/a-propos/service/", "/mentions-legales/"):
        assert client.get(path).status_code == 200, path


def test_enrolling_opens_the_session_and_the_next_sign_in_asks_the_code(client):
    user = make.professional()
    sign_in(client, user)
    page = client.get("/compte/2fa/totp/activate/")
    assert page.status_code == 200, "the fresh password is enough"
    secret = client.session["mfa.totp.secret"]
    response = client.post("/compte/2fa/totp/activate/", {"code": totp(secret)})
    assert response.status_code == 302
    assert not led_to_factor(client)
    assert live_user(client.session.session_key) == user
    assert JournalEntry.objects.filter(act=Act.SECOND_FACTOR_CHANGED, actor_id=user.pk).exists()

    other = Client()
    assert sign_in(other, user).headers["Location"].startswith("/compte/2fa/authenticate/")
    assert "_auth_user_id" not in other.session
    other.post("/compte/2fa/authenticate/", {"code": "000000"})
    assert JournalEntry.objects.filter(act=Act.SIGN_IN_FAILED, reason="second facteur").exists()
    other.post("/compte/2fa/authenticate/", {"code": totp(secret)})
    assert live_user(other.session.session_key) == user
    assert JournalEntry.objects.filter(act=Act.SIGN_IN).last().reason == "password + totp"


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_code_serves_in_its_own_half_minute_only(client, shift):
    user = make.professional()
    secret = with_totp(user)
    sign_in(client, user)
    client.post("/compte/2fa/authenticate/", {"code": totp(secret, shift=shift)})
    assert "_auth_user_id" not in client.session
    client.post("/compte/2fa/authenticate/", {"code": totp(secret)})
    assert live_user(client.session.session_key) == user


def test_a_code_serves_once(client):
    user = make.professional()
    secret = with_totp(user)
    sign_in(client, user)
    code = totp(secret)
    client.post("/compte/2fa/authenticate/", {"code": code})
    assert live_user(client.session.session_key) == user
    other = Client()
    assert sign_in(other, user).headers["Location"].startswith("/compte/2fa/authenticate/")
    other.post("/compte/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in other.session
    assert JournalEntry.objects.filter(act=Act.SIGN_IN_FAILED, reason="second facteur").exists()


def test_another_session_of_the_same_person_must_prove_the_factor(client):
    user = make.professional()
    sign_in(client, user)
    secret = with_totp(user)
    response = client.get("/")
    assert response.headers["Location"] == "/compte/2fa/reauthenticate/?next=%2F"
    client.post("/compte/2fa/reauthenticate/", {"code": totp(secret)})
    assert not led_to_factor(client)


def test_the_last_factor_of_a_professional_stays(client):
    user = make.professional()
    with_totp(user)
    client.force_login(user)
    client.post("/compte/reauthenticate/", {"password": make.PASSWORD})
    client.post("/compte/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    assert not JournalEntry.objects.filter(act=Act.SECOND_FACTOR_CHANGED).exists()


def test_a_patient_takes_a_factor_away_and_the_journal_says_so(client):
    user = make.patient()
    with_totp(user)
    client.force_login(user)
    client.post("/compte/reauthenticate/", {"password": make.PASSWORD})
    client.post("/compte/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    line = JournalEntry.objects.get(act=Act.SECOND_FACTOR_CHANGED)
    assert (line.actor_id, line.reason) == (user.pk, "retiré")


def test_secrets_of_factors_are_sealed_at_rest():
    user = make.professional()
    secret = with_totp(user)
    held = Authenticator.objects.get(user=user).data["secret"]
    assert secret not in held
    assert Authenticator.objects.get(user=user).wrap().validate_code(totp(secret))


def test_patients_need_one_when_the_setting_says_so(client, settings):
    user = make.patient()
    sign_in(client, user)
    assert client.get("/").status_code == 200
    settings.PATIENT_MFA_REQUIRED = True
    assert client.get("/").headers["Location"] == "/compte/2fa/"
    assert live_user(client.session.session_key) is None


def test_the_demonstration_is_exempt_by_its_door_only(client, settings):
    settings.DEMO_MODE = True
    user = make.UserFactory(administrator=True, is_demo=True)
    client.post("/demonstration/entrer/administratrice/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert not led_to_factor(client)
    assert live_user(client.session.session_key) == user
    assert JournalEntry.objects.filter(act=Act.DEMO_DOOR, actor_id=user.pk).exists()
    by_password = Client()
    sign_in(by_password, user)
    assert by_password.get("/").headers["Location"] == "/compte/2fa/"


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("kind", ["PATIENT", "PROFESSIONAL"])
def test_outside_the_demonstration_a_fictitious_person_has_no_session(client, settings, kind):
    settings.DEMO_MODE = True
    user = make.UserFactory(kind=kind, is_demo=True)
    secret = with_totp(user)
    sign_in(client, user)
    client.post("/compte/2fa/authenticate/", {"code": totp(secret)})
    assert live_user(client.session.session_key) == user

    settings.DEMO_MODE = False
    assert live_user(client.session.session_key) is None
    assert client.get("/conversations/").status_code == 302
    assert not signed_in(client)
    ended = JournalEntry.objects.get(act=Act.SIGN_OUT)
    assert (ended.actor_id, ended.reason) == (user.pk, "hors démonstration")


def test_outside_the_demonstration_no_means_signs_a_fictitious_person_in(client, settings):
    user = make.patient(is_demo=True)
    by_password = sign_in(client, user)
    assert by_password.headers["Location"] == "/compte/inactive/"
    by_code = Client()
    by_code.post("/compte/login/code/", {"email": user.email})
    by_code.post("/compte/login/code/confirm/", {"code": mailed_code()})
    for refused in (client, by_code):
        assert not signed_in(refused)
    turned_away = JournalEntry.objects.filter(act=Act.SIGN_IN_FAILED, reason="hors démonstration")
    assert turned_away.count() == 2
    settings.DEMO_MODE = True
    sign_in(client, user)
    assert signed_in(client), "the same account, in the demonstration"


def test_a_new_password_ends_the_other_sessions(client):
    user = make.patient()
    other = Client()
    sign_in(client, user)
    sign_in(other, user)
    client.post("/compte/reauthenticate/", {"password": make.PASSWORD})
    client.post(
        "/compte/password/change/",
        {"oldpassword": make.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert JournalEntry.objects.filter(act=Act.PASSWORD_CHANGED, actor_id=user.pk).exists()
    assert live_user(client.session.session_key) == user
    assert live_user(other.session.session_key) is None


HEARD: list[int] = []


def hear(user_id: int) -> None:
    HEARD.append(user_id)


def test_sign_out_and_new_password_are_announced(
    client, settings, django_capture_on_commit_callbacks
):
    settings.RIGHTS_ANNOUNCERS = ["tests.comptes.test_sign_in.hear"]
    HEARD.clear()
    user = make.patient()
    sign_in(client, user)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/compte/logout/")
    assert HEARD == [user.pk]


def test_a_listener_that_fails_breaks_nothing(client, settings, django_capture_on_commit_callbacks):
    settings.RIGHTS_ANNOUNCERS = ["tests.comptes.nulle_part", "tests.comptes.test_sign_in.hear"]
    HEARD.clear()
    user = make.patient()
    sign_in(client, user)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/compte/logout/").status_code == 302
    assert HEARD == [user.pk]
