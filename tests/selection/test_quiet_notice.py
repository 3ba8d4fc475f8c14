"""The quiet notice: when it is due, what it says, and which failure it must not hide."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from digest.mail.outbox import OutboxTransport, mails
from digest.matching.index import PaperIndex
from digest.matching.query import parse
from digest.models import Digest, Paper
from digest.models.digest_contents import NearMiss, QuietNotice
from digest.paper_texts import paper_text
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import LONG_AGO, dump, earlier, entry, found
from tests.support.stub_transport import Outcome, Result, StubTransport

pytestmark = pytest.mark.django_db


def ada(*keywords: str, **fields: Any) -> Subscriber:
    return factories.subscriber(
        "ada@example.org", *keywords, **({"confirmed_at": LONG_AGO} | fields)
    )


def quiet(person: Subscriber, at: Any = MORNING) -> QuietNotice | None:
    return found(person, at).facts.quiet


@pytest.mark.parametrize("after", [3, 7, 14])
def test_due_after_that_many_days_and_not_a_day_before(after: int) -> None:
    person = ada("robot", quiet_after=after)
    last = earlier(person, after - 1)
    assert quiet(person) is None
    Digest.objects.filter(pk=last.pk).update(local_date=MORNING.date() - timedelta(days=after))
    notice = quiet(person)
    assert notice is not None
    assert notice.days == after


def test_never() -> None:
    assert quiet(ada("robot", quiet_after=0)) is None


def test_a_match_is_no_quiet_day() -> None:
    factories.paper("A robot")
    assert quiet(ada("robot")) is None


@pytest.mark.parametrize(("days", "due"), [(6, False), (7, True)])
def test_counted_from_the_confirmation(days: int, due: bool) -> None:
    person = ada("robot", confirmed_at=MORNING - timedelta(days=days))
    earlier(person, 60)  # before the person left and came back
    assert bool(quiet(person)) is due


def test_empty_unknown_and_failed_ones_and_samples_do_not_break_the_silence() -> None:
    person = ada("robot")
    earlier(person, 8)
    earlier(person, 1, kind="sample")
    for days, state in enumerate(("empty", "unknown", "failed", "expired"), 1):
        earlier(person, days, state)
    notice = quiet(person)
    assert notice is not None
    assert notice.days == 8


def test_it_reads_the_whole_quiet_time_and_remembers_the_last_hit() -> None:
    person = ada("robot", confirmed_through_seq=6)
    for number in range(6):
        factories.paper(f"Kettle {number}")
    factories.paper("Another kettle")
    earlier(person, 30, entries=[entry(1, "robot")], to_seq=1)
    earlier(person, 20, entries=[entry(1)], to_seq=2)
    earlier(person, 7, to_seq=2)  # a notice
    earlier(person, 1, "empty", from_seq=2, to_seq=6)
    got = found(person)
    assert got.facts.quiet == QuietNotice(days=7, read=5, last_hit=date(2026, 10, 21), near=())
    assert got.read == 1


def test_without_any_mail_it_reads_from_the_confirmation() -> None:
    for number in range(6):
        factories.paper(f"Kettle {number}")
    person = ada("robot", confirmed_at=MORNING - timedelta(days=9), confirmed_through_seq=6)
    earlier(person, 8, "empty", from_seq=2, to_seq=4)
    earlier(person, 7, "empty", from_seq=4, to_seq=6)
    notice = quiet(person)
    assert notice is not None
    assert (notice.read, notice.last_hit) == (4, None)


class TestWithoutKeywords:
    def test_nothing_at_all_is_told(self) -> None:
        assert quiet(ada(trending_top=3)) is not None

    def test_papers_that_a_rule_leaves_out_are_read_and_not_sent(self) -> None:
        factories.paper("A loud kettle", comment_count=9)
        got = found(ada("-kettle", trending_top=3))
        assert got.entries == []
        assert got.facts.quiet == QuietNotice(days=200, read=1, last_hit=None, near=())

    def test_who_asks_for_nothing_is_told_nothing(self) -> None:
        assert quiet(ada()) is None


class TestSource:
    def state(self, person: Subscriber, at: Any = MORNING) -> tuple[str, int]:
        source = found(person, at).facts.source
        return source.state, source.failed

    def person(self) -> Subscriber:
        person = ada("robot")
        earlier(person, 7)
        earlier(person, 1, "empty")
        return person

    def test_fresh(self) -> None:
        dump("a", new=3, papers=3, listed_on=date(2026, 11, 19))
        dump("b", state="quarantined", error="bad")
        assert self.state(self.person()) == ("fresh", 1)

    def test_empty(self) -> None:
        dump("a", papers=3)
        dump("b", papers=900, new=900, intent="backfill")
        assert self.state(self.person()) == ("empty", 0)

    @pytest.mark.parametrize("state", ["quarantined", "received", "waiting"])
    def test_failed(self, state: str) -> None:
        dump("a", state=state, error="bad")
        assert self.state(self.person()) == ("failed", 1)

    def test_late(self) -> None:
        dump("a", new=3, papers=3, at=MORNING - timedelta(days=1, hours=1))
        assert self.state(self.person()) == ("late", 0)

    def test_papers_are_proof_enough(self) -> None:
        factories.paper("A kettle")
        assert self.state(self.person()) == ("fresh", 0)

    def test_a_week_end_without_a_listing_is_not_late(self) -> None:
        person = ada("robot")
        earlier(person, 7)
        sunday = MORNING + timedelta(days=2)
        Digest.objects.create(
            subscriber=person, local_date=sunday.date() - timedelta(days=1), state="empty",
            not_before=MORNING, expires_at=sunday, composed_at=sunday - timedelta(days=1),
            from_seq=0, to_seq=0,
        )  # fmt: skip
        assert self.state(person, sunday) == ("late", 0)  # not on Friday either
        dump("a", new=3, papers=3, at=MORNING + timedelta(hours=4))
        assert self.state(person, sunday) == ("fresh", 0)

    def test_the_newest_listing(self) -> None:
        dump("a", papers=3, listed_on=LONG_AGO.date(), at=LONG_AGO)
        dump("b", papers=3, listed_on=date(2031, 2, 11), at=LONG_AGO)  # a day that has not come
        source = found(self.person()).facts.source
        assert source.newest_listing == LONG_AGO.date()


class TestNear:
    def near(self, *keywords: str) -> tuple[NearMiss, ...]:
        person = ada(*keywords)
        earlier(person, 9)
        notice = quiet(person)
        assert notice is not None
        return notice.near

    def test_words_apart_with_the_keyword_that_would_have_hit(self) -> None:
        paper = factories.paper("Robots", abstract="We learn federated policies. Learning is slow.")
        (miss,) = self.near("federated learning")
        assert miss.paper == paper.pk
        assert miss.keyword == "federated learning"
        assert miss.says.startswith("the abstract says “federated policies")
        assert miss.widen == "federated AND learning"
        text = PaperIndex([paper_text(paper)])
        assert text.evaluate(parse(miss.widen))

    def test_at_most_three_and_each_paper_once(self) -> None:
        for number in range(9):
            factories.paper(f"Federated {number} or split", abstract="Learning is slow.")
        near = self.near("federated learning", "split learning")
        assert len({miss.paper for miss in near}) == len(near) == 3

    def test_words_that_stand_close_come_first(self) -> None:
        close = factories.paper("Federated and split learning")
        factories.paper("Federated", abstract="Word " * 60 + "learning learning learning")
        assert self.near("federated learning")[0].paper == close.pk

    def test_a_rare_word_of_a_phrase_is_near_and_a_common_one_is_not(self) -> None:
        for number in range(30):
            factories.paper(f"Deep learning {number}")
        rare = factories.paper("Federated analytics")
        (miss,) = self.near("federated learning")
        assert (miss.paper, miss.widen) == (rare.pk, "")
        assert miss.says == "the title says “Federated analytics”"

    def test_a_common_word_alone_is_not_near(self) -> None:
        for number in range(30):
            factories.paper(f"Deep learning {number}")
        assert self.near("federated learning") == ()

    def test_a_word_that_begins_alike(self) -> None:
        paper = factories.paper("Quantized networks")
        factories.paper("Quarrels with speed")
        (miss,) = self.near("quantization", "speech")
        assert (miss.paper, miss.widen) == (paper.pk, "")

    def test_what_is_excluded_withdrawn_or_hit_is_no_near_miss(self) -> None:
        factories.paper("A federated survey of learning")
        factories.paper("Federated then learning", withdrawn_at=date(2026, 11, 19))
        assert self.near("federated learning", "-survey") == ()

    @pytest.mark.parametrize(
        "keyword",
        ["author:hinton", "category:cs.LG", '"a b c"', "RAG", "a* OR b*", "C++", "x" * 200,
         " AND ".join(f"w{n}" for n in range(20)), '"p q"~5', "title:federated learning -deep"],
    )  # fmt: skip
    def test_no_keyword_breaks_it(self, keyword: str) -> None:
        factories.paper("Entirely else", abstract="Nothing of this.")
        assert self.near(keyword) == ()

    def test_a_hundred_keywords_and_many_papers_stay_quick(self) -> None:
        for number in range(150):
            factories.paper(f"Learning {number} of things", abstract="Models learn words. " * 20)
        words = [f"federated thing{n} learning" for n in range(100)]
        assert len(self.near(*words)) <= 3


class TestSent:
    """From the plan to the mailbox."""

    def turn(self, folder: Path, days: int = 0, transport: Any = None) -> Digest:
        at = MORNING + timedelta(days=days)
        planning.plan(at)
        drain(transport or OutboxTransport(folder), lambda: at)
        latest: Digest = Digest.objects.latest("local_date")
        return latest

    def test_it_is_the_scheduled_digest_and_moves_the_watermark(self, tmp_path: Path) -> None:
        person = ada("robot")
        factories.paper("A kettle")
        digest = self.turn(tmp_path)
        person.refresh_from_db()
        assert (digest.state, digest.entries, person.confirmed_through_seq) == ("sent", [], 1)
        assert len(mails(tmp_path)) == 1

    def test_the_next_comes_after_as_many_days_again(self, tmp_path: Path) -> None:
        ada("robot", quiet_after=3)
        states = [self.turn(tmp_path, days).state for days in range(8)]
        assert states == ["sent", "empty", "empty"] * 2 + ["sent", "empty"]

    def test_a_licence_is_needed(self, tmp_path: Path) -> None:
        person = ada("robot", quiet_after=3)
        planning.plan(MORNING)
        Subscriber.objects.filter(pk=person.pk).update(status="paused")
        drain(OutboxTransport(tmp_path), lambda: MORNING)
        assert (Digest.objects.get().state, mails(tmp_path)) == ("cancelled", [])

    def test_one_of_unknown_fate_is_tried_again_the_next_day(self, tmp_path: Path) -> None:
        ada("robot", quiet_after=3)
        lost = StubTransport(Outcome(Result.UNKNOWN, "dot"))
        assert [self.turn(tmp_path, days, lost).state for days in (0, 1)] == ["unknown"] * 2
        assert self.turn(tmp_path, 2).state == "sent"
        assert self.turn(tmp_path, 3).state == "empty"

    def test_it_stays_as_it_was_frozen(self, tmp_path: Path) -> None:
        ada("federated learning")
        paper = factories.paper("Federated then learning")
        later = StubTransport(Outcome(Result.REFUSED, "RCPT", 450, "later"))
        first = self.turn(tmp_path, 0, later)
        Paper.objects.filter(pk=paper.pk).delete()
        Digest.objects.get().subscriber.subscriptions.all().delete()
        drain(OutboxTransport(tmp_path), lambda: MORNING + timedelta(minutes=5))
        digest = Digest.objects.get()
        assert (digest.state, digest.facts) == ("sent", first.facts)


def test_a_notice_costs_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    person = ada("federated learning", trending_top=0)
    for number in range(60):
        factories.paper(f"Federated {number} then learning")
    for days in range(10, 50):
        earlier(person, days, entries=[entry(n, "robot") for n in range(30)])
    found(person)  # the shared index is built
    with django_assert_max_num_queries(22):
        notice = quiet(person)
    assert notice
    assert notice.near
