"""Suppressions: one recorded later never weakens an earlier one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscriptions.models import BOUNCE_LASTS, Suppression

pytestmark = pytest.mark.django_db
KEY = "ada@example.org"


def recorded(*said: tuple[str, str]) -> Suppression:
    """The suppression after recording these reasons and details in turn."""
    for reason, detail in said:
        Suppression.objects.record(KEY, reason, detail=detail)
    return Suppression.objects.get()


def test_a_bounce_lapses_and_the_next_one_renews_it() -> None:
    assert recorded(("bounce", "550")).expires_at
    Suppression.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert not Suppression.objects.for_mailbox(KEY).exists()
    again = recorded(("bounce", "551"))
    assert again.expires_at
    assert timedelta() <= timezone.now() + BOUNCE_LASTS - again.expires_at < timedelta(minutes=1)
    assert again.detail == "551"


@pytest.mark.parametrize("reason", ["complaint", "operator"])
def test_what_lasts_replaces_a_bounce_with_its_own_detail(reason: str) -> None:
    Suppression.objects.record(KEY, "bounce", detail="a report said 5.1.1")
    Suppression.objects.record(KEY, reason)
    stands = Suppression.objects.get()
    assert (stands.reason, stands.detail, stands.expires_at) == (reason, "", None)


@pytest.mark.parametrize("reason", ["complaint", "operator"])
@pytest.mark.parametrize("later", ["bounce", "complaint", "operator"])
def test_nothing_replaces_what_lasts(reason: str, later: str) -> None:
    stands = recorded((reason, "first"), (later, "second"))
    assert (stands.reason, stands.detail, stands.expires_at) == (reason, "first", None)
