"""The shared index: never stale, never short of a paper, or it says so."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from digest import paper_index
from digest.matching.query import parse
from digest.models import Catalogue, Paper
from tests.support import factories

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
ROBOT = parse("robot")


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """No midnight comes while a test runs: a new day drops the shared index."""
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC)):
        yield


def found(after: int, through: int) -> set[str]:
    index, within = paper_index.index_for(after, through)
    ids = index.ids(index.evaluate(ROBOT) & within)
    return set(Paper.objects.filter(pk__in=ids).values_list("title", flat=True))


def change(paper: Paper, **fields: object) -> None:
    """As the ingest changes a paper: the counter moves with it."""
    catalogue = Catalogue.lock()
    catalogue.change += 1
    catalogue.save()
    Paper.objects.filter(pk=paper.pk).update(change=catalogue.change, **fields)


def test_old_and_undated_listings_that_arrive_while_it_is_held() -> None:
    assert found(0, 0) == set()
    factories.paper("Old robot", listed_on=date(2020, 1, 1))
    factories.paper("Undated robot", listed_on=None)
    factories.paper("New robot", listed_on=TODAY)
    assert found(0, 3) == {"Old robot", "Undated robot", "New robot"}
    assert found(1, 2) == {"Undated robot"}


def test_a_changed_paper_is_seen_as_it_is_now() -> None:
    paper = factories.paper("A kettle", listed_on=TODAY)
    assert found(0, 1) == set()
    change(paper, abstract="with a robot")
    assert found(0, 1) == {"A kettle"}


def test_a_paper_that_is_gone_is_not_found() -> None:
    factories.paper("A robot", listed_on=TODAY)
    second = factories.paper("Another robot", listed_on=TODAY)
    assert len(found(0, 2)) == 2
    change(second)
    Paper.objects.filter(pk=second.pk).delete()
    assert found(0, 2) == {"A robot"}


def test_a_window_older_than_what_is_held() -> None:
    factories.paper("Old robot", listed_on=date(2020, 1, 1))
    factories.paper("New robot", listed_on=TODAY)
    assert found(1, 2) == {"New robot"}
    assert found(0, 2) == {"Old robot", "New robot"}


def test_recent_papers_with_backfill_and_without_the_rest() -> None:
    factories.paper("Robot of today", listed_on=TODAY)
    factories.paper("Backfilled robot", listed_on=TODAY, seq=None)
    factories.paper("Robot of last month", listed_on=TODAY - timedelta(days=35))
    for days, count in ((30, 2), (40, 3), (400, 3)):
        index, within = paper_index.recent_papers(days, TODAY)
        assert (index.evaluate(ROBOT) & within).bit_count() == count


def test_asking_again_costs_one_query() -> None:
    factories.paper("A robot", listed_on=TODAY)
    found(0, 1)
    with CaptureQueriesContext(connection) as seen:
        paper_index.index_for(0, 1)
    assert len(seen) == 1


def test_many_windows_of_one_look_at_the_catalogue() -> None:
    factories.paper("Old robot", listed_on=date(2020, 1, 1))
    for number in range(3):
        factories.paper(f"Robot {number}", listed_on=TODAY)
    paper_index.windows_after({1: ()})  # the shared index is built
    with CaptureQueriesContext(connection) as seen:
        found = paper_index.windows_after(dict.fromkeys([1, 3, 4, 10_000], ()))
    assert len(seen) == 1
    assert {mark: shelf.bits.bit_count() for mark, shelf in found.items()} == {
        1: 3, 3: 1, 4: 0, 10_000: 0
    }  # fmt: skip
    assert [found[mark].through for mark in (1, 3, 4, 10_000)] == [4, 4, 4, 10_000]
    assert {shelf.change for shelf in found.values()} == {Catalogue.current().change}
    whole = paper_index.windows_after({0: ()})[0]
    assert (whole.bits.bit_count(), whole.index is found[1].index) == (4, False)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "backfill", "change", "delete", "ask", "tomorrow"]),
        st.integers(0, 80),
    ),
    max_size=25,
)


@given(STEPS)
@examples(max_examples=60, deadline=None)
def test_whatever_happens_every_window_is_complete(steps: list[tuple[str, int]]) -> None:
    Paper.objects.all().delete()
    paper_index._shared = None
    for number, (what, days) in enumerate(steps):
        listed = None if days > 75 else TODAY - timedelta(days=days)
        papers = list(Paper.objects.order_by("pk"))
        chosen = papers[days % len(papers)] if papers else None
        if what in ("add", "backfill"):
            paper = factories.paper(f"Robot {number}", listed_on=listed)
            if what == "backfill":
                Paper.objects.filter(pk=paper.pk).update(seq=None)
        elif what == "change" and chosen:
            change(chosen, title=f"Robot {number} anew")
        elif what == "delete" and chosen:
            change(chosen)
            chosen.delete()
        elif what == "tomorrow" and paper_index._shared:
            paper_index._shared.day -= timedelta(days=1)
        newest = Catalogue.current().newest_seq
        after = days % (newest + 1)
        expected = Paper.objects.between(after, newest).values_list("title", flat=True)
        if what == "ask" or number == len(steps) - 1:
            assert found(after, newest) == set(expected)
