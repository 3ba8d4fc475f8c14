"""The page by which operators say how sending goes on after a restore."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.epochs import checking
from digest.models import DatabaseEpoch, Hold
from subscriptions.models import Subscriber
from tests.support import factories

pytestmark = pytest.mark.django_db
CHOOSE = "admin:resume-choose"


@pytest.fixture
def operator(operator: Client, settings: Any) -> Client:
    settings.CELERY_BROKER_URL = "memory://"
    return operator


@pytest.fixture
def restored(operator: Client) -> None:
    factories.subscriber("ada@example.org", "robot", next_due_at=timezone.now() + timedelta(days=1))
    factories.paper("=A robot", url="https://example.org/1")
    checking.begin()


def page(operator: Client) -> str:
    return operator.get(reverse("admin:resume")).content.decode()


def choose(operator: Client, how: str, confirmed: str = "") -> str:
    posted = {"how": how} | ({"confirmed": confirmed} if confirmed else {})
    return operator.post(reverse(CHOOSE), posted, follow=True).content.decode()


def test_without_a_restore_it_says_so(operator: Client) -> None:
    assert "Nothing waits to be resumed." in page(operator)
    assert "Nothing waits to be resumed." in choose(operator, "now", "1-now-0")
    assert (
        "Resume after a restore"
        in operator.get(reverse("admin:digest_hold_changelist")).content.decode()
    )


def test_it_shows_the_figures_of_both_ways(operator: Client, restored: None) -> None:
    found = page(operator)
    assert "1 paper is skipped" in found
    assert "At most 1 person may get papers again." in found
    papers = b"".join(operator.get(reverse("admin:resume-papers")).streaming_content).decode()
    assert papers.splitlines()[1].split("\t")[2:] == ["=A robot", "https://example.org/1"]


@pytest.mark.parametrize(("how", "number"), [("now", "1 paper."), ("stood", "1 person.")])
def test_it_asks_first_and_is_logged(
    operator: Client, restored: None, how: str, number: str
) -> None:
    assert number in choose(operator, how)
    assert number in choose(operator, how, f"2-{how}-7")  # it was another number
    assert DatabaseEpoch.objects.get().is_waiting
    assert "Resumed" in choose(operator, how, f"2-{how}-1")
    row = DatabaseEpoch.objects.get()
    assert (row.is_waiting, row.resumed) == (False, how)
    assert not Hold.objects.exists()
    assert "Resumed" in LogEntry.objects.latest("pk").get_change_message()
    moved = Subscriber.objects.get().confirmed_through_seq > 0
    assert moved == (how == "now")
    assert ("papers that were skipped" in page(operator)) == (how == "now")


def test_another_way_changes_nothing(operator: Client, restored: None) -> None:
    assert "Nothing waits" in choose(operator, "other", "2-other-1")
    assert DatabaseEpoch.objects.get().is_waiting
