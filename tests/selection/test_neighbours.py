"""Neighbours: which papers a digest adds, and that it never adds more than was asked for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.models import Digest, DigestFacts, KeywordVector
from digest.models.digest_contents import NearMiss, Neighbour, QuietNotice
from digest.selection.active_keywords import active_keywords_of
from digest.selection.contents import contents, contents_of
from digest.selection.neighbours import MOST, count_matches, window_scores
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import LONG_AGO, earlier, entry, found
from tests.support.topics import KEYWORD, about_else, close_to_it, of_the_topic, shelve_topics

pytestmark = pytest.mark.django_db


def reader(*keywords: str, email: str = "ada@example.org", **fields: Any) -> Subscriber:
    """Somebody who asked for neighbours; the papers so far are shelved and handled."""
    person = factories.subscriber(
        email,
        *(keywords or (KEYWORD,)),
        **({"neighbours": True, "confirmed_at": LONG_AGO} | fields),
    )
    Subscriber.objects.update(confirmed_through_seq=shelve_topics())
    person.refresh_from_db()
    return person


@pytest.fixture(autouse=True)
def of_that_day() -> Iterator[None]:
    """The index holds the papers of the last months: those of the tests are of that day."""
    with time_machine.travel(MORNING):
        yield


def shown(person: Subscriber, **fields: Any) -> list[int]:
    return [each.paper for each in found(person, **fields).facts.neighbours]


def test_a_close_paper_is_added_with_the_keyword_it_is_close_to() -> None:
    person = reader("glaciology", KEYWORD)
    of_the_topic(9)
    close, _ = close_to_it(), about_else(9)
    got = found(person)
    assert got.facts.neighbours == (Neighbour(close.pk, KEYWORD),)
    assert close.pk not in {each.paper for each in got.entries}


def test_nobody_gets_them_who_did_not_ask() -> None:
    person = reader(neighbours=False)
    of_the_topic(9)
    close_to_it()
    assert shown(person) == []
    assert not KeywordVector.objects.exists()


def test_at_most_three_the_closest_first() -> None:
    person = reader()
    of_the_topic(9)
    further = factories.paper(
        "Drafts and parallel tokens",
        abstract="A draft proposes tokens in parallel. Harbour cranes, herring nets, tides, ropes, "
        "a verifier, and inference.",
    )
    close = [close_to_it().pk]
    assert shown(person) == [*close, further.pk]
    close += [close_to_it(number).pk for number in range(1, 5)]
    assert MOST == 3
    assert shown(person) == close[:3]


class TestNeverAdded:
    def test_what_is_excluded_withdrawn_or_matched(self) -> None:
        person = reader(KEYWORD, "-harbour", "herring")
        of_the_topic(9)
        close_to_it(0, title="Drafts in the harbour")
        close_to_it(1, withdrawn_at=MORNING.date())
        close_to_it(2, title="Herring draft")
        assert shown(person) == []

    def test_trending_papers_of_the_same_digest(self) -> None:
        person = reader(trending_top=1)
        of_the_topic(9)
        trending = close_to_it(comment_count=99)
        got = found(person)
        assert trending.pk in {each.paper for each in got.entries}
        assert got.facts.neighbours == ()

    @pytest.mark.parametrize("renumbered", [True, False])
    def test_what_was_sent_before(self, renumbered: bool) -> None:
        person = reader()
        of_the_topic(9)
        close = close_to_it(renumbered=renumbered)
        # Without a new number, one that was taken for lost first has papers of this window.
        held = person.confirmed_through_seq + (0 if renumbered else 9)
        earlier(person, 3, entries=[entry(close.pk)], to_seq=held)
        assert shown(person) == []

    @pytest.mark.parametrize("near", [True, False])
    def test_what_was_shown_before(self, near: bool) -> None:
        person = reader()
        of_the_topic(9)
        close = close_to_it(renumbered=True)
        notice = QuietNotice(near=(NearMiss(close.pk, KEYWORD),))
        facts = DigestFacts(neighbours=(Neighbour(close.pk, KEYWORD),))
        earlier(person, 3, facts=DigestFacts(quiet=notice) if near else facts)
        assert shown(person) == []

    def test_what_was_shown_under_a_former_id(self) -> None:
        person = reader()
        of_the_topic(9)
        close_to_it(renumbered=True, former=[4711])
        earlier(person, 3, facts=DigestFacts(neighbours=(Neighbour(4711, KEYWORD),)))
        assert shown(person) == []

    def test_papers_of_another_window(self) -> None:
        person = reader()
        close_to_it()
        Subscriber.objects.update(confirmed_through_seq=of_the_topic(8).seq)
        person.refresh_from_db()
        of_the_topic(9)
        assert shown(person) == []

    def test_in_a_sample(self) -> None:
        person = reader()
        of_the_topic(9)
        close_to_it()
        assert found(person, kind="sample").facts.neighbours == ()


def test_too_few_matches_have_none() -> None:
    person = factories.subscriber("ada@example.org", KEYWORD, neighbours=True)
    Subscriber.objects.update(confirmed_through_seq=shelve_topics(matches=4))
    person.refresh_from_db()
    of_the_topic(9)
    close_to_it()
    assert KeywordVector.objects.get().matches == 4
    assert shown(person) == []
    count_matches(60.0)
    assert KeywordVector.objects.get().matches == 5


def test_they_never_make_a_mail_by_themselves() -> None:
    person = reader(quiet_after=0)
    close_to_it()
    digest = Digest(subscriber=person, local_date=MORNING.date())
    digest.hold(contents(digest, MORNING), MORNING)
    assert digest.has_nothing_to_say
    assert digest.facts.neighbours == ()


class TestQuietNotice:
    def test_they_take_the_place_of_near_misses(self) -> None:
        person = reader()
        close = close_to_it()
        near = factories.paper("Speculative or greedy", abstract="Decoding differs.")
        facts = found(person).facts
        assert facts.quiet is not None
        assert facts.quiet.near == ()
        assert facts.neighbours == (Neighbour(close.pk, KEYWORD),)
        Subscriber.objects.update(neighbours=False)
        person.refresh_from_db()
        facts = found(person).facts
        assert facts.quiet is not None
        assert [miss.paper for miss in facts.quiet.near] == [near.pk]
        assert facts.neighbours == ()

    def test_the_whole_quiet_time_counts(self) -> None:
        person = reader()
        start = person.confirmed_through_seq
        close = close_to_it()
        earlier(person, 8, to_seq=start)
        earlier(person, 1, "empty", from_seq=start, to_seq=close.seq)
        Subscriber.objects.update(confirmed_through_seq=close.seq)
        person.refresh_from_db()
        assert shown(person) == [close.pk]
        shown_then = DigestFacts(neighbours=(Neighbour(close.pk, KEYWORD),))
        earlier(person, 40, facts=shown_then)
        assert shown(person) == []


def test_a_batch_chooses_what_each_digest_would_alone_in_one_more_query() -> None:
    people = [reader(email="p0@example.org")]
    people += [
        factories.subscriber(
            f"p{number}@example.org", KEYWORD, *("glacier", "violin")[: number % 3],
            confirmed_at=LONG_AGO, neighbours=number % 2 == 0,
            confirmed_through_seq=people[0].confirmed_through_seq,
        )
        for number in range(1, 8)
    ]  # fmt: skip
    for person in people:
        earlier(person, 1, to_seq=person.confirmed_through_seq, facts=DigestFacts(change=1))
    count_matches(60.0)
    of_the_topic(9)
    close_to_it()
    about_else(9)
    digests = [Digest(subscriber=person, local_date=MORNING.date()) for person in people]
    active = active_keywords_of(person.pk for person in people)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(contents_of(digests, active, MORNING)) == 8
        return len(seen)

    together = contents_of(digests, active, MORNING)
    assert together == [contents(digest, MORNING) for digest in digests]
    assert [bool(each.facts.neighbours) for each in together] == [True, False] * 4
    cached = queries()
    window_scores._known.clear()
    assert queries() == cached + 1


def test_they_are_counted_again_once_the_row_is_there() -> None:
    """A keyword without a vector is asked for again: the next run of the task may have it."""
    person = reader()
    KeywordVector.objects.all().delete()
    of_the_topic(9)
    close = close_to_it()
    assert shown(person) == []
    count_matches(60.0)
    assert shown(person) == [close.pk]


@pytest.mark.parametrize(
    "keyword", ["author:vogel", "category:cs.CL", "-draft", "org:acme", "author:vogel category:cs"]
)
def test_a_keyword_without_a_topic_has_no_vector(keyword: str) -> None:
    person = reader(keyword, trending_top=1)
    for number in range(6):
        close_to_it(number, authors=["Ines Vogel"], categories=["cs.CL"], organization="Acme")
    count_matches(60.0)
    assert not KeywordVector.objects.exists()
    assert shown(person) == []


def test_the_next_window_after_a_day_is_another() -> None:
    person = reader()
    of_the_topic(9)
    close_to_it()
    first = found(person)
    assert len(first.facts.neighbours) == 1
    earlier(person, 0, facts=first.facts, entries=first.entries, to_seq=first.through)
    Subscriber.objects.update(confirmed_through_seq=first.through)
    person.refresh_from_db()
    of_the_topic(10)
    assert shown(person, kind="scheduled") == []
    assert found(person, MORNING + timedelta(days=1)).facts.neighbours == ()


def test_a_paper_is_shown_with_the_keyword_it_is_closest_to() -> None:
    person = reader("zebra", KEYWORD)
    rows = KeywordVector.objects.filter(matches=0)
    assert rows.update(matches=9, terms={"draft": 5, "token": 5, "lossless": 5, "stripe": 2}) == 1
    of_the_topic(9)
    close = close_to_it()
    assert found(person).facts.neighbours == (Neighbour(close.pk, KEYWORD),)
    person.subscriptions.filter(text=KEYWORD).update(active=False)
    person.subscriptions.create(text="speculative")  # so that the digest has a paper
    assert Neighbour(close.pk, "zebra") in found(person).facts.neighbours


def test_matches_of_a_keyword_take_no_room_of_its_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window_scores, "_KEPT", 1)
    person = reader()
    for number in range(3):
        of_the_topic(number)
    assert shown(person) == []
    close = close_to_it()
    assert shown(person) == [close.pk]
