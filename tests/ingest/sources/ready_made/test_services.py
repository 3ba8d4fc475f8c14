"""Services as sources: what is filled in, and the address that is made of it."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from digest.ingest.formats import AUTO, FORMATS
from digest.ingest.sources import keys
from digest.ingest.sources.paging.address_templates import Template
from digest.ingest.sources.politeness import PAUSES
from digest.ingest.sources.ready_made.service_definition import BadField
from digest.ingest.sources.ready_made.services import SERVICES
from digest.models import Source

from ..source_factory import TODAY

FILLED: dict[str, dict[str, str]] = {
    "crossref": {"issn": "0028-0836, 1476-4687"},
    "europepmc": {"query": 'TITLE_ABS:"a {date} & b"'},
    "openalex": {"query": "knitting robots", "filter": "is_oa:true"},
    "semanticscholar": {"query": '"knitting robot" | +yarn'},
    "pubmed": {"query": "sepsis[tiab] AND english[la]"},
    "iacr": {"category": "ATTACKS"},
    "feed": {"address": "https://journal.example/rss?a={b}"},
}


def address_of(name: str, **changes: str) -> str:
    source = SERVICES[name].source_values(FILLED[name] | changes)
    return Template(str(source["url"]), TODAY, "ops@example.org").filled()


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.mark.parametrize("name", SERVICES)
def test_each_makes_a_source_that_is_valid(name: str) -> None:
    service = SERVICES[name]
    source = Source(name="A", **service.source_values(FILLED[name]))
    source.full_clean(validate_unique=False, validate_constraints=False)
    assert source.format in (AUTO, *FORMATS)
    assert (source.daily_at is None) != (source.every_minutes is None)
    host = urlsplit(source.url).hostname or ""
    assert name == "feed" or host in PAUSES
    if service.key:
        assert keys.hosts_of(service.key.variable) == {host}
        Source._meta.get_field("key_place").clean(service.key.place, None)
    assert all(each.startswith("https://") for each in service.documentation)
    assert "{" not in address_of(name)


def test_crossref() -> None:
    assert query_of(address_of("crossref")) == {
        "filter": "issn:0028-0836,issn:1476-4687,from-created-date:2026-11-18,"
        "until-created-date:2026-11-20",
        "rows": "200", "cursor": "*", "mailto": "ops@example.org",
    }  # fmt: skip


def test_europe_pmc() -> None:
    asked = query_of(address_of("europepmc"))
    assert asked["query"] == (
        '(TITLE_ABS:"a {date} & b") AND (CREATION_DATE:[2026-11-17 TO 2026-11-20] OR '
        "FIRST_IDATE:[2026-11-17 TO 2026-11-20])"
    )
    assert (asked["resultType"], asked["format"], asked["cursorMark"]) == ("core", "json", "*")


def test_openalex() -> None:
    asked = query_of(address_of("openalex"))
    assert asked["filter"] == (
        "from_publication_date:2026-11-06,to_publication_date:2026-11-20,is_oa:true"
    )
    assert (asked["search"], asked["per_page"], asked["cursor"]) == ("knitting robots", "100", "*")
    assert "search" not in query_of(address_of("openalex", query=""))


def test_semantic_scholar() -> None:
    asked = query_of(address_of("semanticscholar"))
    assert (asked["query"], asked["publicationDateOrYear"]) == (
        '"knitting robot" | +yarn',
        "2026-11-06:2026-11-20",
    )
    assert "token" not in asked
    assert "abstract" in asked["fields"].split(",")


def test_pubmed() -> None:
    asked = query_of(address_of("pubmed"))
    assert (asked["term"], asked["mindate"], asked["maxdate"]) == (
        "sepsis[tiab] AND english[la]",
        "2026/11/18",
        "2026/11/20",
    )
    assert (asked["tool"], asked["email"]) == ("paper-digest", "ops@example.org")


def test_iacr_and_feeds() -> None:
    assert address_of("iacr") == "https://eprint.iacr.org/rss/rss.xml?order=recent&category=ATTACKS"
    assert address_of("iacr", category="").endswith("?order=recent")
    assert unquote(address_of("feed")) == FILLED["feed"]["address"]


@pytest.mark.parametrize(
    ("name", "field", "sentence", "written"),
    [
        ("crossref", "issn", "Fill this in", ("", " ")),
        ("crossref", "issn", "is not an ISSN. Write it", ("Nature", "00280836", "0028-0836,a:b")),
        ("crossref", "issn", "its last character does not match", ("0028-0837",)),
        ("europepmc", "query", "limit is 2,000", ("x" * 1900,)),
        ("semanticscholar", "query", "Fill this in", ("",)),
        ("iacr", "category", "one from the list", ("BOOKS", "a&b=c")),
        ("feed", "address", "with https://", ("a.example/rss", "https://[", "https:// a")),
        ("feed", "address", "with https://", ("file:///etc/passwd",)),
    ],
)
def test_what_cannot_be_used_is_said(
    name: str, field: str, sentence: str, written: tuple[str, ...]
) -> None:
    for each in written:
        with pytest.raises(BadField, match=sentence) as caught:
            address_of(name, **{field: each})
        assert caught.value.name == field


def test_openalex_wants_words_or_a_filter() -> None:
    with pytest.raises(BadField, match="Enter search words"):
        address_of("openalex", query="", filter="")


@pytest.mark.parametrize("issn", ["0000-006x", "2434-561X", "0317-8471"])
def test_issns_with_their_check_digits(issn: str) -> None:
    assert f"issn:{issn.upper()}" in query_of(address_of("crossref", issn=issn))["filter"]


def test_no_more_issns_than_an_address_holds() -> None:
    many = " ".join(f"{number:04}-0000" for number in range(20))
    with pytest.raises(BadField):
        address_of("crossref", issn=many)
    found: Any = query_of(address_of("crossref", issn="0028-0836 0028-0836"))["filter"]
    assert found.count("issn:") == 1
