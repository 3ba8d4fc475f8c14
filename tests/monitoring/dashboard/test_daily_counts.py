"""The days before, from the daily statistics."""

from datetime import date, timedelta

import pytest

from digest.models import DailyStatistic, Source
from digest.monitoring.dashboard import daily_counts
from tests.support.factories import MORNING
from tests.support.history import dump

pytestmark = pytest.mark.django_db
TODAY = MORNING.date()


def counted(metric: str, back: int, state: str, count: int, source: str = "", **more: str) -> None:
    day = TODAY - timedelta(days=back)
    DailyStatistic.objects.create(
        day=day, metric=metric, state=state, count=count, source=source, **more
    )


def test_a_day_that_was_not_counted_is_not_a_day_without_mail() -> None:
    counted("digests", 1, "sent", 4, domain="a.example")
    counted("digests", 1, "sent", 3, domain="b.example")
    counted("digests", 3, "empty", 1)
    counted("digests", 0, "sent", 9)  # of today, which is not over
    found = daily_counts.mail_by_day(MORNING)
    assert found.days[-1] == TODAY - timedelta(days=1)
    assert found.series("sent")[-3:] == [0, None, 7]
    assert found.series("sent", "empty")[-3:] == [1, None, 7]


def test_papers_are_by_source_and_those_of_today_are_counted_now() -> None:
    counted("papers", 1, "new", 5, "arXiv")
    counted("papers", 1, "unchanged", 90, "arXiv")
    dump("a", source=Source.objects.create(name="HAL", kind="push"), new=2, unchanged=7)
    found = daily_counts.new_papers_by_day(MORNING)
    assert found.totals() == {"arXiv": 5, "HAL": 2}
    assert (found.series("arXiv")[-2:], found.series("HAL")[-2:]) == ([5, 0], [0, 2])


def test_days_before_the_first_count_are_left_out_but_for_two_weeks() -> None:
    counted("subscribers", 0, "active", 3)
    assert len(daily_counts.people_by_day(MORNING).days) == 14
    counted("subscribers", 40, "active", 2)
    assert len(daily_counts.people_by_day(MORNING).days) == 41
    assert daily_counts.people_by_day(MORNING).series("active")[0] == 2


def test_bounces_and_complaints_are_shares_of_the_digests_of_the_day() -> None:
    counted("digests", 1, "sent", 990)
    counted("digests", 1, "failed", 10)
    counted("digests", 1, "empty", 500)
    counted("digests", 2, "sent", 1000)
    for kind, count in (("bounce_hard", 3), ("bounce_soft", 70), ("complaint", 2)):
        counted("events", 1, kind, count, "postmark")
    found = daily_counts.reputation(daily_counts.mail_by_day(MORNING))
    assert found.percentages(found.bounced)[-3:] == [None, 0.0, 1.3]
    assert found.percentages(found.complained)[-2:] == [0.0, 0.2]
    assert found.recent_percentage(found.complained) == 0.1
    assert found.recent_percentage(found.bounced, days=1) == 1.3


def test_without_mail_there_is_no_share() -> None:
    found = daily_counts.reputation(daily_counts.mail_by_day(MORNING))
    assert found.recent_percentage(found.complained) is None


def test_the_last_days_end_today_or_yesterday() -> None:
    assert daily_counts.last_days(2, MORNING, with_today=True) == [date(2026, 11, 19), TODAY]
    assert daily_counts.last_days(1, MORNING, with_today=False) == [date(2026, 11, 19)]
