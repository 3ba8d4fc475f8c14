"""Every file that the documents name is there."""

import re
from pathlib import Path

import pytest

from digest.ingest.formats import FORMATS
from tests.support.site import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda path: path.as_posix()
)
_PATH = re.compile(r"`((?:digest|subscriptions|templates|tests|docs|deploy)/[\w./-]*)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
# What CONTRIBUTING's example makes.
_MADE = {
    "digest/ingest/formats/hal.py",
    "tests/fixtures/hal/answer.json",
    "tests/ingest/formats/test_hal.py",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_files_exist(document: Path) -> None:
    text = document.read_text()
    named = set(_PATH.findall(text)) - _MADE
    assert {name for name in named if not (ROOT / name).exists()} == set()
    linked = set(_LINK.findall(text))
    assert {link for link in linked if not (document.parent / link).exists()} == set()


@pytest.mark.parametrize("document", ["README.md", "docs/formats.md"])
def test_every_format_is_described(document: str) -> None:
    text = (ROOT / document).read_text()
    assert [name for name in FORMATS if f"`{name}`" not in text] == []


def test_the_documents_are_found() -> None:
    names = {path.name for path in DOCUMENTS}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"} <= names
    assert len(list((ROOT / "docs" / "adr").glob("*.md"))) >= 7
