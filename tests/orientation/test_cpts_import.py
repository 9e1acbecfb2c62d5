"""Importing CPTS: every line checked and told, nothing half written."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from comptes.models import Act, JournalEntry
from orientation import cpts_import
from orientation.cpts_import import FileRefused, check, neutralised, read_file, write
from orientation.models import Structure, StructureKind
from orientation.scope import scope_for
from tests import factories as make

PAGE = "/administration/orientation/cpts/importer/"
HEAD = "name;finess;communes;source;date\n"
AIX = "13001"  # Aix-en-Provence
GOOD = f"CPTS du pays d'Aix;130099999;{AIX}|13022;ARS;2026-11-01\n"


def file(*lines: str, head: str = HEAD) -> bytes:
    return (head + "".join(lines)).encode()


# --- Reading


@pytest.mark.parametrize(
    "content",
    [
        file(GOOD),
        b"\xef\xbb\xbf" + file(GOOD),
        file(GOOD).replace(b";", b","),
        file(GOOD).replace(b"\n", b"\r\n"),
        file(GOOD.replace("|", " "), head="Nom;FINESS;Communes;Source;Date\n"),
        file(GOOD, "\n", ";;;;\n"),
    ],
)
def test_usual_ways_to_write_a_csv_are_read(content):
    (row,) = read_file(content)
    assert (row.number, row.finess) == (2, "130099999")
    assert row.communes == (AIX, "13022")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (HEAD.encode(), "aucune ligne"),
        ("name;finess\nCPTS é;1\n".encode("latin-1"), "UTF-8 (ligne 2)"),
        (file(GOOD).replace(b"Aix", b"A\0x"), "texte"),
        (b"nom;finess\nx;1\n", "Colonnes absentes : communes, source, date"),
        (file('"CPTS;130099999;13001;ARS;2026-11-01\n'), "mal formé"),
        (b"x" * (cpts_import.LARGEST_FILE + 1), "trop gros"),
        (file(GOOD * (cpts_import.MOST_LINES + 1)), "trop de lignes"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(content, said):
    with pytest.raises(FileRefused, match=said.replace("(", r"\(").replace(")", r"\)")):
        read_file(content)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_sentence(content):
    try:
        rows = read_file(HEAD.encode() + content)
    except FileRefused as refused:
        assert str(refused)
    else:
        assert all(row.number >= 2 for row in rows)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_shown_as_text(start):
    assert neutralised(f"{start}1+1") == f"'{start}1+1"
    assert neutralised("CPTS = bien") == "CPTS = bien"


# --- Checking and writing


@pytest.fixture
def admin(territory, db):
    return make.regional_administrator("93")


def lines_of(content: bytes, admin) -> list:
    return check(read_file(content), scope_for(admin)).lines


def test_a_good_file_is_written_with_its_journal_line(admin):
    rows = read_file(file(GOOD))
    report = write(rows, scope=scope_for(admin), by=admin)
    assert report.accepted
    made = Structure.objects.get(identifier="130099999")
    assert (made.kind, made.departement_id) == (StructureKind.CPTS, "13")
    assert set(made.communes.values_list("pk", flat=True)) == {AIX, "13022"}
    assert JournalEntry.objects.filter(act=Act.CPTS_IMPORTED, actor_id=admin.pk).count() == 1
    again = write(rows, scope=scope_for(admin), by=admin)
    assert [line.act for line in again.lines] == ["mise à jour"]
    assert Structure.objects.filter(identifier="130099999").count() == 1


def test_former_codes_are_followed_and_said(territory, db):
    nation = make.national_administrator()
    (line,) = lines_of(file("CPTS;010099999;01003|01165;ARS;2026-11-01\n"), nation)
    assert line.communes == ["01165"]
    assert line.errors == []
    assert any("01003 est un ancien code : 01165" in said for said in line.warnings)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("CPTS;130099999;99999;ARS;2026-11-01\n", "Code de commune inconnu : 99999."),
        ("CPTS;130099999;35238;ARS;2026-11-01\n", "Hors de votre territoire : 35238."),
        ("CPTS;13;13001;ARS;2026-11-01\n", "Numéro FINESS faux : « 13 »."),
        (";130099999;13001;ARS;2026-11-01\n", "Il manque : nom."),
        ("CPTS;130099999;;ARS;2026-11-01\n", "Il manque : communes."),
        ("CPTS;130099999;13001;;2026-11-01\n", "Il manque : source."),
        ("CPTS;130099999;13001;ARS;hier\n", "Date fausse"),
        ("CPTS;130099999;13001\n", "Il manque : source."),
        (f"{'C' * 161};130099999;13001;ARS;2026-11-01\n", "Texte trop long"),
        ("CPTS;=HYPERLINK(1);13001;ARS;2026-11-01\n", "« '=HYPERLINK(1) »"),
    ],
)
def test_one_bad_line_is_told_and_nothing_is_written(admin, line, said):
    content = file(GOOD.replace("130099999", "130088888"), line)
    report = write(read_file(content), scope=scope_for(admin), by=admin)
    assert not report.accepted
    assert [bool(checked.errors) for checked in report.lines] == [False, True]
    assert any(said in error for error in report.lines[1].errors), report.lines[1].errors
    assert report.lines[1].row.number == 3
    assert not Structure.objects.filter(identifier__startswith="1300").exists()
    assert not JournalEntry.objects.filter(act=Act.CPTS_IMPORTED).exists()


def test_the_same_number_twice_is_refused(admin):
    lines = lines_of(file(GOOD, GOOD), admin)
    assert "déjà à la ligne 2" in lines[1].errors[0]


def test_a_structure_of_another_territory_is_not_taken_over(admin):
    make.StructureFactory(
        in_rennes=True, identifier="350099999", is_fictitious=False, name="CPTS de Rennes"
    )
    (line,) = lines_of(file(GOOD.replace("130099999", "350099999")), admin)
    assert any("autre territoire" in said for said in line.errors)
    assert "CPTS de Rennes" not in str(line)


def test_overlaps_are_warned_not_refused(admin):
    make.StructureFactory(name="CPTS voisine", covers=(AIX,))
    lines = lines_of(file(GOOD, GOOD.replace("130099999", "130088888")), admin)
    assert any("déjà couverte par CPTS voisine" in said for said in lines[0].warnings)
    assert any("aussi à la ligne 2" in said for said in lines[1].warnings)
    assert not any(line.errors for line in lines)


def test_a_neighbour_of_another_territory_is_not_named(admin):
    make.StructureFactory(departement_id="35", name="CPTS de Rennes", covers=(make.RENNES,))
    (line,) = lines_of(file(GOOD.replace(AIX, make.RENNES)), admin)
    assert line.errors
    assert any("une CPTS d'un autre territoire" in said for said in line.warnings), line
    assert "CPTS de Rennes" not in str(line)


def test_queries_do_not_grow_with_the_lines(admin, django_assert_max_num_queries):
    rows = read_file(file(*(GOOD.replace("130099999", f"1300{n:05d}") for n in range(200))))
    scope = scope_for(admin)
    with django_assert_max_num_queries(6):
        check(rows, scope)


# --- The page


def upload(content: bytes) -> dict[str, object]:
    return {"file": SimpleUploadedFile("cpts.csv", content, "text/csv")}


def test_the_page_checks_first_then_imports_the_same_file(admin, client):
    client.force_login(admin)
    assert client.get(PAGE).status_code == 200
    shown = client.post(PAGE, upload(file(GOOD)))
    assert "Tout est juste" in shown.content.decode()
    assert not Structure.objects.filter(identifier="130099999").exists()
    done = client.post(PAGE, {"content": shown.context["content"]})
    assert done.status_code == 302
    assert Structure.objects.filter(identifier="130099999").exists()


def test_what_is_confirmed_is_checked_again(admin, client):
    client.force_login(admin)
    forged = file(GOOD.replace(AIX, make.RENNES)).decode()
    response = client.post(PAGE, {"content": forged})
    assert "Hors de votre territoire" in response.content.decode()
    assert not Structure.objects.filter(identifier="130099999").exists()


def test_the_page_shows_formulas_as_text_and_keeps_nothing_unreadable(admin, client):
    client.force_login(admin)
    evil = file('"=cmd|calc<script>";130099999;13001;ARS;2026-11-01\n')
    page = client.post(PAGE, upload(evil)).content.decode()
    assert "&#x27;=cmd|calc&lt;script&gt;" in page
    refused = client.post(PAGE, upload(b"\xff\xfe\x00"))
    assert "UTF-8" in refused.content.decode()
    assert "Choisissez un fichier" in client.post(PAGE, {}).content.decode()


@pytest.mark.parametrize("person", ["professional", "patient", "evaluator"])
def test_nobody_else_imports(territory, db, client, person):
    people = {
        "professional": make.professional,
        "patient": make.patient,
        "evaluator": make.evaluator,
    }
    client.force_login(people[person]())
    assert client.post(PAGE, upload(file(GOOD))).status_code == 403
    assert not Structure.objects.exists()


# --- The command


def test_the_command_reports_then_writes(admin, tmp_path: Path):
    path = tmp_path / "cpts.csv"
    path.write_bytes(file(GOOD))
    out = StringIO()
    call_command("import_cpts", path, by=admin.email, stdout=out)
    assert "Ligne 2 : ajout" in out.getvalue()
    assert not Structure.objects.exists()
    call_command("import_cpts", path, by=admin.email, write=True, stdout=out)
    assert Structure.objects.count() == 1
    path.write_bytes(file(GOOD.replace(AIX, "99999")))
    with pytest.raises(CommandError, match="rien n'est importé"):
        call_command("import_cpts", path, by=admin.email, write=True, stdout=out)
    with pytest.raises(CommandError, match="administrateur"):
        call_command("import_cpts", path, by="x@exemple.invalid", stdout=out)
