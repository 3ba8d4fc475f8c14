"""Dates of issues, which have no day and run ahead of what is published."""

import json
from datetime import date

import pytest

from digest.ingest.formats import FORMATS, Page, Record
from digest.ingest.formats.fields.plausible_dates import drop_implausible_dates

RECEIVED = date(2026, 11, 29)
NAMESPACES = (
    'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
DC = (
    '<oai_dc:dc xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/">'
)


def feed(dates: str, head: str = "") -> Page:
    data = (
        f"<rss version='2.0' {NAMESPACES}><channel><title>J</title>{head}<item><title>Owls</title>"
        f"<description>Of lamps.</description>{dates}</item></channel></rss>"
    )
    return FORMATS["feed"](data.encode(), RECEIVED, None)


def repository(*dates: str) -> Record:
    data = (
        "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords><record><header>"
        f"<identifier>oai:e.org:1</identifier></header><metadata>{DC}<dc:title>Owls</dc:title>"
        f"{''.join(f'<dc:date>{each}</dc:date>' for each in dates)}</oai_dc:dc></metadata>"
        "</record></ListRecords></OAI-PMH>"
    )
    (record,) = FORMATS["arxiv_oai"](data.encode(), RECEIVED, None).records
    return record


@pytest.mark.parametrize(
    ("dates", "day", "precision"),
    [
        ("<prism:publicationDate>Nov 2026</prism:publicationDate>", date(2026, 11, 1), "month"),
        ("<prism:coverDate>2027-01-15</prism:coverDate>", date(2027, 1, 1), "month"),
        ("<prism:coverDisplayDate>Fall 2026</prism:coverDisplayDate>", date(2026, 9, 1), "season"),
        ("<dc:date>2026-11</dc:date>", date(2026, 11, 1), "month"),
        ("<dc:date>2026</dc:date>", date(2026, 1, 1), "year"),
        ("<pubDate>11/19/2026</pubDate>", date(2026, 11, 19), "day"),
        ("<pubDate>FRI, 27 NOV 2026 23:17:32 -0400</pubDate>", date(2026, 11, 28), "day"),
        (
            "<prism:coverDate>2027-01</prism:coverDate><dc:date>2026-11-19</dc:date>",
            date(2026, 11, 19),
            "day",
        ),
        # The feed of an issue that is dated ahead.
        ("<pubDate>Tue, 01 Dec 2026 00:00:00 GMT</pubDate>", date(2026, 12, 1), "month"),
        ("<pubDate>soon</pubDate>", None, "day"),
    ],
)  # fmt: skip
def test_dates_of_feeds(dates: str, day: date | None, precision: str) -> None:
    read = feed(dates)
    (record,) = read.records
    assert (record.published_on, record.published_precision) == (day, precision)
    assert read.notes == ()


def test_a_feed_of_the_next_issue_is_read() -> None:
    read = feed("", "<pubDate>Tue, 01 Dec 2026 00:00:00 GMT</pubDate>")
    assert [record.title for record in read.records] == ["Owls"]
    assert read.listed_on is None
    assert read.notes == (
        "Its date, 2026-12-01, is a day that has not come: it counts as not given.",
    )


@pytest.mark.parametrize(
    ("day", "precision", "kept"),
    [
        (date(2026, 12, 1), "month", "month"),
        (date(2027, 1, 1), "month", "month"),
        (date(2026, 12, 1), "season", "season"),
        (date(2027, 1, 1), "year", "year"),
        (date(2027, 1, 1), "day", "month"),
        (date(2026, 12, 2), "day", ""),  # of a publication online
        (date(2026, 11, 30), "day", "day"),  # in the Far East
        (date(2026, 11, 1), "day", "day"),
        (date(2027, 12, 1), "month", ""),
        (date(2028, 1, 1), "day", ""),
        (date(1600, 1, 1), "year", ""),
    ],
)
def test_which_dates_ahead_are_kept(day: date, precision: str, kept: str) -> None:
    record = Record("Owls", published_on=day, published_precision=precision)  # type: ignore[arg-type]
    read = drop_implausible_dates(Page("x", None, (record,)), RECEIVED)
    (found,) = read.records
    assert found.published_on == (day if kept else None)
    assert found.published_precision == (kept or "day")
    assert bool(read.notes) == (not kept)


def test_the_note_names_the_month() -> None:
    record = Record("Owls", published_on=date(2028, 3, 1), published_precision="month")
    read = drop_implausible_dates(Page("x", None, (record,)), RECEIVED)
    assert read.notes == (
        "“Owls” would be published in Mar 2028, which is a day that has not come: "
        "it counts as not given.",
    )


@pytest.mark.parametrize(
    ("dates", "day", "precision"),
    [
        (("2026-11",), date(2026, 11, 1), "month"),
        (("2026-11-19T10:00:00Z", "2026-11-20T10:00:00Z", "2026"), date(2026, 11, 19), "day"),
        # Of an old paper that the repository took in of late.
        (("2026-11-19T10:00:00Z", "2019-05"), date(2019, 5, 1), "month"),
        ((), None, "day"),
    ],
)
def test_dates_of_repositories(dates: tuple[str, ...], day: date | None, precision: str) -> None:
    record = repository(*dates)
    assert (record.published_on, record.published_precision) == (day, precision)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("openalex", {"id": "https://openalex.org/W1", "title": "Owls", "publication_year": 2026}),
        ("semantic_scholar", {"paperId": "a" * 40, "title": "Owls", "year": 2026}),
    ],
)
def test_years_of_answers(name: str, answer: dict[str, object]) -> None:
    (record,) = FORMATS[name](json.dumps(answer).encode(), RECEIVED, None).records
    assert (record.published_on, record.published_precision) == (date(2026, 1, 1), "year")
