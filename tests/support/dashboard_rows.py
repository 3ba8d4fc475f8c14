"""A service with something to show in each section of the dashboard."""

from datetime import timedelta

from django.utils import timezone

from digest.models import (
    Alarm,
    DailyStatistic,
    Dump,
    Heartbeat,
    Hold,
    Machine,
    OutcomeCount,
    Source,
    Tally,
    minute_now,
)
from digest.monitoring.dashboard.keyword_demand import count_keywords

from . import factories
from .history import earlier

_DAY = timedelta(days=1)


def make_service() -> None:
    """Store something of everything: mail of today and before, and a problem of each kind."""
    at = timezone.now()
    ada = factories.subscriber("grace@example.org", "diffusion model", next_due_at=at + _DAY)
    earlier(ada, 0, "planned", not_before=at - timedelta(hours=1), expires_at=at + _DAY)
    OutcomeCount.objects.add({("smtp", "big.example"): Tally(40, 1)}, minute_now())
    ago = {"last_error": "The server is down.", "last_error_at": at}
    Source.objects.create(name="arXiv", kind="push", enabled=True, enabled_at=at, **ago)
    Dump.objects.create(sha256="0" * 64, name="p", state="waiting", received_at=at)
    Hold.objects.create(scope="domain", value="held.example")
    Heartbeat.objects.create(kind="worker", host="a", at=at - timedelta(hours=3))
    Machine.objects.create(
        id="a" * 32, host="mail-1", version="0.1.0+12ab", seen_at=at - timedelta(hours=3)
    )
    Alarm.objects.create(
        kind="stuck", day=at.date(), summary="Something is on fire", raised_at=at, post_after=at
    )
    for back in range(1, 4):
        day = (at - back * _DAY).date()
        for metric, state, count in (
            ("digests", "sent", 1_000), ("events", "complaint", 2), ("delays", "5", 1_000),
            ("subscribers", "active", 7), ("storage", "database", 10**9),
        ):  # fmt: skip
            DailyStatistic.objects.create(day=day, metric=metric, state=state, count=count)
        DailyStatistic.objects.create(
            day=day, metric="papers", state="new", source="arXiv", count=12
        )
    count_keywords(at)
