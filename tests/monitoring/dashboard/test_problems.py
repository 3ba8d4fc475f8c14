"""What the first page of the admin says needs attention."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.models import AlarmKind
from digest.models.alarms import AlarmFacts, raise_alarm
from digest.monitoring.dashboard.problems import alarm_problems

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_alarms_of_the_last_day_but_no_daily_report() -> None:
    raise_alarm(AlarmKind.CLOCK, AlarmFacts("The clock is ahead"), NOON - timedelta(days=2))
    raise_alarm(AlarmKind.STORAGE, AlarmFacts("The disk is full"), NOON - timedelta(hours=3))
    raise_alarm(AlarmKind.DAILY, AlarmFacts("All is well"), NOON - timedelta(hours=2))
    assert [*alarm_problems(NOON)] == ["Alarm at 09:00: The disk is full."]
