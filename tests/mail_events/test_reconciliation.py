"""What an UNKNOWN turns out to have been."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from digest import tasks
from digest.mail_events.reconciliation import reconcile, unknown_share
from digest.models import Digest, MailEvent
from digest.sending import planning
from digest.sending.drain import drain, reap
from subscriptions import links
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import (
    LATER,
    NO_ANSWER,
    digest_after,
    list_unsubscribe_of,
    person,
    record,
    unsubscribe_mail,
)
from tests.support.returned_mails import about, bounce_address, complaint, message
from tests.support.stub_transport import StubTransport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]


class TestUnknown:
    def settled(self) -> tuple[str, int]:
        return Digest.objects.get().state, person().confirmed_through_seq

    def test_from_the_dropped_connection_to_the_report(self) -> None:
        factories.subscriber("ada@example.org", "robot")
        factories.paper("A robot")
        planning.plan(MORNING)
        transport = StubTransport(NO_ANSWER)
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
        digest = digest_after(NO_ANSWER)
        assert self.settled() == ("unknown", 0)
        record(about(digest, name))
        assert self.settled() == ("sent", 1)
        assert "Found out later" in Digest.objects.get().reply_text

    def test_so_do_complaints_and_leaving_by_it(self) -> None:
        digest = digest_after(NO_ANSWER)
        record(complaint(return_path=bounce_address(digest)))
        assert self.settled() == ("sent", 1)
        Digest.objects.update(state="unknown")
        record(unsubscribe_mail(digest))
        assert self.settled() == ("sent", 1)

    def test_a_forgery_proves_nothing(self) -> None:
        digest_after(NO_ANSWER)
        record(message("hard", bounce="bounces+d1-aaaaaaaaaaaaaaaaaaaa@example.org"))
        reap(LATER)
        reconcile()
        assert self.settled() == ("unknown", 0)

    def test_leaving_by_another_mail_proves_nothing(self) -> None:
        digest = digest_after(NO_ANSWER)
        token = links.token(links.Purpose.UNSUBSCRIBE, digest.subscriber_id)
        record(f"Subject: unsubscribe {token}\n\n".encode())
        assert self.settled() == ("unknown", 0)

    @pytest.mark.parametrize("again", [1, 2])
    def test_one_click_of_that_very_mail(self, client: Client, again: int) -> None:
        digest = digest_after(NO_ANSWER)
        address = list_unsubscribe_of(digest).split(", ")[0].strip("<>")
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
        digest = digest_after(NO_ANSWER)
        token = links.token(links.Purpose.UNSUBSCRIBE, digest.subscriber_id)
        client.post(reverse("unsubscribe", args=[token]), query_params={"in": mark})
        assert self.settled() == ("unknown", 0)
        assert person().status == "unsubscribed"

    def test_a_report_that_comes_before_the_state(self) -> None:
        digest = digest_after(NO_ANSWER)
        Digest.objects.update(state="sending")
        record(about(digest, "delayed"))
        assert Digest.objects.get().state == "sending"
        Digest.objects.update(state="unknown")
        reap(LATER)
        reconcile()
        assert self.settled() == ("sent", 1)

    @pytest.mark.parametrize("who", ["the task", "the command"])
    def test_it_is_settled_by_the_next(self, who: str) -> None:
        digest = digest_after(NO_ANSWER)
        Digest.objects.update(state="sending")
        record(about(digest, "delayed"))
        Digest.objects.update(state="unknown")
        with time_machine.travel(LATER):
            tasks.reap() if who == "the task" else call_command("deliver")
        assert self.settled() == ("sent", 1)

    def test_a_later_watermark_is_not_taken_back(self) -> None:
        digest = digest_after(NO_ANSWER)
        Subscriber.objects.update(confirmed_through_seq=7)
        record(about(digest, "delivered"))
        assert self.settled() == ("sent", 7)

    @pytest.mark.parametrize("state", ["failed", "cancelled", "planned", "expired", "empty"])
    def test_other_ends_stay(self, state: str) -> None:
        digest = digest_after(NO_ANSWER)
        Digest.objects.update(state=state)
        record(about(digest, "delivered"))
        reap(MORNING)
        reconcile()
        assert self.settled() == (state, 0)

    def test_it_is_counted_and_alarms_above_one_in_ten_thousand(self) -> None:
        digest_after(NO_ANSWER)
        assert unknown_share(LATER) == (1, 1)
        assert unknown_share(LATER).alarming
        assert unknown_share(LATER + timedelta(days=2)) == (0, 0)
        assert not unknown_share(LATER + timedelta(days=2)).alarming
        assert not unknown_share(LATER)._replace(tried=10_000).alarming
        assert unknown_share(LATER)._replace(tried=9_999).alarming
