"""A large page in batches: the same papers as at once, and whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import Page, Record
from digest.ingest.papers import batches
from digest.ingest.papers.batches import closed_batches
from digest.ingest.papers.upsert import Counts, TooManyNew, plan_batches, upsert
from digest.models import Catalogue, Dump, Listing, Paper
from tests.ingest.formats.listing_pages import AT, paper_values, store_records

from .test_order import RECORDS

NAMES = st.lists(st.sampled_from(["", "", "a", "b", "c", "d"]), min_size=3, max_size=3)


@contextmanager
def batches_of(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BATCH_RECORDS", size)
        yield


def batches_for(names: Sequence[Sequence[str]], size: int) -> list[list[int]]:
    records = [Record(str(place)) for place in range(len(names))]
    with batches_of(size):
        found = closed_batches(records, lambda record: names[int(record.title)])
    return [list(batch) for batch in found]


@given(st.lists(NAMES, max_size=9), st.integers(1, 4))
@settings(max_examples=60)
def test_each_record_is_in_one_batch_with_all_that_share_a_name(
    names: list[list[str]], size: int
) -> None:
    found = batches_for(names, size)
    assert sorted(place for batch in found for place in batch) == list(range(len(names)))
    homes = {place: number for number, batch in enumerate(found) for place in batch}
    for one, other in ((one, other) for one in homes for other in homes):
        pairs = zip(names[one], names[other], strict=True)
        if any(mine and mine == theirs for mine, theirs in pairs):
            assert homes[one] == homes[other]
    assert all(batch == sorted(batch) for batch in found)


def test_unrelated_records_fill_batches_of_the_size() -> None:
    names = [[str(place)] for place in range(7)]
    assert batches_for(names, 3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert batches_for(names, 7) == [list(range(7))]
    assert batches_for([], 3) == []


def test_a_name_of_one_kind_is_none_of_another() -> None:
    assert batches_for([["x", ""], ["", "x"]], 1) == [[0], [1]]


def test_a_long_chain_is_one_batch() -> None:
    names = [[str(place // 2), str((place + 1) // 2)] for place in range(5000)]
    assert batches_for(names, 2) == [list(range(5000))]


def result(records: list[Record], before: list[list[Record]], size: int) -> tuple[Any, ...]:
    """What a database of its own holds once these dumps came, the last in batches of that size."""
    with transaction.atomic():
        for number, stored in enumerate(before):
            store_records(f"before {number}", *stored, listed_on=date(2026, 11, 1 + number))
        with batches_of(size):
            counts = store_records("large", *records)
        found = paper_values(), counts, sorted(positions())
        transaction.set_rollback(True)
    return found


def positions() -> Iterator[tuple[int, str]]:
    for listing in Listing.objects.filter(dump__name="large"):
        yield listing.position, listing.record["title"]


@pytest.mark.django_db
@given(
    st.lists(RECORDS, min_size=3, max_size=8),
    st.lists(st.lists(RECORDS, min_size=1, max_size=3), max_size=2),
    st.integers(1, 3),
)
@settings(max_examples=12)
def test_the_same_papers_as_at_once(
    records: list[Record], before: list[list[Record]], size: int
) -> None:
    papers, counts, places = result(records, before, 100)
    in_batches = result(records, before, size)
    assert in_batches[0] == papers
    assert (in_batches[1].new, in_batches[2]) == (counts.new, places)


@pytest.mark.django_db
class TestStored:
    @pytest.fixture(autouse=True)
    def small(self) -> Iterator[None]:
        with batches_of(2):
            yield

    def test_two_batches_that_meet_in_a_stored_paper(self) -> None:
        """They share no name: only the stored listing has both of theirs."""
        stored = Record("A", "a", arxiv_id="2501.1", doi="10.1/x")
        store_records("stored", stored, listed_on=date(2026, 11, 1))
        records = [
            Record("Paper", "b", arxiv_id="2501.1"),
            *(Record(f"Other {number}", "o") for number in range(3)),
            Record("Another title", doi="10.1/x"),
        ]
        assert plan_batches(Page("x", None, records)) == [[0, 1], [2, 3], [4]]
        assert store_records("large", *records) == Counts(3, 1, 0)
        paper = Paper.objects.get(arxiv_id="2501.1")
        # Both listings of the new dump count as of its format and day: one source, the last place.
        assert (paper.listings.count(), paper.source_count) == (3, 1)
        assert paper.title == "Another title"

    def test_a_dump_whose_row_does_not_know_its_day_and_format_yet(self) -> None:
        store_records("stored", Record("A", "a", arxiv_id="2501.1", doi="10.1/x"), listed_on=None)
        dump = Dump.objects.create(name="large", sha256="f" * 64, received_at=AT)
        records = [Record("B", arxiv_id="2501.1"), *map(Record, "CDE"), Record("F", doi="10.1/x")]
        upsert(dump, Page("hf_json", date(2026, 11, 20), records))
        paper = Paper.objects.get(arxiv_id="2501.1")
        assert (paper.title, paper.source_count) == ("F", 1)
        assert paper.listed_on == date(2026, 11, 20)

    def test_one_paper_all_over_the_page_is_numbered_once(self) -> None:
        records = [Record("A"), *map(Record, "BCDE"), Record("A", "late abstract")]
        assert store_records("large", *records) == Counts(5, 0, 0)
        assert not Paper.objects.filter(renumbered=True).exists()
        assert set(Paper.objects.values_list("seq", flat=True)) == {1, 2, 3, 4, 5}

    def test_too_many_new_are_counted_to_the_end(self, settings: Any) -> None:
        settings.NEW_PAPERS_LIMIT = 3
        with pytest.raises(TooManyNew) as wrong, transaction.atomic():
            store_records("large", *map(Record, "ABCDEFG"))
        assert wrong.value.count == 7
        assert not Paper.objects.exists()
        assert not Listing.objects.exists()
        assert Catalogue.current().newest_seq == 0
        settings.NEW_PAPERS_LIMIT = 7
        assert store_records("large", *map(Record, "ABCDEFG")).new == 7

    def test_read_again_all_listings_are_replaced(self) -> None:
        store_records("large", *map(Record, "ABCDE"), intent="backfill")
        assert store_records("large", *map(Record, "EDCBX")) == Counts(1, 0, 4)
        assert [title for _, title in sorted(positions())] == list("EDCBX")
        assert not Paper.objects.filter(title="A").exists()
        store_records("large", intent="backfill")
        assert not Listing.objects.exists()
