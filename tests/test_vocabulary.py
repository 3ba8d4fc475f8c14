"""One word for one meaning: the words that docs/architecture.md rules out occur in no name."""

import ast
import re
from pathlib import Path

from tests.support.site import ROOT


def excluded_words() -> set[str]:
    """The last column of the table of words."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = [line for line in text.partition("## Words")[2].splitlines() if line.startswith("| ")]
    return {word for row in rows for word in re.findall(r"`(\w+)`", row.rsplit("|", 2)[1])}


EXCLUDED = excluded_words()
FILES = sorted(
    path
    for folder in ("digest", "subscriptions", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts and path != Path(__file__).resolve()
)


def names(tree: ast.AST) -> set[str]:
    """Every name that a module gives or uses, but for what it only imports from elsewhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg | ast.keyword):
            found.add(node.arg or "")
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def words(name: str) -> list[str]:
    """The words of a name: `HealthSnapshot`, `health_snapshot` and `HEALTH_SNAPSHOT` have two."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def ruled_out(name: str) -> bool:
    parts = words(name)
    text = "_" + "_".join(parts) + "_"
    return any(f"_{word}_" in text for word in EXCLUDED)


def test_the_table_is_read() -> None:
    assert {"licence", "book", "told", "mould", "ways_out"} <= EXCLUDED
    assert ruled_out("LICENCE_LEASE")
    assert ruled_out("ways_out")
    assert not ruled_out("facebook")


def test_names_keep_to_the_vocabulary() -> None:
    wrong = {}
    for path in FILES:
        found = {name for name in names(ast.parse(path.read_text())) if ruled_out(name)}
        # The names of tests are English sentences.
        kept = {name for name in found if not name.startswith("test_")}
        if kept or ruled_out(path.stem):
            wrong[path.relative_to(ROOT).as_posix()] = kept
    assert wrong == {}
