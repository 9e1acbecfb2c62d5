"""The report page and its CSV: who reads what, what it says, what it never shows."""

import csv
import re
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from evaluation import tables
from evaluation.csv_export import safe_cell, write_csv
from evaluation.report import publish_around
from evaluation.tally import recount_day
from orientation.models import Structure
from orientation.models.territory import Departement
from tests.access.world import sign_in, with_second_factor
from tests.factories import (
    coordinator,
    evaluator,
    national_administrator,
    patient,
    professional,
    regional_administrator,
)

pytestmark = pytest.mark.django_db
REPORT = reverse("evaluation:rapport")
FROZEN = datetime(2026, 11, 19, 4, 10, tzinfo=UTC)
TABLES = ("semaines", "taux", "issues", "territoires", "delais", "promesse", "signes")


def browser(user) -> Client:
    client = Client()
    sign_in(client, with_second_factor(user))
    return client


@pytest.fixture
def october(conversations, passages, cpts):
    """Five weeks of October in Provence, and one territory of Bretagne."""
    days = [date(2026, 10, 1) + timedelta(days=offset) for offset in range(31)]
    for day in days:
        conversations(7, "RESOLVED", day=day, cpts=cpts)
        conversations(3, "REFERRED_MEDECIN_TRAITANT", day=day)
        conversations(1, "EXPIRED", day=day, answered_after=None)
        conversations(2, "RESOLVED", day=day, departement="83", commune="83137", at=time(21))
    conversations(4, "REFERRED_OTHER", day=days[0])
    conversations(40, "RESOLVED", departement="35")
    conversations(33, "REFERRED_SAS", departement="35")
    for _ in range(12):
        passages("RF01")
    for day in days:
        recount_day(day)
    publish_around(days, FROZEN)
    return cpts


def page(client: Client, **query: str) -> str:
    response = client.get(REPORT, query)
    assert response.status_code == 200
    return response.content.decode()


def lines_of(client: Client, picture: str, **query: str) -> list[dict[str, str]]:
    response = client.get(reverse("evaluation:csv", args=[picture]), query)
    assert response.status_code == 200
    text = response.content.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text), delimiter=";"))


def test_the_title_says_the_finding(october):
    text = page(browser(regional_administrator(region="93")))
    # 217 + 62 resolved of 217 + 62 + 93 + 31 + 4 requests.
    assert "<h1>En octobre 2026, 69\u00a0% des demandes déclarées résolues</h1>" in text
    assert "sur 407 demandes" in text
    assert "chiffre cité par l&#x27;amendement, définition inconnue" in text
    assert "vérifiée" not in text


def test_every_picture_has_its_table_and_its_csv(october):
    client = browser(regional_administrator(region="93"))
    text = page(client)
    for name in TABLES:
        address = reverse("evaluation:csv", args=[name])
        assert f'href="{address}?territoire=REGION-93&amp;mois=2026-10"' in text
        assert lines_of(client, name, territoire="REGION-93", mois="2026-10")
    assert text.count('<svg class="ev-dessin') == 5


def test_the_pictures_are_well_formed_and_written_with_points(october):
    text = page(browser(regional_administrator(region="93")))
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        root = ElementTree.fromstring(drawing)
        for node in root.iter():
            assert "style" not in node.attrib
            for name in ("x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy"):
                if name in node.attrib:
                    float(node.attrib[name])
    assert " style=" not in text
    assert "<script" not in text


def test_the_outcomes_sum_to_one_hundred_and_small_ones_are_grouped(october):
    client = browser(regional_administrator(region="93"))
    rows = lines_of(client, "issues", territoire="REGION-93")
    shares = [float(row["Pourcentage"].replace(",", ".")) for row in rows]
    assert sum(round(share * 1000) for share in shares) == 1000
    assert "Trop petits nombres, regroupés" in {row["Part"] for row in rows}
    for row in rows:
        assert int(row["Nombre"]) == 0 or int(row["Nombre"]) > 10


def test_no_small_number_anywhere(october):
    client = browser(national_administrator())
    for place in ("FR", "REGION-93", "REGION-53", "DEPARTEMENT-13", "DEPARTEMENT-35"):
        for name in TABLES:
            for row in lines_of(client, name, territoire=place):
                for column in ("Nombre", "Demandes", "Sur"):
                    value = row.get(column) or "masqué"
                    assert value in {"masqué", "0"} or int(value) > 10, (place, name, row)


def test_provisional_weeks_are_hatched_and_say_so(conversations, cpts):
    for day in (date(2026, 10, 6), date(2026, 10, 13)):
        conversations(40, "RESOLVED", day=day)
        conversations(40, "REFERRED_SAS", day=day)
        recount_day(day)
        publish_around([day], datetime(2026, 10, 26, 4, 10, tzinfo=UTC))
    client = browser(regional_administrator(region="93"))
    text = page(client)
    assert text.count('height="258" fill="url(#hachures)"') == 1
    rows = lines_of(client, "semaines")
    assert [row["État"] for row in rows] == ["figé", "provisoire"]
    assert '<span class="fr-badge fr-badge--sm">provisoire</span>' in text


def test_a_month_too_small_says_so_and_shows_nothing(conversations):
    conversations(6, "RESOLVED")
    recount_day(date(2026, 10, 6))
    publish_around([date(2026, 10, 6)], FROZEN)
    text = page(browser(regional_administrator(region="93")))
    assert "trop peu de demandes pour publier un taux" in text
    rows = lines_of(browser(regional_administrator(region="93")), "taux")
    assert {row["Taux"] for row in rows} <= {"", "masqué"}


def test_without_any_figure_the_page_says_when_they_come(territory):
    text = page(browser(regional_administrator(region="93")))
    assert "Pas encore de résultats" in text


def test_who_may_read(october, cpts):
    for user in (patient(), professional(cpts), coordinator(cpts)):
        client = browser(user)
        assert client.get(REPORT).status_code == 403
        assert client.get(reverse("evaluation:csv", args=["semaines"])).status_code == 403
    anonymous = Client().get(REPORT)
    assert anonymous.status_code == 302 and "/compte/" in anonymous["Location"]
    for user in (evaluator(region="93"), evaluator(), national_administrator()):
        assert browser(user).get(REPORT).status_code == 200


def test_another_territory_does_not_exist(october):
    client = browser(regional_administrator(region="53"))
    text = page(client)
    assert "Bretagne" in text
    for stranger in ("Provence", "Bouches", "Var", str(october.name)):
        assert stranger not in text
    for place in ("REGION-93", "DEPARTEMENT-13", "FR", "REGION-00", "'"):
        assert client.get(REPORT, {"territoire": place}).status_code == 404
        csv_address = reverse("evaluation:csv", args=["territoires"])
        assert client.get(csv_address, {"territoire": place}).status_code == 404


@pytest.mark.parametrize("query", [{"mois": "2026-13"}, {"mois": "octobre"}, {"mois": "2019-01"}])
def test_an_unknown_month_is_not_found(october, query):
    assert browser(regional_administrator(region="93")).get(REPORT, query).status_code == 404


def test_an_unknown_picture_is_not_found(october):
    client = browser(regional_administrator(region="93"))
    assert client.get(reverse("evaluation:csv", args=["patients"])).status_code == 404


def test_nothing_can_be_posted(october):
    assert browser(regional_administrator(region="93")).post(REPORT).status_code == 405


def test_the_page_is_never_kept_by_a_cache(october):
    response = browser(regional_administrator(region="93")).get(REPORT)
    assert "no-store" in response["Cache-Control"]


def test_the_number_of_queries_does_not_grow_with_territories(
    october, conversations, django_assert_num_queries, django_assert_max_num_queries
):
    client = browser(regional_administrator(region="93"))
    page(client)
    with django_assert_max_num_queries(14) as few:
        page(client)
    for departement, commune in (
        ("04", "04070"),
        ("05", "05061"),
        ("06", "06088"),
        ("84", "84007"),
    ):
        conversations(60, "RESOLVED", departement=departement, commune=commune)
        conversations(60, "EXPIRED", departement=departement, commune=commune)
    recount_day(date(2026, 10, 6))
    publish_around([date(2026, 10, 6)], FROZEN)
    with django_assert_num_queries(len(few)):
        text = page(client)
    assert "Vaucluse" in text


STARTS = ["=", "+", "-", "@", "＝", "＠", "\t", "\r", "\n", " =", "\u00a0+", "\u200b=", "\ufeff-"]


@pytest.mark.parametrize("start", [*STARTS, "\x00"])
def test_a_cell_cannot_run_in_a_spreadsheet(start):
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


def test_numbers_are_written_in_french_and_stay_numbers():
    text = write_csv(("a", "b", "c"), [(0.5, -3, None)])
    assert text == "\ufeffa;b;c\r\n0,500000;-3;\r\n"


def test_a_structure_named_like_a_formula_is_defused(october):
    Structure.objects.filter(pk=october.pk).update(name='=HYPERLINK("http://x")')
    client = browser(regional_administrator(region="93"))
    rows = lines_of(client, "territoires", territoire="DEPARTEMENT-13")
    assert '\'=HYPERLINK("http://x")' in {row["Territoire"] for row in rows}


def test_no_cell_of_any_export_can_run(october):
    """Names of places and of structures come from people, and from files of the State."""
    client = browser(regional_administrator(region="93"))
    runs = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＠](?!\d+(,\d+)?$)|[\t\r\n]")
    seen = set()
    for start in STARTS:
        name = f"{start}cmd|' /C calc'!A0;\"x\""
        Structure.objects.filter(pk=october.pk).update(name=name)
        Departement.objects.filter(code="13").update(name=name)
        for picture in TABLES:
            for place in ("REGION-93", "DEPARTEMENT-13"):
                for row in lines_of(client, picture, territoire=place):
                    cells = [*row.keys(), *row.values()]
                    assert not [cell for cell in cells if runs.match(cell)], (start, picture)
                    seen |= {cell for cell in cells if cell == f"'{name}"}
    assert len(seen) == len(STARTS)


def test_a_large_part_is_a_plain_number_in_the_csv():
    part = tables.Share(
        label="Issue", number=1121, count="1\u202f121", percent=100.0, words="100\u00a0%"
    )
    table = tables.share_table("Issues", [part])
    assert table.rows[0] == ("Issue", "1\u202f121", "100\u00a0%")
    assert table.raw == (("Issue", 1121, 1.0),)
