"""What providers tell of bounces: by a server's code, by their own word, of a mail or of none."""

import importlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory

from digest.mail.inbound.webhook_providers import PROVIDERS
from digest.mail_events import esp_webhooks
from digest.mail_events.soft_bounces import SUSPENSIONS
from digest.models import Digest, Letter, MailEvent
from subscriptions.models import BOUNCE_LASTS, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import LATER, NO_ANSWER, digest_after, person
from tests.support.returned_mails import bounce_address

pytest.importorskip("anymail")
pytestmark = pytest.mark.django_db
WORDS = "no words that help"
NOBODY = "550 No such user here"


def mailersend(kind: str, reason: str = WORDS) -> dict[str, Any]:
    morph = {"object": "recipient_bounce", "reason": reason}
    email = {"recipient": {"email": "ada@example.org"}}
    return {"data": {"id": "1", "type": kind, "email": email, "morph": morph}}


def mailgun(**status: str) -> dict[str, Any]:
    return {"event-data": {"event": "failed", "severity": "permanent", "reason": "bounce",
                           "timestamp": 1, "recipient": "ada@example.org",
                           "delivery-status": {"message": WORDS, **status}}}  # fmt: skip


def mailjet(hard: bool, error: str = "user unknown") -> dict[str, Any]:
    return {"event": "bounce", "email": "ada@example.org", "hard_bounce": hard, "error": error}


def brevo(event: str, reason: str = WORDS) -> dict[str, Any]:
    return {"event": event, "email": "ada@example.org", "ts_epoch": 1, "reason": reason}


def postmark(kind: str, details: str = WORDS, **more: Any) -> dict[str, Any]:
    return {"RecordType": "Bounce", "Type": kind, "Email": "ada@example.org", "Details": details,
            **more}  # fmt: skip


def postmark_stops(reason: str) -> dict[str, Any]:
    return {"RecordType": "SubscriptionChange", "Recipient": "ada@example.org",
            "SuppressSending": True, "SuppressionReason": reason}  # fmt: skip


def sparkpost(of: str, reason: str = WORDS) -> list[dict[str, Any]]:
    event = {"type": "bounce", "bounce_class": of, "raw_rcpt_to": "ada@example.org",
             "raw_reason": reason}  # fmt: skip
    return [{"msys": {"message_event": event}}]


def reported(name: str, body: Any, at: datetime = LATER) -> MailEvent:
    """The event that a provider's request leaves; its signature is for the view's tests."""
    view, argument = PROVIDERS[name]
    module = importlib.import_module(f"anymail.webhooks.{name}")
    reader = getattr(module, view)(**{argument: "user:password-0123456789"})
    request = RequestFactory().post("/", body, content_type="application/json")
    (recorded,) = esp_webhooks.record_events(name, reader.parse_events(request), at)
    return recorded.event


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("brevo", brevo("hard_bounce"), "hard"),
        ("brevo", brevo("soft_bounce"), "soft"),
        ("brevo", brevo("hard_bounce", "554 5.7.1 listed"), "policy"),
        ("brevo", brevo("soft_bounce", NOBODY), "hard"),
        ("brevo", brevo("soft_bounce", "550 no"), "refused"),
        ("brevo", brevo("hard_bounce", "550 no"), "hard"),
        ("mailersend", mailersend("hard_bounced"), "hard"),
        ("mailersend", mailersend("soft_bounced"), "soft"),
        ("mailersend", mailersend("hard_bounced", "552 5.2.2 full"), "soft"),
        ("mailgun", mailgun(**{"bounce-type": "hard"}), "hard"),
        ("mailgun", mailgun(**{"bounce-type": "soft"}), "soft"),
        ("mailgun", mailgun(), "soft"),
        ("mailgun", mailgun(message=NOBODY), "hard"),
        ("mailgun", mailgun(message="550 no"), "refused"),
        ("mailgun", mailgun(message="452 no such user here, for now"), "soft"),
        ("mailgun", mailgun(**{"enhanced-code": "5.1.1"}), "hard"),
        ("mailgun", mailgun(**{"bounce-type": "hard", "enhanced-code": "5.7.26"}), "policy"),
        ("mailjet", mailjet(True), "hard"),
        ("mailjet", mailjet(False), "soft"),
        ("mailjet", mailjet(False, "quota exceeded"), "soft"),
        ("postmark", postmark("HardBounce"), "hard"),
        ("postmark", postmark("SoftBounce"), "soft"),
        ("postmark", postmark("SoftBounce", "550 5.1.1 nobody"), "hard"),
        ("postmark", postmark("HardBounce", "550 5.0.0 says nothing"), "hard"),
        ("postmark", postmark_stops("HardBounce"), "hard"),
        ("sparkpost", sparkpost("10"), "hard"),
        ("sparkpost", sparkpost("30"), "hard"),
        ("sparkpost", sparkpost("40"), "soft"),
        ("sparkpost", sparkpost("30", "550 message blocked as spam"), "policy"),
        ("sparkpost", sparkpost("30", "554 5.7.1 listed"), "policy"),
    ],
)  # fmt: skip
def test_the_code_and_the_words_decide_and_without_them_the_providers_own_word(
    name: str, body: Any, kind: str
) -> None:
    factories.subscriber("ada@example.org")
    assert reported(name, body).kind == f"bounce_{kind}"
    assert Suppression.objects.exists() == (kind == "hard")


class TestNoMailIsNamed:
    """Without VERP_SENDER no provider can repeat which mail it was; nor can those that take no
    metadata."""

    def sent_on(self, days: int) -> Digest:
        day = MORNING + timedelta(days=days)
        return Digest.objects.create(
            subscriber=person(), local_date=day.date(), not_before=day,
            expires_at=day + timedelta(days=1), state="sent",
        )  # fmt: skip

    def bounced(self, days: int) -> timedelta | None:
        """Of one mail that day it is said an hour later, twice; how long the person rests then."""
        mail, at = self.sent_on(days), MORNING + timedelta(days=days, hours=1)
        for number in (2 * days, 2 * days + 1):
            metadata = {"mail": bounce_address(mail)}
            body = postmark("SoftBounce", ID=number, Metadata=metadata)
            assert reported("postmark", body, at).digest == mail
        until = person().paused_until
        return until - at if until else None

    def test_each_rests_twice_as_long_and_the_seventh_is_the_last(self) -> None:
        factories.subscriber("ada@example.org", "robot")
        assert [self.bounced(days) for days in range(0, 12, 2)] == SUSPENSIONS
        assert not Suppression.objects.exists()
        assert self.bounced(14) == BOUNCE_LASTS
        assert Suppression.objects.get().reason == "bounce"

    def test_a_mail_of_later_is_not_meant(self) -> None:
        digest = digest_after()
        self.sent_on(1)
        assert reported("postmark", postmark("SoftBounce")).digest == digest

    def test_it_proves_no_mail_without_an_answer(self) -> None:
        digest = digest_after(NO_ANSWER)
        assert reported("postmark", postmark("SoftBounce")).digest is None
        digest.refresh_from_db()
        assert (digest.state, person().status) == ("unknown", "active")

    def test_a_stranger_changes_nothing(self) -> None:
        digest_after()
        event = reported("postmark", postmark("SoftBounce", Email="eve@example.org"))
        assert (event.kind, event.digest, person().status) == ("forged", None, "active")


class TestSeveralAtOnce:
    """One bad event of a request does not stop the others in it."""

    def events(self, *ids: str) -> list[Any]:
        tracking = importlib.import_module("anymail.signals").AnymailTrackingEvent
        return [
            tracking(event_type="bounced", reject_reason="bounced", timestamp=MORNING,
                     event_id=each, recipient=each, metadata={}, esp_event={"id": each})
            for each in ids
        ]  # fmt: skip

    def test_one_that_cannot_be_read_is_recorded_as_unread(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = esp_webhooks.mail_of

        def fail(addresses: Iterable[str]) -> Digest | Letter | None:
            named = list(addresses)
            if "bad" in named:
                raise RecursionError
            return real(named)

        events = self.events("1", "2", "3")
        events[1].metadata = {"mail": "bad"}
        monkeypatch.setattr(esp_webhooks, "mail_of", fail)
        kinds = [each.event.kind for each in esp_webhooks.record_events("mailgun", events, LATER)]
        assert kinds == ["forged", "unread", "forged"]

    def test_what_cannot_be_written_as_json_or_kept_as_an_id(self) -> None:
        events = self.events("1", "a\x00b", "3")
        events[0].esp_event = {1: {}, "b": {}}
        recorded = esp_webhooks.record_events("mailgun", events, LATER)
        assert ["\x00" in each.event.event_id for each in recorded] == [False] * 3

    def test_where_recording_one_fails_the_others_are_recorded_and_all_come_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = esp_webhooks.record

        def fail(reported: Any, *, event_id: str, **rest: Any) -> Any:
            if event_id == "2":
                raise ZeroDivisionError
            return real(reported, event_id=event_id, **rest)

        with monkeypatch.context() as broken:
            broken.setattr(esp_webhooks, "record", fail)
            with pytest.raises(ZeroDivisionError):
                esp_webhooks.record_events("mailgun", self.events("1", "2", "3"), LATER)
        assert set(MailEvent.objects.values_list("event_id", flat=True)) == {"1", "3"}
        again = esp_webhooks.record_events("mailgun", self.events("1", "2", "3"), LATER)
        assert [each.is_new for each in again] == [False, True, False]
