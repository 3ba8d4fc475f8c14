"""Delivering: what each answer makes of the row, the watermark and the address."""

from datetime import timedelta
from pathlib import Path

import pytest

from digest.mail.outbox import OutboxTransport, mails
from digest.mail.transport import Outcome, Result
from digest.models import Digest, Hold, Letter, OutcomeCount, Tally
from digest.sending import planning
from digest.sending.drain import drain, reap
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import StubTransport

pytestmark = pytest.mark.django_db


def one_digest(outcome: Outcome | Exception) -> Digest:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    drain(StubTransport(outcome), lambda: MORNING)
    return Digest.objects.get()


def watermark() -> int:
    return Subscriber.objects.get().confirmed_through_seq


def test_accepted() -> None:
    digest = one_digest(Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok"))
    assert (digest.state, digest.reply_code, watermark()) == ("sent", 250, 1)
    assert digest.sent_at is not None


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome(Result.REFUSED, "RCPT", 450, "4.2.1 later"), "planned"),
        (Outcome(Result.REFUSED, "dot", 452, "4.3.1 full"), "planned"),
        (Outcome(Result.UNREACHED, "connect", -1, "+OK\x00 POP3"), "planned"),
        (Outcome(Result.REFUSED, "dot", 554, "5.7.1 no"), "failed"),
        (Outcome(Result.UNKNOWN, "dot", -1, "\x00nonsense"), "unknown"),
    ],
)
def test_nothing_but_an_acceptance_moves_the_watermark(outcome: Outcome, state: str) -> None:
    digest = one_digest(outcome)
    assert (digest.state, watermark()) == (state, 0)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(("code", "counted"), [(450, Tally(deferred=1)), (554, Tally(1, 1))])
def test_a_refusal_is_counted_for_its_domain(code: int, counted: Tally) -> None:
    one_digest(Outcome(Result.REFUSED, "dot", code, "no"))
    assert OutcomeCount.objects.filter(domain="example.org").by("domain") == {
        "example.org": counted
    }


def test_no_connection_is_no_reply() -> None:
    one_digest(Outcome(Result.UNREACHED, "connect", -1, ""))
    assert not OutcomeCount.objects.exists()


def test_a_refusal_for_now_waits_longer_each_time() -> None:
    waits = []
    digest = one_digest(Outcome(Result.REFUSED, "RCPT", 450, "later"))
    at = MORNING
    for _ in range(5):
        waits.append(digest.not_before - at)
        at = digest.not_before
        drain(StubTransport(Outcome(Result.REFUSED, "RCPT", 450, "later")), lambda now=at: now)
        digest.refresh_from_db()
    minutes = [round(wait.total_seconds() / 60) for wait in waits]
    for found, wanted in zip(minutes, (1, 5, 15, 30, 60), strict=True):
        assert abs(found - wanted) <= wanted * 0.1 + 1
    reap(MORNING + timedelta(days=1))
    digest.refresh_from_db()
    assert digest.state == "expired"


def test_an_address_that_does_not_exist_is_suppressed_without_being_kept() -> None:
    digest = one_digest(Outcome(Result.REFUSED, "RCPT", 550, "5.1.1 <ada@example.org> unknown"))
    person = Subscriber.objects.get()
    assert (digest.state, person.status) == ("failed", "bouncing")
    assert "ada" not in Suppression.objects.get().detail
    factories.paper("Another robot")
    planning.plan(MORNING + timedelta(days=1))
    assert Digest.objects.count() == 1
    planning.plan(MORNING + timedelta(days=31))
    assert Subscriber.objects.get().status == "active"


def test_an_exception_in_the_transport_costs_one_mail(caplog: pytest.LogCaptureFixture) -> None:
    transport = StubTransport(RuntimeError("ada@example.org went wrong"))
    for name in ("ada", "bob"):
        factories.subscriber(f"{name}@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    drain(transport, lambda: MORNING)
    assert len(transport.recipients) == 2
    assert {digest.state for digest in Digest.objects.all()} == {"leased"}
    assert "RuntimeError" in caplog.text
    assert "@" not in caplog.text


def test_a_digest_waits_for_the_one_before() -> None:
    one_digest(Outcome(Result.REFUSED, "RCPT", 450, "later"))
    tomorrow = MORNING + timedelta(days=1)
    Digest.objects.update(not_before=tomorrow, expires_at=tomorrow + timedelta(hours=3))
    planning.plan(tomorrow)
    first, second = Digest.objects.order_by("local_date")
    Digest.objects.filter(pk=first.pk).update(not_before=tomorrow + timedelta(hours=1))
    drain(StubTransport(Outcome(Result.ACCEPTED, "dot", 250)), lambda: tomorrow)
    second.refresh_from_db()
    assert (second.state, second.composed_at) == ("planned", None)
    drain(
        StubTransport(Outcome(Result.ACCEPTED, "dot", 250)), lambda: tomorrow + timedelta(hours=2)
    )
    states = dict(Digest.objects.values_list("pk", "state"))
    assert states[first.pk] == "sent"
    assert states[second.pk] in ("planned", "empty")


def test_after_unknown_the_papers_come_again_and_the_mail_says_so(tmp_path: Path) -> None:
    one_digest(Outcome(Result.UNKNOWN, "dot"))
    tomorrow = MORNING + timedelta(days=1)
    planning.plan(tomorrow)
    drain(OutboxTransport(tmp_path), lambda: tomorrow)
    (mail,) = mails(tmp_path)
    text = " ".join(mail.read_text().replace("=\n", "").split())
    assert "A robot" in text
    assert "know whether your e-mail of Fri 20 Nov arrived" in text


def test_a_hold_keeps_it_and_lets_it_go() -> None:
    Hold.objects.create(scope="everything")
    digest = one_digest(Outcome(Result.ACCEPTED, "dot", 250))
    assert digest.state == "planned"
    Hold.objects.all().delete()
    later = MORNING + timedelta(minutes=10)
    drain(StubTransport(Outcome(Result.ACCEPTED, "dot", 250)), lambda: later)
    assert Digest.objects.get().state == "sent"


def test_letters_go_first() -> None:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    signup.request("new@example.org", signup.SignUpRequest(keywords=("robot",)), at=MORNING)
    transport = StubTransport(Outcome(Result.ACCEPTED, "dot", 250))
    drain(transport, lambda: MORNING)
    assert transport.recipients == ["new@example.org", "ada@example.org"]


def test_a_letter_holds_nothing_that_anybody_typed(tmp_path: Path) -> None:
    asked = signup.SignUpRequest(keywords=("cheap pills",))
    signup.request("victim@example.org", asked, at=MORNING)
    drain(OutboxTransport(tmp_path), lambda: MORNING)
    (mail,) = mails(tmp_path)
    assert b"pills" not in mail.read_bytes()
    assert Letter.objects.get().state == "sent"
