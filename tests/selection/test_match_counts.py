"""The counts behind neighbours: of whose keywords, of which papers, and each paper once."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.matching.query import parse
from digest.matching.similarity.term_counts import MAX_TERMS
from digest.models import CountedTerms, KeywordVector, Paper, vector_key
from digest.selection.neighbours import count_matches, match_counts
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.topics import KEYWORD, about_else, close_to_it, of_the_topic

pytestmark = pytest.mark.django_db


def reader(*keywords: str, email: str = "ada@example.org", **fields: Any) -> Subscriber:
    return factories.subscriber(email, *keywords, **({"neighbours": True} | fields))


@pytest.fixture(autouse=True)
def of_that_day() -> Iterator[None]:
    """The index holds the papers of the last months: those of the tests are of that day."""
    with time_machine.travel(MORNING):
        yield


def count() -> dict[str, tuple[int, int | None]]:
    """Meaning -> matches and the number up to which they are counted, after a run."""
    count_matches(60.0)
    rows = KeywordVector.objects.values_list("meaning", "matches", "through_seq")
    return {meaning: (matches, seq) for meaning, matches, seq in rows}


def key(text: str) -> str:
    return vector_key(parse(text).canonical)


def test_a_new_keyword_is_counted_in_the_papers_that_are_there() -> None:
    reader(KEYWORD)
    for number in range(3):
        of_the_topic(number)
    of_the_topic(3, seq=None)  # backfill
    about_else()
    assert count() == {key(KEYWORD): (4, 5)}
    terms = KeywordVector.objects.get().terms
    assert terms["verifier"] == terms["inference"] == 4
    assert "the" not in terms
    assert "kettle" not in terms


def test_only_new_papers_are_added() -> None:
    reader(KEYWORD)
    of_the_topic()
    assert count() == count() == {key(KEYWORD): (1, 1)}
    about_else()
    assert count() == {key(KEYWORD): (1, 2)}
    of_the_topic(1)
    of_the_topic(2)
    assert count() == {key(KEYWORD): (3, 4)}
    assert KeywordVector.objects.get().terms["verifier"] == 3


def test_one_row_for_all_who_mean_the_same() -> None:
    reader("Speculative Decoding", "kettle")
    reader("speculative-decoding", email="bob@example.org")
    of_the_topic()
    assert count() == {key(KEYWORD): (1, 1), key("kettle"): (0, 1)}


@pytest.mark.parametrize(
    "fields", [{"neighbours": False}, {"status": "unsubscribed"}, {"status": "pending"}]
)
def test_it_goes_when_nobody_asks_any_more(fields: dict[str, Any]) -> None:
    person = reader(KEYWORD)
    of_the_topic()
    assert len(count()) == 1
    Subscriber.objects.filter(pk=person.pk).update(**fields)
    assert count() == {}


def test_a_dropped_keyword_goes_and_a_paused_reader_keeps_theirs() -> None:
    person = reader(KEYWORD, "kettle", status="paused")
    assert set(count()) == {key(KEYWORD), key("kettle")}
    person.subscriptions.filter(text="kettle").update(active=False)
    assert set(count()) == {key(KEYWORD)}


def test_counts_of_an_older_number_are_not_written() -> None:
    """Two workers that count the same papers add them once."""
    reader(KEYWORD)
    of_the_topic()
    count()
    row, rows = KeywordVector.objects.get(), KeywordVector.objects
    assert not rows.record(row.pk, None, CountedTerms(9, 7, {}))
    assert not rows.record(row.pk, 0, CountedTerms(9, 7, {}))
    rows.skip_to([row.pk], 0, 9)
    assert count() == {key(KEYWORD): (1, 1)}
    assert rows.record(row.pk, 1, CountedTerms(9, 7, {}))


def test_a_run_that_meets_another_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader(KEYWORD)
    of_the_topic()
    behind = type(KeywordVector.objects).behind

    def meanwhile(*args: Any) -> Any:
        found = behind(*args)
        KeywordVector.objects.update(through_seq=1, matches=1, terms={"draft": 1})
        return found

    monkeypatch.setattr(type(KeywordVector.objects), "behind", meanwhile)
    assert count() == {key(KEYWORD): (1, 1)}
    assert KeywordVector.objects.get().terms == {"draft": 1}


def test_rows_stay_small() -> None:
    reader("robot")
    for number in range(12):
        own = " ".join(f"word{number}x{each}" for each in range(60))
        factories.paper(f"A robot {number}", abstract=f"{own} gripper {'a' * 41}")
    assert count() == {key("robot"): (12, 12)}
    terms = KeywordVector.objects.get().terms
    assert len(terms) == MAX_TERMS
    assert terms["gripper"] == terms["robot"] == 12
    assert "a" * 41 not in terms


def test_a_common_keyword_is_counted_in_its_newest_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_counts, "_NEWEST", 2)
    reader(KEYWORD)
    for number in range(3):
        of_the_topic(number)
    assert count() == {key(KEYWORD): (2, 3)}
    assert "accelerate" not in KeywordVector.objects.get().terms


def test_without_time_nothing_is_counted_and_the_next_run_goes_on() -> None:
    reader(KEYWORD)
    of_the_topic()
    count_matches(0.0)
    assert KeywordVector.objects.get().through_seq is None
    assert count() == {key(KEYWORD): (1, 1)}


def test_a_run_with_nothing_to_do_costs_few_queries() -> None:
    for number in range(30):
        reader(KEYWORD, f"kettle {number}", email=f"p{number}@example.org")
    of_the_topic()
    count()
    with CaptureQueriesContext(connection) as seen:
        count_matches(60.0)
    assert len(seen) <= 5


def test_a_new_paper_costs_as_many_queries_for_thirty_keywords_as_for_three() -> None:
    def queries(number: int) -> int:
        Subscriber.objects.all().delete()
        Paper.objects.all().delete()
        reader(KEYWORD, *(f"kettle {each}" for each in range(number)))
        of_the_topic()
        count()
        close_to_it()
        of_the_topic(1)
        with CaptureQueriesContext(connection) as seen:
            count()
        return len(seen)

    assert queries(3) == queries(30)
