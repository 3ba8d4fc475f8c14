"""What comes back late: about an address that is theirs no more, or from before they confirmed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from anymail.signals import AnymailTrackingEvent

from digest.mail import verp
from digest.mail_events.esp_webhooks import record_events
from digest.models import Digest, Letter, MailEvent
from digest.sending.drain import drain
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from tests.support.factories import MORNING
from tests.support.reports import ACCEPTED, LATER, digest_after, person, record
from tests.support.returned_mails import about, bounce_address, complaint
from tests.support.stub_transport import StubTransport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]
MINUTE = timedelta(minutes=1)
OLD, NEW = "ada@example.org", "ada@new.example"


def moves(at: datetime) -> None:
    """Her address is changed then, as the operators' page does it."""
    Subscriber.objects.update(email=NEW, email_key=NEW, address_since=at)


def sent_letter() -> Letter:
    signup.request(OLD, signup.SignUpRequest(("robot",)), at=MORNING)
    drain(StubTransport(ACCEPTED), lambda: MORNING)
    return Letter.objects.get()


def suppressed() -> set[str]:
    return {key for key in (OLD, NEW) if Suppression.objects.for_mailbox(key).exists()}


def by_mail(mail: Digest | Letter, what: str) -> MailEvent:
    if what == "complaint":
        return record(complaint(mail_from=bounce_address(mail))).event
    return record(about(mail, what)).event


def by_provider(mail: Digest | Letter, what: str) -> MailEvent:
    said = {"hard": "5.1.1 no such user", "full": "4.2.2 mailbox full"}.get(what, "")
    event = AnymailTrackingEvent(
        event_type="complained" if what == "complaint" else "bounced",
        event_id="1",
        recipient=OLD,
        mta_response=said,
        metadata={"mail": verp.address_for(type(mail).__name__.lower(), mail.pk)},
    )
    return record_events("mailgun", [event], LATER)[0].event


BY_MAIL_OR_PROVIDER = pytest.mark.parametrize("report", [by_mail, by_provider])
ReportEvent = Callable[[Digest | Letter, str], MailEvent]


@BY_MAIL_OR_PROVIDER
class TestAnotherAddress:
    @pytest.mark.parametrize("what", ["hard", "full", "complaint"])
    def test_a_digest_to_the_one_before_says_nothing_of_it(
        self, report: ReportEvent, what: str
    ) -> None:
        digest = digest_after()
        moves(MORNING + MINUTE)
        event = report(digest, what)
        assert (event.kind, event.digest) == ("old", None)
        assert (person().status, suppressed()) == ("active", set())

    @pytest.mark.parametrize(
        ("what", "kind", "status"),
        [("hard", "bounce_hard", "bouncing"), ("full", "bounce_soft", "bouncing"),
         ("complaint", "complaint", "unsubscribed")],
    )  # fmt: skip
    def test_a_digest_to_itself_does(
        self, report: ReportEvent, what: str, kind: str, status: str
    ) -> None:
        digest = digest_after()
        moves(MORNING - MINUTE)
        assert report(digest, what).kind == kind
        assert person().status == status

    def test_a_letter_is_about_the_address_it_went_to(self, report: ReportEvent) -> None:
        letter = sent_letter()
        moves(MORNING + MINUTE)
        signup.confirm(person().pk, at=MORNING + MINUTE)
        event = report(letter, "hard")
        assert (event.kind, event.letter) == ("bounce_hard", letter)
        assert (person().status, suppressed()) == ("active", {OLD})

    def test_a_complaint_about_a_letter_too(self, report: ReportEvent) -> None:
        letter = sent_letter()
        moves(MORNING + MINUTE)
        signup.confirm(person().pk, at=MORNING + MINUTE)
        assert report(letter, "complaint").kind == "complaint"
        assert (person().status, suppressed()) == ("active", {OLD})

    def test_a_complaint_about_a_letter_to_the_same_address_ends_it(
        self, report: ReportEvent
    ) -> None:
        letter = sent_letter()
        signup.confirm(person().pk, at=MORNING + MINUTE)
        report(letter, "complaint")
        assert (person().status, suppressed()) == ("unsubscribed", {OLD})


@BY_MAIL_OR_PROVIDER
class TestConfirmedAnew:
    def test_a_digest_from_before_does_not_suppress_again(self, report: ReportEvent) -> None:
        digest = digest_after()
        Suppression.objects.record(OLD, "bounce")
        signup.confirm(person().pk, at=MORNING + MINUTE)
        assert report(digest, "hard").kind == "old"
        assert (person().status, suppressed()) == ("active", set())

    def test_nor_does_a_letter(self, report: ReportEvent) -> None:
        letter = sent_letter()
        signup.confirm(person().pk, at=MORNING + MINUTE)
        event = report(letter, "hard")
        assert (event.kind, event.letter) == ("old", None)
        assert (person().status, suppressed()) == ("active", set())

    def test_a_complaint_from_before_counts(self, report: ReportEvent) -> None:
        digest = digest_after()
        Subscriber.objects.update(confirmed_at=MORNING + MINUTE)
        assert report(digest, "complaint").kind == "complaint"
        assert suppressed() == {OLD}


def test_an_operators_letter_is_nobodys() -> None:
    alarm = Letter.objects.create(
        email="op@example.org", email_key="op@example.org", purpose="alarm", nonce="1",
        not_before=MORNING, expires_at=LATER, state="sent",
    )  # fmt: skip
    assert by_mail(alarm, "hard").kind == "bounce_hard"
    assert Suppression.objects.for_mailbox("op@example.org").exists()
