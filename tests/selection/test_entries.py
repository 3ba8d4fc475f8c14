"""Which papers a digest holds: each match once, best first, nothing withdrawn or sent before."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from digest.mail.outbox import OutboxTransport, mails
from digest.models import Digest, DigestFacts, FollowUp, Paper
from digest.models.digest_contents import LookBack
from digest.selection.contents import contents
from digest.sending import planning
from digest.sending.drain import drain
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier, entry, found
from tests.support.stub_transport import fixed

pytestmark = pytest.mark.django_db
WORDS = ("robot", "kettle", "federated", "learning", "map")


def test_an_entry_tells_how_the_paper_stood() -> None:
    person = factories.subscriber("ada@example.org", "robot")
    paper = factories.paper("A robot", code_url="https://example.org/code", comment_count=7)
    late = factories.paper("Late robot", renumbered=True)
    first, second = found(person).entries
    assert replace(first, why="") == entry(paper.pk, "robot", code=True, comments=7, updated=False)
    assert replace(second, why="") == entry(late.pk, "robot", code=False, comments=0, updated=True)


def test_papers_of_an_author_come_first() -> None:
    person = factories.subscriber("ada@example.org", "robot", "author:Quell JA", "map -author:Roe")
    papers = [
        factories.paper("A robot maps", authors=["Ann Roe"], upvotes=99),
        factories.paper("Robot and robot", upvotes=50),
        factories.paper("Kettles", authors=["John Quell"]),
        factories.paper("A robot, mapped", authors=["J. Quell"]),
        factories.paper("A kettle", authors=["Ann Quell"]),
    ]
    entries = found(person).entries
    assert [each.paper for each in entries] == [papers[at].pk for at in (3, 2, 1, 0)]
    assert [each.keywords for each in entries[:2]] == [
        ("robot", "author:Quell JA"),
        ("author:Quell JA",),
    ]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    titles=st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), max_size=8),
    keywords=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True),
    excluded=st.none() | st.sampled_from(WORDS),
    withdrawn=st.integers(0, 7),
    top=st.integers(0, 3),
)
def test_each_match_exactly_once_and_always_in_one_order(
    titles: list[list[str]], keywords: list[str], excluded: str | None, withdrawn: int, top: int
) -> None:
    Paper.objects.all().delete()
    person = factories.subscriber(
        f"p{Digest.objects.count()}@example.org",
        *[keyword for keyword in keywords if keyword != excluded],
        *([f"-{excluded}"] if excluded else []),
        trending_top=top,
    )
    papers = {factories.paper(" ".join(words)).pk: set(words) for words in titles}
    for pk in list(papers)[withdrawn : withdrawn + 1]:
        Paper.objects.filter(pk=pk).update(withdrawn_at=date(2026, 11, 19))
        # As the ingest does it: what changed is read anew.
        Paper.objects.filter(pk=pk).update(change=factories.Catalogue.current().change)
        del papers[pk]
    wanted = set(keywords) - {excluded}
    matching = {pk for pk, words in papers.items() if words & wanted and excluded not in words}
    got = found(person)
    ids = [each.paper for each in got.entries]
    assert len(ids) == len(set(ids))
    assert {each.paper for each in got.entries if each.keywords} == matching
    assert set(ids) <= set(papers)
    free = {pk for pk, words in papers.items() if excluded not in words} - matching
    assert len(ids) - len(matching) == min(top, len(free))
    assert got.facts.papers_matched == len(matching)
    assert got == found(person)
    person.delete()


def test_trending_repeats_neither_what_stands_above_nor_what_was_sent() -> None:
    """A mail that counts as sent only since its papers rolled into this window (to_seq above the
    watermark), and a paper that was sent before it was numbered anew."""
    person = factories.subscriber("ada@example.org", "robot", trending_top=2)
    factories.paper("A robot", comment_count=90)
    before = factories.paper("Loud", comment_count=80)
    anew = factories.paper("Loud once more", comment_count=70, renumbered=True)
    fresh = factories.paper("Less loud", comment_count=8)
    earlier(person, 89, entries=[entry(anew.pk)])
    earlier(person, 2, entries=[entry(before.pk)], to_seq=2)
    assert [each.paper for each in found(person).entries if not each.keywords] == [fresh.pk]


@pytest.mark.parametrize(("days", "state"), [(91, "sent"), (1, "unknown"), (1, "empty")])
def test_what_was_sent_long_ago_or_perhaps_never_may_come(days: int, state: str) -> None:
    person = factories.subscriber("ada@example.org", trending_top=1)
    paper = factories.paper("Loud", comment_count=80, renumbered=True)
    earlier(person, days, state, entries=[entry(paper.pk)])
    assert [each.paper for each in found(person).entries] == [paper.pk]


def test_a_rule_leaves_papers_out_of_the_trending_ones_too() -> None:
    person = factories.subscriber("ada@example.org", "-kettle", trending_top=2)
    factories.paper("A kettle", upvotes=90)
    papers = [factories.paper("A robot", upvotes=80), factories.paper("A map", comment_count=99)]
    got = found(person).entries
    assert [each.paper for each in got] == [paper.pk for paper in papers]
    assert [(each.keywords, each.why) for each in got] == [
        ((), "80 upvotes"),
        ((), "99 comments"),
    ]


def test_trending_papers_of_ordinary_days_cost_no_look_at_the_past(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Ninety days of mails are many, and the papers of a window are in none of them."""
    alone = factories.subscriber("ada@example.org", trending_top=10, follow_ups=False)
    keyword = factories.subscriber("bob@example.org", "robot", follow_ups=False)
    factories.paper("Loud", upvotes=80)
    for person in (alone, keyword):
        earlier(person, 1)
    found(alone)  # the shared index is built
    with CaptureQueriesContext(connection) as captured:
        found(keyword)
    with django_assert_num_queries(len(captured)):
        assert found(alone).entries


def test_a_paper_sent_under_a_number_it_had_as_another_does_not_come_again() -> None:
    person = factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot", renumbered=True, former=[4711])
    earlier(person, 3, entries=[entry(4711, "robot")])
    assert found(person).entries == []


def test_a_sample_may_repeat_what_is_trending() -> None:
    paper = factories.paper("Loud", comment_count=80)
    person = factories.subscriber("ada@example.org", trending_top=1, confirmed_through_seq=1)
    earlier(person, 1, entries=[entry(paper.pk)])
    digest = planning.plan_sample(person, MORNING)
    assert digest is not None
    got = contents(digest, MORNING)
    assert [each.paper for each in got.entries] == [paper.pk]
    assert got.facts.sample == LookBack(quiet_week=False, newest_day=None)
    assert (got.facts.quiet, got.facts.catch_up, got.follow_ups) == (None, "", [])


def test_a_week_is_counted_by_day_and_by_keyword() -> None:
    person = factories.subscriber("ada@example.org", "robot", "map", "unlearning", "-kettle",
                             frequency="weekly", weekly_on=4)  # fmt: skip
    factories.paper("A robot with a map", listed_on=date(2026, 11, 17))
    factories.paper("A robot", listed_on=date(2026, 11, 18))
    factories.paper("A map", listed_on=None)
    factories.paper("A robot and a kettle")
    facts = found(person).facts
    assert facts.by_day == {"2026-11-17": 1, "2026-11-18": 1}
    assert facts.by_keyword == {"robot": 2, "map": 2, "unlearning": 0}


def test_who_reads_daily_gets_no_counts() -> None:
    factories.paper("A robot")
    facts = found(factories.subscriber("ada@example.org", "robot")).facts
    assert (facts.by_day, facts.by_keyword, facts.papers_matched) == ({}, {}, 1)


class TestBetweenTwoAttempts:
    """A frozen digest whose first attempt got a refusal for now."""

    def frozen(self, *titles: str) -> Digest:
        factories.subscriber("ada@example.org", "robot")
        for title in titles:
            factories.paper(title)
        planning.plan(MORNING)
        digest: Digest = Digest.objects.claim(MORNING, 1)[0]
        fixed(digest, MORNING)
        digest.release()
        return digest

    def again(self, folder: Path) -> list[Path]:
        drain(OutboxTransport(folder), lambda: MORNING + timedelta(minutes=5))
        return mails(folder)

    def test_a_withdrawn_paper_is_not_sent_and_does_not_count_as_sent(self, tmp_path: Path) -> None:
        digest = self.frozen("A bad robot", "A good robot")
        Paper.objects.filter(title="A bad robot").update(withdrawn_at=MORNING.date())
        (mail,) = self.again(tmp_path)
        digest.refresh_from_db()
        assert b"A bad robot" not in mail.read_bytes()
        assert [each.paper for each in digest.entries] == [
            Paper.objects.get(title="A good robot").pk
        ]

    def test_nothing_left_is_no_mail(self, tmp_path: Path) -> None:
        digest = self.frozen("A bad robot")
        Paper.objects.update(withdrawn_at=MORNING.date())
        assert self.again(tmp_path) == []
        digest.refresh_from_db()
        assert digest.state == "empty"

    def test_what_was_frozen_stays(self, tmp_path: Path) -> None:
        digest = self.frozen("A robot")
        facts = digest.facts
        Digest.objects.get().subscriber.subscriptions.update(active=False)
        Paper.objects.update(code_url="https://example.org/new", comment_count=99)
        factories.paper("Another robot")
        (mail,) = self.again(tmp_path)
        digest.refresh_from_db()
        assert (digest.state, digest.facts, digest.entries[0].code) == ("sent", facts, False)
        assert b"Another" not in mail.read_bytes()

    def test_send_now_starts_anew(self) -> None:
        digest = self.frozen("A robot")
        Digest.objects.update(state="expired", follow_ups=[FollowUp(1, "code", None)])
        digest = planning.send_now(digest.subscriber, MORNING)
        assert (digest.entries, digest.follow_ups, digest.facts) == ([], [], DigestFacts())


def test_the_queries_do_not_grow_with_papers_or_the_past(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    person = factories.subscriber("ada@example.org", "robot", "map", trending_top=3)
    papers = [factories.paper(f"Robot {n}", code_url="https://example.org/c") for n in range(60)]
    for days in range(1, 40):
        known = [entry(p.pk, "robot", code=False, comments=0) for p in papers[:20]]
        earlier(person, days, entries=known)
    found(person)  # the shared index is built
    with django_assert_max_num_queries(14):
        assert len(found(person).entries) == 60
