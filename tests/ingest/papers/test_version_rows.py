"""Versions of a paper in the database: rows, numbers, splits, and the same in any order."""

from importlib import import_module
from itertools import permutations

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import Record
from digest.ingest.papers.split import rejoin, split
from digest.models import Catalogue, Listing, Paper
from tests.ingest.formats.listing_pages import paper_values, store_records

from .known_records import ONE, TITLE, preprint, published, record
from .test_same_title import RECORDS
from .test_versions import VERSIONS

pytestmark = pytest.mark.django_db


def listing(dump: str, position: int = 1) -> Listing:
    return Listing.objects.get(dump__name=dump, position=position)


def test_the_fields_of_both() -> None:
    store_records("a", preprint(abstract="We read rivers."))
    assert Paper.objects.get().versions == "preprint"
    store_records("b", published())
    paper = Paper.objects.get()
    assert (paper.arxiv_id, paper.doi, paper.journal) == ("2611.00001", "10.1000/gauge", "Rivers")
    assert (paper.versions, paper.abstract) == ("both", "We read rivers.")
    assert paper.preprint_url == "https://arxiv.org/abs/2611.00001"
    assert paper.published_url == "https://doi.org/10.1000/gauge"


def test_a_preprint_with_a_doi_keeps_it() -> None:
    store_records("a", published())
    assert Paper.objects.get().versions == "journal"
    store_records("b", preprint(doi="10.64898/2026.11.01.700001"))
    paper = Paper.objects.get()
    assert (paper.doi, paper.preprint_doi) == ("10.1000/gauge", "10.64898/2026.11.01.700001")
    assert paper.preprint_url == "https://doi.org/10.64898/2026.11.01.700001"


@pytest.mark.parametrize(
    ("first", "second", "numbers"),
    [
        ("auto", "auto", (2, True)),  # who was sent neither gets it once
        ("auto", "backfill", (1, False)),
        ("backfill", "auto", (1, False)),  # the journal's version is news
        ("backfill", "backfill", (None, False)),
    ],
)
def test_numbers(first: str, second: str, numbers: tuple[int | None, bool]) -> None:
    store_records("a", preprint(abstract="We read."), intent=first)
    store_records("b", published(abstract="We read."), intent=second)
    paper = Paper.objects.get()
    assert (paper.seq, paper.renumbered) == numbers
    store_records("b", published(abstract="We read."), intent=second)
    store_records("c", published(abstract="We read."))
    assert Paper.objects.get().seq == numbers[0]


# Every 23rd order is quick.
@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_all_orders_of_five_dumps_and_again(step: int) -> None:
    records = [preprint(abstract="x"), published(), record(authors=ONE, url="https://lab.example/"),
               record("Introduction", url="https://here.example/1"),
               record("Introduction", url="https://here.example/2")]  # fmt: skip
    whole = None
    for order in list(permutations(range(5)))[::step]:
        found = _stored(records, [*order, order[0], order[3]])
        assert whole in (None, found)
        whole = found
    assert len(whole or ()) == 3


def _stored(records: list[Record], order: list[int]) -> list[dict[str, object]]:
    with transaction.atomic():
        for number in order:
            store_records(f"dump {number}", records[number])
        found = paper_values()
        transaction.set_rollback(True)
    return found


@settings(max_examples=10, deadline=None)
@given(st.lists(RECORDS | VERSIONS, min_size=2, max_size=5), st.data())
def test_any_records_in_any_order_in_any_dumps(records: list[Record], data: st.DataObject) -> None:
    first = list(range(len(records)))
    again = data.draw(st.lists(st.sampled_from(first), max_size=2))
    other = data.draw(st.permutations(first + again))
    assert _stored(records, first) == _stored(records, other)


class TestSplit:
    @pytest.fixture(autouse=True)
    def joined(self) -> None:
        store_records("a", preprint(abstract="x"))
        store_records("b", published(), record(authors=ONE, url="https://lab.example/"))

    @pytest.mark.parametrize("chosen", ["a", "b"])
    def test_later_listings_join_their_own_side(self, chosen: str) -> None:
        assert Paper.objects.count() == 1
        split(Paper.objects.get(), [listing(chosen).pk] if chosen == "a" else
              [listing("b").pk])  # fmt: skip
        assert Paper.objects.count() == 2
        store_records("c", published(), preprint())
        assert {paper.versions for paper in Paper.objects.all()} == {"preprint", "journal"}
        own = Listing.objects.filter(doi="10.1000/gauge")
        assert len({each.paper_id for each in own}) == 1

    def test_a_listing_without_an_id_can_go_with_either(self) -> None:
        chosen = [listing("b").pk, listing("b", 2).pk]
        other = split(Paper.objects.get(), chosen)
        assert set(other.listings.values_list("pk", flat=True)) == set(chosen)
        store_records("c", preprint(upvotes=3))
        assert Paper.objects.get(arxiv_id="2611.00001").upvotes == 3
        assert Paper.objects.count() == 2

    def test_it_is_taken_back(self) -> None:
        before = paper_values()
        other = split(Paper.objects.get(), [listing("b").pk])
        rejoin(other if other.listings.exclude(apart="").exists() else Paper.objects.first())
        assert paper_values() == before

    def test_it_lasts_when_dumps_are_read_again(self) -> None:
        split(Paper.objects.get(), [listing("b").pk])
        before = paper_values()
        store_records("b", published(), record(authors=ONE, url="https://lab.example/"))
        store_records("a", preprint(abstract="x"))
        assert paper_values() == before


def test_parted_again_each_takes_back_its_ids() -> None:
    """Who was sent either of two papers that proved to be one is not sent it again."""
    store_records("a", preprint(authors=()))
    store_records("b", published())
    one, other = Paper.objects.order_by("pk").values_list("pk", flat=True)
    store_records("a", preprint())
    joined = Paper.objects.get()
    assert (joined.pk, joined.former, joined.renumbered) == (one, [other], True)
    split(joined, [listing("b").pk])
    journal, arxiv = Paper.objects.get(versions="journal"), Paper.objects.get(pk=one)
    assert (journal.former, journal.renumbered) == ([other], True)
    assert journal.seq == Catalogue.current().newest_seq
    assert arxiv.former == []


def test_the_row_of_the_other_side_is_given_back_too() -> None:
    store_records("b", published(authors=()))
    store_records("a", preprint())
    one, other = Paper.objects.order_by("pk").values_list("pk", flat=True)
    store_records("b", published())
    split(Paper.objects.get(), [listing("b").pk])
    assert Paper.objects.get(versions="preprint").pk == one
    assert Paper.objects.get(versions="journal").former == [one]
    assert other not in Paper.objects.values_list("pk", flat=True)


def test_stored_papers_and_listings_are_renamed_by_the_migration() -> None:
    store_records("a", preprint(), record("Introduction", url="https://here.example/1"))
    names = list(Listing.objects.order_by("pk").values_list("title_key", flat=True))
    Listing.objects.filter(position=2).update(title_key="introduction")
    Paper.objects.update(versions="")
    migration = import_module("digest.migrations.0027_titles_that_name_none")
    migration.note_versions(apps, None)
    migration.rename_generic_titles(apps, None)
    assert list(Listing.objects.order_by("pk").values_list("title_key", flat=True)) == names
    assert Paper.objects.get(title=TITLE).versions == "preprint"
    assert Paper.objects.get(title="Introduction").versions == ""
