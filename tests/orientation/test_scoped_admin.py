"""A regional administrator meets nothing of another territory, by any way in."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from comptes.models import Act, JournalEntry, Patient, User
from orientation.models import (
    Membership,
    Opening,
    Role,
    RuleSet,
    Structure,
)
from orientation.scoped_admin import ScopedModelAdmin, administration
from orientation.scoped_queries import UnscopedModel, visible
from tests import factories as make
from tests.orientation.admin_pages import foreign, text, url
from tests.orientation.conftest import ELSEWHERE, SENTINEL

pytestmark = pytest.mark.django_db


# --- The registry


def test_nothing_of_care_is_registered():
    names = {model._meta.label for model in administration._registry}
    assert names == {
        "comptes.User",
        "messagerie.ErasureRequest",  # numbers, places, reasons, dates
        "orientation.Commune",
        "orientation.Cpts",
        "orientation.InvitedRole",
        "orientation.Membership",
        "orientation.Opening",
        "orientation.RuleSet",
        "orientation.Sas",
        "orientation.Structure",
    }


def test_every_page_stands_on_the_scoped_base_and_passes_its_checks():
    for page in administration._registry.values():
        assert isinstance(page, ScopedModelAdmin)
        assert page.check() == []
        for inline in page.inlines:
            visible(inline.model, two_scopes()[1])


def two_scopes():
    from orientation.scope import Level, Scope

    return Scope(level=Level.NATION, user_id=1), Scope(level=Level.TERRITORY, user_id=1)


def test_the_check_sees_a_leaking_option():
    class Leaking(ScopedModelAdmin):
        raw_id_fields = ("user",)
        list_filter = ("structure",)

    ids = {error.id for error in Leaking(Membership, administration).check()}
    assert {"admin.S001", "admin.S002"} <= ids


def test_a_model_without_a_rule_is_refused():
    with pytest.raises(UnscopedModel):
        visible(Patient, two_scopes()[0])


# --- Who comes in


@pytest.mark.parametrize("path", ["", "orientation/structure/", "comptes/user/", "autocomplete/"])
def test_only_administrators_come_in(two, path):
    target = f"/administration/{path}"
    response = Client().get(target)
    assert response.headers["Location"].startswith("/compte/login/?next=%2Fadministration")
    superuser = User.objects.create_superuser("racine@exemple.invalid", "x")
    for stranger in (
        two.here.person,
        make.patient(),
        make.evaluator("93"),
        make.coordinator(two.here.structure),
        make.UserFactory(administrator=True),
        superuser,
    ):
        assert two.client(stranger).get(target).status_code == 403, stranger.kind


def test_a_superuser_comes_in_only_when_the_settings_accept_it(two, settings):
    assert django_settings.ADMIN_ACCEPTS_SUPERUSER is False
    root = User.objects.create_superuser("racine@exemple.invalid", "x")
    Membership.objects.create(user=root, role=Role.NATIONAL_ADMIN, starts_on=make.SINCE)
    assert two.client(root).get("/administration/").status_code == 403
    settings.ADMIN_ACCEPTS_SUPERUSER = True
    assert two.client(root).get("/administration/").status_code == 200


def test_without_the_second_factor_nobody_comes_in(two):
    client = Client()
    client.post("/compte/login/", {"login": two.admin.email, "password": make.PASSWORD})
    assert client.get("/administration/").headers["Location"] == "/compte/2fa/"


def test_an_ended_role_closes_the_door(two):
    client = two.client()
    assert client.get("/administration/").status_code == 200
    Membership.objects.filter(user=two.admin).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert client.get("/administration/").status_code == 403


def test_signing_out_of_the_administration_signs_out(two):
    client = two.client()
    client.post("/administration/logout/")
    assert "_auth_user_id" not in client.session
    assert JournalEntry.objects.filter(act=Act.SIGN_OUT, actor_id=two.admin.pk).exists()


# --- Reading


def test_lists_filters_searches_and_home_show_one_s_own_only(two):
    client = two.client()
    assert SENTINEL not in text(client.get("/administration/"))
    for model in administration._registry:
        for query in ("", f"?q={SENTINEL[:-1]}", "?q=Mistral", "?o=1"):
            page = client.get(url(model, "changelist") + query)
            assert page.status_code == 200
            assert SENTINEL not in text(page), (model, query)
    assert "Mistral" in text(client.get(url(Structure, "changelist")))
    assert "Ille-et-Vilaine" not in text(client.get(url(Structure, "changelist")))
    assert "Bouches-du-Rh" in text(client.get(url(Structure, "changelist")))
    assert SENTINEL in text(two.client(two.nation).get(url(Structure, "changelist")))


def test_a_foreign_value_in_a_filter_finds_nothing(two):
    client = two.client()
    page = client.get(
        url(Membership, "changelist"), {"structure__id__exact": two.elsewhere.structure.pk}
    )
    assert SENTINEL not in text(page)
    assert list(page.context["cl"].result_list) == []


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (User, "password__startswith"),
        (User, "conversations__isnull"),
        (User, "memberships__structure__name__startswith"),
        (Membership, "user__password__startswith"),
        (Structure, "departement__region__name__startswith"),
    ],
)
def test_an_address_typed_by_hand_questions_nothing(two, model, lookup):
    response = two.client().get(url(model, "changelist"), {lookup: "p"})
    assert response.status_code == 400 or "e=1" in response.headers.get("Location", "")


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_pages_of_a_foreign_object_do_not_exist(two, page):
    client = two.client()
    for model, obj in foreign(two).items():
        response = client.get(url(model, page, obj.pk), follow=True)
        assert SENTINEL not in text(response), (model, page)
        assert two.client(two.nation).get(url(model, page, obj.pk)).status_code in (200, 403)


def test_choices_and_prefilled_forms_name_nothing_foreign(two):
    client = two.client()
    other = two.elsewhere
    for model in (Structure, Membership, Opening, RuleSet):
        page = client.get(
            url(model, "add"),
            {
                "structure": other.structure.pk,
                "user": other.person.pk,
                "departement": ELSEWHERE,
                "region": "53",
            },
        )
        assert page.status_code == 200
        for name in (SENTINEL, "Ille-et-Vilaine", "Bretagne"):
            assert name not in text(page), (model, name)


@pytest.mark.parametrize(
    ("model", "field", "term"),
    [
        ("membership", "structure", SENTINEL),
        ("membership", "user", SENTINEL),
        ("communecoverage", "commune", "Rennes"),
        ("decision", "chosen_structure", SENTINEL),
        ("duty", "user", SENTINEL),
    ],
)
def test_autocomplete_offers_one_s_own_only(two, model, field, term):
    asked = {"app_label": "orientation", "model_name": model, "field_name": field, "term": term}
    response = two.client().get("/administration/autocomplete/", asked)
    assert json.loads(response.content)["results"] == []
    found = two.client(two.nation).get("/administration/autocomplete/", asked)
    assert json.loads(found.content)["results"] != []


def test_autocomplete_never_offers_a_patient(two):
    make.patient(first_name="Zéphirine", last_name="Zéphirine")
    for field in ("patient", "professional"):
        asked = {
            "app_label": "messagerie",
            "model_name": "conversation",
            "field_name": field,
            "term": "Zéphirine",
        }
        found = two.client(two.nation).get("/administration/autocomplete/", asked)
        assert json.loads(found.content)["results"] == []


def test_a_patient_has_no_page_even_for_the_nation(two):
    patient = make.patient(last_name="Zéphirine")
    client = two.client(two.nation)
    assert "Zéphirine" not in text(client.get(url(User, "changelist") + "?q=Zéphirine")).replace(
        'value="Zéphirine"', ""
    )
    response = client.get(url(User, "change", patient.pk), follow=True)
    assert "Zéphirine" not in text(response)


# --- Cost


def test_the_home_and_the_lists_do_not_grow_with_their_rows(two, django_assert_max_num_queries):
    for _ in range(12):
        structure = make.StructureFactory()
        make.professional(structure)
    client = two.client()
    with django_assert_max_num_queries(22):
        client.get("/administration/")
    for model in administration._registry:
        with django_assert_max_num_queries(16):
            client.get(url(model, "changelist"))
    with django_assert_max_num_queries(22):
        client.get(url(Structure, "change", two.here.structure.pk))
