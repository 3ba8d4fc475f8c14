"""Programs that tests hand to another process as text import what is there."""

import ast
import re
from pathlib import Path

from tests.support.site import ROOT

_IMPORT = re.compile(r"from ((?:digest|subscriptions|tests)[\w.]*) import ([\w, ]+)")
FILES = sorted(path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__).resolve())


def module_file(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split("."))
    found = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in found if each.exists()), None)


def names_in(module: str) -> set[str]:
    """What can be imported from a module, by its text."""
    path = module_file(module)
    tree = ast.parse(path.read_text() if path else "")
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name):
            found.add(node.id)
    return found


def missing(text: str) -> list[str]:
    """What a program imports of ours that is not there."""
    found = []
    for module, names in _IMPORT.findall(text):
        for name in (part.split()[0] for part in names.split(",") if part.strip()):
            if not module_file(f"{module}.{name}") and name not in names_in(module):
                found.append(f"{module}.{name}")
    return found


def test_what_is_missing_is_found() -> None:
    assert missing("from tests.support import factories, nothing as n") == ["tests.support.nothing"]
    assert missing("from digest.models import Digest; from digest.nowhere import x") == [
        "digest.nowhere.x"
    ]


def test_programs_import_what_is_there() -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if (found := missing(node.value))
    }
    assert wrong == {}
