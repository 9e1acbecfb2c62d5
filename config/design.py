"""The design build: what the installed DSFR becomes before we serve it.

`manage.py build_design` reads the DSFR stylesheet carried by the package django-dsfr and
writes `<STATIC_BUILD_DIR>/dsfr/`. By default it keeps only the rules, colour variables and
icons that our own pages use, and leaves out everything reserved to the State: the Marianne
font, the logo block and its artwork. An operator who has the State's agreement sets
DSFR_STATE_LOOK, and the stylesheet is then copied whole, fonts and artwork included.

The build depends on nothing but its inputs: same package, same templates, same bytes. It is
skipped when the fingerprint of the inputs has not changed.
"""

import hashlib
import importlib.util
import os
import re
import shutil
from pathlib import Path

from config.css_reduction import reduce_stylesheet

ROOT = Path(__file__).resolve().parent.parent
FINGERPRINT_NAME = ".empreinte"  # a dot file: collectstatic leaves it behind
SYSTEM_FONTS = (
    '-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,'
    "system-ui,sans-serif"
)
# Our colours where DSFR writes its own straight into small drawings (ticks, switches).
# Keys and values are hexadecimal colours as they appear in a data URI.
DRAWING_COLOURS = {
    "000091": "0b5a60",  # the State's blue, light theme
    "6a6af4": "3f8a8d",
    "8585f6": "8fd3cd",  # the same, dark theme
}
SOURCES = (
    ("templates", "*.html"),
    ("static", "*.mjs"),
    ("comptes", "*.py"),
    ("orientation", "*.py"),
    ("messagerie", "*.py"),
    ("evaluation", "*.py"),
    ("config", "*.py"),
)
NOT_SOURCES = {"design.py", "css_reduction.py"}
CLASS_NAME = re.compile(r"fr-[a-z][a-zA-Z0-9_@-]*")
URL = re.compile(r"url\((?!['\"]?data:)['\"]?([^)'\"]+)['\"]?\)")


def package_dist() -> Path:
    """Folder of the DSFR distribution inside the installed package django-dsfr."""
    spec = importlib.util.find_spec("dsfr")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("Le paquet django-dsfr n'est pas installé.")
    return Path(spec.submodule_search_locations[0]) / "static" / "dsfr" / "dist"


def used_names(root: Path = ROOT) -> set[str]:
    """DSFR class names written in our templates, modules and forms.

    A name that ends with `-` or `_` (as in `fr-alert--{{ level }}`) stands for every class
    that starts with it.
    """
    names: set[str] = set()
    for folder, pattern in SOURCES:
        for path in (root / folder).rglob(pattern):
            if path.name not in NOT_SOURCES:
                names.update(CLASS_NAME.findall(path.read_text(encoding="utf-8")))
    return names


def own_variables(root: Path = ROOT) -> set[str]:
    """Custom properties that our own stylesheets read."""
    found: set[str] = set()
    for path in sorted((root / "static").rglob("*.css")):
        found.update(re.findall(r"var\(\s*(--[\w-]+)", path.read_text(encoding="utf-8")))
    return found


def source_css(dist: Path) -> str:
    """The main sheet, then the icon classes with paths seen from the same folder."""
    main = (dist / "dsfr.main.min.css").read_text(encoding="utf-8")
    icons = (dist / "utility" / "utility.main.min.css").read_text(encoding="utf-8")
    return main + icons.replace("url(../", "url(")


def fingerprint(dist: Path, state_look: bool, root: Path = ROOT) -> str:
    """SHA-256 of all that the result depends on."""
    digest = hashlib.sha256()
    for name in ("design.py", "css_reduction.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    digest.update(source_css(dist).encode())
    digest.update("\n".join(sorted(used_names(root))).encode())
    digest.update("\n".join(sorted(own_variables(root))).encode())
    digest.update(b"state" if state_look else b"own")
    return digest.hexdigest()


def own_look_css(dist: Path, root: Path = ROOT) -> str:
    """The stylesheet of the default look: reduced, without what is reserved to the State."""
    css = reduce_stylesheet(source_css(dist), used_names(root), own_variables(root))
    css = re.sub(r"font-family:Marianne[^;}]*", f"font-family:{SYSTEM_FONTS}", css)
    css = re.sub(r"font-family:Spectral[^;}]*", "font-family:Georgia,serif", css)
    for theirs, ours in DRAWING_COLOURS.items():
        css = css.replace(f"%23{theirs}", f"%23{ours}")
    return css


def build(target: Path, *, state_look: bool = False, root: Path = ROOT) -> bool:
    """Write `target/dsfr/`. Returns False when it was already up to date.

    The new folder is prepared aside, then put in place by a rename, so that an interrupted
    build never leaves half a stylesheet.
    """
    dist = package_dist()
    mark = fingerprint(dist, state_look, root)
    final = target / "dsfr"
    mark_path = final / FINGERPRINT_NAME
    if mark_path.is_file() and mark_path.read_text() == mark:
        return False
    target.mkdir(parents=True, exist_ok=True)
    draft = target / f".dsfr-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    if state_look:
        css = source_css(dist)
        for folder in ("fonts", "icons", "artwork"):
            shutil.copytree(dist / folder, draft / folder)
    else:
        css = own_look_css(dist, root)
        for name in sorted(set(URL.findall(css))):
            copy = draft / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dist / name, copy)
    (draft / "dsfr.css").write_text(css, encoding="utf-8")
    (draft / FINGERPRINT_NAME).write_text(mark)
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)
    return True
