"""A preprint and its journal version: which records join, and the same in every order."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import Record
from digest.ingest.papers.identity.surnames import surname

from .known_records import ONE, TITLE, as_one, in_order, parted, preprint, published, record

BIORXIV = "10.64898/2026.11.01.700001"
DAY = date(2023, 11, 20)


@pytest.mark.parametrize(
    "doi",
    [BIORXIV, "10.1101/2026.11.01.700001", "10.21203/rs.3.rs-700001/v1", "10.26434/chemrxiv-2026-a",
     "10.20944/preprints202611.0001.v1", "10.31234/osf.io/ab2cd", "10.2139/ssrn.5000001",
     "10.36227/techrxiv.1"],
)  # fmt: skip
def test_one_of_a_preprint_server_and_one_of_a_journal(doi: str) -> None:
    assert as_one(preprint(), published())
    assert as_one(preprint(doi=doi), published())
    assert as_one(published(title=TITLE.upper()), preprint(doi=doi))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, ("Lamp, Ada", "Wick, Bo", "Oil, Cy")),
        (ONE, ("Lamp A", "Wick B", "Oil C")),
        (ONE, ("A. Lamp",)),
        (ONE, ("A Lamp", "Di Flame", "Bo Wick", "Ed Spark")),
        (("Zoë Müller",), (r"Mueller, Z.",)),
        (("José García-López",), ("Garcia Lopez, J.",)),
    ],
)
def test_spellings_of_the_same_authors(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert as_one(preprint(authors=one), published(authors=other))


@pytest.mark.parametrize(
    "other",
    [
        published(title="Gauges that read rivers"),  # four words name no work
        published(authors=("Bo Wick", "Ada Lamp", "Cy Oil")),  # another first author
        published(authors=("Ada Lamp", "Di Flame", "Ed Spark")),  # one of three shared
        published(authors=()),
        published(doi="10.5281/zenodo.7"),  # a deposit is no version of a journal
        published(title="Reply to Gauges that read rivers by night"),
    ],
)
def test_what_does_not_join(other: Record) -> None:
    assert not as_one(preprint(title=other.title), other)


def test_a_second_preprint_or_a_second_doi_joins_nothing() -> None:
    second = preprint(doi=BIORXIV)
    assert len(parted([preprint(), published(), second])) == 3
    assert len(parted([preprint(), published(), published(doi="10.1000/other")])) == 3
    # An arXiv paper that names its DOI is the published one; another DOI is another paper.
    own = preprint(arxiv_id="2611.00001", doi="10.1000/gauge")
    assert len(parted([own, published()])) == 1
    assert len(parted([own, published(doi="10.1000/other")])) == 2


def test_versions_of_one_preprint_are_one() -> None:
    first = preprint(doi="10.21203/rs.3.rs-7/v1")
    second = preprint(doi="10.21203/rs.3.rs-7/v2")
    assert as_one(first, second)
    assert as_one(first, second, published())


@pytest.mark.parametrize(
    ("day", "precision", "joined"),
    [
        (date(2026, 11, 20), "day", True),
        (date(2026, 12, 20), "day", False),
        (date(2027, 6, 1), "day", False),
        (date(2020, 1, 1), "year", True),  # perhaps in December
        (date(2019, 1, 1), "year", False),
        (None, "day", True),
    ],
)
def test_at_most_three_years_apart(day: date | None, precision: str, joined: bool) -> None:
    one = preprint(published_on=DAY)
    assert as_one(one, published(published_on=day, published_precision=precision)) is joined


def test_a_third_without_an_id_joins_both() -> None:
    bare = record(authors=("Lamp A",), url="https://lab.example/gauges")
    assert as_one(preprint(), published(), bare, record())


def test_five_records_in_any_order() -> None:
    records = [
        preprint(),
        published(),
        published(arxiv_id="", authors=("Lamp A", "Wick B")),
        record(url="https://lab.example/gauges", authors=ONE),
        record(authors=("Di Flame",)),
    ]
    whole = parted(records)
    assert whole == [{0, 1, 2, 3}, {4}]
    for order in permutations(range(5)):
        assert in_order(records, order) == whole


VERSIONS = st.builds(
    Record,
    title=st.sampled_from([TITLE, TITLE, "Gauges that read rivers by night and day"]),
    authors=st.sampled_from([ONE, ONE, ("Lamp, A.", "Wick, B."), ("Ada Lamp", "D F", "E S"), ()]),
    arxiv_id=st.sampled_from(["", "", "2611.00001", "2611.00002"]),
    doi=st.sampled_from(["", "10.1000/a", "10.1000/b", BIORXIV, "10.5281/zenodo.7"]),
    published_on=st.sampled_from([None, DAY, date(2026, 6, 1), date(2027, 6, 1)]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VERSIONS, min_size=2, max_size=5))
def test_every_order_gives_the_same_papers(records: list[Record]) -> None:
    whole = parted(records)
    for order in list(permutations(range(len(records))))[::7]:
        assert in_order(records, order) == whole
    for paper in whole:
        ids = {records[number].arxiv_id for number in paper} - {""}
        assert len(ids) <= 1


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Ada Lamp", "lamp"),
        ("A. B. Lamp", "lamp"),
        ("Lamp, Ada B.", "lamp"),
        ("Lamp AB", "lamp"),
        ("Lamp A.-B.", "lamp"),
        ("van der Lamp, Ada", "lamp"),
        ("Ada van der Lamp", "lamp"),
        ("Ada Lamp Jr.", "lamp"),
        ("Ada Lamp, PhD", "lamp"),
        (r"Zo\"e M\"uller", "muller"),
        ("Søren Kierkegård", "kierkegard"),
        ("O’Lamp, A", "olamp"),
        ("Li Wei", "wei"),
        ("BO LI", "li"),
        ("ATLAS Collaboration", "atlascollaboration"),
        ("et al.", ""),
        ("42", ""),
        ("", ""),
        (" , Ada", "ada"),
    ],
)
def test_surnames(name: str, folded: str) -> None:
    assert surname(name) == folded


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_any_name_has_a_surname_of_letters(name: str) -> None:
    found = surname(name)
    assert found == "" or found.isalpha()


def test_dates_before_the_calendar_ends() -> None:
    late = replace(preprint(), published_on=date.max, published_precision="year")
    assert as_one(late, replace(published(), published_on=date.max))
