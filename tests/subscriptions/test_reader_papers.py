"""Ratings and saved papers: one a person and paper, and so many at most."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from digest.models import Paper
from subscriptions import reader_papers
from subscriptions.models import Rating, Subscriber
from subscriptions.reader_papers import Action, Marks, SavedListFull, mark, marks_of
from tests.support import factories
from tests.support.factories import MORNING

pytestmark = pytest.mark.django_db


def test_marks_are_a_person_s_own_and_take_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ada, eve = factories.subscriber("ada@example.org"), factories.subscriber("eve@example.org")
    papers = [factories.paper(f"Paper {number}") for number in range(3)]
    mark(ada, papers[0], Action.MORE, MORNING)
    mark(ada, papers[0], Action.SAVE, MORNING)
    mark(ada, papers[1], Action.LESS, MORNING)
    mark(eve, papers[2], Action.MORE, MORNING)
    with django_assert_num_queries(2):
        marks = marks_of(ada, [each.pk for each in papers])
    assert list(marks.values()) == [Marks("more", True), Marks("less"), Marks()]


def test_rating_again_replaces_the_value_and_the_time() -> None:
    ada, paper = factories.subscriber(), factories.paper()
    mark(ada, paper, Action.LESS, MORNING)
    mark(ada, paper, Action.MORE, MORNING + timedelta(minutes=1))
    row = Rating.objects.get()
    assert (row.value, row.rated_at) == (1, MORNING + timedelta(minutes=1))


def test_saving_again_keeps_the_place_in_the_list() -> None:
    ada, paper = factories.subscriber(), factories.paper()
    for minutes in range(2):
        mark(ada, paper, Action.SAVE, MORNING + timedelta(minutes=minutes))
    assert ada.saved_papers.get().saved_at == MORNING


def rated(person: Subscriber, count: int) -> list[Paper]:
    papers = [factories.paper(f"Paper {number}") for number in range(count)]
    for minutes, paper in enumerate(papers):
        mark(person, paper, Action.MORE, MORNING + timedelta(minutes=minutes))
    return papers


def test_beyond_the_limit_the_oldest_rating_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_papers, "RATING_LIMIT", 3)
    ada, eve = factories.subscriber("ada@example.org"), factories.subscriber("eve@example.org")
    rated(eve, 1)
    papers = rated(ada, 4)
    assert {row.paper for row in ada.ratings.all()} == set(papers[1:])
    mark(ada, papers[1], Action.LESS, MORNING + timedelta(hours=1))
    mark(ada, papers[0], Action.LESS, MORNING + timedelta(hours=2))
    assert {row.paper for row in ada.ratings.all()} == {papers[0], papers[1], papers[3]}
    assert eve.ratings.count() == 1


def test_a_full_list_takes_what_is_on_it_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_papers, "SAVED_LIMIT", 2)
    ada = factories.subscriber()
    papers = [factories.paper(f"Paper {number}") for number in range(3)]
    for paper in papers[:2]:
        mark(ada, paper, Action.SAVE, MORNING)
    mark(ada, papers[1], Action.SAVE, MORNING)
    with pytest.raises(SavedListFull):
        mark(ada, papers[2], Action.SAVE, MORNING)
    mark(ada, papers[0], Action.REMOVE, MORNING)
    mark(ada, papers[2], Action.SAVE, MORNING)
    assert {row.paper for row in ada.saved_papers.all()} == set(papers[1:])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", [Action.MORE, Action.SAVE])
def test_a_paper_deleted_meanwhile_is_not_there(action: Action) -> None:
    with transaction.atomic():
        ada, paper = factories.subscriber(), factories.paper()
    Paper.objects.all().delete()
    with pytest.raises(Paper.DoesNotExist) as caught:
        mark(ada, paper, action, MORNING)
    assert isinstance(caught.value.__cause__, IntegrityError)
    mark(ada, paper, Action.UNRATE, MORNING)
