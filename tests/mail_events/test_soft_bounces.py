"""Bounces that may pass: longer and longer rests."""

from datetime import timedelta

import pytest

from digest.mail_events.soft_bounces import SUSPENSIONS
from digest.models import Digest
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions import signup
from subscriptions.models import BOUNCE_LASTS, Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import ACCEPTED, LATER, digest_after, person, record
from tests.support.returned_mails import about
from tests.support.stub_transport import StubTransport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]


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
        factories.subscriber("ada@example.org", "robot")
        rested = [self.bounced(days) for days in range(6)]
        assert rested == SUSPENSIONS == [timedelta(hours=2**n) for n in range(1, 7)]
        assert not Suppression.objects.exists()
        assert self.bounced(6) == BOUNCE_LASTS
        assert Suppression.objects.get().reason == "bounce"

    def test_one_that_arrives_begins_the_count_anew(self) -> None:
        factories.subscriber("ada@example.org", "robot")
        assert [self.bounced(days) for days in range(2)] == SUSPENSIONS[:2]
        self.sent_on(2)
        assert self.bounced(3) == SUSPENSIONS[0]

    def test_the_rest_ends_by_itself(self) -> None:
        record(about(digest_after(), "full"))
        assert person().status == "bouncing"
        planning.plan(LATER + SUSPENSIONS[0] - timedelta(seconds=1))
        assert person().status == "bouncing"
        planning.plan(LATER + SUSPENSIONS[0])
        assert person().status == "active"

    def test_confirming_ends_the_rest_and_loses_no_paper(self) -> None:
        record(about(digest_after(), "full"))
        factories.paper("Another robot")
        signup.confirm(person().pk, at=LATER)
        assert (person().status, person().confirmed_through_seq) == ("active", 1)
        tomorrow = MORNING + timedelta(days=1)
        planning.plan(tomorrow)
        drain(StubTransport(ACCEPTED), lambda: tomorrow)
        assert person().confirmed_through_seq == 2

    def test_a_longer_rest_is_not_made_shorter(self) -> None:
        digest = digest_after()
        record(about(digest, "hard"))
        record(about(digest, "full"))
        assert person().paused_until == LATER + BOUNCE_LASTS
