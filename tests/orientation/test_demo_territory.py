"""Fictitious CPTS and SAS: the whole map once, and never taken for real ones."""

from datetime import date
from statistics import median

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from orientation.demo_load import load_demo_territory, towns
from orientation.demo_territory import (
    SMALLEST,
    Town,
    fictitious_cpts,
    of_departement,
)
from orientation.models.structures import CommuneCoverage, Cpts, Sas, Structure
from orientation.models.territory import Commune, Departement, TerritoryVintage

TOWNS = st.lists(
    st.builds(
        Town,
        code_insee=st.integers(10_000, 99_999).map(str),
        label=st.just("Lieu"),
        departement=st.sampled_from(["01", "02"]),
        epci=st.sampled_from(["", "200000172", "200000438"]),
        population=st.integers(0, 400_000),
        lat=st.floats(42, 51),
        lon=st.floats(-4, 8),
    ),
    unique_by=lambda town: town.code_insee,
    max_size=25,
)


@given(TOWNS)
def test_each_town_is_in_one_territory_of_its_department(all_towns):
    territories = fictitious_cpts(all_towns)
    covered = [code for territory in territories for code in territory.communes]
    assert sorted(covered) == sorted(town.code_insee for town in all_towns)
    home = {town.code_insee: town.departement for town in all_towns}
    for territory in territories:
        assert {home[code] for code in territory.communes} == {territory.departement}
        alone = [other for other in territories if other.departement == territory.departement]
        assert territory.population >= SMALLEST or len(alone) == 1


@given(TOWNS, st.randoms(use_true_random=False))
def test_the_order_of_towns_changes_nothing(all_towns, dice):
    shuffled = list(all_towns)
    dice.shuffle(shuffled)
    assert fictitious_cpts(shuffled) == fictitious_cpts(all_towns)


def test_a_large_unit_is_cut_along_its_longer_axis():
    line = [Town(f"0100{n}", f"Lieu {n}", "01", "2", 50_000, 46.0, 5 + n / 10) for n in range(4)]
    assert [territory.communes for territory in fictitious_cpts(line)] == [
        ("01000", "01001"),
        ("01002", "01003"),
    ]


def test_of_departement():
    assert of_departement("01", "Ain") == "de l'Ain"
    assert of_departement("2A", "Corse-du-Sud") == "de la Corse-du-Sud"
    assert of_departement("75", "Paris") == "de Paris"
    assert of_departement("974", "La Réunion") == "de La Réunion"
    assert of_departement("13", "Bouches-du-Rhône") == "des Bouches-du-Rhône"


@pytest.mark.django_db
@pytest.mark.usefixtures("territory")
class TestFrance:
    def test_the_map_of_france(self):
        all_towns = towns()
        territories = fictitious_cpts(all_towns)
        populations = [territory.population for territory in territories]
        assert len(territories) == 846
        assert 70_000 < median(populations) < 74_000
        assert min(populations) >= SMALLEST
        covered = [code for territory in territories for code in territory.communes]
        with_point = Commune.objects.filter(lat__isnull=False).exclude(
            arrondissements__isnull=False
        )
        assert sorted(covered) == sorted(with_point.values_list("pk", flat=True))
        assert len({territory.name for territory in territories}) == len(territories)

    def test_writing_twice_writes_once(self, settings, capsys):
        settings.DEMO_MODE = True
        call_command("load_demo_territory")
        assert "846 CPTS, 101 SAS, 34912 communes" in capsys.readouterr().out
        assert (Cpts.objects.count(), Sas.objects.count()) == (846, 101)
        assert not Structure.objects.filter(is_fictitious=False).exists()
        for structure in Structure.objects.all()[::50]:
            structure.full_clean()
        marseille = Cpts.objects.get(coverages__commune="13202")
        assert marseille.departement_id == "13"
        call_command("load_demo_territory")
        assert "déjà en place" in capsys.readouterr().out
        assert CommuneCoverage.objects.count() == 34_912

    def test_other_fictitious_structures_stay_as_they_are(self):
        common = {
            "departement": Departement.objects.get(pk="35"),
            "is_fictitious": True,
            "source": "essai",
            "source_date": date(2026, 1, 1),
        }
        place = Structure.objects.create(
            kind="MAISON_SANTE", name="Maison fictive", identifier="SYN-MSP-1", **common
        )
        CommuneCoverage.objects.create(structure=place, commune_id="35238")
        Structure.objects.create(
            kind="CPTS",
            name="Rennes",
            identifier="SYN-CPTS-35238",
            phone="02 61 91 00 01",
            **common,
        )
        assert load_demo_territory().cpts == 846
        place.refresh_from_db()
        assert place.closed_on is None
        assert place.coverages.count() == 1
        rennes = Cpts.objects.get(identifier="SYN-CPTS-35238")
        assert rennes.name == "CPTS fictive Rennes"
        assert rennes.phone == "02 61 91 00 01"

    def test_a_new_vintage_brings_structures_up_to_date(self):
        load_demo_territory()
        kept = Cpts.objects.get(coverages__commune="35238")
        CommuneCoverage.objects.filter(commune="35238").delete()
        last = TerritoryVintage.objects.latest()
        TerritoryVintage.objects.create(
            source=last.source, vintage="2027", sha256="0" * 64, rows=last.rows
        )
        assert load_demo_territory().communes == 34_912
        assert Cpts.objects.get(coverages__commune="35238") == kept
        assert Structure.objects.filter(closed_on__isnull=False).count() == 0

    def test_a_real_sas_keeps_its_department(self):
        real = Structure.objects.create(
            kind="SAS",
            name="SAS de test",
            identifier="130000001",
            departement=Departement.objects.get(pk="13"),
            source="essai",
            source_date=date(2026, 1, 1),
        )
        assert load_demo_territory().sas == 100
        assert list(Sas.objects.filter(departement="13")) == [real]

    def test_refused_outside_demonstrations(self, settings):
        settings.DEMO_MODE = False
        with pytest.raises(CommandError, match="mode démonstration"):
            call_command("load_demo_territory")
        assert not Structure.objects.exists()
