"""What happens between a claim and its mail: papers go, and earlier digests end."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from digest.ingest.formats import Record
from digest.mail.transport import Outcome, Result
from digest.models import Catalogue, Digest, DigestEntry, DigestFacts, Paper
from digest.models.digest_contents import Neighbour
from digest.sending import batch, planning
from digest.sending.drain import drain
from digest.sending.outcomes import record_outcome
from digest.sending.permit import grant_permit
from subscriptions.models import Subscriber
from tests.ingest.formats.listing_pages import RECEIVED, store_records
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport, fixed

pytestmark = pytest.mark.django_db
TOMORROW = MORNING + timedelta(days=1)
ROBOT, OTHER = "A robot paper", "Another robot"


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """Let it happen once, after the contents are frozen and before their papers are read."""
    reading = batch.load_batch_data

    def load_batch_data(*given: Any) -> Any:
        monkeypatch.setattr(batch, "load_batch_data", reading)
        happens()
        return reading(*given)

    monkeypatch.setattr(batch, "load_batch_data", load_batch_data)


def delivered(at: datetime) -> tuple[list[str], int]:
    """The titles that the mail of that time holds, and how many papers its row says it held."""
    planning.plan(at)
    transport = StubTransport()
    drain(transport, lambda: at)
    (mail,) = transport.mails or [b""]
    shown = [title for title in (ROBOT, OTHER) if title.encode() in mail]
    return shown, len(Digest.objects.latest("local_date").entries)


def join() -> None:
    """The old paper that nobody was sent, and the new one, prove to be one."""
    found = Record(ROBOT, arxiv_id="2611.00001", doi="10.1/b", abstract="robot")
    store_records(
        "join", found, listed_on=RECEIVED + timedelta(days=1)
    )  # the newer one gives the title


@pytest.fixture
def ada() -> Subscriber:
    store_records(
        "old", Record("Elsewhere", arxiv_id="2611.00001", abstract="nothing"), intent="new"
    )
    newest = Catalogue.current().newest_seq
    return factories.subscriber("ada@example.org", "robot", confirmed_through_seq=newest)


def two() -> None:
    store_records("new", Record(ROBOT, doi="10.1/b", abstract="robot"),
           Record(OTHER, doi="10.1/c", abstract="robot"), intent="new")  # fmt: skip


def one() -> None:
    store_records("new", Record(ROBOT, doi="10.1/b", abstract="robot"), intent="new")


@pytest.mark.usefixtures("ada")
class TestAPaperGoes:
    def test_one_that_was_joined_has_its_turn_in_the_next_mail(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two()
        meanwhile(monkeypatch, join)
        assert delivered(MORNING) == ([OTHER], 1)
        assert delivered(TOMORROW) == ([ROBOT], 1)
        assert delivered(TOMORROW + timedelta(days=1)) == ([], 0)

    def test_another_is_printed_in_its_place(
        self, ada: Subscriber, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Subscriber.objects.filter(pk=ada.pk).update(max_papers=1)
        two()
        unlisted: list[str] = []

        def unlist_the_best() -> None:
            best = Digest.objects.get().entries[0].paper
            unlisted.append(Paper.objects.get(pk=best).title)
            Paper.objects.filter(pk=best).update(unlisted_on=RECEIVED)

        meanwhile(monkeypatch, unlist_the_best)
        titles, held = delivered(MORNING)
        assert ({*titles, *unlisted}, held) == ({ROBOT, OTHER}, 1)

    def test_one_whose_survivor_is_in_the_same_mail_is_printed_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store_records("new", Record(ROBOT, doi="10.1/b", abstract="robot"),
               Record(ROBOT + " again", arxiv_id="2611.00009", abstract="robot"),
               intent="new")  # fmt: skip
        both = Record(ROBOT, arxiv_id="2611.00009", doi="10.1/b", abstract="robot")
        meanwhile(monkeypatch, lambda: store_records("join", both))
        assert delivered(MORNING) == ([ROBOT], 1)
        assert delivered(TOMORROW) == ([], 0)

    def test_where_nothing_is_left_no_mail_goes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one()
        meanwhile(monkeypatch, join)
        assert delivered(MORNING) == ([], 0)
        assert Digest.objects.get().state == "empty"
        assert delivered(TOMORROW) == ([ROBOT], 1)

    def test_one_that_was_deleted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        two()
        meanwhile(monkeypatch, Paper.objects.filter(title=ROBOT).delete)
        assert delivered(MORNING) == ([OTHER], 1)

    def test_a_row_that_is_another_s_by_then_is_left_to_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two()

        def happens() -> None:
            join()
            Digest.objects.update(fence=99)

        meanwhile(monkeypatch, happens)
        assert delivered(MORNING) == ([], 2)
        assert Digest.objects.get().state == "leased"


def sending(person: Subscriber, at: datetime) -> Digest:
    """A digest of that time whose mail is under way."""
    digest = claimed(person, at)
    fixed(digest, MORNING)
    assert grant_permit(digest, "relay")
    return digest


def claimed(person: Subscriber, at: datetime) -> Digest:
    Digest.objects.create(subscriber=person, local_date=at.date(), not_before=at,
                          expires_at=MORNING + timedelta(hours=20))  # fmt: skip
    (digest,) = Digest.objects.claim(MORNING, 9)
    return digest


class TestAnEarlierOneEnds:
    def test_what_it_sent_is_not_sent_again(self) -> None:
        person = factories.subscriber("ada@example.org", "robot")
        first = factories.paper("A robot one")
        early = sending(person, MORNING - timedelta(hours=17))
        second = factories.paper("A robot two")
        late = claimed(person, MORNING)
        record_outcome(early, TAKEN, MORNING)
        fixed(late, MORNING)
        assert (late.from_seq, late.to_seq) == (first.seq, second.seq)
        assert [entry.paper for entry in late.entries] == [second.pk]

    def test_what_may_have_been_sent_is_sent_again_and_the_mail_says_so(self) -> None:
        person = factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot one")
        early = sending(person, MORNING - timedelta(hours=17))
        late = claimed(person, MORNING)
        record_outcome(early, Outcome(Result.UNKNOWN, "dot"), MORNING)
        fixed(late, MORNING)
        assert (late.from_seq, late.facts.doubtful_day) == (0, date(2026, 11, 19))


def test_a_related_paper_withdrawn_before_the_next_try_is_left_out() -> None:
    robot, drone = factories.paper("A robot"), factories.paper("A drone", withdrawn_at=MORNING)
    digest = Digest.objects.create(
        subscriber=factories.subscriber("eve@example.org", "robot"),
        local_date=MORNING.date(),
        not_before=MORNING,
        expires_at=TOMORROW,
        composed_at=MORNING,
        from_seq=0,
        to_seq=9,
        state="leased",
        entries=[DigestEntry(robot.pk, ("robot",))],
        facts=DigestFacts(neighbours=(Neighbour(drone.pk, "robot"),)),
    )
    assert batch._without_the_withdrawn(digest)
    digest.refresh_from_db()
    assert digest.facts.neighbours == ()
    assert [entry.paper for entry in digest.entries] == [robot.pk]
