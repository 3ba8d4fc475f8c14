"""Imports go one way, as docs/architecture.md says, and packages and files stay small."""

import ast
import re
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE, LONGEST_TEST, LARGEST_PACKAGE = 300, 400, 14
# A format or a command is a file each, however many there are; migrations are kept for ever.
UNBOUNDED = ("formats", "commands", "migrations")
# What Django reads before anything is loaded.
OUTSIDE = (
    "digest",
    "digest.apps",
    "digest.broker_transport",
    "digest.celery",
    "digest.logs",
    "digest.settings",
    "digest.wsgi",
    "subscriptions",
    "subscriptions.apps",
)
FRAMEWORKS = {"celery", "django", "redis"}


def layers() -> list[list[str]]:
    """The modules of each layer in the table of docs/architecture.md, from the plainest."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.partition("## Who may import whom")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|") and "`" in line]
    return [re.findall(r"`([a-z_.]+)`", row) for row in rows]


LAYERS = layers()


def modules() -> dict[str, Path]:
    found = {}
    for app in ("digest", "subscriptions"):
        for path in (ROOT / app).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if ".migrations" not in name:
                found[name.removesuffix(".__init__")] = path
    return found


def imported(name: str, path: Path, *, at_load: bool = False) -> set[str]:
    """The modules a file imports, relative ones resolved; `at_load` without those that it imports
    later, in functions."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    tree = ast.parse(path.read_text())
    for node in tree.body if at_load else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def layer(name: str) -> int | None:
    """The number of a module's layer; None if it has none."""
    found = [
        (len(start), number)
        for number, starts in enumerate(LAYERS)
        for start in starts
        if is_in(name, start)
    ]
    return max(found)[1] if found else None


MODULES = modules()
LAYERED = sorted(name for name in MODULES if layer(name) is not None)


def test_every_module_has_a_layer() -> None:
    without = [name for name in MODULES if layer(name) is None]
    assert [
        name for name in without if name not in OUTSIDE and not is_in(name, "digest.settings")
    ] == []


def test_every_name_of_the_table_is_a_module() -> None:
    assert [name for names in LAYERS for name in names if name not in MODULES] == []
    assert len(LAYERS) > 10


def test_imports_go_one_way() -> None:
    wrong = {
        f"{name} -> {other}"
        for name in LAYERED
        for other in imported(name, MODULES[name]) & MODULES.keys()
        if (layer(other) or 0) > (layer(name) or 0)
    }
    assert wrong == set()


def test_no_modules_wait_for_each_other() -> None:
    """A cycle works only for who imports the right one of its modules first."""
    graph = TopologicalSorter(
        {
            name: {
                other
                for other in imported(name, path, at_load=True) & MODULES.keys()
                # A package is loaded before any of its modules.
                if not is_in(name, other)
            }
            for name, path in MODULES.items()
        }
    )
    graph.prepare()


def test_the_apps_import_no_pages_of_each_other() -> None:
    pages = {
        "digest": ("subscriptions.admin", "subscriptions.views"),
        "subscriptions": ("digest.admin", "digest.views"),
    }
    wrong = {
        f"{name} -> {other}"
        for name in LAYERED
        for other in imported(name, MODULES[name])
        if any(is_in(other, page) for page in pages[name.partition(".")[0]])
    }
    assert wrong == set()


def test_plain_modules_know_no_framework() -> None:
    foreign = {
        name: found
        for name in LAYERED
        if layer(name) == 0
        and (found := {other.split(".")[0] for other in imported(name, MODULES[name])} & FRAMEWORKS)
    }
    assert foreign == {}


def test_files_stay_short() -> None:
    files = dict.fromkeys(MODULES.values(), LONGEST_FILE)
    files |= dict.fromkeys((ROOT / "tests").rglob("*.py"), LONGEST_TEST)
    long = {
        str(path.relative_to(ROOT)): lines
        for path, most in files.items()
        if (lines := len(path.read_text().splitlines())) > most
    }
    assert long == {}


def test_packages_stay_small() -> None:
    sizes = Counter(path.parent for path in MODULES.values())
    large = {
        str(folder.relative_to(ROOT)): size
        for folder, size in sizes.items()
        if size > LARGEST_PACKAGE and folder.name not in UNBOUNDED
    }
    assert large == {}


def test_no_two_modules_of_the_core_share_a_name() -> None:
    """A page, a command, an admin page and a model may be named after the same thing."""
    core = [
        name.rpartition(".")[2]
        for name in LAYERED
        if MODULES[name].name != "__init__.py"
        and not re.search(r"\.(admin|views|commands|models|settings|urls)\b", name)
    ]
    assert {name for name, count in Counter(core).items() if count > 1} == set()


def test_numpy_is_imported_for_similarity_alone() -> None:
    """The rest works without its weight; and there is no second way to compute the same."""
    users = {
        name
        for name, path in MODULES.items()
        if any(is_in(other, "numpy") for other in imported(name, path))
    }
    assert {name.rpartition(".")[0] for name in users} == {"digest.matching.similarity"}
