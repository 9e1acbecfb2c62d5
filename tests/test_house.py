"""The house itself: one direction of imports, small rooms, nothing hidden in signals or strings."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["comptes", "orientation", "messagerie", "evaluation", "config"]
LONGEST_FILE = 350
# A longer file needs a reason here.
LONG_FILES: dict[str, str] = {
    "messagerie/danger_signs.py": "the table of the 38 signs: one reviewed row each",
}
# Templates that a library or Django asks for by name, not our code.
TEMPLATES_BY_CONVENTION = (
    "account/",
    "mfa/",
    "allauth/",
    "admin/",
    "registration/",
    "django/",
    "400.html",
    "403.html",
    "404.html",
    "413.html",
    "429.html",
    "500.html",
)


def tracked(*patterns: str) -> list[Path]:
    """Files of the project that git knows or would add, by pattern."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


@lru_cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product, parsed, by dotted name."""
    found = {}
    for path in tracked(*(f"{floor}/*.py" for floor in FLOORS)):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """Our modules that a module imports, wherever in the file, but not for types only."""
    typing_only = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for part in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else str(node.module)


@lru_cache
def arrows() -> dict[str, set[str]]:
    known = set(modules())
    return {
        name: {target for target in imported(tree, known) if target in known and target != name}
        for name, tree in modules().items()
    }


def test_imports_run_one_way():
    upward = [
        f"{name} -> {target}"
        for name, targets in arrows().items()
        for target in targets
        if FLOORS.index(target.split(".")[0]) > FLOORS.index(name.split(".")[0])
    ]
    assert upward == []


def test_no_module_imports_itself_in_a_circle():
    """Packages re-export their modules, so an arrow to a package counts for its own file only."""
    graph = {
        name: {target for target in targets if not name.startswith(target + ".")}
        for name, targets in arrows().items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_points_upward_by_a_string():
    """String foreign keys, get_model, import_module and receivers would hide an arrow."""
    hidden = []
    for name, tree in modules().items():
        migration = ".migrations." in name
        for function, node in calls(tree):
            last = function.rsplit(".", 1)[-1]
            if last == "import_module" or (last == "get_model" and not migration):
                hidden.append(f"{name}: {function}")
            if last in {"ForeignKey", "OneToOneField", "ManyToManyField"} and not migration:
                target = node.args[0] if node.args else None
                if isinstance(target, ast.Constant) and "." in str(target.value):
                    hidden.append(f"{name}: {target.value}")
            if last == "receiver" or (last == "connect" and "signal" in function.lower()):
                hidden.append(f"{name}: {function}")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".signals"):
                hidden.append(f"{name}: {node.module}")
    assert hidden == []


def test_no_room_called_utils():
    names = {"utils", "helpers", "common", "misc"}
    assert [name for name in modules() if names & set(name.split("."))] == []


def test_files_stay_small():
    long = {}
    for path in tracked("*.py", "*.mjs", "*.html", "*.css"):
        name = str(path.relative_to(ROOT))
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE and name not in LONG_FILES and "/migrations/" not in name:
            long[name] = lines
    assert long == {}


def test_long_files_are_still_long():
    for name in LONG_FILES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > LONGEST_FILE, name


def test_one_writer_of_conversations():
    """Only the acts write conversations, messages, transitions: nobody else saves or creates.

    One exception, held equal to the acts by tests/evaluation: the demonstration's history is
    composed in bulk, because 6,000 conversations one act at a time would take many minutes.
    """
    composed = ROOT / "evaluation" / "demo"
    written = re.compile(
        r"\b(Attachment|Conversation|Message|Transition|DoorPassage|EmergencyTransmission)\.objects\."
        r"(create|bulk_create|update_or_create|get_or_create|update)\b"
    )
    strangers = [
        str(path.relative_to(ROOT))
        for path in tracked(*(f"{floor}/*.py" for floor in FLOORS))
        if written.search(path.read_text(encoding="utf-8"))
        and not path.is_relative_to(ROOT / "messagerie" / "actions")
        and not path.is_relative_to(composed)
    ]
    assert strangers == []


def test_only_delivery_uses_the_channel_layer():
    users = [
        name
        for name, tree in modules().items()
        for function, _ in calls(tree)
        if function.endswith("get_channel_layer")
    ]
    assert set(users) <= {"messagerie.delivery"}


TEMPLATES = tracked("templates/*.html", "templates/**/*.html")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_are_clean(path: Path):
    """They compile, and hold nothing that the content policy would block or that skips escaping."""
    text = path.read_text(encoding="utf-8")
    engines["django"].from_string(text)
    if path.name == "500.html":
        return  # stands alone: it cannot count on a context, nor on static files
    assert not re.search(r"\sstyle\s*=", text), "style attribute"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "inline event handler"
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or "nonce=" in tag or 'type="application/json"' in tag, tag
    assert "|safe" not in text and "autoescape off" not in text
    for form in re.findall(r"<form[^>]*>.*?</form>", text, flags=re.DOTALL | re.IGNORECASE):
        if re.search(r"method=[\"']post", form, flags=re.IGNORECASE):
            assert "csrf_token" in form, "a form without its token"


PATIENT_TEMPLATES = tracked("templates/patient/*", "templates/pages/*", "templates/account/*.html")
# What is no word of the page: marked sentences, then tags of the language, then of HTML.
NOT_SAID = (
    r"{%\s*comment.*?endcomment\s*%}",
    r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}",
    r"{[%#{].*?[%#}]}",
    r"<(script|style|svg).*?</\1>",
    r"<[^>]*>",
)
SAID_BY_ATTRIBUTE = re.compile(r"\b(?:aria-label|title|alt|placeholder)=\"[^\"{]*[^\W\d_]{3}")


@pytest.mark.parametrize(
    "path", PATIENT_TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates"))
)
def test_every_word_for_patients_can_be_translated(path: Path):
    text = path.read_text(encoding="utf-8")
    unmarked = SAID_BY_ATTRIBUTE.findall(text)
    for pattern in NOT_SAID:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    assert re.findall(r"[^\W\d_]{3,}", text) + unmarked == []


def test_every_template_is_used():
    sources = [
        path.read_text(encoding="utf-8")
        for path in [*tracked(*(f"{floor}/*.py" for floor in FLOORS)), *tracked("templates/*")]
    ]
    text = "\n".join(sources)
    unused = [
        name
        for name in (str(path.relative_to(ROOT / "templates")) for path in TEMPLATES)
        if not name.startswith(TEMPLATES_BY_CONVENTION) and name not in text
    ]
    assert unused == []


def test_no_escape_hatch():
    """`mark_safe` and `csrf_exempt` have no place here."""
    found = [
        f"{name}: {function}"
        for name, tree in modules().items()
        for function, _ in calls(tree)
        if function.rsplit(".", 1)[-1] in {"mark_safe", "csrf_exempt"}
    ]
    assert found == []


def test_no_path_of_a_machine():
    """What is committed runs anywhere."""
    pattern = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py", "*.md", "*.html", "*.mjs", "*.css", "*.toml", "bin/*", "*.txt")
        if path != Path(__file__) and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
