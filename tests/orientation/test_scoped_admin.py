"""A regional administrator meets nothing of another territory, by any way in."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comptes.models import Act, JournalEntry, Patient, User
from orientation.models import (
    CommuneCoverage,
    Membership,
    Opening,
    Role,
    RuleSet,
    Structure,
)
from orientation.scoped_admin import ScopedModelAdmin, administration
from orientation.scoped_queries import UnscopedModel, visible
from tests import factories as make
from tests.orientation.conftest import ELSEWHERE, SENTINEL

pytestmark = pytest.mark.django_db


def url(model, page: str, *args: object) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=args)


def foreign(two) -> dict[type, object]:
    other = two.elsewhere
    return {
        Structure: other.structure,
        User: other.person,
        Membership: other.membership,
        Opening: other.opening,
        RuleSet: other.rule_set,
    }


def text(response) -> str:
    return response.content.decode() + str(response.headers)


def empty_inlines(*prefixes: str) -> dict[str, str]:
    return {
        f"{prefix}-{name}": "0"
        for prefix in prefixes
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }


# --- The registry


def test_nothing_of_care_is_registered():
    names = {model._meta.label for model in administration._registry}
    assert names == {
        "comptes.User",
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


# --- Writing


def structure_form(**changes: object) -> dict[str, object]:
    return {
        "name": "CPTS nouvelle",
        "kind": "CPTS",
        "identifier": "130012345",
        "departement": "13",
        "source": "ARS",
        "source_date": "2026-11-01",
        "accepts_orientations": "on",
        **empty_inlines("coverages"),
        **changes,
    }


def test_a_structure_is_added_at_home_with_its_communes_and_journaled(two):
    rows = {"coverages-TOTAL_FORMS": "1", "coverages-0-commune": "13201"}
    response = two.client().post(url(Structure, "add"), structure_form(**rows))
    assert response.status_code == 302, text(response)
    added = Structure.objects.get(identifier="130012345")
    assert list(added.communes.values_list("pk", flat=True)) == ["13201"]
    line = JournalEntry.objects.get(act=Act.ADMIN_ADDED)
    assert (line.actor_id, line.object_ref) == (two.admin.pk, f"orientation.structure:{added.pk}")


@pytest.mark.parametrize(
    "changes",
    [
        {"departement": ELSEWHERE},
        {"coverages-TOTAL_FORMS": "1", "coverages-0-commune": make.RENNES},
    ],
)
def test_a_structure_is_not_added_elsewhere(two, changes):
    response = two.client().post(url(Structure, "add"), structure_form(**changes))
    assert response.status_code == 200
    assert "Ille-et-Vilaine" not in text(response)
    assert not Structure.objects.filter(identifier="130012345").exists()
    assert not JournalEntry.objects.filter(act=Act.ADMIN_ADDED).exists()


def test_a_structure_does_not_move_elsewhere(two):
    mine = two.here.structure
    form = structure_form(name="Emportée", identifier=mine.identifier, departement=ELSEWHERE)
    two.client().post(url(Structure, "change", mine.pk), form)
    mine.refresh_from_db()
    assert (mine.departement_id, mine.name) == ("13", "CPTS Mistral")


def test_the_last_look_refuses_what_a_form_let_through(two, monkeypatch):
    """The choices are one wall; the object re-read after saving is another."""
    from orientation.admin.places import StructureAdmin
    from orientation.models import Departement

    monkeypatch.setattr(
        StructureAdmin, "choices", lambda self, field, request: Departement.objects.all()
    )
    response = two.client().post(url(Structure, "add"), structure_form(departement=ELSEWHERE))
    assert response.status_code == 403
    assert not Structure.objects.filter(identifier="130012345").exists()
    assert not JournalEntry.objects.filter(act=Act.ADMIN_ADDED).exists()


def test_rows_of_a_foreign_inline_are_not_taken(two):
    mine, theirs = two.here.structure, two.elsewhere.structure
    row = CommuneCoverage.objects.get(structure=theirs)
    form = structure_form(identifier=mine.identifier) | {
        "coverages-TOTAL_FORMS": "1",
        "coverages-INITIAL_FORMS": "1",
        "coverages-0-id": row.pk,
        "coverages-0-structure": theirs.pk,
        "coverages-0-DELETE": "on",
    }
    two.client().post(url(Structure, "change", mine.pk), form)
    assert CommuneCoverage.objects.filter(pk=row.pk).exists()


def test_a_commune_is_taken_away(two):
    mine = two.here.structure
    row = CommuneCoverage.objects.get(structure=mine)
    form = structure_form(identifier=mine.identifier, name=mine.name) | {
        "identifier": mine.identifier,
        "coverages-TOTAL_FORMS": "1",
        "coverages-INITIAL_FORMS": "1",
        "coverages-0-id": row.pk,
        "coverages-0-structure": mine.pk,
        "coverages-0-DELETE": "on",
    }
    response = two.client().post(url(Structure, "change", mine.pk), form)
    assert response.status_code == 302, text(response)
    assert not CommuneCoverage.objects.filter(pk=row.pk).exists()


def test_foreign_objects_are_not_written_by_their_number(two):
    client = two.client()
    before = {model: model.objects.values().get(pk=obj.pk) for model, obj in foreign(two).items()}
    for model, obj in foreign(two).items():
        client.post(url(model, "change", obj.pk), structure_form(first_name="x", is_active=""))
        client.post(url(model, "delete", obj.pk), {"post": "yes"})
        client.post(
            url(model, "changelist"), {"action": "delete_selected", "_selected_action": obj.pk}
        )
        assert model.objects.values().get(pk=obj.pk) == before[model]


# --- People and roles


def role_form(user: User, **changes: object) -> dict[str, object]:
    return {"user": user.pk, "role": Role.COORDINATOR, "starts_on": "2026-11-01", **changes}


def test_a_role_is_given_at_home_and_its_sockets_are_told(
    two, settings, django_capture_on_commit_callbacks
):
    settings.RIGHTS_ANNOUNCERS = ["tests.orientation.test_scoped_admin.hear"]
    HEARD.clear()
    with django_capture_on_commit_callbacks(execute=True):
        response = two.client().post(
            url(Membership, "add"), role_form(two.here.person, structure=two.here.structure.pk)
        )
    assert response.status_code == 302, text(response)
    assert Membership.objects.filter(user=two.here.person, role=Role.COORDINATOR).exists()
    assert HEARD == [two.here.person.pk]
    assert JournalEntry.objects.filter(act=Act.ROLE_CHANGED, actor_id=two.admin.pk).exists()


HEARD: list[int] = []


def hear(user_id: int) -> None:
    HEARD.append(user_id)


@pytest.mark.parametrize("way", ["structure", "person", "region", "nation", "whole_france"])
def test_a_role_is_not_given_beyond_one_s_own(two, way):
    here, other = two.here, two.elsewhere
    evaluator = make.evaluator("93")
    forms = {
        "structure": role_form(here.person, structure=other.structure.pk),
        "person": role_form(other.person, structure=here.structure.pk),
        "region": role_form(evaluator, role=Role.EVALUATOR, region="53"),
        "nation": role_form(two.admin, role=Role.NATIONAL_ADMIN),
        "whole_france": role_form(evaluator, role=Role.EVALUATOR),
    }
    count = Membership.objects.count()
    response = two.client().post(url(Membership, "add"), forms[way])
    assert response.status_code == 200
    assert Membership.objects.count() == count


def test_a_patient_s_account_never_gets_a_role(two):
    count = Membership.objects.count()
    form = role_form(make.patient(), structure=two.here.structure.pk)
    assert two.client(two.nation).post(url(Membership, "add"), form).status_code == 200
    assert Membership.objects.count() == count


def test_the_end_of_a_role_is_written_its_past_is_not(two):
    mine = two.here.membership
    form = role_form(two.admin, ends_on="2026-12-31", starts_on="2020-01-01")
    assert two.client().post(url(Membership, "change", mine.pk), form).status_code == 302
    mine.refresh_from_db()
    assert (mine.user, mine.role, mine.starts_on) == (
        two.here.person,
        Role.PROFESSIONAL,
        make.SINCE,
    )
    assert str(mine.ends_on) == "2026-12-31"


def person_form(**changes: object) -> dict[str, object]:
    inlines = empty_inlines("professional", "memberships")
    return {"first_name": "Léa", "last_name": "Exemple", **inlines, **changes}


def test_an_account_is_closed_and_its_e_mail_and_kind_stay(two):
    person = two.here.person
    form = person_form(email="autre@exemple.invalid", kind="ADMINISTRATOR", is_superuser="on")
    assert two.client().post(url(User, "change", person.pk), form).status_code == 302
    before = person.email
    person.refresh_from_db()
    assert (person.is_active, person.email, person.kind) == (False, before, "PROFESSIONAL")
    assert JournalEntry.objects.filter(act=Act.ACCOUNT_DISABLED).exists()


def test_an_account_shared_with_another_territory_is_read_only(two):
    shared = two.here.person
    Membership.objects.create(
        user=shared,
        role=Role.PROFESSIONAL,
        structure=two.elsewhere.structure,
        starts_on=make.SINCE,
    )
    response = two.client().post(url(User, "change", shared.pk), person_form())
    assert response.status_code == 403
    page = two.client().get(url(User, "change", shared.pk))
    assert SENTINEL not in text(page), "the role elsewhere is not shown"
    shared.refresh_from_db()
    assert shared.is_active


def test_nobody_changes_their_own_account_nor_another_administrator(two):
    peer = make.regional_administrator("93")
    for person in (two.admin, peer):
        response = two.client().post(url(User, "change", person.pk), person_form())
        assert response.status_code == 403


# --- Openings


def test_an_opening_needs_a_territory_of_one_s_own(two):
    form = {
        "opens_on": "2027-01-01",
        "decree_reference": "Décret",
        "promise_minutes": "240",
        "reopen_days": "7",
        **empty_inlines("service_hours", "financing"),
    }
    client = two.client()
    for place in ({}, {"region": "53"}, {"departement": ELSEWHERE}):
        assert client.post(url(Opening, "add"), form | place).status_code == 200
    assert client.post(url(Opening, "add"), form | {"departement": "13"}).status_code == 302
    overlap = {
        "service_hours-TOTAL_FORMS": "2",
        "service_hours-0-weekday": "0",
        "service_hours-0-starts_at": "08:00",
        "service_hours-0-ends_at": "12:00",
        "service_hours-1-weekday": "0",
        "service_hours-1-starts_at": "11:00",
        "service_hours-1-ends_at": "14:00",
    }
    refused = client.post(url(Opening, "add"), form | {"departement": "84"} | overlap)
    assert "Deux plages du même jour" in text(refused)


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
