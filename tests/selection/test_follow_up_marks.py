"""Follow-ups from one digest to the next: each goes on where the last that arrived left off."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.models import Catalogue, Digest, DigestFacts, Paper
from digest.selection import paper_news
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import LONG_AGO, earlier, entry, found

pytestmark = pytest.mark.django_db
SEEN = {"code": False, "comments": 0}
CODE = {"code_url": "https://example.org/code"}


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber(
        "ada@example.org", "robot", confirmed_at=LONG_AGO, confirmed_through_seq=10_000
    )


def change(paper: Paper, **fields: Any) -> None:
    """As the ingest changes a paper: the counter moves with it."""
    catalogue = Catalogue.lock()
    catalogue.change += 1
    catalogue.save()
    Paper.objects.filter(pk=paper.pk).update(change=catalogue.change, **fields)


def sent(person: Subscriber, days: int, *papers: Paper, **fields: Any) -> Digest:
    """A mail with these papers, made when they were as they are now."""
    facts = DigestFacts(change=Catalogue.current().change)
    entries = [entry(paper.pk, "robot", **SEEN) for paper in papers]
    return earlier(person, days, **({"entries": entries, "facts": facts} | fields))


def facts(person: Subscriber) -> list[tuple[int, str]]:
    return [(each.paper, each.fact) for each in found(person).follow_ups]


def test_what_changed_since_the_last_mail_is_told(ada: Subscriber) -> None:
    old, new = factories.paper("Old robot"), factories.paper("New robot")
    sent(ada, 8, old, new)
    change(old, **CODE)
    sent(ada, 1)  # it had its chance then
    assert facts(ada) == []
    change(new, **CODE)
    assert facts(ada) == [(new.pk, "code")]


def test_one_in_between_that_did_not_arrive_told_nothing(ada: Subscriber) -> None:
    paper = factories.paper("A robot")
    sent(ada, 3, paper)
    change(paper, **CODE)
    sent(ada, 2, state="unknown")
    sent(ada, 1, state="empty")
    assert facts(ada) == [(paper.pk, "code")]


def test_of_a_mail_more_than_a_week_old_as_well(ada: Subscriber) -> None:
    paper = factories.paper("A robot")
    sent(ada, 40, paper)
    change(paper, **CODE)
    assert facts(ada) == [(paper.pk, "code")]


def test_a_paper_too_old_for_the_shared_index(ada: Subscriber) -> None:
    paper = factories.paper("A robot", listed_on=(MORNING - timedelta(days=400)).date())
    sent(ada, 1, paper)
    factories.paper("Another robot")
    change(paper, **CODE)
    assert facts(ada) == [(paper.pk, "code")]


def test_a_paper_that_was_numbered_anew_since() -> None:
    ada = factories.subscriber("ada@example.org", "robot", confirmed_at=LONG_AGO)
    paper = factories.paper("A robot")
    sent(ada, 1, paper)
    change(paper, renumbered=True, **CODE)
    assert facts(ada) == [(paper.pk, "code")]
    assert found(ada).entries == []


def test_what_found_no_room_has_its_turn_in_the_next(ada: Subscriber) -> None:
    papers = [factories.paper(f"Robot {number}") for number in range(5)]
    sent(ada, 3, *papers)
    for paper in papers:
        change(paper, **CODE)
    first = found(ada)
    assert len(first.follow_ups) == 3
    earlier(ada, 2, facts=first.facts, follow_ups=first.follow_ups)
    second = found(ada)
    assert len(second.follow_ups) == 2
    assert second.facts.change == Catalogue.current().change
    earlier(ada, 1, facts=second.facts, follow_ups=second.follow_ups)
    assert facts(ada) == []


def test_somebody_without_a_keyword_for_it_is_not_looked_at(ada: Subscriber) -> None:
    bob = factories.subscriber("bob@example.org", "kettle", confirmed_at=LONG_AGO)
    paper = factories.paper("A robot")
    for person in (ada, bob):
        sent(person, 1, paper)
    change(paper, **CODE)
    assert not any("follow_ups" in sql for sql in asked(bob))
    assert any("follow_ups" in sql for sql in asked(ada))


def asked(person: Subscriber) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        found(person)
    return [query["sql"] for query in seen.captured_queries]


def test_who_reads_trending_papers_hears_of_them_too() -> None:
    ada = factories.subscriber(
        "ada@example.org", trending_top=1, confirmed_at=LONG_AGO, confirmed_through_seq=9
    )
    paper = factories.paper("A robot")
    sent(ada, 1, paper)
    change(paper, **CODE)
    assert facts(ada) == [(paper.pk, "code")]


@pytest.mark.parametrize(("most", "old"), [(3, 500), (4_000, 2)])
def test_more_news_than_are_kept_in_mind(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch, most: int, old: int
) -> None:
    monkeypatch.setattr(paper_news, "_MOST", most)
    monkeypatch.setattr(paper_news, "_MOST_OLD", old)
    day = (MORNING - timedelta(days=400)).date()
    paper = factories.paper("A robot", listed_on=day)
    sent(ada, 1, paper)
    change(paper, **CODE)
    for number in range(6):
        factories.paper(f"Kettle {number}", listed_on=day, **CODE)
    assert facts(ada) == [(paper.pk, "code")]


DAY = st.tuples(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["code", "gone", "loud"])), max_size=4),
    st.sampled_from(["sent", "sent", "empty", "unknown"]),
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(DAY, max_size=6), st.booleans())
def test_marks_tell_the_same_as_looking_through_every_mail(
    days: list[tuple[list[tuple[int, str]], str]], marked: bool
) -> None:
    """Whatever happens to papers and mails: every fact is reported once, at most three a day."""
    Subscriber.objects.all().delete()
    Paper.objects.all().delete()
    ada, bob = (
        factories.subscriber(f"{name}@example.org", "robot", confirmed_at=LONG_AGO,
                        confirmed_through_seq=10_000)
        for name in ("ada", "bob")
    )  # fmt: skip
    papers = [factories.paper(f"Robot {number}") for number in range(6)]
    for person in (ada, bob):
        sent(person, 20, *papers, **({} if marked else {"facts": DigestFacts()}))
    now: dict[str, dict[str, Any]] = {
        "code": CODE,
        "gone": {"withdrawn_at": MORNING.date()},
        "loud": {"comment_count": 60},
    }
    for number, (events, state) in enumerate(days):
        for which, what in events:
            change(papers[which], **now[what])
        held = found(ada)
        assert held.follow_ups == found(bob).follow_ups
        back = len(days) - number
        earlier(ada, back, state, facts=held.facts, follow_ups=held.follow_ups)
        earlier(
            bob, back, state, facts=DigestFacts(), follow_ups=held.follow_ups
        )  # as older releases did
