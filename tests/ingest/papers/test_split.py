"""Wrong joins: an operator splits them, and the split lasts."""

from datetime import date
from itertools import permutations

import pytest

from digest.ingest.formats import Record
from digest.ingest.papers.split import CannotSplit, rejoin, split
from digest.models import Catalogue, Listing, Paper
from tests.ingest.formats.listing_pages import paper_values, store_records

pytestmark = pytest.mark.django_db
OLD, NEW = date(2026, 11, 1), date(2026, 11, 20)


def listing(dump: str, position: int = 1) -> Listing:
    return Listing.objects.get(dump__name=dump, position=position)


@pytest.fixture
def joined() -> Paper:
    """Two papers of one title, of which one has no id."""
    store_records("a", Record("A", "with an id", arxiv_id="2501.1"), listed_on=OLD)
    store_records("b", Record("A", "without", upvotes=7), listed_on=NEW)
    return Paper.objects.get()


def test_the_chosen_become_a_paper_of_their_own(joined: Paper) -> None:
    other = split(joined, [listing("b").pk])
    joined.refresh_from_db()
    assert (joined.arxiv_id, joined.abstract, joined.upvotes) == ("2501.1", "with an id", None)
    assert (other.arxiv_id, other.abstract, other.upvotes) == (None, "without", 7)
    assert (joined.seq, other.seq) == (1, 2)  # readers never had it
    assert max(joined.change, other.change) == Catalogue.current().change


def test_whichever_side_is_chosen_the_id_stays_findable(joined: Paper) -> None:
    chosen = split(joined, [listing("a").pk])
    assert chosen.arxiv_id == "2501.1"
    store_records("c", Record("A", "again", arxiv_id="2501.1"))
    assert Paper.objects.count() == 2
    assert Paper.objects.get(arxiv_id="2501.1").listings.count() == 2


def test_an_entry_with_the_wrong_id_goes_without_it() -> None:
    store_records("a", Record("A", "a", arxiv_id="2501.1"))
    store_records("b", Record("B", "b", arxiv_id="2501.1"))
    other = split(Paper.objects.get(), [listing("b").pk])
    assert (other.title, other.arxiv_id) == ("B", None)
    assert Paper.objects.get(arxiv_id="2501.1").title == "A"


def test_it_lasts_when_dumps_are_read_again_and_others_come(joined: Paper) -> None:
    split(joined, [listing("b").pk])
    before = paper_values()
    store_records("b", Record("A", "without", upvotes=7), listed_on=NEW)
    store_records("a", Record("A", "with an id", arxiv_id="2501.1"), listed_on=OLD)
    assert paper_values() == before
    store_records("c", Record("A", "", comment_count=3), listed_on=NEW)
    assert Paper.objects.get(arxiv_id="2501.1").comment_count == 3
    assert Paper.objects.count() == 2


def test_names_that_differ_stay_together() -> None:
    """What was chosen together is one paper, though only the others joined its listings."""
    store_records("a", Record("A", "a", arxiv_id="2501.1", doi="10.1/x"))
    store_records("b", Record("B", "b", doi="10.1/x"))
    store_records("c", Record("C", "c", arxiv_id="2501.1"))
    other = split(Paper.objects.get(), [listing("b").pk, listing("c").pk])
    assert other.listings.count() == 2
    store_records("d", Record("A", "d", arxiv_id="2501.1", doi="10.1/x"))
    assert sorted(paper.listings.count() for paper in Paper.objects.all()) == [2, 2]


def test_it_is_taken_back(joined: Paper) -> None:
    before = paper_values()
    other = split(joined, [listing("b").pk])
    back = rejoin(other)
    assert paper_values() == before
    assert not Listing.objects.exclude(apart="").exists()
    # Readers may have had either by now: who had one is not sent the other.
    assert (back.seq, back.renumbered, back.former) == (3, True, [other.pk])


def test_split_twice(joined: Paper) -> None:
    store_records("c", Record("A", "third"), listed_on=NEW)
    first = split(joined, [listing("b").pk, listing("c").pk])
    second = split(first, [listing("c").pk])
    assert {paper.abstract for paper in Paper.objects.all()} == {"with an id", "without", "third"}
    rejoin(second)
    assert Paper.objects.count() == 2
    rejoin(first)
    assert Paper.objects.count() == 1


def test_the_same_whatever_the_order_of_the_dumps() -> None:
    dumps = {
        "a": Record("A", "a", arxiv_id="2501.1"),
        "b": Record("A", "b"),
        "c": Record("A", "c", doi="10.1/x"),
    }
    for name, record in dumps.items():
        store_records(name, record)
    split(Paper.objects.get(arxiv_id="2501.1"), [listing("b").pk])
    before = paper_values()
    for order in permutations(dumps):
        for name in order:
            store_records(name, dumps[name])
        assert paper_values() == before


def test_what_cannot_be(joined: Paper) -> None:
    both = [listing("a").pk, listing("b").pk]
    for chosen in ([], [0], both):
        with pytest.raises(CannotSplit):
            split(joined, chosen)
    with pytest.raises(CannotSplit, match="not split off"):
        rejoin(joined)
    assert Paper.objects.count() == 1
    assert not Listing.objects.exclude(apart="").exists()
