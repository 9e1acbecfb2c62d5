"""Every page, in each of its states: axe finds nothing serious, and the frame of a page is there.

axe is injected by the debugging protocol: the pages' own policy refuses foreign scripts. Nothing
is left out, neither a rule nor a part of a page.
"""

import re
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.parcours.tours import TOURS

GRAVE = {"serious", "critical"}
RUN = "options => axe.run(document, options)"
# Without fetching style sheets again, which no rule that is on needs.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
CONTRAST_ONLY = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Chromium rounds widths; one pixel is no scroll bar.
OVERFLOW = """() => {
    const wide = document.documentElement;
    if (wide.scrollWidth <= wide.clientWidth + 1) return "";
    const out = [...document.body.querySelectorAll("*")]
        .filter((node) => node.getBoundingClientRect().right > wide.clientWidth + 1);
    const said = out.slice(0, 3).map((node) => node.outerHTML.slice(0, 120));
    return `${wide.scrollWidth} px : ${said}`;
}"""
REFUSED = "performance.getEntriesByType('navigation')[0].responseStatus >= 400"
NARROW = {"width": 360, "height": 740}
ONE_OF_MANY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9A-Z]*\d[0-9A-Z]*\b")


def grave(page: Page, options: dict[str, Any]) -> list[str]:
    """The serious and critical violations of a page, each with its places."""
    found = page.evaluate(RUN, OPTIONS | options)["violations"]
    return [
        f"{one['id']} : {', '.join(str(node['target']) for node in one['nodes'][:4])}"
        for one in found
        if one["impact"] in GRAVE
    ]


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """The address where each title was met, numbers left out."""
    return {}


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.__name__)
def test_pages_are_sound(tour, stack, new_page, titles):
    faults: list[str] = []

    def visit(name: str, page: Page) -> None:
        page.wait_for_load_state()
        path = ONE_OF_MANY.sub("*", page.evaluate("location.pathname"))
        title = re.sub(r"^\(\d+\) ", "", page.title())
        said, _, service = title.rpartition(" – ")
        if not said.strip() or service != "Messagerie santé":
            faults.append(f"{name} : titre « {title} »")
        if page.evaluate(REFUSED) and titles.get(title) != path:
            path = "a refusal"  # not the form given back: it says the same at any address
        if titles.setdefault(title, path) != path:
            faults.append(f"{name} : même titre que {titles[title]} : « {title} »")
        if page.locator("h1:visible").count() != 1:
            faults.append(f"{name} : {page.locator('h1:visible').count()} h1 visibles")
        if not page.evaluate("document.documentElement.lang").startswith("fr"):
            faults.append(f"{name} : langue de la page")
        page.evaluate(AXE_SCRIPT)
        faults.extend(f"{name} : {one}" for one in grave(page, {}))
        page.emulate_media(color_scheme="dark")
        faults.extend(f"{name}, sombre : {one}" for one in grave(page, CONTRAST_ONLY))
        page.emulate_media(color_scheme="light")
        size = page.viewport_size
        page.set_viewport_size(NARROW)
        if wide := page.evaluate(OVERFLOW):
            faults.append(f"{name}, à 360 px : {wide}")
        page.set_viewport_size(size)

    tour(stack, new_page, visit)
    assert not faults, "\n".join(faults)
