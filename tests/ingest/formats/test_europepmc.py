"""Europe PMC's search: core and lite results, preprints, retractions, addresses without a DOI."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.ingest.formats import BadDump, NotThisFormat, Page, detect, europepmc

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "europepmc"
CORE, LITE = ((FOLDER / name).read_bytes() for name in ("core.json", "lite.json"))


def result(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "source": "MED", "title": "A spring.", **fields}


def answer(*results: Any) -> bytes:
    return json.dumps({"hitCount": len(results), "resultList": {"result": list(results)}}).encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return europepmc.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(CORE)
    assert (read.listed_on, read.is_backfill) == (None, True)
    first = read.records[0]
    assert first.title == "Gauges in the gut of Danio rerio"
    assert first.abstract == (
        "Background\n\nWe read two gauges in the gut at p<0.05.\n\nResults\n\nBoth hold H2O."
    )
    assert first.authors == ("Ada Author", "B Berg", "River Gauge Consortium")
    assert (first.author_count, first.organization) == (3, "")
    assert first.journal == "Journal of invented rivers"
    assert (first.published_on, first.published_precision) == (date(2026, 11, 18), "day")
    assert (first.doi, first.url, first.keywords) == (
        "10.9999/gauges.1",
        "",
        ("Gauge", "River flow"),
    )


def test_a_preprint_leads_to_its_own_page() -> None:
    preprint = parse(CORE).records[1]
    assert preprint.url == "https://preprints.example/2"
    assert (preprint.abstract, preprint.journal) == ("We let the tide be.", "")
    bare = parse(answer(result(id="PPR7", source="PPR"), result(id="../x"))).records
    assert [each.url for each in bare] == ["https://europepmc.org/article/PPR/PPR7", ""]


def test_a_retraction_and_a_patent() -> None:
    read = parse(CORE, date(2026, 11, 19))
    assert [each.withdrawn_on for each in read.records] == [None, None, date(2026, 11, 19)]
    assert [(each.entry, each.reason) for each in read.skipped] == [
        ("Gauge with a bell", "not a paper but a patent")
    ]


def test_lite_results_have_names_and_a_year() -> None:
    (record,) = parse(LITE).records
    assert detect(LITE) == "europepmc"
    assert record.title == "A gauge without an abstract"
    assert record.authors == ("A Author", "B Berg")
    assert record.journal == "J Inv Riv"
    assert (record.published_on, record.published_precision) == (date(2024, 1, 1), "year")
    assert record.url == "https://europepmc.org/article/MED/90000005"


@pytest.mark.parametrize(
    ("info", "day", "precision"),
    [
        ({"printPublicationDate": "2026-12-01"}, date(2026, 12, 1), "day"),
        ({"dateOfPublication": "2026 Nov"}, date(2026, 11, 1), "month"),
        ({"dateOfPublication": "?", "yearOfPublication": 2026}, date(2026, 1, 1), "year"),
        ({}, date(2025, 1, 1), "year"),
        (7, date(2025, 1, 1), "year"),
    ],
)
def test_dates(info: Any, day: date, precision: str) -> None:
    (record,) = parse(answer(result(journalInfo=info, pubYear="2025"))).records
    assert (record.published_on, record.published_precision) == (day, precision)


@pytest.mark.parametrize(
    "data",
    [
        answer(result()),
        answer(),
        json.dumps(json.loads(CORE), sort_keys=True, indent=1).encode(),
        json.dumps({"hitCount": 1, "resultList": {"result": result()}}).encode(),
    ],
)
def test_shapes(data: bytes) -> None:
    assert detect(data) == "europepmc"
    assert parse(data).format == "europepmc"


def test_nothing_found() -> None:
    assert parse(b'{"version": "6.9", "hitCount": 0}').records == ()
    with pytest.raises(NotThisFormat):
        parse(b'{"version": "6.9", "hitCount": 1}')


def test_one_result_that_is_no_list() -> None:
    data = json.dumps({"hitCount": 1, "resultList": {"result": result()}}).encode()
    assert titles(parse(data)) == ["A spring"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (answer({"id": "1", "source": "MED"}), "resultType=core"),
        (b'{"errCode": 404, "errMsg": "Invalid query"}', "“Invalid query”"),
        (b'{"message": "Too many requests"}', "“Too many requests”"),
        (b'{"version": "6.9"}', "no Europe PMC results"),
        (b"", "empty"),
        (CORE[:2000], "cut off|broken"),
        (answer(result(title=None), 7, result(title="")), "it has no title|it is no result"),
    ],
)
def test_what_is_no_list_of_papers(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_another_servers_json_is_another_format() -> None:
    assert not europepmc.looks_like(b'{"resultList": 7, "hitCount": 1}')
    with pytest.raises(NotThisFormat):
        parse(b"[]")


@pytest.mark.parametrize("data", [CORE, LITE])
def test_damaged(data: bytes) -> None:
    assert_survives("europepmc", data)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("europepmc", CORE, thorough=True)
