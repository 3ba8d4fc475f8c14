"""What can be done from a person's timeline, and what it says of the next digest."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from digest.models import Digest
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING

from .pages import Page, address_change
from .timeline_rows import DAY, HOUR, buttons, digest_of, lovelace, run, timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Subscriber:
    return lovelace()


@pytest.fixture(autouse=True)
def quiet(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "memory://"


class TestButtons:
    def test_those_that_have_an_effect(self, operator: Client, ada: Subscriber) -> None:
        usual = {"send_now", "pause", "unsubscribe", "suppress", "delete_selected"}
        assert buttons(timeline(operator, ada)) == usual
        digest_of(ada)
        page = timeline(operator, ada)
        assert buttons(page) == usual | {"send_again"}
        assert "at most one copy per person and day" in page.text
        Suppression.objects.record(ada.email_key, "operator")
        page = timeline(operator, ada)
        assert "These addresses can get e-mails again." in page.text
        assert "suppress" not in buttons(page)
        for status in ("paused", "bouncing"):
            Subscriber.objects.update(status=status)
            assert "resume" in buttons(timeline(operator, ada)), status
            assert "send_again" not in buttons(timeline(operator, ada)), status
        Subscriber.objects.update(status="unsubscribed")
        assert buttons(timeline(operator, ada)) == {"delete_selected"}

    def test_a_former_address_is_lifted_and_the_present_one_suppressed(
        self, operator: Client, ada: Subscriber
    ) -> None:
        address_change(ada, confirmed_at=MORNING)
        Subscriber.objects.update(email="new@example.org", email_key="new@example.org")
        Suppression.objects.record("ada@example.org", "complaint")
        page = timeline(operator, ada)
        assert "Address suppressed: a complaint." in page.text
        assert "suppress" in buttons(page)
        assert "These addresses can get e-mails again." in page.text
        Suppression.objects.update(expires_at=MORNING)  # it is over
        assert "These addresses can get" not in timeline(operator, ada).text

    @pytest.mark.parametrize(
        ("action", "before", "after"),
        [
            ("pause", "active", "paused"),
            ("resume", "paused", "active"),
            ("unsubscribe", "active", "unsubscribed"),
        ],
    )
    def test_each_asks_first(
        self, operator: Client, ada: Subscriber, action: str, before: str, after: str
    ) -> None:
        Subscriber.objects.update(status=before)
        page = timeline(operator, ada)
        forms = page.source.split("<form")
        form = next(each for each in forms if f'value="{action}"' in each)
        url = re.findall(r'action="([^"]*)"', form)[0]
        posted = {"action": action, "_selected_action": [ada.pk]}
        asked = Page(operator.post(url, posted))
        assert Subscriber.objects.get().status == before
        posted["confirmed"] = asked.field("confirmed")["value"]
        answer = operator.post(url, posted, follow=True)
        assert Subscriber.objects.get().status == after
        assert reverse("admin:subscriber-timeline", args=[ada.pk]) in Page(answer).links()

    def test_suppressing_and_lifting(self, operator: Client, ada: Subscriber) -> None:
        people = reverse("admin:subscriptions_subscriber_changelist")
        run(operator, people, "suppress", ada.pk)
        assert ada.suppressions.get().reason == "operator"
        lists = reverse("admin:subscriptions_suppression_changelist")
        run(operator, lists, "delete_selected", ada.suppressions.get().pk)
        assert not ada.suppressions.exists()

    def test_resuming_who_bounced(self, operator: Client, ada: Subscriber) -> None:
        later = datetime.now(UTC) + 30 * DAY
        Subscriber.objects.update(status="bouncing", paused_until=later)
        people = reverse("admin:subscriptions_subscriber_changelist")
        run(operator, people, "resume", ada.pk)
        assert Subscriber.objects.pause_over(datetime.now(UTC)).get() == ada


class TestNextDigest:
    def test_papers_with_their_reasons(self, operator: Client, ada: Subscriber) -> None:
        hit = factories.paper("A robot that knits")
        factories.paper("Something else")
        with time_machine.travel(MORNING - HOUR, tick=False):
            page = timeline(operator, ada)
        assert "Due 20 November 2026, 16:00 in Tokyo. 1 of the 2 new papers so far:" in page.text
        assert "A robot that knits (robot: title match · 1 keyword)" in page.text
        assert reverse("paper", args=[hit.pk]) in page.links()
        assert not Digest.objects.exists()

    def test_nothing_so_far(self, operator: Client, ada: Subscriber) -> None:
        factories.paper("Something else")
        page = timeline(operator, ada)
        assert "No paper so far, of 1 new one." in page.text

    def test_most_are_summed_up(self, operator: Client, ada: Subscriber) -> None:
        for number in range(30):
            factories.paper(f"A robot, number {number}")
        page = timeline(operator, ada)
        assert page.source.count("title match") == 25
        assert "And 5 more." in page.text

    @pytest.mark.parametrize("status", ["pending", "unsubscribed"])
    def test_nobody_who_gets_none(self, operator: Client, ada: Subscriber, status: str) -> None:
        factories.paper("A robot")
        Subscriber.objects.update(status=status)
        page = timeline(operator, ada)
        assert "The next digest" not in page.text
        assert "title match" not in page.text

    def test_trending_papers(self, operator: Client, ada: Subscriber) -> None:
        Subscriber.objects.update(trending_top=3)
        factories.paper("Something else", upvotes=7)
        assert "Something else (trending: " in timeline(operator, ada).text
