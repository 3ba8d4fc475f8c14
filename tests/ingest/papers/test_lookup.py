"""Papers by what a reader pastes."""

from datetime import date
from typing import Any

import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from digest.ingest.formats import Record
from digest.ingest.papers.lookup import clean_text, find_papers
from digest.models import Catalogue, FormerName, Paper
from tests.ingest.formats.listing_pages import store_records
from tests.support import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 29)


@pytest.fixture
def paper() -> Paper:
    factories.paper("Another paper", arxiv_id="2611.99999", doi="10.1000/other")
    return factories.paper(
        "Gauges: How Rivers Read Us", arxiv_id="2611.01234", doi="10.1000/gauge_1",
        url="https://www.example.org/papers/gauge?x=1",
    )  # fmt: skip


def found(text: str) -> list[Paper]:
    return find_papers(clean_text(text), TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "2611.01234",
        "arXiv:2611.01234v3",
        "https://arxiv.org/abs/2611.01234v2",
        "https://arxiv.org/pdf/2611.01234",
        "see arXiv:2611.01234 [cs.LG]",
        "https://huggingface.co/papers/2611.01234",
        "10.48550/arXiv.2611.01234",
        "10.1000/GAUGE_1",
        "https://doi.org/10.1000/gauge_1",
        "doi: 10.1000/gauge_1.",
        "https://www.example.org/papers/gauge?x=1",
        "http://example.org/papers/gauge?x=1#abstract",
        "  gauges, how rivers\nread us. ",
        "GAUGES: HOW RIVERS READ US",
        "Gauges\u202e: \x00How Rivers \u200bRead Us",
    ],
)
def test_each_way_of_naming_it(paper: Paper, text: str) -> None:
    assert found(text) == [paper]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\x00", "😀", "\u202e", "<script>alert(1)</script>", "2611.0123", "10.1000/",
        "Gauges", "https://example.org/", "https://evil.example/?u=https://doi.org/10.1000/x",
        "javascript:alert(1)", "' OR 1=1 --", "%", "*", "x" * 1_000_000, "10.1000/" + "y" * 5000,
        "http://[", "https://user:pw@example.org/papers/gauge?x=2", "\ud800",
    ],
)  # fmt: skip
def test_nothing_else_finds_it(paper: Paper, text: str) -> None:
    assert found(text) == []


def test_the_page_of_this_site(paper: Paper, settings: Any) -> None:
    FormerName.objects.create(paper=paper, former_id=999_999, name="x")
    assert found(f"{settings.SITE_URL}/papers/{paper.pk}/") == [paper]
    assert found(f"{settings.SITE_URL}/papers/999999/") == [paper]
    assert found(f"{settings.SITE_URL}/papers/{10**30}/") == []
    assert found(f"https://evil.example/papers/{paper.pk}/") == []


def test_names_of_each_listing_count() -> None:
    store_records("a", Record("Gauges", "one", arxiv_id="2611.01234"))
    store_records(
        "b", Record("Gauges of rivers", arxiv_id="2611.01234", doi="10.1101/2026.01.01.1")
    )
    store_records("c", Record("Gauges", arxiv_id="2611.01234", doi="10.1000/gauge"))
    paper = Paper.objects.get()
    for name in ("Gauges", "Gauges of Rivers", "10.1101/2026.01.01.1", "10.1000/gauge"):
        assert found(name) == [paper]


def test_papers_of_one_title_are_all_found_newest_first() -> None:
    papers = [factories.paper("Introduction", doi=f"10.1000/{number}") for number in range(7)]
    backfill = factories.paper("Introduction", doi="10.1000/old", seq=None)
    assert found("Introduction")[0] in papers
    assert len(found("Introduction")) == 5
    Paper.objects.filter(pk__in=[paper.pk for paper in papers[2:]]).delete()
    assert found("introduction") == [papers[1], papers[0], backfill]


@pytest.mark.parametrize(
    "text",
    ["how rivers read", "Gauges: how rivers", "“Rivers read us”.", "Gauges – How, rivers; read"],
)
def test_a_part_of_its_title(paper: Paper, text: str) -> None:
    assert found(text) == [paper]
    Paper.objects.update(listed_on=date(2026, 8, 1), change=F("change") + 1)
    Catalogue.objects.update(change=F("change") + 1)
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["rivers read", "rivers us read", "how rivers", 'a" OR b c', "x " * 900]
)
def test_too_little_of_its_title(paper: Paper, text: str) -> None:
    assert found(text) == []


def test_an_old_paper_is_not_found_by_its_address(paper: Paper) -> None:
    Paper.objects.update(listed_on=date(2026, 8, 1))
    assert found(paper.url) == []
    assert found("2611.01234") == [paper]


def test_the_number_of_queries_is_small(
    paper: Paper, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        found("arXiv:2611.77777 10.1000/none https://example.org/none")


@pytest.mark.slow
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert found(text) == []
