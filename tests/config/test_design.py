"""What we serve of the State's design system: its rules, never its font, logo or brand block."""

import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import override_settings

from config import design
from config.css_reduction import parse, reduce_stylesheet, split_selectors, write

RESERVED = re.compile(rb"marianne|r[e\xc3\xa9]+publique|fr-logo", re.IGNORECASE)
FIRST_PAGE_BUDGET = 60_000  # bytes over the wire, compressed, document and all that it links


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("static-build")
    assert design.build(target)
    return target


@pytest.fixture
def served(built):
    """The static files of a real start, found where a server looks for them."""
    with override_settings(STATICFILES_DIRS=[settings.BASE_DIR / "static", built]):
        finders.get_finder.cache_clear()
        yield
    finders.get_finder.cache_clear()


def test_the_same_inputs_give_the_same_bytes_and_are_not_built_twice(built, tmp_path):
    design.build(tmp_path)
    first = {p.relative_to(built): p.read_bytes() for p in built.rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert first == second
    assert not design.build(tmp_path)


def test_a_changed_template_is_built_again(tmp_path):
    root = tmp_path / "root"
    (root / "templates").mkdir(parents=True)
    page = root / "templates" / "page.html"
    page.write_text('<p class="fr-badge">')
    assert design.build(tmp_path / "out", root=root)
    assert not design.build(tmp_path / "out", root=root)
    page.write_text('<p class="fr-badge fr-badge--sm">')
    assert design.build(tmp_path / "out", root=root)
    assert ".fr-badge--sm" in (tmp_path / "out" / "dsfr" / "dsfr.css").read_text()


def test_nothing_reserved_to_the_state_is_served(served):
    seen = 0
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            if path.startswith("admin/"):
                continue  # Django's own; it knows nothing of the State
            seen += 1
            assert not RESERVED.search(path.encode()), path
            with storage.open(path) as file:
                assert not RESERVED.search(file.read()), path
    assert seen > 10
    assert finders.find("dsfr/dist/fonts/Marianne-Bold.woff2") is None
    assert finders.find("dsfr/dist/dsfr.min.css") is None


def test_every_drawing_that_the_stylesheet_names_is_there(built):
    css = (built / "dsfr" / "dsfr.css").read_text()
    names = design.URL.findall(css)
    assert names
    for name in names:
        assert (built / "dsfr" / name).is_file(), name


def test_every_class_that_our_pages_use_kept_its_rules(built):
    source = design.source_css(design.package_dist())
    css = (built / "dsfr" / "dsfr.css").read_text()
    known = set(re.findall(r"\.(fr-[a-z][\w-]*)", source))
    kept = set(re.findall(r"\.(fr-[a-z][\w-]*)", css))
    missing = (design.used_names() & known) - kept - {"fr-logo"}
    assert not missing


def rules_of(blocks, within=""):
    for block in blocks:
        if block.declarations:
            yield within, block
        yield from rules_of(block.children, within + block.prelude)


def test_an_old_browser_without_has_hides_nothing():
    """It drops every rule that names :has. A plain selector in the same list would go with it, and
    what only such a rule shows would never be seen: the signs of the door and their numbers."""
    for sheet in (settings.BASE_DIR / "static" / "css").glob("*.css"):
        for within, block in rules_of(parse(sheet.read_text())):
            selectors = split_selectors(block.prelude)
            knowing = [one for one in selectors if ":has(" in one]
            assert not knowing or len(knowing) == len(selectors), (sheet.name, block.prelude)
            shows = any(
                said.replace(" ", "").startswith("display:") and "none" not in said
                for said in block.declarations
            )
            assert not (knowing and shows) or "selector(:has(" in within, (sheet.name, knowing)


def test_the_states_look_is_served_whole_to_who_asks_for_it(tmp_path):
    design.build(tmp_path, state_look=True)
    assert "fr-logo" in (tmp_path / "dsfr" / "dsfr.css").read_text()
    assert list((tmp_path / "dsfr" / "fonts").glob("Marianne-*.woff2"))


@pytest.mark.django_db
def test_the_brand_block_shows_only_under_the_states_look(client, settings):
    assert "fr-logo" not in client.get("/").content.decode()
    settings.DSFR_STATE_LOOK = True
    page = client.get("/").content.decode()
    assert "fr-logo" in page and "data-etat" in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/compte/login/", "/a-propos/mes-droits/"])
def test_a_first_page_is_light(client, served, path):
    page = client.get(path).content
    total = len(brotli.compress(page))
    linked = re.findall(rb'(?:href|src)="/static/([^"]+)"', page)
    assert linked
    for name in linked:
        file = Path(finders.find(name.decode()))
        total += len(brotli.compress(file.read_bytes()))
        for drawing in design.URL.findall(file.read_text()) if file.suffix == ".css" else []:
            total += (file.parent / drawing).stat().st_size
    assert total < FIRST_PAGE_BUDGET


# --- The reduction itself

SHEET = """@charset "UTF-8";:root{--a:#fff;--b:var(--a);--dead:1}
@font-face{font-family:X;src:url(x.woff)}
.fr-used,.fr-unused{color:var(--b)}
.fr-used:not(.fr-unused):before{content:"} .fr-x{";background:url("data:image/svg+xml;a{b}")}
.fr-used .fr-logo{color:red}
:root[data-fr-theme=dark] .fr-used{color:#000}
@media (min-width:48em){.fr-unused{color:red}.fr-md{color:blue}}
@media (-ms-high-contrast:active),(forced-colors:active){.fr-used{color:red}}
.fr-alert--info{color:blue}.fr-alerte{color:red}"""


@pytest.mark.parametrize(
    ("kept", "rule"),
    [
        (True, ".fr-used{color:var(--b)}"),
        (True, ":root{--a:#fff;--b:var(--a)}"),
        (True, '.fr-used:not(.fr-unused):before{content:"} .fr-x{"'),
        (True, "@media (prefers-color-scheme:dark){:root .fr-used{color:#000}}"),
        (True, "@media (forced-colors:active){.fr-used{color:red}}"),
        (True, ".fr-alert--info"),
        (False, ".fr-alerte"),
        (False, ".fr-md"),
        (False, "fr-logo"),
        (False, "font-face"),
        (False, "--dead"),
        (False, "@charset"),
    ],
)
def test_only_what_pages_use_stays(kept, rule):
    css = reduce_stylesheet(SHEET, {"fr-used", "fr-alert--"}, set())
    assert (rule in css) is kept


def test_a_variable_read_elsewhere_stays():
    assert "--dead:1" in reduce_stylesheet(SHEET, set(), {"--dead"})


def test_selectors_are_cut_at_their_own_commas_only():
    assert split_selectors("a:is(b,c),d[e='f,g']") == ["a:is(b,c)", "d[e='f,g']"]


def test_the_whole_stylesheet_of_the_package_is_read():
    source = design.source_css(design.package_dist())
    every = set(re.findall(r"--[\w-]+", source))
    written = write(parse(source), every)
    assert written.count("{") == written.count("}")
    assert len(written) > 0.97 * len(source)
