"""A paper's fields from its listings."""

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import Record
from digest.ingest.papers.merge import RankedRecord, paper_fields, record_from_json, record_to_json
from digest.models import Paper

OLD, NEW = date(2026, 11, 1), date(2026, 11, 20)


def listed(
    record: Record, day: date | None = NEW, sha256: str = "a", position: int = 1
) -> RankedRecord:
    return RankedRecord(record, day, sha256, position)


def derived(*listings: RankedRecord, arxiv_id: str = "") -> Paper:
    """The paper; the order of the listings must not matter."""
    every = [paper_fields(arxiv_id, order) for order in permutations(listings)]
    assert all(fields == every[0] for fields in every)
    return Paper(**every[0])


def test_the_newest_page_wins_field_by_field() -> None:
    paper = derived(
        listed(Record("Old Title", "Old.", organization="Gull", upvotes=9, author_count=4), OLD),
        listed(Record("New title", "New.", comment_count=0), NEW),
        listed(Record("Undated", "None.", comment_count=7, code_url="https://e.org/c"), None),
    )
    assert (paper.title, paper.abstract, paper.organization) == ("New title", "New.", "Gull")
    assert (paper.upvotes, paper.comment_count, paper.author_count) == (9, 0, 4)
    assert (paper.code_url, paper.listed_on) == ("https://e.org/c", OLD)


def test_of_one_day_the_higher_hash_then_the_later_place() -> None:
    paper = derived(
        listed(Record("A", "a"), sha256="1", position=9),
        listed(Record("B", "b"), sha256="2", position=1),
        listed(Record("C", "c"), sha256="2", position=2),
    )
    assert paper.title == "C"


def test_a_written_year_beats_an_inferred_one() -> None:
    inferred = Record("T", published_on=date(2026, 10, 1), year_inferred=True)
    written = Record("T", published_on=date(2025, 10, 1))
    assert derived(listed(inferred, NEW), listed(written, OLD)).published_on == date(2025, 10, 1)
    assert derived(listed(inferred, NEW)).published_on == date(2026, 10, 1)


def test_a_withdrawal_is_kept() -> None:
    withdrawn = Record("T", withdrawn_on=date(2026, 11, 3))
    assert derived(listed(withdrawn, OLD), listed(Record("T"), NEW)).withdrawn_at == date(
        2026, 11, 3
    )


def test_authors_are_counted_where_no_count_is_given() -> None:
    assert derived(listed(Record("T", authors=("A", "B")))).author_count == 2
    assert derived(listed(Record("T", authors=("A", "B"), author_count=9))).author_count == 9


@pytest.mark.parametrize(
    ("record", "arxiv_id", "url"),
    [
        (Record("T", url="https://e.org/p", doi="10.1/x"), "2501.1", "https://e.org/p"),
        (Record("T", doi="10.1/x"), "2501.00001", "https://arxiv.org/abs/2501.00001"),
        (Record("T", doi="10.1/x"), "", "https://doi.org/10.1/x"),
        (Record("T", doi="10.1/(sici)1<1::aid>3.0.co;2-x#"), "",
         "https://doi.org/10.1/(sici)1%3C1::aid%3E3.0.co;2-x%23"),
        (Record("C++ & Co: 50%?"), "", ""),
    ],
)  # fmt: skip
def test_links(record: Record, arxiv_id: str, url: str) -> None:
    assert derived(listed(record), arxiv_id=arxiv_id).url == url


FULL = (
    "Enzymes bind in pockets. We build a frame whose pores bind adenosine, and turn it over. " * 2
)


@pytest.mark.parametrize("teaser", ["Two frames.", f"{FULL[:100]}…", FULL[:100]])
def test_a_teaser_never_displaces_an_abstract_whatever_the_order(teaser: str) -> None:
    teased, full = Record("T", abstract=teaser), Record("T", abstract=FULL)
    for first, second in ((teased, full), (full, teased)):
        assert derived(listed(first, OLD), listed(second, NEW)).abstract == FULL
    assert derived(listed(teased, OLD)).abstract == teaser


@settings(max_examples=40)
@given(st.lists(st.tuples(
    st.sampled_from(["", "Two frames.", FULL[:100], f"{FULL[:90]}…", FULL, FULL.swapcase()]),
    st.sampled_from([OLD, NEW, None]),
), min_size=1, max_size=4))  # fmt: skip
def test_the_abstract_depends_on_the_listings_and_not_on_their_order(
    given_texts: list[tuple[str, date | None]],
) -> None:
    listings = [
        listed(Record("T", abstract=text), day, "ab"[place % 2], place)
        for place, (text, day) in enumerate(given_texts)
    ]
    texts = {text for text, _ in given_texts}
    chosen = derived(*listings).abstract  # tries all orders
    assert chosen in texts
    assert len(chosen) >= len(FULL) or not texts & {FULL, FULL.swapcase()}


RECORDS = st.builds(
    Record,
    title=st.text(min_size=1),
    abstract=st.text(),
    authors=st.lists(st.text(min_size=1), max_size=3).map(tuple),
    author_count=st.none() | st.integers(0, 99),
    published_on=st.none() | st.dates(),
    year_inferred=st.booleans(),
    comment_count=st.none() | st.integers(0, 99),
    categories=st.lists(st.text(min_size=1), max_size=3).map(tuple),
    withdrawn_on=st.none() | st.dates(),
)


@given(RECORDS)
def test_a_record_survives_its_keeping(record: Record) -> None:
    assert record_from_json(record_to_json(record)) == record


def test_what_a_later_version_kept_is_read() -> None:
    assert record_from_json({"title": "T", "mood": "new"}) == Record("T")


def test_sources_are_counted_once_each() -> None:
    record = Record("A", "a")
    dumps = [("a", "hf"), ("b", "hf"), ("c", "7"), ("d", ""), ("e", "")]
    listings = [RankedRecord(record, NEW, sha256, 1, 0, source) for sha256, source in dumps]
    assert derived(*listings).source_count == 2
    assert derived(*listings[3:]).source_count == 1
