"""The admin page reschedules by the row as it is, not as it was when the page was opened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.models import Digest
from digest.sending import planning
from subscriptions.admin.subscribers import SubscriberForm
from subscriptions.models import Subscriber
from subscriptions.schedule import LEAST_GAP
from tests.support import factories

from .pages import Page, filled_in

pytestmark = pytest.mark.django_db


def with_hour(person: Subscriber, at: datetime, **entered: str) -> Subscriber:
    """The person after an operator saved another hour, two hours later than `at`."""
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator"))
    address = reverse("admin:subscriptions_subscriber_change", args=[person.pk])
    hour = f"{at + timedelta(hours=2):%H:%M}"
    posted = filled_in(Page(operator.get(address)), send_at=hour, **entered)
    assert operator.post(address, posted).status_code == 302
    return Subscriber.objects.get()


def while_saving(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> None:
    """Have it happen after the page's row was read, and before the page is saved."""
    judged = SubscriberForm.clean_email

    def clean_email(form: SubscriberForm) -> str:
        happens()
        return judged(form)

    monkeypatch.setattr(SubscriberForm, "clean_email", clean_email)


def test_a_planner_meanwhile_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    at = timezone.now().replace(second=0, microsecond=0)
    person = factories.subscriber(
        "ada@example.org", "robot", send_at=at.time(), next_due_at=at,
        last_due_at=at - timedelta(days=1), last_local_date=(at - timedelta(days=1)).date(),
    )  # fmt: skip
    while_saving(monkeypatch, lambda: planning.plan(at))
    saved = with_hour(person, at)
    assert Digest.objects.get().local_date == saved.last_local_date == at.date()
    assert saved.last_due_at == at
    assert saved.next_due_at
    assert saved.next_due_at - saved.last_due_at >= LEAST_GAP


def test_who_is_overdue_stays_due() -> None:
    due = timezone.now() - timedelta(minutes=5)
    saved = with_hour(factories.subscriber("ada@example.org", "robot", next_due_at=due), due)
    assert saved.next_due_at == due


@pytest.mark.parametrize("status", ["unsubscribed", "paused", "pending"])
def test_who_begins_is_due_at_the_next_hour(status: str) -> None:
    at = timezone.now()
    long_ago = at - timedelta(days=9)
    confirmed = None if status == "pending" else long_ago
    person = factories.subscriber(
        "ada@example.org", status=status, confirmed_at=confirmed, next_due_at=long_ago
    )
    saved = with_hour(person, at, status="active")
    assert saved.confirmed_at
    assert saved.next_due_at
    assert at < saved.next_due_at <= at + timedelta(days=1)


def test_who_came_back_meanwhile_and_is_overdue_stays_due(monkeypatch: pytest.MonkeyPatch) -> None:
    due = timezone.now() - timedelta(minutes=5)
    person = factories.subscriber("ada@example.org", "robot", status="paused", next_due_at=due)
    while_saving(monkeypatch, lambda: Subscriber.objects.update(status="active"))
    assert with_hour(person, due, status="active").next_due_at == due
