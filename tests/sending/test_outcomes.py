"""Many mails under way at once: what stops one stops nobody else, and each ends by itself."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest.mail.send_loop import MailOutcome, PermitRequest
from digest.mail.transport import Mail, Outcome, Result
from digest.models import Digest, Hold, Letter, State
from digest.sending import planning
from digest.sending.batch import digest_mails
from digest.sending.drain import drain
from digest.sending.outcomes import OutcomeRecorder
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
NAMES = ("ada", "bob", "cyd", "dan", "eve")


@pytest.fixture
def mails() -> list[Mail]:
    """A mail for each of five people, claimed and composed."""
    for name in NAMES:
        factories.subscriber(f"{name}@{name}.example", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    rows = Digest.objects.claim(MORNING, 10)
    return sorted(
        digest_mails(rows, OutcomeRecorder(lambda: MORNING), MORNING),
        key=lambda mail: mail.envelope.recipient,
    )


def new_recorder() -> OutcomeRecorder:
    return OutcomeRecorder(lambda: MORNING)


def ask(*mails: Mail) -> list[PermitRequest]:
    return [PermitRequest(mail, "smtp") for mail in mails]


def ends(*mails: Mail, outcome: Outcome = TAKEN) -> list[MailOutcome]:
    return [MailOutcome(mail, outcome) for mail in mails]


def states() -> list[str]:
    rows = Digest.objects.order_by("subscriber__email_key")
    return list(rows.values_list("state", flat=True))


def bob() -> Subscriber:
    return Subscriber.objects.get(email_key="bob@bob.example")


OBSTACLES: list[Callable[[], object]] = [
    lambda: Subscriber.objects.filter(pk=bob().pk).update(status="unsubscribed"),
    lambda: Subscriber.objects.filter(pk=bob().pk).update(email_key="bob@new.example"),
    lambda: Suppression.objects.record("bob@bob.example", "complaint"),
    lambda: Hold.objects.create(scope="domain", value="bob.example"),
    lambda: Digest.objects.filter(subscriber=bob()).update(fence=99),
    lambda: Digest.objects.filter(subscriber=bob()).update(state=State.SENDING),
    lambda: Digest.objects.filter(subscriber=bob()).update(lease_until=timezone.now() - SECOND),
]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stops_one_permit_stops_no_other(
    mails: list[Mail], obstacle: Callable[[], object]
) -> None:
    obstacle()
    before = states()[1]
    granted = new_recorder().record_and_permit([], ask(*mails))
    assert granted == {mails[0], *mails[2:]}
    assert states() == ["sending", before, "sending", "sending", "sending"]


def test_a_hold_of_everything_stops_all(mails: list[Mail]) -> None:
    Hold.objects.create(scope="everything")
    assert new_recorder().record_and_permit([], ask(*mails)) == set()
    assert states() == ["leased"] * 5


def test_endings_and_permits_in_one_entry(mails: list[Mail]) -> None:
    recorder = new_recorder()
    assert recorder.record_and_permit([], ask(*mails[:3])) == set(mails[:3])
    assert recorder.record_and_permit(ends(*mails[:3]), ask(*mails[3:])) == set(mails[3:])
    assert states() == ["sent", "sent", "sent", "sending", "sending"]
    marks = Subscriber.objects.order_by("email_key").values_list("confirmed_through_seq", flat=True)
    assert list(marks) == [1, 1, 1, 0, 0]
    assert recorder.counts[Digest] == {"sent": 3}
    assert set(Digest.objects.filter(state="sent").values_list("reply_text", flat=True)) == {
        "2.0.0 ok"
    }
    assert not Digest.objects.filter(state="sent", sent_at=None).exists()


def test_one_that_ended_meanwhile_ends_no_other(mails: list[Mail]) -> None:
    recorder = new_recorder()
    recorder.record_and_permit([], ask(*mails))
    Digest.objects.filter(subscriber=bob()).update(state=State.CANCELLED)
    recorder.record_and_permit(ends(*mails), [])
    assert states() == ["sent", "cancelled", "sent", "sent", "sent"]
    assert recorder.counts[Digest] == {"sent": 4}
    assert bob().confirmed_through_seq == 0


def test_a_late_acceptance_ends_what_was_given_up(mails: list[Mail]) -> None:
    recorder = new_recorder()
    recorder.record_and_permit([], ask(*mails))
    Digest.objects.update(state=State.UNKNOWN)
    recorder.record_and_permit(ends(*mails), [])
    assert set(states()) == {"sent"}


def test_each_refusal_has_its_own_end(mails: list[Mail]) -> None:
    recorder = new_recorder()
    recorder.record_and_permit([], ask(*mails))
    outcomes = [
        TAKEN,
        Outcome(Result.REFUSED, "RCPT", 550, "5.1.1 nobody"),
        Outcome(Result.REFUSED, "dot", 452, "4.3.1 full"),
        Outcome(Result.UNKNOWN, "dot"),
        Outcome(Result.REFUSED, "dot", 554, "5.7.1 no"),
    ]
    recorder.record_and_permit(
        [MailOutcome(*pair) for pair in zip(mails, outcomes, strict=True)], []
    )
    assert states() == ["sent", "failed", "planned", "unknown", "failed"]
    assert bob().status == "bouncing"
    assert recorder.counts[Digest] == {"sent": 1, "failed": 2, "planned": 1, "unknown": 1}


def test_letters_and_digests_side_by_side(mails: list[Mail]) -> None:
    signup.request("new@example.org", signup.SignUpRequest(keywords=("robot",)), at=MORNING)
    (letter,) = Letter.objects.claim(MORNING, 10)
    post = Mail(mails[0].envelope, bytes, letter)
    recorder = new_recorder()
    assert recorder.record_and_permit([], ask(post, *mails)) == {post, *mails}
    recorder.record_and_permit(ends(post, *mails), [])
    assert (set(states()), Letter.objects.get().state) == ({"sent"}, "sent")
    assert (recorder.counts[Letter], recorder.counts[Digest]) == ({"sent": 1}, {"sent": 5})


@pytest.mark.parametrize("people", [16, 64])
def test_the_questions_are_shared(
    people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(people):
        factories.subscriber(f"p{number}@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    server = StubTransport(max_in_flight=16)
    # One of them reads the paper, where the clock says that it is older than what an index holds.
    with django_assert_max_num_queries(48 + people // 2):
        assert drain(server, lambda: MORNING)["digests"] == {"sent": people}
    assert len(server.mails) == people
