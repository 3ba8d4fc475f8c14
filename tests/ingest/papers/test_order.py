"""The same dumps in any order, any number of times, give the same papers."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import Record
from digest.ingest.papers.upsert import rederive
from digest.models import Catalogue, Listing, Paper
from tests.ingest.formats.listing_pages import paper_values, store_records

RECORDS = st.builds(
    Record,
    title=st.sampled_from(["A", "B", "C", "a"]),
    abstract=st.sampled_from(["", "one", "two"]),
    arxiv_id=st.sampled_from(["", "", "2501.1", "2501.2", "2501.3"]),
    doi=st.sampled_from(["", "", "10.1/x", "10.1/y"]),
    comment_count=st.sampled_from([None, 0, 3, 5]),
    published_on=st.sampled_from([None, date(2025, 1, 2), date(2026, 1, 2)]),
    year_inferred=st.booleans(),
)
DUMPS = st.lists(
    st.tuples(
        st.lists(RECORDS, min_size=1, max_size=4),
        st.sampled_from([None, date(2026, 11, 1), date(2026, 11, 2)]),
        st.sampled_from(["auto", "auto", "backfill"]),
    ),
    min_size=1,
    max_size=4,
)
# What an operator says: this entry (dump, position) is of that paper, and of no other.
WORDS = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(1, 4)), st.sampled_from(["x", "y"]), max_size=3
)


def papers_after(dumps: list[Any], order: list[int]) -> list[dict[str, Any]]:
    """The papers once these dumps have come in this order, in a database of their own."""
    with transaction.atomic():
        for number in order:
            records, listed_on, intent = dumps[number]
            before, owners = Catalogue.current(), numbered_owners()
            counts = store_records(f"dump {number}", *records, listed_on=listed_on, intent=intent)
            check(before, counts.new + counts.updated > 0)
            check_joined(before, owners)
        found = paper_values()
        transaction.set_rollback(True)
    return found


def papers_split_after(
    dumps: list[Any], order: list[int], words: dict[tuple[int, int], str], again: list[int]
) -> list[dict[str, Any]]:
    """The papers once dumps came in this order, were split so, and some of them came again."""
    with transaction.atomic():
        for number in [*order, None, *again]:
            before = Catalogue.current()
            if number is None:
                say(words)
            else:
                records, listed_on, intent = dumps[number]
                store_records(f"dump {number}", *records, listed_on=listed_on, intent=intent)
            check(before, changed=False)
        found = paper_values()
        transaction.set_rollback(True)
    return found


def say(words: dict[tuple[int, int], str]) -> None:
    touched = []
    for (number, position), apart in words.items():
        chosen = Listing.objects.filter(dump__name=f"dump {number}", position=position)
        touched += list(chosen)
        chosen.update(apart=apart)
    rederive(Listing.objects.filter(pk__in=[listing.pk for listing in touched]))


def check(before: Catalogue, changed: bool) -> None:
    """What holds after every store."""
    after = Catalogue.current()
    newest = Paper.objects.aggregate(newest=Max("seq"))["newest"]
    assert after.newest_seq == max(before.newest_seq, newest or 0)
    assert after.change > before.change if changed else True
    assert not Paper.objects.filter(listings=None).exists()
    assert not Paper.objects.filter(change__gt=after.change).exists()
    for paper in Paper.objects.exclude(arxiv_id=None):
        ids = set(paper.listings.exclude(arxiv_id="").values_list("arxiv_id", flat=True))
        assert ids == {paper.arxiv_id}
    joined = Listing.objects.filter(apart="").exclude(arxiv_id="")
    owners = set(joined.values_list("arxiv_id", "paper_id"))
    assert len({arxiv_id for arxiv_id, _ in owners}) == len(owners)
    for paper in Paper.objects.exclude(listings__apart=""):
        assert len(set(paper.listings.values_list("apart", flat=True))) == 1


def numbered_owners() -> dict[int, int]:
    """For each listing of a numbered paper, that paper."""
    rows = Listing.objects.filter(paper__seq__isnull=False)
    return dict(rows.values_list("pk", "paper_id"))


def check_joined(before: Catalogue, owners: dict[int, int]) -> None:
    """Numbered papers that have become one: numbered anew, and none of them forgotten."""
    left = set(Paper.objects.values_list("pk", flat=True))
    now = dict(Listing.objects.values_list("pk", "paper_id"))
    for gone in set(owners.values()) - left:
        into = {now[pk] for pk, owner in owners.items() if owner == gone and pk in now}
        if len(into) == 1:
            paper = Paper.objects.get(pk=into.pop())
            if paper.pk in owners.values():
                assert gone in paper.former
                assert paper.seq > before.newest_seq


def same_papers(dumps: list[Any], data: st.DataObject) -> None:
    first = list(range(len(dumps)))
    again = data.draw(st.lists(st.sampled_from(first), max_size=3))
    other = data.draw(st.permutations(first + again))
    assert papers_after(dumps, first) == papers_after(dumps, other)


@pytest.mark.django_db
@settings(max_examples=10, deadline=None)
@given(DUMPS, st.data())
def test_any_order_any_number_of_times(dumps: list[Any], data: st.DataObject) -> None:
    same_papers(dumps, data)


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=10, deadline=None)
@given(DUMPS, WORDS, st.data())
def test_what_an_operator_said_holds_in_any_order(
    dumps: list[Any], words: dict[tuple[int, int], str], data: st.DataObject
) -> None:
    first = list(range(len(dumps)))
    other = data.draw(st.permutations(first))
    again = data.draw(st.lists(st.sampled_from(first), max_size=3))
    expected = papers_split_after(dumps, first, words, [])
    assert papers_split_after(dumps, other, words, again) == expected


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=100, deadline=None)
@given(DUMPS, st.data())
def test_any_order_at_length(dumps: list[Any], data: st.DataObject) -> None:
    same_papers(dumps, data)


@pytest.mark.django_db
def test_counts_are_those_of_the_newest_page() -> None:
    dumps = [
        ([replace(Record("A", "x"), comment_count=count)], date(2026, 11, day), "auto")
        for count, day in ((3, 2), (9, 1))
    ]
    assert papers_after(dumps, [0, 1])[0]["comment_count"] == 3
    assert papers_after(dumps, [1, 0])[0]["comment_count"] == 3
