"""Digests and a withdrawn dump: what was sent is kept and told, the rest is composed anew."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.ingest.corpus.corpus_counts import count_missing_papers
from digest.ingest.formats import Record
from digest.ingest.withdrawal import sent_papers
from digest.ingest.withdrawal import withdraw as withdrawal
from digest.ingest.withdrawal.counts import WithdrawalCounts
from digest.ingest.withdrawal.withdraw import undo, withdraw
from digest.mail.transport import Outcome, Result
from digest.models import (
    Digest,
    DigestEntry,
    DigestFacts,
    Dump,
    Listing,
    Paper,
    SearchDocument,
    State,
    WordCount,
)
from digest.models.digest_contents import Neighbour
from digest.sending import batch, planning
from digest.sending.drain import drain
from digest.sending.outcomes import OutcomeRecorder
from digest.sending.permit import grant_permit
from tests.ingest.formats.listing_pages import make_dump, store_records
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import StubTransport

pytestmark = pytest.mark.django_db
DAY = MORNING.date()
LATER_TODAY = MORNING + timedelta(hours=1)
TOMORROW = MORNING + timedelta(days=1)
LATER_ON = Outcome(Result.REFUSED, "RCPT", 450, "4.2.1 later")


@pytest.fixture(autouse=True)
def _received_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.ingest.formats.listing_pages.AT", MORNING - timedelta(hours=1))


@pytest.fixture(autouse=True)
def _words_are_counted() -> None:
    count_missing_papers()


def robots(name: str = "a", *titles: str, **asked: Any) -> None:
    records = [Record(title, "a robot learns") for title in titles or ("Robot one", "Robot two")]
    store_records(name, *records, listed_on=DAY, **asked)


def sent(at: Any = MORNING, outcome: Outcome | None = None) -> list[bytes]:
    """The mails of that time."""
    transport = StubTransport(outcome) if outcome else StubTransport()
    planning.plan(at)
    drain(transport, lambda: at)
    return transport.mails


def digest_with(*papers: int, state: State = State.PLANNED, **fields: Any) -> Digest:
    number = Digest.objects.count()
    values = {
        "subscriber": factories.subscriber(f"p{number}@example.org", "robot"),
        "local_date": DAY,
        "not_before": MORNING,
        "expires_at": TOMORROW,
        "composed_at": MORNING,
        "from_seq": 0,
        "to_seq": 9,
        "entries": [DigestEntry(paper, ("robot",)) for paper in papers],
        "state": state,
        "fence": 4,
    }
    return Digest.objects.create(**(values | fields))


def test_what_was_sent_stays_and_says_so() -> None:
    for number in range(3):
        factories.subscriber(f"p{number}@example.org", "robot")
    robots()
    assert len(sent()) == 3
    robots("later", "Robot three")
    done = withdraw(make_dump("a"), LATER_TODAY)
    withdraw(make_dump("later"), LATER_TODAY)
    papers = Paper.objects.order_by("pk")
    assert [(paper.title, paper.seq, paper.unlisted_on) for paper in papers] == [
        ("Robot one", None, DAY),
        ("Robot two", None, DAY),
    ]
    assert not SearchDocument.objects.exists()
    counts = WithdrawalCounts.of(done)
    assert (counts.gone, counts.sent, counts.mails) == (2, 2, 3)
    assert counts.readers == {paper.pk: 3 for paper in papers}
    assert "2 had been sent, in 3 e-mails; their pages say so." in counts.sentence()


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.SENT])
def test_what_may_have_been_sent_is_left_alone(state: State) -> None:
    robots()
    first, _ = Paper.objects.order_by("pk")
    row = digest_with(first.pk, state=state)
    before = Digest.objects.values().get()
    withdraw(make_dump("a"), LATER_TODAY)
    assert list(Paper.objects.all()) == [first]
    assert Digest.objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.CANCELLED])
def test_what_nobody_got_was_not_sent(state: State) -> None:
    robots()
    digest_with(Paper.objects.order_by("pk")[0].pk, state=state)
    withdraw(make_dump("a"), LATER_TODAY)
    assert not Paper.objects.exists()


def test_a_digest_not_sent_yet_is_composed_anew() -> None:
    """Refused for now at its first try, it has contents when the dump is withdrawn."""
    factories.subscriber("ada@example.org", "robot")
    robots("kept", "Robot kept")
    robots()
    sent(outcome=LATER_ON)
    assert len(Digest.objects.get().entries) == 3
    withdraw(make_dump("a"), MORNING)
    row = Digest.objects.get()
    assert (row.state, row.composed_at, row.entries, row.attempts) == ("planned", None, [], 1)
    (mail,) = sent(LATER_TODAY)
    assert b"Robot kept" in mail
    assert b"Robot one" not in mail
    assert [entry.paper for entry in Digest.objects.get().entries] == [Paper.objects.get().pk]


def test_others_are_not_touched() -> None:
    robots("kept", "Robot kept")
    robots()
    digest_with(Paper.objects.get(title="Robot kept").pk)
    before = Digest.objects.values().get()
    withdraw(make_dump("a"), MORNING)
    assert Digest.objects.values().get() == before


def test_a_neighbour_is_in_a_digest_too() -> None:
    robots("kept", "Robot kept")
    robots()
    kept, first = Paper.objects.order_by("pk")[:2]
    row = digest_with(kept.pk, facts=DigestFacts(neighbours=(Neighbour(first.pk, "robot"),)))
    withdraw(make_dump("a"), MORNING)
    row.refresh_from_db()
    assert (row.composed_at, row.facts) == (None, DigestFacts())


def test_a_worker_that_has_composed_it_gets_no_send_permit() -> None:
    factories.subscriber("ada@example.org", "robot")
    robots()
    planning.plan(MORNING)
    (row,) = Digest.objects.claim(MORNING, 1)
    (mail,) = batch.digest_mails([row], OutcomeRecorder(lambda: MORNING), MORNING)
    assert b"Robot one" in mail.write()
    withdraw(make_dump("a"), MORNING)
    assert not grant_permit(row, "smtp")
    assert Digest.objects.get().state == "planned"


@pytest.mark.parametrize("seconds", [None, -1])
def test_a_worker_that_composes_it_at_that_moment_leaves_them_out(
    monkeypatch: pytest.MonkeyPatch, seconds: float | None
) -> None:
    """It has chosen the papers, and freezes them after the withdrawal, or after a batch of it."""
    monkeypatch.setattr(withdrawal, "_BATCH", 2)
    factories.subscriber("ada@example.org", "robot")
    robots("kept", "Robot kept")
    robots()
    chosen = batch.contents_of

    def then_withdrawn(*asked: Any) -> Any:
        found = chosen(*asked)
        withdraw(make_dump("a"), MORNING, seconds=seconds)
        monkeypatch.setattr(batch, "contents_of", chosen)
        return found

    monkeypatch.setattr(batch, "contents_of", then_withdrawn)
    (mail,) = sent()
    assert b"Robot kept" in mail
    assert b"Robot one" not in mail
    (entry,) = Digest.objects.get().entries
    assert entry.paper == Paper.objects.get(title="Robot kept").pk


def test_unlisted_between_two_batches_they_are_left_out_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factories.subscriber("ada@example.org", "robot")
    robots()
    monkeypatch.setattr(withdrawal, "_BATCH", 1)
    withdraw(make_dump("a"), MORNING, seconds=-1)
    (mail,) = sent()
    assert b"Robot two" in mail
    assert b"Robot one" not in mail


@pytest.mark.parametrize("comes_by", ["undo", "another dump"])
def test_listed_again_it_reaches_those_who_have_not_had_it(comes_by: str) -> None:
    factories.subscriber("ada@example.org", "robot")
    robots()
    assert len(sent()) == 1
    pks = set(Paper.objects.values_list("pk", flat=True))
    words = set(WordCount.objects.values_list("word", "papers"))
    assert ("learn", 2) in words
    withdraw(make_dump("a"), LATER_TODAY)
    assert not WordCount.objects.exists()
    if comes_by == "undo":
        undo(make_dump("a"))
        Dump.objects.update(state="parsed")
        robots("a")
    else:
        robots("b")
    assert set(Paper.objects.values_list("pk", flat=True)) == pks
    assert set(Paper.objects.values_list("seq", "unlisted_on", "renumbered")) == {
        (3, None, True),
        (4, None, True),
    }
    assert SearchDocument.objects.count() == Listing.objects.count() == 2
    assert set(WordCount.objects.values_list("word", "papers")) == words
    factories.subscriber("bob@example.org", "robot", next_due_at=TOMORROW)
    mails = sent(TOMORROW)
    assert [b"bob@example.org" in mail for mail in mails] == [True]
    assert b"Robot one" in mails[0]


def test_if_retention_has_deleted_contents_all_numbered_ones_stay() -> None:
    """They may have been in those; pages that mails link to must not go."""
    robots()
    robots("old", "Robot old", intent="backfill")
    digest_with(state=State.SENT, pruned=True)
    withdraw(make_dump("a"), LATER_TODAY)
    withdraw(make_dump("old"), LATER_TODAY)
    assert set(Paper.objects.values_list("title", flat=True)) == {"Robot one", "Robot two"}


def test_the_number_of_queries_does_not_grow_with_the_digests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = []
    for number in (1, 6):
        robots(f"dump {number}", f"Robot {number}")
        paper = Paper.objects.listed().get()
        for _ in range(number):
            digest_with(paper.pk, state=State.SENT)
            digest_with(paper.pk)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            withdraw(make_dump(f"dump {number}"), LATER_TODAY)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_windows_of_digests_are_looked_at_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sent_papers, "_DIGESTS", 2)
    robots()
    first, second = Paper.objects.order_by("pk")
    for papers in ([first.pk], [first.pk, second.pk], [], [first.pk], [99]):
        digest_with(*papers, state=State.SENT)
    digest_with(second.pk, state=State.SENT, kind=Digest.Kind.COPY)
    found = sent_papers.sent_papers({first.pk, second.pk}, DAY)
    assert found.by_paper == {first.pk: 3, second.pk: 1}
    assert (found.mails, found.is_partial) == (3, False)
    assert sent_papers.sent_papers({first.pk}, DAY + timedelta(days=1)).mails == 0
    assert sent_papers.sent_papers({first.pk}, DAY, until=0).is_partial


def test_it_may_prove_to_be_a_paper_that_another_dump_lists() -> None:
    factories.subscriber("ada@example.org", "robot")
    text = "a robot learns patience"
    store_records("a", Record("Robot", text, arxiv_id="2501.1"), listed_on=DAY)
    assert len(sent()) == 1
    gone = Paper.objects.get()
    withdraw(make_dump("a"), LATER_TODAY)
    store_records("b", Record("Robot, in print", text, doi="10.1000/x"), listed_on=DAY)
    kept = Paper.objects.listed().get()
    both = Record("Robot", text, arxiv_id="2501.1", doi="10.1000/x")
    store_records("c", both, listed_on=DAY)
    kept.refresh_from_db()
    assert (kept.former, kept.seq) == ([gone.pk], 2)
    assert Paper.objects.get() == kept == Paper.objects.by_any_id([gone.pk])[gone.pk]
    words = dict(WordCount.objects.values_list("word", "papers"))
    assert (words["robot"], words["learn"]) == (1, 1)
