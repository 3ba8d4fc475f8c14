"""Many digests at once hold what each would hold alone, for a few queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.models import Catalogue, Digest, DigestFacts, Paper
from digest.rendering.digest_message import compose_digest
from digest.selection.active_keywords import active_keywords_of
from digest.selection.contents import contents, contents_of
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import LONG_AGO, dump, earlier, entry
from tests.support.papers import EARLIER, shelve

pytestmark = pytest.mark.django_db
WORDS = ("robot", "kettle", "map", "learning")
STATES = ("sent", "empty", "unknown", "failed", "expired")


def claimed(people: list[Subscriber], **fields: Any) -> list[Digest]:
    """A digest of MORNING for each, claimed."""
    values = {"local_date": MORNING.date(), "not_before": MORNING - timedelta(minutes=1)}
    Digest.objects.bulk_create(
        Digest(subscriber=person, expires_at=MORNING + timedelta(hours=20), **(values | fields))
        for person in people
    )
    return sorted(Digest.objects.claim(MORNING, len(people)), key=lambda digest: digest.pk)


def together(digests: list[Digest]) -> list[Any]:
    return contents_of(digests, active_keywords_of(each.subscriber_id for each in digests), MORNING)


PERSON = st.fixed_dictionaries(
    {
        "keywords": st.lists(st.sampled_from(WORDS), max_size=3, unique=True),
        "mark": st.integers(0, 6),
        "joined": st.sampled_from([1, 5, 30]),
        "quiet": st.sampled_from([0, 3, 7, 14]),
        "top": st.sampled_from([0, 0, 1]),
        "weekly": st.booleans(),
        "past": st.lists(
            st.tuples(st.integers(1, 100), st.sampled_from(STATES), st.integers(0, 6),
                      st.sampled_from([None, 0, 3])),
            max_size=5, unique_by=lambda each: each[0],
        ),
        "kind": st.sampled_from(["scheduled", "scheduled", "sample"]),
    }
)  # fmt: skip


def person_of(number: int, wish: dict[str, Any], papers: list[Paper]) -> Subscriber:
    person = factories.subscriber(
        f"p{number}@example.org", *wish["keywords"], confirmed_through_seq=wish["mark"],
        confirmed_at=MORNING - timedelta(days=wish["joined"]), quiet_after=wish["quiet"],
        trending_top=wish["top"], frequency="weekly" if wish["weekly"] else "daily", weekly_on=4,
    )  # fmt: skip
    for days, state, held, change in wish["past"]:
        facts = DigestFacts(change=change)
        shown = [entry(paper.pk, *WORDS[:1], code=False, comments=0) for paper in papers[:held]]
        earlier(person, days, state, entries=shown, facts=facts, to_seq=held)
    return person


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PERSON, min_size=1, max_size=6))
def test_a_batch_holds_what_each_digest_would_hold_alone(wishes: list[dict[str, Any]]) -> None:
    Subscriber.objects.all().delete()
    Paper.objects.all().delete()
    papers = [
        factories.paper(
            f"{WORDS[number % 4]} {number}",
            code_url="https://example.org/c" if number % 2 else "",
            renumbered=number == 4,
            withdrawn_at=MORNING.date() if number == 3 else None,
            comment_count=number * 20,
        )
        for number in range(6)
    ]
    offset = papers[0].seq or 1
    for wish in wishes:
        wish["mark"] += offset - 1
    people = [person_of(number, wish, papers) for number, wish in enumerate(wishes)]
    digests = [
        Digest(subscriber=person, local_date=MORNING.date(), kind=wish["kind"])
        for person, wish in zip(people, wishes, strict=True)
    ]
    assert together(digests) == [contents(digest, MORNING) for digest in digests]


def crowd(number: int) -> list[Digest]:
    """People with yesterday's digest, and today's claimed: an ordinary morning."""
    people = [
        factories.subscriber(
            f"p{n}@example.org", WORDS[n % 4], "nothing at all", confirmed_at=LONG_AGO,
            confirmed_through_seq=2,
        )
        for n in range(number)
    ]  # fmt: skip
    for person in people:
        for days in (1, 2):
            facts = DigestFacts(change=1)
            earlier(person, days, "sent" if days == 1 else "empty", facts=facts, to_seq=2)
    return claimed(people)


def queries(number: int) -> int:
    digests = crowd(number)
    together(digests)  # the shared index is built
    with CaptureQueriesContext(connection) as seen:
        assert Digest.objects.blocked(digests) == set()
        found = together(digests)
        assert sum(bool(each.entries) for each in found) > number // 2
        pairs = list(zip(digests, found, strict=True))
        assert Digest.objects.freeze_all(pairs, MORNING) == {each.pk for each in digests}
    Subscriber.objects.all().delete()
    return len(seen)


def test_thirty_ordinary_digests_cost_as_many_queries_as_three() -> None:
    for word in ("kettle", "robot", "robot", "kettle", "map"):
        factories.paper(f"A {word}", code_url="https://example.org/c")
    dump("a", new=3, papers=3)
    few, many = queries(3), queries(30)
    assert few == many
    assert many <= 12


def test_each_person_s_window_is_their_own() -> None:
    for _ in range(4):
        factories.paper("A robot")
    people = [
        factories.subscriber(f"p{n}@example.org", "robot", confirmed_through_seq=n % 5)
        for n in range(10)
    ]
    found = together(claimed(people))
    assert [(each.after, each.read, len(each.entries)) for each in found] == [
        (n % 5, 4 - n % 5, 4 - n % 5) for n in range(10)
    ]


def test_nobody_is_nothing() -> None:
    assert contents_of([], {}, MORNING) == []
    assert Digest.objects.freeze_all([], MORNING) == Digest.objects.blocked([]) == set()


@pytest.mark.parametrize("weekly", [False, True])
def test_the_mail_of_the_row_in_memory_is_that_of_the_row_read_back(weekly: bool) -> None:
    """Whatever order a database gives the keys of JSON."""
    shelve()
    dump("a", new=3, papers=3, listed_on=MORNING.date())
    person = factories.subscriber(
        "ada@example.org", "robot learning", "zebra", "fine tuning", "diffusion model",
        "-survey", trending_top=2, confirmed_at=LONG_AGO, confirmed_through_seq=EARLIER,
        frequency="weekly" if weekly else "daily", weekly_on=4,
    )  # fmt: skip
    seen = [entry(paper, "robot learning", code=False, comments=4) for paper in (101, 103)]
    earlier(person, 8, entries=seen)
    (digest,) = claimed([person])
    found = together([digest])
    assert found[0].follow_ups
    Digest.objects.freeze_all([(digest, found[0])], MORNING)
    again = Digest.objects.get(pk=digest.pk)
    assert compose_digest(digest).message == compose_digest(again).message
    fields = ("from_seq", "to_seq", "papers_read", "entries", "follow_ups", "facts",
              "composed_at", "lease_until")  # fmt: skip
    assert [getattr(digest, name) for name in fields] == [getattr(again, name) for name in fields]


def test_the_mail_of_a_quiet_notice_too() -> None:
    shelve()
    person = factories.subscriber("ada@example.org", "federated unlearning", confirmed_at=LONG_AGO)
    (digest,) = claimed([person])
    Digest.objects.freeze_all(list(zip([digest], together([digest]), strict=True)), MORNING)
    assert digest.facts.quiet
    assert digest.facts.quiet.near
    again = Digest.objects.get(pk=digest.pk)
    assert compose_digest(digest).message == compose_digest(again).message


def test_the_counter_that_is_frozen_is_that_of_the_papers_read() -> None:
    factories.paper("A robot")
    ada, bob = (factories.subscriber(f"{name}@example.org", "robot") for name in ("ada", "bob"))
    Subscriber.objects.filter(pk=bob.pk).update(follow_ups=False)
    digests = claimed([ada, bob])
    changes = {
        digest.subscriber_id: found.facts.change
        for digest, found in zip(digests, together(digests), strict=True)
    }
    assert changes == {ada.pk: Catalogue.current().change, bob.pk: None}
