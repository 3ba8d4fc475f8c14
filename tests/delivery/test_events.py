"""What comes back: who is stopped, who is not, and what an UNKNOWN turns out to have been."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from digest import assemble
from digest.delivery import leaving
from digest.delivery.deliver import drain, reap
from digest.delivery.events import Recorded, record_message
from digest.delivery.reconcile import unknown
from digest.delivery.soft import RESTS
from digest.mail.transport import Outcome, Result
from digest.models import Digest, Letter, MailEvent
from subscriptions import links, signup
from subscriptions.models import BOUNCE_LASTS, Subscriber, Suppression
from tests import make
from tests.delivery.returned import VERP_SENDER, about, bounce_address, complaint, message
from tests.delivery.test_deliver import Answering
from tests.make import MORNING

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)
ACCEPTED = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok")
NO_ANSWER = Outcome(Result.UNKNOWN, "dot")


@pytest.fixture(autouse=True)
def verp_sender(settings: Any) -> None:
    settings.VERP_SENDER = VERP_SENDER


def digest_that(outcome: Outcome = ACCEPTED) -> Digest:
    """A digest of that morning, as this answer leaves it."""
    sent = outcome is ACCEPTED
    paper = make.paper("A robot")
    reader = make.subscriber("ada@example.org", "robot", next_due_at=MORNING + timedelta(days=1),
                             confirmed_through_seq=paper.seq if sent else 0,
                             last_due_at=MORNING, last_local_date=MORNING.date())  # fmt: skip
    return Digest.objects.create(
        subscriber=reader, local_date=MORNING.date(), not_before=MORNING,
        expires_at=MORNING + timedelta(hours=23), state="sent" if sent else "unknown",
        composed_at=MORNING, from_seq=0, to_seq=paper.seq,
    )  # fmt: skip


def person() -> Subscriber:
    return Subscriber.objects.get()


def record(raw: bytes, **options: Any) -> Recorded:
    return record_message(raw, options.pop("at", LATER), **options)


class TestBounces:
    def test_a_hard_one_stops_the_address(self) -> None:
        event, is_new = record(about(digest_that(), "hard"))
        assert (event.kind, event.status, is_new) == ("bounce_hard", "5.1.1", True)
        assert (person().status, person().paused_until) == ("bouncing", LATER + BOUNCE_LASTS)
        suppression = Suppression.objects.get()
        assert suppression.reason == "bounce"
        assert "ada" not in suppression.detail

    def test_the_same_message_twice_changes_nothing(self) -> None:
        raw = about(digest_that(), "full")
        record(raw)
        until = person().paused_until
        again = record(raw, at=LATER + timedelta(days=1))
        assert not again.is_new
        assert again.sentence.startswith("Known already")
        assert person().paused_until == until

    def test_policy_never_suppresses(self) -> None:
        event, _ = record(about(digest_that(), "policy"))
        assert event.kind == "bounce_policy"
        assert person().status == "active"
        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("name", ["delayed", "delivered"])
    def test_no_failure_stops_nobody(self, name: str) -> None:
        assert record(about(digest_that(), name)).event.kind == name
        assert person().status == "active"

    def test_a_letters(self) -> None:
        signup.request("ada@example.org", signup.Asked(("robot",)), at=MORNING)
        drain(Answering(ACCEPTED), lambda: MORNING)
        event, _ = record(about(Letter.objects.get(), "hard"))
        assert (event.letter, event.digest) == (Letter.objects.get(), None)
        assert Suppression.objects.of("ada@example.org").exists()
        assert person().status == "pending"

    def test_a_pause_stays_a_pause(self) -> None:
        digest = digest_that()
        until = MORNING + timedelta(days=7)
        Subscriber.objects.update(status="paused", paused_until=until)
        record(about(digest, "full"))
        record(about(digest, "hard"))
        assert (person().status, person().paused_until) == ("paused", until)

    def test_who_left_is_not_brought_back(self) -> None:
        digest = digest_that()
        signup.unsubscribe(person().pk)
        record(about(digest, "full"))
        assert person().status == "unsubscribed"


class TestSoftBounces:
    def sent_on(self, days: int) -> Digest:
        return Digest.objects.create(
            subscriber=person(),
            local_date=(MORNING + timedelta(days=days)).date(),
            not_before=MORNING + timedelta(days=days),
            expires_at=MORNING + timedelta(days=days + 1),
            state="sent",
        )

    def bounced(self, days: int) -> timedelta | None:
        """One mail that day bounces an hour later; how long the person rests then."""
        at = MORNING + timedelta(days=days, hours=1)
        Subscriber.objects.update(status="active", paused_until=None)
        record(about(self.sent_on(days), "full"), at=at)
        until = person().paused_until
        return until - at if until else None

    def test_each_rests_twice_as_long_and_the_seventh_is_the_last(self) -> None:
        make.subscriber("ada@example.org", "robot")
        rested = [self.bounced(days) for days in range(6)]
        assert rested == RESTS == [timedelta(hours=2**n) for n in range(1, 7)]
        assert not Suppression.objects.exists()
        assert self.bounced(6) == BOUNCE_LASTS
        assert Suppression.objects.get().reason == "bounce"

    def test_one_that_arrives_begins_the_count_anew(self) -> None:
        make.subscriber("ada@example.org", "robot")
        assert [self.bounced(days) for days in range(2)] == RESTS[:2]
        self.sent_on(2)
        assert self.bounced(3) == RESTS[0]

    def test_the_rest_ends_by_itself(self) -> None:
        record(about(digest_that(), "full"))
        assert person().status == "bouncing"
        assemble.plan(LATER + RESTS[0] - timedelta(seconds=1))
        assert person().status == "bouncing"
        assemble.plan(LATER + RESTS[0])
        assert person().status == "active"

    def test_confirming_ends_the_rest_and_loses_no_paper(self) -> None:
        record(about(digest_that(), "full"))
        make.paper("Another robot")
        signup.confirm(person().pk, at=LATER)
        assert (person().status, person().confirmed_through_seq) == ("active", 1)
        tomorrow = MORNING + timedelta(days=1)
        assemble.plan(tomorrow)
        drain(Answering(ACCEPTED), lambda: tomorrow)
        assert person().confirmed_through_seq == 2

    def test_a_longer_rest_is_not_made_shorter(self) -> None:
        digest = digest_that()
        record(about(digest, "hard"))
        record(about(digest, "full"))
        assert person().paused_until == LATER + BOUNCE_LASTS


class TestForgeries:
    def test_without_our_mark(self) -> None:
        digest_that()
        event, _ = record(message("hard", bounce="bounces@example.org"))
        assert (event.kind, event.digest) == ("forged", None)
        assert person().status == "active"

    def test_with_a_mark_that_is_changed(self) -> None:
        real = bounce_address(digest_that())
        for position in range(len("bounces+"), real.index("@")):
            changed = "x" if real[position] != "x" else "y"
            forged = real[:position] + changed + real[position + 1 :]
            record(message("hard", bounce=forged))
        assert set(MailEvent.objects.values_list("kind", flat=True)) == {"forged"}
        assert person().status == "active"

    def test_of_a_mail_that_is_none(self) -> None:
        digest = digest_that()
        raw = about(digest, "hard")
        digest.delete()
        assert record(raw).event.kind == "forged"

    def test_the_returned_headers_are_not_believed(self) -> None:
        address = bounce_address(digest_that())
        raw = about(Digest.objects.get(), "hard")
        elsewhere = raw.replace(f"To: {address}".encode(), b"To: mallory@example.net", 1)
        assert address.encode() in elsewhere
        assert record(elsewhere).event.kind == "forged"

    def test_too_old(self) -> None:
        digest = digest_that()
        assert record(about(digest, "hard"), at=MORNING + timedelta(days=15)).event.kind == "old"
        assert record(complaint(mail_from=bounce_address(digest)),
                      at=MORNING + timedelta(days=15)).event.kind == "complaint"  # fmt: skip

    def test_the_envelope_counts_too(self) -> None:
        digest = digest_that()
        raw = message("hard", bounce="postmaster@example.org")
        assert record(raw, recipient=bounce_address(digest).upper()).event.kind == "bounce_hard"

    def test_without_the_setting_nothing_is_believed(self, settings: Any) -> None:
        raw = about(digest_that(), "hard")
        settings.VERP_SENDER = ""
        assert record(raw).event.kind == "forged"

    def test_what_was_ignored_is_forgotten(self) -> None:
        digest = digest_that()
        record(message("hard", bounce="x@example.org"))
        record(about(digest, "hard"))
        assert MailEvent.objects.forget(LATER + timedelta(days=29)) == 0
        assert MailEvent.objects.forget(LATER + timedelta(days=31)) == 1
        assert MailEvent.objects.get().kind == "bounce_hard"


class TestComplaints:
    @pytest.mark.parametrize("where", ["mail_from", "return_path"])
    def test_end_it_for_good(self, where: str) -> None:
        digest = digest_that()
        event, _ = record(complaint(**{where: bounce_address(digest)}))
        assert (event.kind, event.digest) == ("complaint", digest)
        assert person().status == "unsubscribed"
        suppression = Suppression.objects.get()
        assert (suppression.reason, suppression.expires_at) == ("complaint", None)

    def test_confirming_anew_does_not_lift_it(self) -> None:
        record(complaint(mail_from=bounce_address(digest_that())))
        signup.confirm(person().pk, at=LATER)
        assert Suppression.objects.of("ada@example.org").exists()

    def test_not_spam_and_strangers_change_nothing(self) -> None:
        digest = digest_that()
        record(complaint("not-spam", mail_from=bounce_address(digest)))
        record(complaint(mail_from="digest@localhost"))
        assert person().status == "active"
        assert not Suppression.objects.exists()


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "X-Autoreply: yes"])
def test_automatic_replies_change_nothing(header: str) -> None:
    event, _ = record(about(digest_that(), "away", header=header))
    assert event.kind == "auto_reply"
    assert person().status == "active"


class TestLeaving:
    def mail(self, digest: Digest, subject: str = "") -> bytes:
        """The mail that List-Unsubscribe asks for."""
        ways = leaving.list_unsubscribe(digest).split(", ")
        address, _, query = ways[1].removeprefix("<mailto:").removesuffix(">").partition("?")
        subject = subject or query.removeprefix("subject=").replace("%20", " ")
        return f"From: x@example.com\r\nTo: {address}\r\nSubject: {subject}\r\n\r\n".encode()

    def test_by_mail(self) -> None:
        digest = digest_that()
        event, _ = record(self.mail(digest))
        assert (event.kind, event.digest) == ("unsubscribed", digest)
        assert person().status == "unsubscribed"

    def test_by_the_oldest_mail(self) -> None:
        digest = digest_that()
        raw = self.mail(digest)
        digest.delete()
        assert record(raw, at=MORNING + timedelta(days=900)).event.kind == "unsubscribed"
        assert person().status == "unsubscribed"

    def test_header_is_folded_or_shouted(self) -> None:
        token = links.token(links.Purpose.UNSUBSCRIBE, digest_that().subscriber_id)
        raw = f"To: x@example.org\nSubject: UNSUBSCRIBE\n {token}\n\n".encode()
        assert record(raw).event.kind == "unsubscribed"

    def test_only_the_right_token(self) -> None:
        digest = digest_that()
        others = [links.token(links.Purpose.PREFERENCES, digest.subscriber_id), "1:x:y", "", "x"]
        for other in others:
            record(self.mail(digest, f"unsubscribe {other}"))
        token = links.token(links.Purpose.UNSUBSCRIBE, digest.subscriber_id)
        record(self.mail(digest, f"Re: unsubscribe {token}"))
        assert person().status == "active"
        assert set(MailEvent.objects.values_list("kind", flat=True)) == {"forged"}

    def test_the_header_has_both_ways_and_no_mail_without_an_address_for_it(
        self, settings: Any
    ) -> None:
        value = leaving.list_unsubscribe(digest_that())
        assert value.startswith("<http")
        assert "<mailto:bounces+unsubscribe@example.org?subject=unsubscribe%20" in value
        assert len(value) < 900  # one line (RFC 5322 2.1.1)
        settings.VERP_SENDER = ""
        assert "mailto" not in leaving.list_unsubscribe(Digest.objects.get())

    def test_a_mark_names_a_digest_of_that_person_alone(self) -> None:
        digest = digest_that()
        other = make.subscriber("bob@example.org")
        mark = leaving.mark(digest)
        assert leaving.marked(mark, digest.subscriber) == digest
        assert leaving.marked(mark, other) is None
        assert leaving.marked(mark[:-1], digest.subscriber) is None
        assert leaving.marked(signing.Signer(sep=".").sign(digest.pk), digest.subscriber) is None


class TestUnknown:
    def settled(self) -> tuple[str, int]:
        return Digest.objects.get().state, person().confirmed_through_seq

    def test_from_the_dropped_connection_to_the_report(self) -> None:
        make.subscriber("ada@example.org", "robot")
        make.paper("A robot")
        assemble.plan(MORNING)
        transport = Answering(NO_ANSWER)
        drain(transport, lambda: MORNING)
        assert self.settled() == ("unknown", 0)
        record(about(Digest.objects.get(), "delayed"))
        assert self.settled() == ("sent", 1)
        drain(transport, lambda: LATER)
        assert len(transport.recipients) == 1

    @pytest.mark.parametrize(
        "name", ["hard", "full", "policy", "delayed", "delivered", "no_status"]
    )
    def test_any_report_proves_that_it_had_left(self, name: str) -> None:
        digest = digest_that(NO_ANSWER)
        assert self.settled() == ("unknown", 0)
        record(about(digest, name))
        assert self.settled() == ("sent", 1)
        assert "Found out later" in Digest.objects.get().reply_text

    def test_so_do_complaints_and_leaving_by_it(self) -> None:
        digest = digest_that(NO_ANSWER)
        record(complaint(return_path=bounce_address(digest)))
        assert self.settled() == ("sent", 1)
        Digest.objects.update(state="unknown")
        record(TestLeaving().mail(digest))
        assert self.settled() == ("sent", 1)

    def test_a_forgery_proves_nothing(self) -> None:
        digest_that(NO_ANSWER)
        record(message("hard", bounce="bounces+d1-aaaaaaaaaaaaaaaaaaaa@example.org"))
        reap(LATER)
        assert self.settled() == ("unknown", 0)

    def test_leaving_by_another_mail_proves_nothing(self) -> None:
        digest = digest_that(NO_ANSWER)
        token = links.token(links.Purpose.UNSUBSCRIBE, digest.subscriber_id)
        record(f"Subject: unsubscribe {token}\n\n".encode())
        assert self.settled() == ("unknown", 0)

    @pytest.mark.parametrize("again", [1, 2])
    def test_one_click_of_that_very_mail(self, client: Client, again: int) -> None:
        digest = digest_that(NO_ANSWER)
        address = leaving.list_unsubscribe(digest).split(", ")[0].strip("<>")
        assert client.get(address).status_code == 200
        assert self.settled() == ("unknown", 0)
        for _ in range(again):
            answer = client.post(address, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert self.settled() == ("sent", 1)
        assert person().status == "unsubscribed"
        assert MailEvent.objects.count() == 1

    @pytest.mark.parametrize("mark", ["", "nonsense", "1.x", "\x00"])
    def test_one_click_with_another_mark_only_unsubscribes(self, client: Client, mark: str) -> None:
        digest = digest_that(NO_ANSWER)
        token = links.token(links.Purpose.UNSUBSCRIBE, digest.subscriber_id)
        client.post(reverse("unsubscribe", args=[token]), query_params={"in": mark})
        assert self.settled() == ("unknown", 0)
        assert person().status == "unsubscribed"

    def test_a_report_that_comes_before_the_state(self) -> None:
        digest = digest_that(NO_ANSWER)
        Digest.objects.update(state="sending")
        record(about(digest, "delayed"))
        assert Digest.objects.get().state == "sending"
        Digest.objects.update(state="unknown")
        reap(LATER)
        assert self.settled() == ("sent", 1)

    def test_a_later_watermark_is_not_taken_back(self) -> None:
        digest = digest_that(NO_ANSWER)
        Subscriber.objects.update(confirmed_through_seq=7)
        record(about(digest, "delivered"))
        assert self.settled() == ("sent", 7)

    @pytest.mark.parametrize("state", ["failed", "cancelled", "planned", "expired", "empty"])
    def test_other_ends_stay(self, state: str) -> None:
        digest = digest_that(NO_ANSWER)
        Digest.objects.update(state=state)
        record(about(digest, "delivered"))
        reap(MORNING)
        assert self.settled() == (state, 0)

    def test_it_is_counted_and_alarms_above_one_in_ten_thousand(self) -> None:
        digest_that(NO_ANSWER)
        assert unknown(LATER) == (1, 1)
        assert unknown(LATER).alarming
        assert unknown(LATER + timedelta(days=2)) == (0, 0)
        assert not unknown(LATER + timedelta(days=2)).alarming
        assert not unknown(LATER)._replace(tried=10_000).alarming
        assert unknown(LATER)._replace(tried=9_999).alarming


def test_an_event_and_what_follows_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = about(digest_that(NO_ANSWER), "hard")

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
