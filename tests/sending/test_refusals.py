"""Three refusals in a row that may be the mailbox's suspend the address; others never do."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as rounds
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from digest.mail.transport import Outcome, Result
from digest.models import Digest, MailEvent
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from tests.support import caches, factories
from tests.support.factories import MORNING
from tests.support.reports import person, record
from tests.support.returned_mails import about
from tests.support.stub_transport import TAKEN, StubTransport
from tests.web.test_webhooks import BASIC, mark, postmark

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]
SILENT = Outcome(Result.REFUSED, "RCPT", 550, "no")
DISABLED = Outcome(Result.REFUSED, "RCPT", 550, "5.2.1 disabled")
AT_THE_DOT = Outcome(Result.REFUSED, "dot", 554, "This user doesn't have a yahoo.com account")
POLICY = Outcome(Result.REFUSED, "dot", 554, "5.7.1 no")
CONTENT = Outcome(Result.REFUSED, "dot", 554, "5.6.0 no")
SIZE = Outcome(Result.REFUSED, "dot", 552, "5.3.4 no")
NO_ANSWER = Outcome(Result.UNKNOWN, "dot")


def mail(day: int, outcome: Outcome) -> Digest:
    """The digest of that day, which ends so; the person is due again whatever came before."""
    at = MORNING + timedelta(days=day)
    factories.paper(f"A robot of day {day}")
    Subscriber.objects.update(next_due_at=at)
    planning.plan(at)
    drain(StubTransport(outcome), lambda: at)
    return Digest.objects.order_by("-local_date").first() or Digest()


def mails(*outcomes: Outcome) -> bool:
    """Whether the address is suspended after digests that ended so, one a day."""
    factories.subscriber("ada@example.org", "robot")
    for day, outcome in enumerate(outcomes):
        mail(day, outcome)
    return Suppression.objects.for_mailbox("ada@example.org").exists()


@pytest.mark.parametrize("refusal", [SILENT, DISABLED, AT_THE_DOT])
def test_the_third_in_a_row_suspends(refusal: Outcome) -> None:
    assert not mails(refusal, refusal)
    assert person().status == "active"
    mail(2, refusal)
    assert person().status == "bouncing"
    suppression = Suppression.objects.get()
    assert (suppression.reason, suppression.detail) == ("bounce", "3 e-mails in a row were refused")


@pytest.mark.parametrize("refusal", [POLICY, CONTENT, SIZE])
def test_policy_content_and_size_never_count(refusal: Outcome) -> None:
    assert not mails(refusal, refusal, refusal, SILENT, SILENT, refusal)
    mail(6, SILENT)
    assert person().status == "bouncing"


def test_one_that_arrives_begins_the_row_anew() -> None:
    assert not mails(SILENT, SILENT, TAKEN, SILENT, SILENT)


def test_a_mail_without_an_answer_does_not() -> None:
    assert mails(SILENT, NO_ANSWER, SILENT, SILENT)


def test_the_same_digest_counts_once() -> None:
    assert not mails(SILENT)
    for _ in range(3):
        at = MORNING + timedelta(hours=1)
        planning.send_now(person(), at)
        drain(StubTransport(SILENT), lambda: MORNING + timedelta(hours=1))
    assert not Suppression.objects.exists()


def test_a_confirmation_begins_it_anew() -> None:
    assert not mails(SILENT, SILENT)
    signup.request("ada@example.org", signup.SignUpRequest(("speech",)), at=MORNING)
    Subscriber.objects.update(confirmed_at=MORNING + timedelta(days=1, hours=1))
    mail(2, SILENT)
    assert not Suppression.objects.exists()


def test_reports_count_like_replies() -> None:
    factories.subscriber("ada@example.org", "robot")
    for day, outcome in enumerate((TAKEN, SILENT, TAKEN)):
        digest = mail(day, outcome)
        if outcome is TAKEN:
            silent = about(digest, "exim").replace(b"550-5.1.1 The email account that you tried to "
                                                   b"reach does not exist.", b"550 no")  # fmt: skip
            event = record(silent, at=MORNING + timedelta(days=day, hours=1)).event
            assert event.kind == "bounce_refused"
        assert Suppression.objects.exists() == (day == 2)
        if day < 2:
            Subscriber.objects.update(status="active", paused_until=None)
    assert person().status == "bouncing"


def test_a_webhooks_refusal_counts_too(client: Any, settings: Any) -> None:
    settings.MAIL_WEBHOOKS = {"postmark": BASIC}
    factories.subscriber("ada@example.org", "robot")
    for day in range(3):
        digest = mail(day, TAKEN)
        bounce = {"RecordType": "Bounce", "Type": "SoftBounce", "ID": day,
                  "Email": "ada@example.org", "Details": "smtp;550 no",
                  "BouncedAt": "2026-11-20T07:00:00Z", "Metadata": mark(digest)}  # fmt: skip
        assert postmark(client, **bounce) == 200
        assert Suppression.objects.exists() == (day == 2)
        Subscriber.objects.filter(status="bouncing").update(status="active", paused_until=None)
    assert set(MailEvent.objects.values_list("kind", flat=True)) == {"bounce_refused"}


OUTCOMES = {"s": SILENT, "d": DISABLED, "t": TAKEN, "p": POLICY, "u": NO_ANSWER}


class TestAnyRow(TestCase):  # type: ignore[misc]
    def setup_example(self) -> None:
        super().setup_example()
        caches.forget()  # the database is that of before the last example

    @pytest.mark.slow
    @rounds(max_examples=15)
    @given(st.text("sdtpu", min_size=1, max_size=7))
    def test_it_is_suspended_when_three_stand_together(self, days: str) -> None:
        suspended_on = None
        row = 0
        for day, letter in enumerate(days):
            row = 0 if letter == "t" else row + (letter in "sd")
            if row >= 3:
                suspended_on = day
                break
        last = len(days) if suspended_on is None else suspended_on + 1
        suspended = mails(*(OUTCOMES[letter] for letter in days[:last]))
        assert suspended == (suspended_on is not None)


def test_refusals_whose_words_are_no_longer_kept_say_nothing_of_the_mailbox() -> None:
    """Of a refusal for policy the code alone is left, which could mean anything."""
    assert not mails(POLICY, POLICY)
    Digest.objects.update(pruned=True, reply_text="")
    mail(2, SILENT)
    assert person().status == "active"
