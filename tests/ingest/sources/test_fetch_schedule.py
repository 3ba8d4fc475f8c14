"""When a source is fetched, for which days, and when its silence is suspicious."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.sources.fetch_schedule import (
    MAX_DAYS,
    next_run,
    next_try,
    quiet_reason,
    wanted_days,
)
from digest.models import Dump, Source

from .source_factory import MORNING, TODAY, day_before

days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(st.none() | days, days)
def test_the_days_wanted_go_on_from_what_is_covered(covered: date | None, today: date) -> None:
    wanted = wanted_days(Source(covered_through=covered), today)
    assert 1 <= len(wanted) <= MAX_DAYS
    assert wanted == sorted(set(wanted))
    assert wanted[-1] <= today
    if covered is not None and covered < today:
        assert wanted[0] == covered + timedelta(days=1)
        assert wanted[-1] == min(today, covered + timedelta(days=MAX_DAYS))
    else:
        assert wanted == [today]


@given(
    st.integers(0, 23),
    st.integers(1, 127),
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),
)
def test_a_daily_run_is_the_next_of_its_hour_and_weekday(
    hour: int, mask: int, at: datetime
) -> None:
    at = at.replace(tzinfo=MORNING.tzinfo)
    run = next_run(Source(daily_at=hour, weekdays=mask), at)
    assert at < run <= at + timedelta(days=7, seconds=1)
    assert (run.hour, run.minute) == (hour, 0)
    assert mask >> run.weekday() & 1


def test_after_a_failure_it_is_not_later_than_the_schedule_unless_that_is_asked_for() -> None:
    source = Source(every_minutes=10, failures=3)
    assert next_try(source, MORNING, None) == MORNING + timedelta(minutes=10)
    assert next_try(source, MORNING, timedelta(hours=9)) == MORNING + timedelta(hours=9)


@pytest.mark.django_db
class TestQuiet:
    def source(self, ago: int = 30, **values: object) -> Source:
        usual = {"name": "Papers", "kind": "push", "enabled": True,
                 "enabled_at": MORNING - timedelta(days=ago)}  # fmt: skip
        return Source.objects.create(**(usual | values))

    def listed(
        self, source: Source, on: date | None, papers: int = 3, at: datetime = MORNING
    ) -> None:
        Dump.objects.create(sha256=f"{Dump.objects.count():064}", source=source, listed_on=on,
            papers=papers, state="parsed", received_at=at, name="page")  # fmt: skip

    # 20 November 2026 is a Friday.
    @pytest.mark.parametrize(("ago", "is_quiet"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (20, 1)])
    def test_two_listing_days_without_papers(self, ago: int, is_quiet: bool) -> None:
        source = self.source()
        self.listed(source, day_before(ago))
        assert bool(quiet_reason(source, TODAY)) == is_quiet

    def test_a_week_end_is_no_silence(self) -> None:
        source = self.source()
        self.listed(source, date(2026, 11, 20))
        assert not quiet_reason(source, date(2026, 11, 23))
        assert not quiet_reason(source, date(2026, 11, 24))
        assert "on 2 days" in quiet_reason(source, date(2026, 11, 25))

    def test_dumps_without_papers_do_not_count(self) -> None:
        source = self.source()
        self.listed(source, day_before(5))
        self.listed(source, TODAY, papers=0)
        assert str(day_before(5)) in quiet_reason(source, TODAY)

    def test_without_a_day_the_day_of_receipt_counts(self) -> None:
        source = self.source()
        self.listed(source, None)
        assert not quiet_reason(source, TODAY)

    def test_nothing_is_expected_of_a_source_before_it_was_switched_on(self) -> None:
        assert not quiet_reason(self.source(ago=1), TODAY)
        assert "there have been none" in quiet_reason(self.source(ago=10, name="old"), TODAY)

    def test_nothing_is_expected_of_one_that_is_off_or_has_no_days(self) -> None:
        assert not quiet_reason(self.source(expected_on=0), TODAY)
        assert not quiet_reason(self.source(enabled=False, enabled_at=None, name="off"), TODAY)
