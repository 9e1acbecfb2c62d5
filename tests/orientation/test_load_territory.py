"""The reference territory: what is in it, and that loading it again changes nothing."""

import shutil
from zoneinfo import ZoneInfo

import holidays
import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from orientation.models.territory import (
    REFERENCE_TABLES,
    AncienneCommune,
    CodePostal,
    CodePostalOutreMer,
    CollectiviteOutreMer,
    Commune,
    Departement,
    Epci,
    Region,
    TerritoryVintage,
)
from orientation.place_names import search_key
from orientation.resolver import commune_by_insee
from orientation.territory_load import DATA, load_territory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]


@pytest.fixture
def files(tmp_path):
    """A copy of the files, to change."""
    shutil.copytree(DATA, tmp_path / "data")
    return tmp_path / "data"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_everything_is_there():
    whole = Commune.objects.filter(kind="COM")
    assert whole.count() == 34_875
    assert Commune.objects.filter(kind="ARM").count() == 45
    assert Departement.objects.count() == 101
    assert Region.objects.count() == 18
    assert Epci.objects.count() == 1_255
    assert AncienneCommune.objects.count() == 4_826
    assert CollectiviteOutreMer.objects.count() == 94
    assert CodePostal.objects.count() + CodePostalOutreMer.objects.count() == 35_539
    codes = CodePostal.objects.values("code_postal").distinct()
    assert codes.count() == 6_187
    several = codes.filter(commune__kind="COM").annotate(n=Count("commune")).filter(n__gt=1)
    assert several.count() == 4_200
    assert whole.aggregate(n=Sum("population"))["n"] == 68_350_798
    assert TerritoryVintage.objects.latest().vintage == "2026"


def test_arrondissements_hold_the_population_of_their_city():
    for city, population in (("75056", 2_103_778), ("13055", 886_040), ("69123", 519_127)):
        parts = Commune.objects.filter(parent=city)
        assert parts.aggregate(n=Sum("population"))["n"] == population
        assert Commune.objects.get(pk=city).population == population


def test_each_department_has_a_real_clock_and_calendar():
    for departement in Departement.objects.all():
        ZoneInfo(departement.time_zone)
        holidays.France(subdiv=departement.holiday_subdivision or None, years=2026)
    zones = dict(
        Departement.objects.exclude(time_zone="Europe/Paris").values_list("pk", "time_zone")
    )
    assert zones == {
        "971": "America/Guadeloupe",
        "972": "America/Martinique",
        "973": "America/Cayenne",
        "974": "Indian/Reunion",
        "976": "Indian/Mayotte",
    }
    local = Departement.objects.exclude(holiday_subdivision="")
    assert dict(local.values_list("pk", "holiday_subdivision")) == {
        "57": "57",
        "67": "6AE",
        "68": "6AE",
        "971": "971",
        "972": "972",
        "973": "973",
        "974": "974",
        "976": "976",
    }


def test_labels_tell_communes_apart():
    labels = Commune.objects.values("label").annotate(n=Count("pk")).filter(n__gt=1)
    assert not labels.exists()
    assert Commune.objects.get(pk="93066").label == "Saint-Denis (Seine-Saint-Denis)"
    assert Commune.objects.get(pk="75116").label == "Paris 16e"
    assert Commune.objects.get(pk="13201").label == "Marseille 1er"
    assert Commune.objects.get(pk="51108").label == "Châlons-en-Champagne"


def test_search_names_are_those_of_the_rules():
    for model in (Commune, AncienneCommune, CollectiviteOutreMer, Departement, Region):
        for name, search_name in model.objects.values_list("name", "search_name"):
            assert search_name == search_key(name)


def test_the_same_vintage_is_not_loaded_twice(django_assert_num_queries, capsys):
    before = TerritoryVintage.objects.count()
    with django_assert_num_queries(4):  # savepoint, lock, vintage, release
        assert not load_territory().done
    call_command("load_territory")
    assert "déjà en place (76753 lignes)" in capsys.readouterr().out
    assert TerritoryVintage.objects.count() == before


def test_a_new_vintage_updates_rows_and_breaks_no_link(files):
    rennes = Commune.objects.get(pk="35238")
    edit(files / "communes.csv", "35238,Rennes,", "35238,Rennes-la-Belle,")
    lines = (files / "communes.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("01002,")]
    (files / "communes.csv").write_text("".join(kept), encoding="utf-8")
    lines = (files / "codes_postaux.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if ",01002," not in line]
    (files / "codes_postaux.csv").write_text("".join(kept), encoding="utf-8")
    with (files / "communes_anciens_codes.csv").open("a", encoding="utf-8") as file:
        file.write("01002,L'Abergement-de-Varey,deleguee,01004,Ambérieu-en-Bugey,non\n")

    assert load_territory(files, "2027").done

    rennes.refresh_from_db()
    assert (rennes.name, rennes.search_name) == ("Rennes-la-Belle", "rennes la belle")
    gone = Commune.objects.get(pk="01002")
    assert not gone.in_force
    assert commune_by_insee("01002").pk == "01004"
    assert TerritoryVintage.objects.latest().vintage == "2027"

    assert load_territory().done
    rennes.refresh_from_db()
    gone.refresh_from_db()
    assert rennes.name == "Rennes"
    assert gone.in_force
    assert commune_by_insee("01002").pk == "01002"


def test_a_broken_file_changes_nothing(files):
    edit(files / "codes_postaux.csv", "35000,35238,COM", "35000,99999,COM")
    with pytest.raises(IntegrityError), transaction.atomic():
        load_territory(files, "2027")
        transaction.get_connection().check_constraints()
    assert Commune.objects.get(pk="35238").codes_postaux.count() == 3
    assert TerritoryVintage.objects.latest().vintage == "2026"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"code_insee": "1234"}, "commune_code_insee_format"),
        ({"kind": "ARM"}, "commune_arrondissement_has_parent"),
        ({"lat": None}, "commune_point_whole"),
        ({"lat": 91}, "commune_point_whole"),
        ({"search_name": ""}, "commune_search_name_filled"),
    ],
)
def test_the_database_refuses_a_commune_that_makes_no_sense(change, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Commune.objects.filter(pk="35238").update(**change)


def test_reference_tables_are_those_of_the_models():
    assert Commune._meta.db_table in REFERENCE_TABLES
    assert len(set(REFERENCE_TABLES)) == 9
