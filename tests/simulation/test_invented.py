"""Invented papers are papers to the real reader, and invented people are due once a day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random

import pytest

from digest.ingest.formats import FORMATS
from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse
from digest.simulation import bulk_rows, invented_papers, invented_people
from digest.simulation.invented_papers import Vocabulary
from subscriptions.models import Subscriber, Subscription

DAY = date(2026, 11, 20)
START = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.invent(Random(1))


def test_every_line_is_a_paper_of_the_day(vocabulary: Vocabulary) -> None:
    data = invented_papers.dump(vocabulary, Random(2), 30, DAY, after=70)
    page = FORMATS["jsonl"](data, DAY, None)
    assert (len(page.records), page.skipped, page.listed_on) == (30, (), DAY)
    dois = [record.doi for record in page.records]
    assert dois[0] == "10.5555/simulated.71"
    assert len({*dois, *(record.title for record in page.records)}) == 60


def test_the_same_seed_gives_the_same_papers(vocabulary: Vocabulary) -> None:
    again = Vocabulary.invent(Random(1))
    assert again.terms == vocabulary.terms
    ours, theirs = (
        invented_papers.dump(each, Random(2), 3, DAY, after=0) for each in (vocabulary, again)
    )
    assert ours == theirs
    assert ours != invented_papers.dump(vocabulary, Random(3), 3, DAY, after=0)


def test_keywords_find_papers_and_none_finds_all(vocabulary: Vocabulary) -> None:
    random = Random(2)
    papers = [
        PaperText(id=number, seq=number, title="", abstract=vocabulary.text(random, 120))
        for number in range(1, 151)
    ]
    index = PaperIndex(papers)
    keywords = [parse(text) for text in islice(vocabulary.keywords(random), 400)]
    found = [index.evaluate(keyword).bit_count() for keyword in keywords]
    assert 0 < max(found) < len(papers) / 10
    assert sum(map(bool, found)) > len(found) / 5


def test_popular_keywords_are_drawn_more_often() -> None:
    ranked = [f"word{number}" for number in range(100)]
    drawn = list(invented_people.drawn_keywords(ranked, 2000, 3))
    assert all(len(set(mine)) == 3 for mine in drawn)
    counts = Counter(text for mine in drawn for text in mine)
    assert counts["word0"] > 2 * counts["word9"] > 2 * counts["word90"]


@pytest.mark.django_db
def test_everybody_is_due_once_on_the_first_day() -> None:
    invented_people.subscribe(400, ["alfalfa", "bean", "chard", "dill"], 2, START, seed=5)
    people = Subscriber.objects.due(START)
    assert people.count() == 400
    dues = [person.next_due_at or START for person in people]
    assert min(dues) >= START - timedelta(days=1)
    assert max(dues) < START
    assert len({person.timezone for person in people}) > 10
    assert len({person.send_at for person in people}) > 5
    for person in people:
        assert person.next_due_at
        assert person.next_due_at.astimezone(person.zone).time() == person.send_at
    assert Subscription.objects.count() == 800
    assert set(Subscription.objects.values_list("subscriber_id", flat=True)) == set(
        people.values_list("pk", flat=True)
    )


@pytest.mark.django_db
def test_people_of_the_benches_are_due_at_seven() -> None:
    bulk_rows.subscribers(8, START)
    bulk_rows.subscribers(2, START + timedelta(days=1), after=8)
    people = Subscriber.objects.order_by("pk")
    assert [person.pk for person in people] == list(range(1, 11))
    assert {person.send_at for person in people} == {bulk_rows.SEND_AT}
    assert [person.timezone for person in people] == bulk_rows.ZONES[1:11]
    assert people.due(START).count() == 8
    # In Bangkok it is seven o'clock at this very instant.
    assert people.get(timezone="Asia/Bangkok").next_due_at == START
