"""CSL JSON as reference managers and citation servers write it."""

import json
from datetime import date

import pytest

from digest.ingest.formats import csl_json

from .exports import SAMPLES, read, read_one

ITEM: dict[str, object] = {
    "type": "article-journal",
    "title": "A gauge",
    "issued": {"date-parts": [[2026, 11, 19]]},
}


def one(**fields: object) -> str:
    return json.dumps([ITEM | {name.replace("_", "-"): value for name, value in fields.items()}])


def test_every_field() -> None:
    page = read(SAMPLES["csl_json"])
    article, preprint = page.records
    assert article.authors == ("Ada Lamp", "Bo van Wick", "Group of Invented Rivers")
    assert (article.published_on, article.published_precision) == (date(2026, 11, 19), "day")
    assert (article.url, article.keywords) == ("https://example.org/rivers/1", ("gauges", "sound"))
    assert (preprint.arxiv_id, preprint.published_on) == ("2506.01234", date(2025, 6, 1))
    assert preprint.published_precision == "month"
    assert page.skipped[0].reason == "not a paper but a web page"


def test_items_in_an_object_and_a_single_item() -> None:
    assert read_one('{"items": ' + one() + "}").title == "A gauge"
    assert read_one(json.dumps(ITEM)).title == "A gauge"


def test_an_item_without_a_date() -> None:
    item = '{"type": "book", "title": "A gauge", "author": [{"family": "Lamp", "given": "Ada"}]}'
    assert read_one(f"[{item}]").authors == ("Ada Lamp",)


def test_lists_as_crossref_writes_them() -> None:
    record = read_one(
        one(title=["A gauge"], container_title=["Rivers"], DOI="10.1000/G"), "csl_json"
    )
    assert (record.title, record.journal, record.doi) == ("A gauge", "Rivers", "10.1000/g")


@pytest.mark.parametrize(
    ("issued", "day", "precision"),
    [
        ({"date-parts": [["2026"]]}, date(2026, 1, 1), "year"),
        ({"date-parts": [[2026]], "season": "Autumn"}, date(2026, 9, 1), "season"),
        ({"date-parts": [[2026, 11, 19], [2026, 11, 20]]}, date(2026, 11, 19), "day"),
        ({"raw": "November 2026"}, date(2026, 11, 1), "month"),
        ({"literal": "19 Nov 2026"}, date(2026, 11, 19), "day"),
        ({"date-parts": [[None]]}, None, "day"),
        ({"date-parts": [[]]}, None, "day"),
        ({"date-parts": "2026"}, None, "day"),
        ("2026", None, "day"),
    ],
)
def test_dates(issued: object, day: date | None, precision: str) -> None:
    record = read_one(one(issued=issued), "csl_json")
    assert (record.published_on, record.published_precision) == (day, precision)


@pytest.mark.parametrize(
    ("fields", "arxiv_id", "doi"),
    [
        ({"note": "arXiv:2611.01234 [cs]"}, "2611.01234", ""),
        ({"note": "PMID: 1\nDOI: 10.1000/noted"}, "", "10.1000/noted"),
        ({"URL": "https://arxiv.org/abs/2611.01234"}, "2611.01234", ""),
        ({"DOI": "https://doi.org/10.1000/X"}, "", "10.1000/x"),
    ],
)
def test_identifiers(fields: dict[str, object], arxiv_id: str, doi: str) -> None:
    record = read_one(one(**fields))
    assert (record.arxiv_id, record.doi) == (arxiv_id, doi)


def test_values_of_other_types() -> None:
    record = read_one(one(author="Ada", keyword=["a", 1, "b"], note=7, URL=[], abstract=None))
    assert (record.authors, record.keywords, record.url) == ((), ("a", "b"), "")
    page = read(json.dumps([ITEM, ITEM, 7, {"type": "article"}]), "csl_json")
    assert [each.reason for each in page.skipped] == ["it is not an object", "it has no title"]


def test_a_thesis_is_of_its_university() -> None:
    record = read_one(one(type="thesis", publisher="Invented University"))
    assert record.organization == "Invented University"


@pytest.mark.parametrize(
    "text",
    [
        '[{"title": "One", "abstract": "x", "authors": ["Ada"]}]',
        '{"status": "ok", "message-type": "work-list", "message": {"items": [{"title": ["x"], '
        '"issued": {"date-parts": [[2026]]}}]}}',
        '{"results": [{"title": "x"}]}',
        "[]",
    ],
)
def test_it_claims_nothing_else(text: str) -> None:
    assert not csl_json.looks_like(text.encode())
