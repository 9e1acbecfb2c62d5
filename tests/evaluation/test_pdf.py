"""The report as a PDF: the same figures as the page, data never read as source, bounds."""

import html
import re
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from evaluation import pdf
from evaluation.report import publish_around
from evaluation.tally import recount_day
from messagerie import printing
from messagerie.printing import CannotMakePdf, compile_pdf
from orientation.models import Structure
from tests.evaluation.pdf_text import PdfText, squeezed
from tests.evaluation.test_views import REPORT, browser, lines_of, october, page
from tests.factories import (
    coordinator,
    evaluator,
    national_administrator,
    patient,
    professional,
    regional_administrator,
)

pytestmark = pytest.mark.django_db
PDF = reverse("evaluation:pdf")
NAMED_LIKE_SOURCE = '#let x = 1; "MSP" $a$ *b* @c <d> ] #read("/etc/passwd") \\u{41}'
__all__ = ["october"]  # the fixture of the page


def text_of(client: Client, **query: str) -> str:
    response = client.get(PDF, query)
    assert response.status_code == 200, response.content[:500]
    return PdfText(response.content).whole


def test_the_pdf_says_what_the_page_says(october):
    client = browser(regional_administrator(region="93"))
    text = text_of(client)
    assert squeezed("En octobre 2026, 69 % des demandes déclarées résolues") in text
    assert squeezed("Entre 63,9 % et 72,9 % (intervalle à 95 %), sur 407 demandes.") in text
    shown = page(client)
    cells = re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", shown)
    assert len(cells) > 60
    for cell in cells:
        assert squeezed(html.unescape(cell)) in text, cell
    headings = re.findall(r'<h2 id="\w+-titre">(.*?)</h2>', shown)
    notes = re.findall(r'<p class="ms-discret">(.*?)</p>', shown)
    notes += re.findall(r"<li>(.*?)</li>", shown.split('id="lire-titre"')[1].split("</ul>")[0])
    assert len(headings) == 7 and len(notes) >= 5
    for sentence in headings + notes:
        assert squeezed(html.unescape(sentence)) in text, sentence


def test_every_rate_of_the_tables_is_printed_in_its_row(october):
    client = browser(regional_administrator(region="93"))
    text = text_of(client)
    rows = [row for row in lines_of(client, "territoires") if row["Taux"] != "masqué"]
    assert rows
    for row in rows:
        rate = f"{100 * float(row['Taux'].replace(',', '.')):.1f}".replace(".", ",")
        line = f"{row['Territoire']}{row['Demandes']}{row['Nombre']}{row['Sur']}{rate}%"
        assert squeezed(line) in text


def test_the_pdf_is_an_accessible_document_in_french(october):
    content = browser(regional_administrator(region="93")).get(PDF).content
    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in content
    assert b"/Lang(fr-FR)" in content
    title = re.search(rb"<dc:title>.*?</dc:title>", content, re.DOTALL)
    assert title and "69\u00a0% des demandes déclarées résolues" in title[0].decode()
    assert len(PdfText(content).pages) == 2


def test_it_is_downloaded_and_kept_nowhere(october):
    response = browser(regional_administrator(region="93")).get(PDF)
    assert response["Content-Type"] == "application/pdf"
    assert (
        response["Content-Disposition"] == 'attachment; filename="resultats-region-93-2026-10.pdf"'
    )
    assert "no-store" in response["Cache-Control"]


def test_the_page_links_to_its_own_pdf(october):
    text = page(browser(regional_administrator(region="93")), territoire="DEPARTEMENT-13")
    assert f'href="{PDF}?territoire=DEPARTEMENT-13&amp;mois=2026-10"' in text


def test_who_may_read(october, cpts):
    for user in (patient(), professional(cpts), coordinator(cpts)):
        assert browser(user).get(PDF).status_code == 403
    anonymous = Client().get(PDF)
    assert anonymous.status_code == 302 and "/compte/" in anonymous["Location"]
    for user in (evaluator(region="93"), national_administrator()):
        assert browser(user).get(PDF)["Content-Type"] == "application/pdf"


def test_another_territory_and_another_month_do_not_exist(october):
    client = browser(regional_administrator(region="53"))
    text = text_of(client)
    assert "Bretagne" in text
    for stranger in ("Provence", "Bouches", "Var(83)"):
        assert stranger not in text
    for place in ("REGION-93", "DEPARTEMENT-13", "FR", "REGION-00", "'"):
        assert client.get(PDF, {"territoire": place}).status_code == 404
    assert client.get(PDF, {"mois": "2019-01"}).status_code == 404


def test_nothing_published_is_not_found(territory):
    assert browser(regional_administrator(region="93")).get(PDF).status_code == 404


@pytest.mark.parametrize(
    "name", [NAMED_LIKE_SOURCE, "</svg>{{ x }}&amp;<script>", "CPTS d'« Aix »"]
)
def test_a_name_is_printed_as_it_is(october, name):
    Structure.objects.filter(pk=october.pk).update(name=name)
    client = browser(regional_administrator(region="93"))
    assert squeezed(name) in text_of(client, territoire="DEPARTEMENT-13")


def test_a_letter_that_no_font_has_does_not_prevent_the_pdf(october):
    Structure.objects.filter(pk=october.pk).update(name="CPTS 🦩 flamant")
    client = browser(regional_administrator(region="93"))
    assert "flamant" in text_of(client, territoire="DEPARTEMENT-13")


def test_masked_cells_stay_masked(october):
    client = browser(regional_administrator(region="93"))
    var = {"territoire": "DEPARTEMENT-83"}
    masked = [row for row in lines_of(client, "semaines", **var) if row["Nombre"] == "masqué"]
    assert "2026-10-05" in [row["Semaine"] for row in masked]
    # Its line on the last page: the name of the week, two masks, its state, and no number.
    assert squeezed("5 au 11 octobre 2026 masqué masqué figé") in text_of(client, **var)


def test_a_month_too_small_shows_no_number(conversations):
    conversations(6, "RESOLVED")
    recount_day(date(2026, 10, 6))
    publish_around([date(2026, 10, 6)], datetime(2026, 11, 19, 4, 10, tzinfo=UTC))
    text = text_of(browser(regional_administrator(region="93")))
    assert squeezed("trop peu de demandes pour publier un taux de résolution") in text
    assert squeezed("Trop peu de demandes pour publier ce partage.") in text
    assert squeezed("Demandes (sans les essais techniques) masqué") in text


def test_provisional_weeks_say_so(conversations):
    for day in (date(2026, 10, 6), date(2026, 10, 13)):
        conversations(40, "RESOLVED", day=day)
        conversations(40, "REFERRED_SAS", day=day)
        recount_day(day)
        publish_around([day], datetime(2026, 10, 26, 4, 10, tzinfo=UTC))
    response = browser(regional_administrator(region="93")).get(PDF)
    text = PdfText(response.content).whole
    assert "semaineprovisoire" in text
    assert re.search(r"12au18octobre2026\S+?provisoire", text)
    # The hatch: one pattern in the picture, one in its key.
    assert response.content.count(b"/PatternType 1") == 2


@pytest.mark.parametrize(
    ("bound", "value", "why"),
    [("SECONDS", 0.001, "too long"), ("MOST_BYTES_IN", 10, "too much to print")]
    + [("MOST_BYTES_OUT", 10, "not a PDF of a reasonable size")],
)
def test_past_a_bound_one_reads_a_sentence(october, monkeypatch, caplog, bound, value, why):
    monkeypatch.setattr(printing, bound, value)
    response = browser(regional_administrator(region="93")).get(PDF)
    assert response.status_code == 503
    assert "<h1>Le PDF n'a pas pu être préparé</h1>" in response.content.decode()
    assert f'href="{REPORT}?territoire=REGION-93&amp;mois=2026-10"' in response.content.decode()
    assert why in caplog.text and "Provence" not in caplog.text


def test_broken_data_is_refused_without_a_word_of_it():
    with pytest.raises(CannotMakePdf) as refusal:
        compile_pdf(pdf.TEMPLATE, {"place": "Provence"})
    assert "Provence" not in str(refusal.value)


def test_the_child_knows_nothing_of_the_product():
    program = "import sys, messagerie.printing_child; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"
