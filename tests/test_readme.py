"""What the README says of keywords is true of the sample papers."""

import re
from datetime import date
from pathlib import Path

import pytest

from digest.ingest.formats import FORMATS
from digest.management.sample_listings import NAMES, write_samples
from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse
from tests.support.site import ROOT

DAY = date(2026, 11, 20)
ROWS = re.findall(r"^\| `(.+?)` \|.*\| (\d+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PaperIndex:
    paths: list[Path] = write_samples(tmp_path_factory.mktemp("sample"), DAY)
    pages = [FORMATS["hf_text"](path.read_bytes(), DAY, None) for path in paths]
    papers = {record.title: record for page in pages for record in page.records}
    return PaperIndex(
        PaperText(
            id=number,
            seq=None,
            title=paper.title,
            abstract=paper.abstract,
            organization=paper.organization,
            published_on=paper.published_on,
        )
        for number, paper in enumerate(papers.values(), 1)
    )


def test_the_table_is_found(index: PaperIndex) -> None:
    assert len(ROWS) == 11
    assert len(NAMES) == 2
    assert len(index.ids(index.everything())) == 25


@pytest.mark.parametrize(("keyword", "count"), ROWS)
def test_the_counts_are_true(index: PaperIndex, keyword: str, count: str) -> None:
    assert index.evaluate(parse(keyword)).bit_count() == int(count)


def pasted_rows() -> list[tuple[str, str, str]]:
    """Each text of the table of pasted queries, how it is read, and what is said of it."""
    table = (ROOT / "README.md").read_text().partition("| you paste |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.+`) \| `(.+)` \| (.*) ?\|$", table, re.MULTILINE)
    return [
        (pasted, ours, said.strip())
        for texts, ours, said in rows
        for pasted in re.findall(r"`(.+?)`", texts)
    ]


@pytest.mark.parametrize(("pasted", "ours", "said"), pasted_rows())
def test_pasted_queries_are_read_as_it_says(pasted: str, ours: str, said: str) -> None:
    keyword = parse(pasted)
    assert keyword.translation == ours
    assert bool(keyword.notes) == bool(said and "category" not in ours)


def test_the_table_of_pasted_queries_is_found() -> None:
    assert len(pasted_rows()) == 7
