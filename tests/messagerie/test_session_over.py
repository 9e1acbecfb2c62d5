"""A form posted after the session ended, or without its token: nothing typed is lost."""

import re
import uuid
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from comptes.models import DataKey
from messagerie import drafts
from messagerie.models import DoorDraft, Message
from tests import factories
from tests.messagerie.acting import signed_in
from tests.messagerie.console_reading import url
from tests.messagerie.door_walk import text_of
from tests.messagerie.patient_walk import answer, box_of, resolve, url_of, write

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

TEXT = "Du froid & dix minutes.\nPuis du repos."
GIVEN_BACK = re.compile(
    r'<label class="fr-label" for="(garde-\d)">([^<]*)</label>\s*'
    r'<textarea class="fr-input" id="\1" rows="\d" readonly>(.*?)</textarea>',
    re.S,
)


def given_back(response: HttpResponse) -> dict[str, str]:
    """What the page gives to copy, by label."""
    page = response.content.decode()
    return {unescape(label): unescape(text) for _, label, text in GIVEN_BACK.findall(page)}


def way_in(response: HttpResponse) -> str:
    """Where the sign-in of this page leads."""
    found = re.search(r'class="fr-btn[^"]*" href="([^"]*)">Se connecter<', text_of(response))
    address = urlsplit(unescape(found[1]))
    assert address.path == reverse("account_login")
    return parse_qs(address.query)["next"][0]


# --- The console

FORMS = [
    ("repondre", {"id": str(uuid.uuid4()), "body": TEXT}, {"Votre réponse": TEXT}),
    ("joindre", {"id": str(uuid.uuid4()), "body": TEXT}, {"Votre réponse": TEXT}),
    (
        "clore",
        {"outcome": "RESOLVED", "summary": TEXT},
        {"Résumé du conseil, pour le patient": TEXT},
    ),
    (
        "orienter",
        {"when": "Demain", "note": TEXT, "place": "structure:1", "shown": "X", "accepter": "1"},
        {"Quand": "Demain", "Un mot pour le patient": TEXT},
    ),
    (
        "transmettre",
        {"phone": "06 39 98 00 11", "place": "3e étage", "age": "4 ans"},
        {
            "Téléphone pour rappeler": "06 39 98 00 11",
            "Où est la personne, maintenant": "3e étage",
            "Âge": "4 ans",
        },
    ),
]


@pytest.mark.parametrize(("name", "posted", "texts"), FORMS, ids=[form[0] for form in FORMS])
def test_a_form_of_the_console_gives_its_texts_back(taken, lucie, name, posted, texts):
    before = Message.objects.count()
    hidden = {"csrfmiddlewaretoken": "jeton-a-taire", "password": "secret-a-taire"}
    over = Client().post(url(name, taken.pk), posted | hidden)
    assert over.status_code == 403 and "no-store" in over["Cache-Control"]
    assert given_back(over) == texts
    assert "Votre session est finie" in text_of(over) and "a-taire" not in text_of(over)
    assert signed_in(lucie).get(way_in(over)).status_code == 200
    assert Message.objects.count() == before and not DoorDraft.objects.exists()


def test_an_act_of_the_console_without_text_leads_to_sign_in_then_to_a_page(taken, lucie):
    console = signed_in(lucie)
    for name in ("prendre", "repondre", "joindre", "rendre", "clore"):
        away = Client().post(url(name, taken.pk))
        assert away.status_code == 302
        back = parse_qs(urlsplit(away.url).query)["next"][0]
        assert console.get(back).status_code == 200, name
    away = Client().post(url("garde_quitter"))
    assert parse_qs(urlsplit(away.url).query)["next"] == [url("accueil")]


def test_a_page_of_the_console_comes_back_after_sign_in_with_its_query(taken):
    away = Client().get(url("conversation", taken.pk), {"avant": "5"})
    assert parse_qs(urlsplit(away.url).query)["next"] == [
        url("conversation", taken.pk) + "?avant=5"
    ]


# --- The patient


@pytest.mark.parametrize("name", ["repondre", "joindre", "rouvrir"])
def test_a_patients_line_is_given_back_and_waits(client, waiting, camille, name):
    client.logout()
    over = client.post(url_of(waiting, name), {"body": TEXT})
    assert over.status_code == 403 and "no-store" in over["Cache-Control"]
    assert given_back(over) == {"Votre message": TEXT}
    assert way_in(over) == url_of(waiting)
    assert "Du froid" not in str(dict(client.session)) + str(client.cookies)
    assert b"Du froid" not in bytes(DoorDraft.objects.get().sealed)
    client.force_login(camille)
    assert unescape(box_of(text_of(client.get(way_in(over))))) == TEXT


def test_a_file_that_did_not_leave_is_named_so(client, waiting):
    client.logout()
    photo = SimpleUploadedFile("p.jpg", b"x", content_type="image/jpeg")
    over = client.post(url_of(waiting, "joindre"), {"fichier": photo})
    assert over.status_code == 403
    assert "Le fichier n'est pas parti" in text_of(over) and "Il est gardé" not in text_of(over)
    assert way_in(over) == url_of(waiting)


def test_who_ticks_a_danger_sign_reads_first_whom_to_call(client, taken, camille):
    client.logout()
    before = Message.objects.count()
    posted = {"signe": ["MORAL", "RF07"], "callback_phone": "06 00 00 00 00",
              "present_place": "Au 3e"}  # fmt: skip
    over = client.post(url_of(taken, "aggravation"), posted)
    page = text_of(over)
    main = page[page.index("<main") :]
    assert over.status_code == 403 and "no-store" in over["Cache-Control"]
    order = ["Appelez le 3114 maintenant", "L'équipe n'a pas été prévenue", 'href="tel:3114"',
             "Se connecter"]  # fmt: skip
    assert [main.index(said) for said in order] == sorted(main.index(said) for said in order)
    assert "L'équipe voit" not in page
    assert list(given_back(over).values()) == ["06 00 00 00 00", "Au 3e"]
    assert Message.objects.count() == before and not DoorDraft.objects.exists()
    client.force_login(camille)
    told = client.post(url_of(taken, "aggravation"), posted, follow=True)
    numbers = re.compile(r'<div class="ms-numeros">.*?(?=<p class="ms-)', re.S)
    assert numbers.search(page)[0] == numbers.search(text_of(told))[0]
    assert client.get(way_in(over)).status_code == 200


@pytest.mark.parametrize(
    ("ticked", "number"),
    [(["RESPIRATION"], "15"), (["AUCUN", "RF07"], "3114"), (["RF07", "inconnu"], "3114")],
)
def test_a_tick_that_would_be_refused_has_its_number_too(client, taken, ticked, number):
    client.logout()
    over = text_of(client.post(url_of(taken, "aggravation"), {"signe": ticked}))
    assert f"Appelez le {number} maintenant" in over
    assert "L'équipe n'a pas été prévenue" in over


@pytest.mark.parametrize("ticked", [[], ["AUCUN"], ["inconnu"]])
def test_no_sign_ticked_and_nobody_told(client, taken, ticked):
    client.logout()
    over = text_of(client.post(url_of(taken, "aggravation"), {"signe": ticked}))
    assert "L'équipe n'a pas été prévenue" in over and "maintenant</h1>" not in over
    assert "appelez le <a" in over


# --- A form without its token


def strict(user) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.mark.parametrize(("name", "posted", "texts"), FORMS, ids=[form[0] for form in FORMS])
def test_a_form_without_its_token_gives_all_its_texts_back(taken, lucie, name, posted, texts):
    refused = strict(lucie).post(url(name, taken.pk), posted | {"code": "secret-a-taire"})
    page = text_of(refused)
    assert refused.status_code == 403 and "no-store" in refused["Cache-Control"]
    assert "Le formulaire a expiré" in page and "a-taire" not in page
    assert given_back(refused) == texts
    back = re.search(r'href="([^"]*)">Ouvrir de nouveau la page', page)[1]
    assert signed_in(lucie).get(back).status_code == 200
    assert not DoorDraft.objects.exists()  # another site may have written it
    stranger = Client(enforce_csrf_checks=True).post(url(name, taken.pk), posted)
    assert given_back(stranger) == texts and way_in(stranger) == back


def test_a_danger_sign_without_its_token_has_its_number(taken, camille):
    refused = text_of(strict(camille).post(url_of(taken, "aggravation"), {"signe": "RF07"}))
    assert "Appelez le 3114 maintenant" in refused
    assert "l'équipe n'a pas été prévenue" in refused


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("porte:question", "porte:question"),
        ("porte:question", "porte:joindre"),
        ("porte:signes", "porte:signes"),
        ("account_login", "account_login"),
    ],
)
def test_a_form_of_anybody_without_its_token_leads_back_to_its_page(db, page, form):
    posted = {"body": "Une question.", "signe": "RF07"} if form.startswith("porte:") else {}
    refused = text_of(Client(enforce_csrf_checks=True).post(reverse(form), posted))
    assert f'href="{reverse(page)}">Ouvrir de nouveau la page' in refused
    assert "l'équipe" not in refused  # nobody was to be told
    assert ("Appelez le 3114 maintenant" in refused) is bool(posted)


def test_a_worsening_without_its_token_says_that_nobody_was_told(taken, camille):
    refused = text_of(strict(camille).post(url_of(taken, "aggravation")))
    assert "L'équipe n'a pas été prévenue" in refused and 'href="tel:15">15</a> sans' in refused


def test_no_password_and_no_code_comes_back(db):
    posted = {"login": "camille@exemple.fr", "password": "secret-a-taire", "code": "123456"}
    refused = Client(enforce_csrf_checks=True).post(reverse("account_login"), posted)
    assert refused.status_code == 403 and given_back(refused) == {}
    assert "a-taire" not in text_of(refused) and "123456" not in text_of(refused)


# --- The line kept aside


def box(client: Client, conversation) -> str:
    return unescape(box_of(text_of(client.get(url_of(conversation)))))


def test_a_kept_line_stays_until_a_line_is_accepted(client, taken, lucie, camille):
    client.logout()
    write(client, taken, "Écrit trop tard")
    client.force_login(camille)
    assert [box(client, taken) for _ in range(3)] == ["Écrit trop tard"] * 3
    answer(taken, lucie, "Je vous lis.")  # somebody else's line takes nothing away
    write(client, taken, "")  # nor one that is refused
    client.post(url_of(taken, "aggravation"), {"signe": "RF07"})  # nor one without its words
    assert box(client, taken) == "Écrit trop tard"
    key = DoorDraft.objects.get().pk
    write(client, taken, "Écrit trop tard, et relu")
    assert box(client, taken) == ""
    assert not DoorDraft.objects.exists() and DataKey.objects.get(pk=key).wrapped is None


def test_a_line_sent_by_another_way_counts_too(client, taken, camille):
    """The socket and the API never write the session."""
    client.logout()
    write(client, taken, "Écrit trop tard")
    client.force_login(camille)
    answer(taken, camille, "Écrit trop tard")
    assert box(client, taken) == ""


def test_each_conversation_keeps_its_own_line(client, waiting, camille):
    others = [factories.conversation(camille) for _ in range(drafts.REPLIES_AT_MOST)]
    client.logout()
    write(client, waiting, "La plus ancienne")
    for number, other in enumerate(others[:-1]):
        write(client, other, f"Ligne {number}")
    write(client, others[0], "Ligne 0, relue")
    assert len(client.session[drafts.REPLIES]) == drafts.REPLIES_AT_MOST
    write(client, others[-1], "Une de trop")
    client.force_login(camille)
    assert box(client, waiting) == ""  # the oldest makes room
    assert box(client, others[0]) == "Ligne 0, relue"
    assert box(client, others[1]) == "Ligne 1"
    assert box(client, others[-1]) == "Une de trop"


def test_what_a_page_gives_to_keep_outlives_its_answer(client, taken):
    client.post(url_of(taken, "repondre"), {"body": "à moitié", "garder": "1"})
    assert box(client, taken) == "à moitié"


def test_nobody_else_sees_a_kept_line(client, taken, lucie, camille):
    client.logout()
    write(client, taken, "Pour moi seule")
    kept = client.session[drafts.REPLIES]
    for person in (factories.patient(), lucie):
        browser = Client()
        write(browser, taken, "Pour moi seule")
        browser.force_login(person)  # the same browser: its session goes along
        assert str(taken.pk) in browser.session[drafts.REPLIES]
        addresses = [url_of(taken), reverse("patient:conversations"), url("conversation", taken.pk)]
        for address in addresses:
            assert "Pour moi seule" not in text_of(browser.get(address))
    theirs = factories.conversation(person := factories.patient())
    browser = signed_in(person)
    session = browser.session
    session[drafts.REPLIES] = {str(theirs.pk): kept[str(taken.pk)]}  # another one's row
    session.save()
    assert box(browser, theirs) == ""


def test_a_kept_line_goes_at_the_purge(client, taken, camille):
    client.logout()
    write(client, taken, "Écrit trop tard")
    client.force_login(camille)
    DoorDraft.objects.all().delete()
    assert box(client, taken) == ""


def test_a_closed_conversation_shows_the_line_that_waits(client, taken, lucie, camille):
    client.logout()
    write(client, taken, "Encore un mot")
    resolve(taken, lucie)
    client.force_login(camille)
    assert box(client, taken) == "Encore un mot"
