"""The home of the administration: figures of one's own territory, no word of care."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evaluation import admin_home
from evaluation.indicators import VERSION
from evaluation.models import DailyTally, Dimension
from messagerie.models import Conversation
from orientation.scope import scope_for
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(territory, db):
    make.open_region("93")
    make.open_region("53")
    return make.regional_administrator("93")


def test_open_conversations_of_one_s_own_departments(admin):
    professional = make.professional(make.StructureFactory())
    make.taken_conversation(professional)
    late, _ = make.conversation(), make.conversation()
    make.conversation(commune=make.RENNES)
    Conversation.objects.filter(pk=late.pk).update(
        promised_before=timezone.now() - timedelta(minutes=1)
    )
    now = admin_home.open_now(scope_for(admin))
    assert (now.waiting, now.in_progress, now.late) == (2, 1, 1)
    assert [line.departement.pk for line in now.lines] == ["13"]
    everywhere = admin_home.open_now(scope_for(make.national_administrator()))
    assert everywhere.waiting == 3


def test_yesterday_is_read_from_the_counts(admin):
    day = timezone.localdate() - timedelta(days=1)
    rows = [
        ("13", Dimension.OUTCOME, "RESOLVED", 5),
        ("13", Dimension.OUTCOME, "REFERRED_SAS", 2),
        ("84", Dimension.OUTCOME, "REFERRED_CPTS", 1),
        ("13", Dimension.OUTCOME, "TECHNICAL_TEST", 9),
        ("13", Dimension.PROMISE, "KEPT", 6),
        ("13", Dimension.PROMISE, "LATE", 1),
        ("13", Dimension.DOOR, "EMERGENCY", 3),
        ("35", Dimension.OUTCOME, "RESOLVED", 50),
    ]
    DailyTally.objects.bulk_create(
        DailyTally(
            day=day, departement_id=code, dimension=dim, code=what, count=count, version=VERSION
        )
        for code, dim, what, count in rows
    )
    said = admin_home.yesterday(scope_for(admin))
    assert (said.asked, said.resolved, said.referred, said.emergencies) == (8, 5, 3, 3)
    assert (said.promise_kept, said.promise_late) == (6, 1)


def test_holes_are_looked_for_where_the_service_takes_part(admin):
    make.StructureFactory(covers=("13001", make.MARSEILLE_1))
    make.StructureFactory(covers=("13001",))
    make.StructureFactory(covers=("13022",), closed_on=timezone.localdate())
    make.StructureFactory(sas=True)
    holes = admin_home.territory_holes(scope_for(admin))
    assert [commune.pk for commune in holes.several_first] == ["13001"]
    assert "13" not in [row.pk for row in holes.no_sas]
    assert "84" in [row.pk for row in holes.no_sas]
    from orientation.coverage import without_cpts
    from orientation.models import Commune

    missing = set(without_cpts(Commune.objects.all()).values_list("pk", flat=True))
    assert "13022" in missing, "a closed CPTS serves nobody"
    assert not {"13001", make.MARSEILLE_1} & missing
    assert holes.without_first[0].departement.region_id == "93"


def test_the_page_says_it_and_names_no_patient(admin, client, django_assert_max_num_queries):
    professional = make.professional(make.StructureFactory(name="CPTS du port"), last_name="Garde")
    patient = make.patient(first_name="Zéphirine", last_name="Zéphirine")
    asked = make.conversation(patient, body="sentinelle du message")
    client.force_login(admin)
    with django_assert_max_num_queries(20):
        response = client.get("/administration/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "CPTS du port" in page
    assert "Garde" in page
    assert "Aucune demande comptée" in page
    for secret in ("Zéphirine", "sentinelle", str(asked.pk), patient.email):
        assert secret not in page
    assert professional.pk


def test_a_late_request_is_said(admin, client):
    late = make.conversation()
    Conversation.objects.filter(pk=late.pk).update(
        promised_before=timezone.now() - timedelta(minutes=1)
    )
    client.force_login(admin)
    page = client.get("/administration/").content.decode()
    assert "La promesse n&#x27;est pas tenue" in page or "La promesse n'est pas tenue" in page
    assert "Personne n'est de garde" in page
