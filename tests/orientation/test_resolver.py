"""What patients type, and the commune or the question they get."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orientation.api import TerritoryThrottle
from orientation.models.territory import AncienneCommune, Commune
from orientation.resolver import Status, commune_by_insee, resolve_patient_input

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]


def labels(resolution):
    return [place.label for place in resolution.choices]


@pytest.mark.parametrize(
    ("typed", "code_insee", "label"),
    [
        # Five digits are always a postal code.
        ("75116", "75116", "Paris 16e"),
        ("75016", "75116", "Paris 16e"),
        ("69003", "69383", "Lyon 3e"),
        ("13002", "13202", "Marseille 2e"),
        (" 13 001 ", "13201", "Marseille 1er"),
        ("97411", "97415", "Saint-Paul (La Réunion)"),
        ("35000", "35238", "Rennes"),
        ("20090", "2A004", "Ajaccio"),
        # Names, however they are written.
        ("chalons en champagne", "51108", "Châlons-en-Champagne"),
        ("CHÂLONS-EN-CHAMPAGNE", "51108", "Châlons-en-Champagne"),
        ("le havre", "76351", "Le Havre"),
        ("havre", "76351", "Le Havre"),
        ("L’Haÿ les Roses", "94038", "L'Haÿ-les-Roses"),
        ("St-Maur-des-Fossés", "94068", "Saint-Maur-des-Fossés"),
        ("ste genevieve des bois 91", "91549", "Sainte-Geneviève-des-Bois (Essonne)"),
        ("Chalon s/ Saône", "71076", "Chalon-sur-Saône"),
        ("Thionville", "57672", "Thionville"),
        # Arrondissements.
        ("Paris 16", "75116", "Paris 16e"),
        ("paris 16e", "75116", "Paris 16e"),
        ("16e arrondissement de Paris", "75116", "Paris 16e"),
        ("Lyon 3ème", "69383", "Lyon 3e"),
        ("marseille 2e arrondissement", "13202", "Marseille 2e"),
        ("Marseille 13e", "13213", "Marseille 13e"),
        # A name and what narrows it.
        ("Saint-Denis 93", "93066", "Saint-Denis (Seine-Saint-Denis)"),
        ("93 saint denis", "93066", "Saint-Denis (Seine-Saint-Denis)"),
        ("saint denis dans le 93", "93066", "Saint-Denis (Seine-Saint-Denis)"),
        ("saint denis 97400", "97411", "Saint-Denis (La Réunion)"),
        ("Saint-Denis (La Réunion)", "97411", "Saint-Denis (La Réunion)"),
        ("saint-denis, réunion", "97411", "Saint-Denis (La Réunion)"),
        ("Saint-Denis (Seine-Saint-Denis)", "93066", "Saint-Denis (Seine-Saint-Denis)"),
        ("75 016 Paris", "75116", "Paris 16e"),
        ("59033 LILLE CEDEX 9", "59350", "Lille"),
        ("Ajaccio 2A", "2A004", "Ajaccio"),
        ("Ajaccio 20", "2A004", "Ajaccio"),
    ],
)
def test_found(typed, code_insee, label):
    resolution = resolve_patient_input(typed)
    assert resolution.status is Status.FOUND
    assert (resolution.place.code_insee, resolution.place.label) == (code_insee, label)
    assert resolution.choices == ()


def test_a_place_says_where_it_is():
    place = resolve_patient_input("97411").place
    assert (place.departement_code, place.departement_name) == ("974", "La Réunion")
    assert place.region_code == "04"
    assert "97411" in place.postal_codes


def test_a_postal_code_of_two_regions_asks():
    resolution = resolve_patient_input("37160")
    assert resolution.status is Status.AMBIGUOUS
    assert resolution.total == len(resolution.choices) == 7
    assert {place.region_code for place in resolution.choices} == {"24", "75"}
    assert resolution.message == "Le code postal 37160 couvre 7 communes. Choisissez la vôtre."
    assert labels(resolution)[0] == "Descartes"  # the largest


def test_a_postal_code_of_46_communes_shows_them_all():
    resolution = resolve_patient_input("51300")
    assert resolution.total == len(resolution.choices) == 46


def test_homonyms_come_first_then_longer_names():
    resolution = resolve_patient_input("st denis")
    assert resolution.status is Status.AMBIGUOUS
    assert labels(resolution)[:4] == [
        "Saint-Denis (La Réunion)",
        "Saint-Denis (Seine-Saint-Denis)",
        "Saint-Denis (Aude)",
        "Saint-Denis (Gard)",
    ]
    assert resolution.choices[4].note == "ancienne commune : Saint-Denis"
    assert labels(resolution)[5].startswith("Saint-Denis-")
    assert len(resolution.choices) == 20 < resolution.total
    assert "ajoutez le code postal" in resolution.message


@pytest.mark.parametrize("typed", ["Paris", "paris 75", "PARIS (75)", "pariss"])
def test_paris_asks_which_arrondissement(typed):
    resolution = resolve_patient_input(typed)
    assert resolution.status is Status.AMBIGUOUS
    assert labels(resolution)[0] == "Paris 1er"
    assert labels(resolution)[-1] == "Paris 20e"
    assert resolution.total == 20


def test_marseille_13_is_a_department_or_an_arrondissement():
    resolution = resolve_patient_input("Marseille 13")
    assert resolution.status is Status.AMBIGUOUS
    assert labels(resolution)[:2] == ["Marseille 13e", "Marseille 1er"]
    assert resolution.total == 16


def test_a_former_commune_leads_to_the_present_one_and_says_so():
    resolution = resolve_patient_input("Amareins")
    assert resolution.status is Status.FOUND
    assert resolution.place.code_insee == "01165"
    assert resolution.message == "Amareins fait aujourd’hui partie de la commune « Francheleins »."


def test_a_small_homonym_never_hides_a_larger_place():
    assert labels(resolve_patient_input("Évry"))[:2] == ["Évry", "Évry-Courcouronnes"]
    assert "Clermont-Ferrand" in labels(resolve_patient_input("clermont"))
    assert labels(resolve_patient_input("Le Lamentin")) == [
        "Le Lamentin (Martinique)",
        "Lamentin (Guadeloupe)",
    ]
    # A commune of Lot-et-Garonne has the name of the island.
    island = resolve_patient_input("La Réunion")
    assert island.status is Status.AMBIGUOUS
    assert "aussi le nom d’un département" in island.message


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("marseile", "Marseille 1er"),
        ("Toulouze", "Toulouse"),
        ("lhay les roses", "L'Haÿ-les-Roses"),
        ("bourgoin", "Bourgoin-Jallieu"),
        ("nogent 94", "Nogent-sur-Marne"),
        ("Saint-Denis 35", "Saint-Denis (La Réunion)"),
        ("Cergy-Pontoise", "Cergy"),
        ("Paris XVI", "Paris 1er"),
    ],
)
def test_what_is_near_is_only_offered(typed, offered):
    resolution = resolve_patient_input(typed)
    assert resolution.status is Status.AMBIGUOUS
    assert resolution.place is None
    assert labels(resolution)[0] == offered


def test_a_code_is_believed_when_the_name_says_otherwise():
    resolution = resolve_patient_input("Sainte-Clotilde 97490")
    assert resolution.status is Status.AMBIGUOUS
    assert labels(resolution) == ["Saint-Denis (La Réunion)"]


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("98800", "Nouvelle-Calédonie"),
        ("97133", "Saint-Barthélemy"),
        ("97150", "Saint-Martin"),
        ("Nouméa", "Nouméa (Nouvelle-Calédonie)"),
        ("noumea 98800", "Nouvelle-Calédonie"),
        ("Polynésie française", "Polynésie française"),
        ("tahiti", "Polynésie française"),
        ("988", "Nouvelle-Calédonie"),
        ("98000", "Monaco"),
    ],
)
def test_places_that_are_not_covered(typed, place):
    resolution = resolve_patient_input(typed)
    assert resolution.status is Status.NOT_COVERED
    assert f"pas ouvert ici : {place}." in resolution.message
    assert "15" in resolution.message
    assert resolution.place is None


def test_a_homonym_overseas_is_mentioned():
    resolution = resolve_patient_input("Saint-Barthélemy")
    assert resolution.status is Status.AMBIGUOUS
    assert "Un autre lieu a ce nom, Saint-Barthélemy :" in resolution.message


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "\u200b\u200d", "\ud800", "\n\t"])
def test_nothing_visible_is_empty(typed):
    resolution = resolve_patient_input(typed)
    assert resolution.status is Status.EMPTY
    assert resolution.message == "Indiquez votre commune ou votre code postal."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("zzz", "Vérifiez l’orthographe"),
        ("😀", "Vérifiez l’orthographe"),
        ("12345", "Nous ne connaissons pas le code postal 12345."),
        ("1300", "cinq chiffres"),
        ("130011", "cinq chiffres"),
        ("2A004", "Vérifiez l’orthographe"),
        ("93", "pas assez précis"),
        ("Bouches-du-Rhône", "pas assez précis"),
        ("Occitanie", "pas assez précis"),
        ("a" * 20_000, "trop long"),
        ("%_%", "Vérifiez l’orthographe"),
    ],
)
def test_not_found_says_what_to_try(typed, said):
    resolution = resolve_patient_input(typed)
    assert resolution.status is Status.NOT_FOUND
    assert said in resolution.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=40) | st.from_regex(r"[a-z ]{1,12}[0-9 ]{0,6}"))
def test_any_text_gets_an_answer(text):
    resolution = resolve_patient_input(text)
    assert resolution.message
    assert (resolution.place is not None) == (resolution.status is Status.FOUND)
    assert bool(resolution.choices) == (resolution.status is Status.AMBIGUOUS)
    assert resolution.total >= len(resolution.choices)
    assert len(set(resolution.choices)) == len(resolution.choices)


def test_what_is_shown_can_be_typed_back():
    cities = ("75056", "13055", "69123")
    sample = Commune.objects.exclude(pk__in=cities).order_by("code_insee")[::500]
    for commune in sample:
        resolution = resolve_patient_input(commune.label)
        shown = [resolution.place] if resolution.place else resolution.choices
        assert commune.pk in {place.code_insee for place in shown}, commune.label


@pytest.mark.parametrize(
    ("code", "code_insee", "name"),
    [
        ("2A004", "2A004", "Ajaccio"),
        ("2a004", "2A004", "Ajaccio"),
        ("13002", "13002", "Allauch"),
        ("69003", "69003", "Albigny-sur-Saône"),
        ("01003", "01165", "Francheleins"),
        ("75116", "75116", "Paris 16e Arrondissement"),
        ("60455", "60694", "Les Hauts-Talican"),  # delegated since, listed twice
    ],
)
def test_commune_by_insee(code, code_insee, name):
    commune = commune_by_insee(code)
    assert (commune.pk, commune.name) == (code_insee, name)


@pytest.mark.parametrize("code", ["", "99999", "98818", "\x00", "\ud800", "1" * 9_000, "é"])
def test_commune_by_insee_unknown(code):
    assert commune_by_insee(code) is None


def test_every_former_code_leads_to_a_commune_of_today():
    codes = AncienneCommune.objects.values_list("code_ancien", flat=True)
    assert all(commune_by_insee(code).in_force for code in codes[::50])


@pytest.mark.parametrize(
    ("typed", "queries"),
    [("35000", 2), ("51300", 2), ("Rennes", 5), ("st denis", 5), ("Saint-Denis 93", 7), ("zzz", 6)],
)
def test_number_of_queries(django_assert_num_queries, typed, queries):
    with django_assert_num_queries(queries):
        resolve_patient_input(typed)


# --- The API


@pytest.fixture(autouse=True)
def fresh_throttle():
    TerritoryThrottle.cache.clear()


def test_api_commune(client):
    answer = client.get("/api/v1/communes/01003/")
    assert answer.status_code == 200
    assert answer.json() == {
        "code_insee": "01165",
        "label": "Francheleins",
        "departement_code": "01",
        "departement_name": "Ain",
        "region_code": "84",
        "postal_codes": ["01090"],
        "name": "Francheleins",
        "kind": "COM",
        "parent_code": None,
        "epci_siren": "200070118",
        "population": Commune.objects.get(pk="01165").population,
        "lat": Commune.objects.get(pk="01165").lat,
        "lon": Commune.objects.get(pk="01165").lon,
        "requested_code": "01003",
    }
    assert client.get("/api/v1/communes/75116/").json()["parent_code"] == "75056"


@pytest.mark.parametrize("code", ["99999", "%00", "abc", "1" * 300])
def test_api_unknown_commune(client, code):
    answer = client.get(f"/api/v1/communes/{code}/")
    assert answer.status_code == 404
    sentence = "Aucune commune n'a ce code INSEE."
    assert answer.json() == {
        "code": "NOT_FOUND",
        "message": sentence,
        "retry": False,
        "detail": sentence,
    }


def test_api_places(client):
    found = client.get("/api/v1/lieux/", {"q": "13002"}).json()
    assert (found["status"], found["place"]["label"]) == ("FOUND", "Marseille 2e")
    asked = client.get("/api/v1/lieux/", {"q": "37160"}).json()
    assert (asked["status"], asked["place"], len(asked["choices"])) == ("AMBIGUOUS", None, 7)
    unknown = client.get("/api/v1/lieux/", {"q": "zzz\x00"})
    assert (unknown.status_code, unknown.json()["status"]) == (200, "NOT_FOUND")


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "\u200b"}])
def test_api_places_without_a_question(client, query):
    answer = client.get("/api/v1/lieux/", query)
    assert answer.status_code == 400
    assert "Indiquez votre commune" in str(answer.json()["detail"])


def test_api_refuses_to_write(client):
    assert client.post("/api/v1/lieux/", {"q": "13002"}).status_code == 405


def test_api_is_bounded_for_each_address(client):
    for _ in range(120):
        assert client.get("/api/v1/lieux/", {"q": "1300"}).status_code == 200
    refused = client.get("/api/v1/lieux/", {"q": "1300"}, headers={"X-Forwarded-For": "1.2.3.4"})
    assert refused.status_code == 429
    assert "Attendez une minute" in refused.json()["detail"]
    assert client.get("/api/v1/lieux/", {"q": "1300"}, REMOTE_ADDR="10.0.0.9").status_code == 200
