"""Home, footer pages, errors, the demonstration's door and the local mailbox."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.core.exceptions import RequestDataTooBig
from django.template import Context
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import timezone
from django.utils.formats import date_format

from comptes.models import User, UserKind
from config import errors
from config.templatetags.composants import chiffres, said_time
from messagerie.danger_numbers import NUMBERS

pytestmark = pytest.mark.django_db

FOOTER = {
    "/a-propos/service/": "dispositif médical",
    "/a-propos/qui-peut-lire/": "secret professionnel",
    "/a-propos/mes-droits/": "À fixer par décret",
    "/accessibilite/": "non conforme",
    "/mentions-legales/": "Éditeur",
}


@pytest.mark.parametrize(("path", "words"), FOOTER.items())
def test_each_footer_page_is_linked_from_the_others_and_says_its_subject(client, path, words):
    page = client.get(path).content.decode()
    assert words in page
    for other in FOOTER:
        assert f'href="{other}"' in page


def test_the_numbers_are_shown_with_their_date_of_check(client):
    page = client.get("/a-propos/service/").content.decode()
    table = unescape(page.split("Table des numéros")[1].split("</table>")[0])
    rows = table.split("<tr>")[2:]
    assert len(rows) == len(NUMBERS)
    for row, number in zip(rows, NUMBERS.values(), strict=True):
        assert number.label in row and str(number.service) in row
        assert date_format(number.checked_on, "j F Y") in row and number.source in row
        assert ("Reste à confirmer" in row) == bool(number.to_check)


@pytest.mark.parametrize("path", ["/", *FOOTER])
def test_patients_always_have_the_emergency_line_and_the_skip_links(client, path):
    page = client.get(path).content.decode()
    for link in ('href="tel:15"', 'href="sms:114"', 'href="tel:3114"'):
        assert link in page
    for target in re.findall(r'class="fr-link" href="#([a-z]+)"', page):
        assert f'id="{target}"' in page
    assert '<html lang="fr"' in page


def test_professionals_have_no_emergency_line(client):
    client.force_login(User.objects.create_user("ada@exemple.fr", kind=UserKind.PROFESSIONAL))
    assert "sms:114" not in client.get("/a-propos/service/").content.decode().split("<main")[0]


def test_a_signed_in_patient_without_conversation_is_told_what_will_come(client):
    client.force_login(User.objects.create_user("lina@exemple.fr"))
    assert "Pas encore de conversation" in client.get("/").content.decode()


# --- Errors


def test_an_unknown_address_has_a_page_in_french(client):
    answer = client.get("/nulle-part/")
    assert answer.status_code == 404
    assert "Cette page n'existe pas" in answer.content.decode()


def test_the_page_of_a_breakdown_needs_nothing_that_may_break():
    page = get_template("500.html").template.render(Context())
    assert "tel:15" in page and 'href="/"' in page


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (errors.bad_request, 400),
        (errors.forbidden, 403),
        (errors.wrong_method, 405),
        (errors.too_large, 413),
        (errors.too_many, 429),
        (errors.csrf_failure, 403),
        (errors.server_error, 500),
    ],
)
def test_each_error_has_its_status_and_its_sentence(view, status):
    answer = view(RequestFactory().get("/"))
    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()


def test_too_much_data_is_told_as_such():
    request = RequestFactory().get("/")
    assert errors.bad_request(request, RequestDataTooBig()).status_code == 413


def test_an_expired_form_says_that_nothing_was_sent(rf):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/compte/login/", {"login": "a@b.fr"})
    assert answer.status_code == 403
    assert "Rien n'a été envoyé" in answer.content.decode()


# --- The demonstration's door


@pytest.fixture
def fictitious_patient():
    User.objects.create_user("vraie@exemple.fr", first_name="Vraie")
    return User.objects.create_user("fictive@exemple.fr", first_name="Fictive", is_demo=True)


def test_the_door_does_not_exist_outside_the_demonstration(client, fictitious_patient):
    assert client.post("/demonstration/entrer/patient/").status_code == 404
    assert "Essayer le service" not in client.get("/").content.decode()


def test_one_enters_as_a_fictitious_person_only(client, settings, fictitious_patient):
    settings.DEMO_MODE = True
    home = client.get("/").content.decode()
    for entry in ("Entrer comme patient", "Entrer comme professionnel"):
        assert entry in home
    answer = client.post("/demonstration/entrer/patient/", follow=True)
    assert answer.context["user"] == fictitious_patient


@pytest.mark.parametrize("role", ["evaluateur", "inconnu"])
def test_the_door_knows_three_roles(client, settings, role):
    settings.DEMO_MODE = True
    assert client.post(f"/demonstration/entrer/{role}/").status_code == 404


def test_the_door_refuses_a_link(client, settings):
    settings.DEMO_MODE = True
    answer = client.get("/demonstration/entrer/patient/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "rien n'a été envoyé" in answer.content.decode()
    assert not client.head("/demonstration/entrer/patient/").content


def test_without_fictitious_people_a_sentence_says_so(client, settings):
    settings.DEMO_MODE = True
    page = client.post("/demonstration/entrer/professionnel/", follow=True).content.decode()
    assert "ne sont pas encore créées" in page


# --- The local mailbox


def test_mails_are_read_on_a_page_in_local_mode_only(client, settings, tmp_path):
    settings.LOCAL_MAILBOX_DIR = str(tmp_path)
    settings.EMAIL_BACKEND = "config.mailbox.LocalMailboxBackend"
    mail.send_mail("Premier", "Voir https://exemple.fr/a <b>", None, ["lina@exemple.fr"])
    mail.send_mail("Second", "Code : é 123", None, ["lina@exemple.fr"])
    assert client.get("/courriels/").status_code == 404
    settings.LOCAL_MAILBOX = True
    page = client.get("/courriels/").content.decode()
    assert page.index("Second") < page.index("Premier")
    assert 'href="https://exemple.fr/a"' in page
    assert "<b>" not in page and "é 123" in page


# --- Words of time and numbers


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "à l'instant"),
        (timedelta(minutes=3, seconds=50), "il y a 3 min"),
        (timedelta(minutes=125), "il y a 2 h"),
        (timedelta(hours=9), "aujourd'hui à 09:00"),
        (timedelta(days=1), "hier à 18:00"),
        (timedelta(days=12), "le 9 novembre à 18:00"),
        (timedelta(seconds=-30), "à l'instant"),
    ],
)
def test_a_moment_is_said_as_people_say_it(ago, words):
    now = timezone.make_aware(timezone.datetime(2026, 11, 21, 18, 0))
    assert said_time(now - ago, now) == words


@pytest.mark.parametrize(
    ("number", "link"),
    [("01 23 45 67 89", "0123456789"), ("+33 1 23", "+33123"), ("15", "15"), (3114, "3114")],
)
def test_a_number_is_written_for_people_and_linked_for_telephones(number, link):
    assert chiffres(number) == link
