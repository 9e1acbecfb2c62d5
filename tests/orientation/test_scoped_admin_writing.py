"""What a regional administrator writes stays in their territory, whatever is posted."""

import pytest

from comptes.models import Act, JournalEntry, User
from orientation.models import (
    CommuneCoverage,
    FinancingSetting,
    Membership,
    Opening,
    Role,
    Structure,
)
from tests import factories as make
from tests.orientation.admin_pages import empty_inlines, foreign, text, url
from tests.orientation.conftest import ELSEWHERE, SENTINEL

pytestmark = pytest.mark.django_db


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
    settings.RIGHTS_ANNOUNCERS = ["tests.orientation.test_scoped_admin_writing.hear"]
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
    for place in ({}, {"region": "93", "departement": "13"}):
        said = text(client.post(url(Opening, "add"), form | place))
        assert said.count("Choisissez une région ou un département") == 1, place
        assert ("pas les deux" in said) == bool(place)
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


def financing_form(opening: Opening, **rows: str) -> dict[str, object]:
    return {
        "opens_on": opening.opens_on.isoformat(),
        "decree_reference": opening.decree_reference,
        "promise_minutes": "240",
        "reopen_days": "7",
        **empty_inlines("service_hours", "financing"),
        **{f"financing-{name}": value for name, value in rows.items()},
    }


def test_a_dated_setting_of_financing_is_added_and_never_rewritten(two):
    client, opening = two.client(), two.here.opening
    page = url(Opening, "change", opening.pk)
    value = {
        "0-key": "HOURLY_RATE_EUR",
        "0-value": "90",
        "0-applies_from": "2027-01-01",
        "0-reference": "Arrêté",
    }
    added = client.post(page, financing_form(opening, TOTAL_FORMS="1", **value))
    assert added.status_code == 302, text(added)
    kept = FinancingSetting.objects.get(opening=opening)
    assert (kept.value, kept.applies_from.isoformat()) == ("90", "2027-01-01")

    held = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "1", "0-id": str(kept.pk)}
    held |= {"0-opening": str(opening.pk)}
    for changed in ({"0-value": "10"}, {"0-DELETE": "on"}):
        client.post(page, financing_form(opening, **held, **value | changed))
        kept.refresh_from_db()
        assert kept.value == "90"
    assert client.get(page).status_code == 200 and "90" in text(client.get(page))

    elsewhere = url(Opening, "change", two.elsewhere.opening.pk)
    client.post(elsewhere, financing_form(two.elsewhere.opening, TOTAL_FORMS="1", **value))
    assert not FinancingSetting.objects.filter(opening=two.elsewhere.opening).exists()
