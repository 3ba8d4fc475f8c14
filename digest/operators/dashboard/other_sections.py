"""Sections about subscribers, keywords, papers, storage and machines."""

from datetime import UTC, datetime, timedelta

from django.conf import settings

from digest.models import Run
from digest.models.database import database_bytes
from digest.monitoring import storage
from digest.monitoring.checks import check_requests
from digest.monitoring.dashboard import daily_counts
from digest.monitoring.dashboard.daily_counts import DailyCounts
from digest.monitoring.dashboard.keyword_demand import DAYS, KeywordCount, stored_figures
from digest.monitoring.dashboard.machine_states import MachineState, machine_states
from digest.monitoring.dashboard.people import people_now
from digest.monitoring.dashboard.problems import dump_problems
from digest.monitoring.dashboard.sources import SourceState, source_states
from digest.monitoring.health.folders import LEAST_FREE
from digest.monitoring.health.machine_comparison import compare_machines
from digest.monitoring.heartbeats import format_duration
from digest.monitoring.retention.retention_periods import RetentionPeriods
from subscriptions.models import Subscriber

from .charts import Chart, Number, Series
from .section import Figure, Section, Table

_Status = Subscriber.Status
_PEOPLE = (
    ("Active", "one", _Status.ACTIVE),
    ("Not confirmed", "two", _Status.PENDING),
    ("Left", "four", _Status.UNSUBSCRIBED),
)
_NOW = (
    ("active", _Status.ACTIVE),
    ("not confirmed", _Status.PENDING),
    ("paused", _Status.PAUSED),
    ("bouncing", _Status.BOUNCING),
    ("left", _Status.UNSUBSCRIBED),
)
_SOURCES_DRAWN, _SOURCES_LISTED = 5, 20
_TONES = ("one", "two", "three", "four", "five")
_NO_SOURCE = "Uploads"
_PRUNED_LATE = timedelta(days=2)


def days_of(counts: DailyCounts) -> list[str]:
    """The names of the days, for the columns of a chart."""
    return [f"{day:%-d %b}" for day in counts.days]


def subscribers(at: datetime) -> Section:
    """How many people there are, now and over time."""
    now, is_all = people_now()
    counted = daily_counts.people_by_day(at)
    known = [day for day in counted.days if day in counted.by_day]
    last = counted.by_day[known[-1]] if known else {}
    shown = now if is_all else {**last, **now}
    blank = "The chart begins once subscribers have been counted, which is done once a day."
    daily = "" if is_all else " Only active ones are counted now, the others once a day."
    return Section(
        at,
        title="Subscribers",
        problems=list(check_requests(at)),
        figures=[Figure(name, f"{shown[state]:,}") for name, state in _NOW if state in shown],
        sentences=[f"Those who left are kept for {_periods().unsubscribed} days.{daily}"]
        if shown
        else [],
        charts=[
            Chart(
                "Subscribers over time",
                "Day",
                days_of(counted),
                [Series(name, tone, counted.series(state)) for name, tone, state in _PEOPLE],
                stacked=False,
            )
        ],
        pages=[("subscriptions_subscriber_changelist", "Subscribers")],
        blank=blank if shown else "No subscribers yet.",
    )


def keywords(at: datetime) -> Section:
    """The most wanted keywords, and those that find nothing."""
    pages = [("subscriptions_subscription_changelist", "Keywords")]
    if (stored := stored_figures()) is None:
        blank = "Keywords are counted once a day, and have not been counted yet."
        return Section(at, "Keywords", pages=pages, blank=blank)
    found, counted_at = stored
    share = f" ({100 * found.unmatched / found.read:.0f}%)" if found.read else ""
    return Section(
        at,
        title="Keywords",
        sentences=[
            f"{found.unmatched:,} of the {found.read:,} most wanted keywords{share} matched none "
            f"of the {found.papers:,} papers of the last {DAYS} days. Counted on "
            f"{counted_at.astimezone(UTC):%-d %b at %H:%M}."
        ],
        tables=[
            Table("Most wanted", ["Keyword", "People", "Papers"], _keyword_rows(found.top)),
            Table(
                "Most wanted without a match",
                ["Keyword", "People"],
                [row[:2] for row in _keyword_rows(found.without_match)],
            ),
        ],
        pages=pages,
        blank="No keywords yet.",
    )


def _keyword_rows(counts: list[KeywordCount]) -> list[list[str]]:
    return [[each.text, f"{each.people:,}", f"{each.papers:,}"] for each in counts]


def papers(at: datetime) -> Section:
    """New papers by source, and sources that are late."""
    counted = daily_counts.new_papers_by_day(at)
    totals = counted.totals()
    largest = sorted(totals, key=lambda name: (-totals[name], name))
    drawn, rest = largest[:_SOURCES_DRAWN], largest[_SOURCES_DRAWN:]
    series = [
        Series(name or _NO_SOURCE, tone, counted.series(name))
        for name, tone in zip(drawn, _TONES, strict=False)
    ]
    if rest:
        series.append(Series("Other sources", "quiet", counted.series(*rest)))
    sources = source_states(at)
    late = [f"{source.name}: {source.late}" for source in sources if source.late]
    today = sum(counted.by_day.get(counted.days[-1], {}).values())
    return Section(
        at,
        title="Papers",
        problems=late,
        figures=[
            Figure("new today", f"{today:,}"),
            Figure(f"new in {len(counted.days)} days", f"{sum(totals.values()):,}"),
            Figure("late sources", f"{len(late):,}", is_bad=bool(late)),
        ]
        if totals or sources
        else [],
        charts=[Chart("New papers by source", "Day", days_of(counted), series)],
        tables=[Table("Sources", ["Source", "Last fetched", "State"], _source_rows(sources, at))],
        pages=[("digest_source_changelist", "Sources")],
        blank="No papers yet: ingest a listing, or switch a source on.",
    )


def _source_rows(sources: list[SourceState], at: datetime) -> list[list[str]]:
    return [
        [source.name, _ago(source.last_success_at, at), "late" if source.late else "on time"]
        for source in sources[:_SOURCES_LISTED]
    ]


def _ago(moment: datetime | None, at: datetime) -> str:
    return f"{format_duration(at - moment)} ago" if moment else "–"


def service_storage(at: datetime) -> Section:
    """Space that is taken and left, and what retention does."""
    counted, free = daily_counts.storage_by_day(at), storage.free_bytes()
    names = (("Database", "one", "database"), ("Dumps", "two", "dumps"))
    series = [Series(name, tone, counted.series(state)) for name, tone, state in names]
    return Section(
        at,
        title="Storage and retention",
        problems=list(dump_problems(at)),
        figures=[
            Figure("database", size(database_bytes())),
            Figure("free on this machine", size(free), is_bad=free < LEAST_FREE),
        ],
        sentences=[_pruned(at)],
        charts=[
            Chart("Size by day", "Day", days_of(counted), series, shown=size),
        ],
        tables=[
            Table("How long things are kept", ["What", "Days"], _period_rows(), is_folded=True)
        ],
        pages=[("digest_dump_changelist", "Dumps")],
    )


def size(value: Number) -> str:
    """Write bytes in kB, MB, GB or TB."""
    for power, unit in ((12, "TB"), (9, "GB"), (6, "MB")):
        if value >= 10**power:
            return f"{value / 10**power:.3g} {unit}"
    return f"{value / 1000:.3g} kB"


def _pruned(at: datetime) -> str:
    run = Run.objects.filter(task="prune").first()
    if run is None:
        return "What is past its period is deleted once a day, which has not happened yet."
    ago = format_duration(at - run.ended_at)
    late = " It is late: is a worker running?" if at - run.ended_at > _PRUNED_LATE else ""
    deleted = ", ".join(f"{count:,} {name}" for name, count in run.details.items() if count)
    return f"Last deleted {ago} ago: {deleted or 'nothing was past its period'}.{late}"


def _periods() -> RetentionPeriods:
    periods: RetentionPeriods = settings.RETENTION
    return periods


def _period_rows() -> list[list[str]]:
    pairs = (pair.partition("=") for pair in str(_periods()).split())
    return [[_PERIOD_NAMES.get(name, name), days] for name, _, days in pairs]


_PERIOD_NAMES = {
    "contents": "contents of digests",
    "addresses": "changes of address",
    "pending": "unconfirmed sign-ups",
    "unsubscribed": "people who left",
    "events": "mail events",
    "admin_log": "admin log",
    "logins": "log-in attempts",
    "files": "files of outbox and inbox",
    "parsed": "bytes of parsed dumps",
    "quarantined": "bytes of rejected dumps",
}


def machines(at: datetime) -> Section:
    """The machines, their versions and when they were last seen."""
    found = machine_states(at)
    head = ["Machine", "Runs", "Version", "Last tick", "Clock", "Free"]
    return Section(
        at,
        title="Machines",
        problems=list(compare_machines(at)),
        tables=[Table("What runs where", head, [_machine_row(each, at) for each in found])],
        pages=[("digest_machine_changelist", "Machines")],
        blank="No machine has been seen yet. The first worker or scheduler that runs shows here.",
    )


def _machine_row(each: MachineState, at: datetime) -> list[str]:
    return [
        each.name,
        "silent" if each.is_silent else ", ".join(each.runs) or "commands",
        each.version,
        _ago(each.last_tick, at),
        "–" if each.clock_offset is None else f"{each.clock_offset:+.1f} s",
        "–" if each.free_bytes is None else size(each.free_bytes),
    ]
