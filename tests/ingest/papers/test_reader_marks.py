"""Ratings and saved papers stay when papers prove to be one, and when they are split again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction

from digest.ingest.formats import Record
from digest.ingest.papers.split import split
from digest.models import Listing, Paper
from subscriptions.models import Profile, Rating, SavedPaper, Subscriber
from subscriptions.reader_papers import Action, mark
from tests.ingest.formats.listing_pages import store_records
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(days=1)


@pytest.fixture
def papers() -> tuple[Paper, Paper]:
    """Two papers, which `join` shows to be one: the first keeps its row."""
    store_records("a", Record("A", "with an id", arxiv_id="2501.1"))
    store_records("b", Record("B", "with another", doi="10.1000/b"))
    return Paper.objects.get(title="A"), Paper.objects.get(title="B")


def join() -> Paper:
    store_records("c", Record("A", "both", arxiv_id="2501.1", doi="10.1000/b"))
    return Paper.objects.get()


def rate(person: Subscriber, paper: Paper, value: int, at: object = MORNING) -> None:
    Rating.objects.create(subscriber=person, paper=paper, value=value, rated_at=at)


def people(count: int) -> list[Subscriber]:
    return [factories.subscriber(f"reader{number}@example.org") for number in range(count)]


def test_the_profiles_of_those_who_rated_a_joined_paper_are_fitted_again(
    papers: tuple[Paper, Paper],
) -> None:
    ada, eve = people(2)
    rate(ada, papers[1], 1)
    for person in (ada, eve):
        Profile.objects.create(subscriber=person)
    join()
    assert [each.pk for each in Profile.objects.due()] == [ada.pk]


def test_marks_move_to_the_paper_that_stays(papers: tuple[Paper, Paper]) -> None:
    kept, gone = papers
    ada, eve = people(2)
    rate(ada, gone, -1, LATER)
    SavedPaper.objects.create(subscriber=ada, paper=gone, saved_at=LATER)
    rate(eve, kept, 1)
    assert join() == kept
    rows = Rating.objects.order_by("subscriber").values_list(
        "subscriber", "paper", "value", "rated_at"
    )
    assert list(rows) == [(ada.pk, kept.pk, -1, LATER), (eve.pk, kept.pk, 1, MORNING)]
    saved = SavedPaper.objects.get()
    assert (saved.subscriber, saved.paper, saved.saved_at) == (ada, kept, LATER)


@pytest.mark.parametrize(
    ("of_kept", "of_gone", "value"), [(LATER, MORNING, 1), (MORNING, LATER, -1)]
)
def test_of_two_ratings_the_newer_counts(
    papers: tuple[Paper, Paper], of_kept: object, of_gone: object, value: int
) -> None:
    kept, gone = papers
    (ada,) = people(1)
    rate(ada, kept, 1, of_kept)
    rate(ada, gone, -1, of_gone)
    SavedPaper.objects.bulk_create(
        SavedPaper(subscriber=ada, paper=paper, saved_at=MORNING) for paper in papers
    )
    join()
    row = Rating.objects.get()
    assert (row.paper, row.value, row.rated_at) == (kept, value, LATER)
    assert SavedPaper.objects.get().paper == kept


def test_several_papers_prove_to_be_one(papers: tuple[Paper, Paper]) -> None:
    store_records("d", Record("C", "a third", doi="10.1000/c"))
    (ada,) = people(1)
    for hours, paper in enumerate(Paper.objects.order_by("pk")):
        rate(ada, paper, -1 if paper.title == "C" else 1, MORNING + timedelta(hours=hours))
        SavedPaper.objects.create(subscriber=ada, paper=paper)
    both = {"arxiv_id": "2501.1"}
    store_records("c", Record("A", doi="10.1000/b", **both), Record("A", doi="10.1000/c", **both))
    assert Paper.objects.count() == 1
    assert Rating.objects.get().value == -1
    assert SavedPaper.objects.count() == 1


def test_a_split_leaves_them_with_the_paper_that_keeps_the_row(
    papers: tuple[Paper, Paper],
) -> None:
    kept, gone = papers
    (ada,) = people(1)
    rate(ada, gone, 1)
    SavedPaper.objects.create(subscriber=ada, paper=gone)
    other = split(join(), [Listing.objects.get(dump__name="b").pk])
    assert other.pk != kept.pk
    assert Paper.objects.count() == 2
    assert Rating.objects.get().paper == SavedPaper.objects.get().paper == kept


def test_marks_go_with_a_paper_that_nothing_takes_over(papers: tuple[Paper, Paper]) -> None:
    (ada,) = people(1)
    for paper in papers:
        rate(ada, paper, 1)
        SavedPaper.objects.create(subscriber=ada, paper=paper)
    store_records("b", Record("Something else", "altogether", doi="10.1000/other"))
    assert Paper.objects.count() == 2
    assert Rating.objects.count() == SavedPaper.objects.count()
    assert Rating.objects.filter(paper=papers[0]).exists()


def test_an_old_id_leads_to_the_paper_that_stays(papers: tuple[Paper, Paper]) -> None:
    kept, gone = papers
    joined = join()
    found = Paper.objects.by_any_id([kept.pk, gone.pk, 10**30, -1, 0])
    assert found == {kept.pk: joined, gone.pk: joined}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("commits_first", [True, False])
def test_a_mark_made_at_this_moment_is_kept_or_refused(commits_first: bool) -> None:
    with transaction.atomic():
        store_records("a", Record("A", "with an id", arxiv_id="2501.1"))
        store_records("b", Record("B", "with another", doi="10.1000/b"))
    kept, gone = Paper.objects.get(title="A"), Paper.objects.get(title="B")
    ada = factories.subscriber("ada@example.org")
    rated, joined = threading.Event(), threading.Event()

    def rate_slowly() -> bool:
        try:
            with transaction.atomic():
                mark(ada, gone, Action.MORE, MORNING)
                rated.set()
                if not commits_first:
                    assert joined.wait(20)
        except IntegrityError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(rate_slowly)
        assert rated.wait(20)
        if commits_first:
            assert reader.result(20)
        with transaction.atomic():
            join()
        joined.set()
        assert reader.result(20) == commits_first
    assert list(Rating.objects.values_list("paper", flat=True)) == [kept.pk] * commits_first
