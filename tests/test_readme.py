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
    assert len(ROWS) == 10
    assert len(NAMES) == 2
    assert len(index.ids(index.everything())) == 25


@pytest.mark.parametrize(("keyword", "count"), ROWS)
def test_the_counts_are_true(index: PaperIndex, keyword: str, count: str) -> None:
    assert index.evaluate(parse(keyword)).bit_count() == int(count)
