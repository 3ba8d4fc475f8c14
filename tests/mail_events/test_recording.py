"""What comes back: who is stopped, and who is not."""

from datetime import timedelta
from typing import Any

import pytest

from digest.models import Digest, Letter, MailEvent
from digest.sending.drain import drain
from subscriptions import signup, unsubscribing
from subscriptions.models import BOUNCE_LASTS, Subscriber, Suppression
from tests.support.factories import MORNING
from tests.support.reports import ACCEPTED, LATER, NO_ANSWER, digest_after, person, record
from tests.support.returned_mails import about, bounce_address, complaint, message
from tests.support.stub_transport import StubTransport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]


class TestBounces:
    def test_a_hard_one_stops_the_address(self) -> None:
        event, is_new = record(about(digest_after(), "hard"))
        assert (event.kind, event.status, is_new) == ("bounce_hard", "5.1.1", True)
        assert (person().status, person().paused_until) == ("bouncing", LATER + BOUNCE_LASTS)
        suppression = Suppression.objects.get()
        assert suppression.reason == "bounce"
        assert "ada" not in suppression.detail

    def test_the_same_message_twice_changes_nothing(self) -> None:
        raw = about(digest_after(), "full")
        record(raw)
        until = person().paused_until
        again = record(raw, at=LATER + timedelta(days=1))
        assert not again.is_new
        assert again.sentence.startswith("Already known")
        assert person().paused_until == until

    def test_policy_never_suppresses(self) -> None:
        event, _ = record(about(digest_after(), "policy"))
        assert event.kind == "bounce_policy"
        assert person().status == "active"
        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("name", ["delayed", "delivered"])
    def test_no_failure_stops_nobody(self, name: str) -> None:
        assert record(about(digest_after(), name)).event.kind == name
        assert person().status == "active"

    def test_in_free_text_it_counts_for_the_address_that_it_names(self) -> None:
        digest = digest_after()
        event, _ = record(about(digest, "free_text", address="bob@example.net"))
        assert (event.kind, event.digest, event.status) == ("auto_reply", digest, "")
        assert person().status == "active"
        event, _ = record(about(digest, "free_text", address="Ada@EXAMPLE.org"))
        assert (event.kind, event.status) == ("bounce_hard", "5.1.1")
        assert person().status == "bouncing"

    def test_a_letters(self) -> None:
        signup.request("ada@example.org", signup.SignUpRequest(("robot",)), at=MORNING)
        drain(StubTransport(ACCEPTED), lambda: MORNING)
        event, _ = record(about(Letter.objects.get(), "hard"))
        assert (event.letter, event.digest) == (Letter.objects.get(), None)
        assert Suppression.objects.for_mailbox("ada@example.org").exists()
        assert person().status == "pending"

    def test_a_pause_stays_a_pause(self) -> None:
        digest = digest_after()
        until = MORNING + timedelta(days=7)
        Subscriber.objects.update(status="paused", paused_until=until)
        record(about(digest, "full"))
        record(about(digest, "hard"))
        assert (person().status, person().paused_until) == ("paused", until)

    def test_who_left_is_not_brought_back(self) -> None:
        digest = digest_after()
        unsubscribing.unsubscribe(person().pk)
        record(about(digest, "full"))
        assert person().status == "unsubscribed"


class TestForgeries:
    def test_without_our_mark(self) -> None:
        digest_after()
        event, _ = record(message("hard", bounce="bounces@example.org"))
        assert (event.kind, event.digest) == ("forged", None)
        assert person().status == "active"

    def test_with_a_mark_that_is_changed(self) -> None:
        real = bounce_address(digest_after())
        for position in range(len("bounces+"), real.index("@")):
            changed = "x" if real[position] != "x" else "y"
            forged = real[:position] + changed + real[position + 1 :]
            record(message("hard", bounce=forged))
        assert set(MailEvent.objects.values_list("kind", flat=True)) == {"forged"}
        assert person().status == "active"

    def test_of_a_mail_whose_row_is_deleted(self) -> None:
        """Its time was over, or its person was erased: a bounce changes nothing."""
        digest = digest_after()
        raw = about(digest, "hard")
        digest.delete()
        event = record(raw).event
        assert (event.kind, event.digest) == ("old", None)
        assert person().status == "active"

    def test_the_returned_headers_are_not_believed(self) -> None:
        address = bounce_address(digest_after())
        raw = about(Digest.objects.get(), "hard")
        elsewhere = raw.replace(f"To: {address}".encode(), b"To: mallory@example.net", 1)
        assert address.encode() in elsewhere
        assert record(elsewhere).event.kind == "forged"

    def test_too_old(self) -> None:
        digest = digest_after()
        assert record(about(digest, "hard"), at=MORNING + timedelta(days=15)).event.kind == "old"
        assert record(complaint(mail_from=bounce_address(digest)),
                      at=MORNING + timedelta(days=15)).event.kind == "complaint"  # fmt: skip

    @pytest.mark.parametrize(
        ("days", "late", "kind"),
        [(90, timedelta(), "complaint"), (90, timedelta(microseconds=1), "old")],
    )
    def test_the_last_moment_of_a_complaint(self, days: int, late: timedelta, kind: str) -> None:
        raw = complaint(mail_from=bounce_address(digest_after()))
        at = MORNING + timedelta(days=days) + late
        assert record(raw, at=at).event.kind == kind
        assert person().status == ("unsubscribed" if kind == "complaint" else "active")

    @pytest.mark.parametrize(
        ("late", "kind"), [(timedelta(), "bounce_hard"), (timedelta(microseconds=1), "old")]
    )
    def test_the_last_moment_of_a_bounce(self, late: timedelta, kind: str) -> None:
        raw = about(digest_after(), "hard")
        assert record(raw, at=MORNING + timedelta(days=14) + late).event.kind == kind

    def test_the_envelope_counts_too(self) -> None:
        digest = digest_after()
        raw = message("hard", bounce="postmaster@example.org")
        assert record(raw, recipient=bounce_address(digest).upper()).event.kind == "bounce_hard"

    def test_without_the_setting_nothing_is_believed(self, settings: Any) -> None:
        raw = about(digest_after(), "hard")
        settings.VERP_SENDER = ""
        assert record(raw).event.kind == "forged"

    def test_what_was_ignored_is_forgotten(self) -> None:
        digest = digest_after()
        record(message("hard", bounce="x@example.org"))
        record(about(digest, "hard"))
        assert MailEvent.objects.forget(LATER + timedelta(days=29)) == 0
        assert MailEvent.objects.forget(LATER + timedelta(days=31)) == 1
        assert MailEvent.objects.get().kind == "bounce_hard"


class TestComplaints:
    @pytest.mark.parametrize("where", ["mail_from", "return_path"])
    def test_end_it_for_good(self, where: str) -> None:
        digest = digest_after()
        event, _ = record(complaint(**{where: bounce_address(digest)}))
        assert (event.kind, event.digest) == ("complaint", digest)
        assert person().status == "unsubscribed"
        suppression = Suppression.objects.get()
        assert (suppression.reason, suppression.expires_at) == ("complaint", None)

    def test_confirming_anew_does_not_lift_it(self) -> None:
        record(complaint(mail_from=bounce_address(digest_after())))
        signup.confirm(person().pk, at=LATER)
        assert Suppression.objects.for_mailbox("ada@example.org").exists()

    def test_not_spam_and_strangers_change_nothing(self) -> None:
        digest = digest_after()
        record(complaint("not-spam", mail_from=bounce_address(digest)))
        record(complaint(mail_from="digest@localhost"))
        assert person().status == "active"
        assert not Suppression.objects.exists()


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "X-Autoreply: yes"])
def test_automatic_replies_change_nothing(header: str) -> None:
    event, _ = record(about(digest_after(), "away", header=header))
    assert event.kind == "auto_reply"
    assert person().status == "active"


def test_an_event_and_what_follows_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = about(digest_after(NO_ANSWER), "hard")

    def fail(*arguments: object, **named: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(Suppression.objects, "record", fail)
        with pytest.raises(RuntimeError):
            record(raw)
    assert not MailEvent.objects.exists()
    assert Digest.objects.get().state == "unknown"
    record(raw)
    assert person().status == "bouncing"
