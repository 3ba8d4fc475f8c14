"""Metrics of the whole service in Prometheus's format, read from the database when they are asked
for: every machine gives the same ones.

No label holds an address. The number of values is bounded: of domains and sources the busiest are
named, and the others are summed up as OTHER.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client.registry import Collector

from digest.models import (
    Alarm,
    Catalogue,
    DailyStatistic,
    Digest,
    Dump,
    Heartbeat,
    Hold,
    Letter,
    Machine,
    OutcomeCount,
    Run,
    StageTime,
    State,
    Tally,
    minute_now,
)
from digest.process_facts.version import version
from subscriptions.models import Subscriber

__all__ = ["CONTENT_TYPE", "render_metrics"]

log = logging.getLogger(__name__)

MOST_DOMAINS, MOST_SOURCES, MOST_MACHINES = 20, 50, 100
# A domain with fewer digests an hour might name the person behind it.
LEAST_DIGESTS_OF_NAMED_DOMAIN = 5
OTHER = "other"
STATEMENT_SECONDS = 5
_DAY = timedelta(days=1)
_PREFIX = "paper_digest"
_CLASSES = {"2xx": "accepted", "4xx": "deferred", "5xx": "refused", "none": "unknown"}


def render_metrics() -> bytes:
    """Return the page of metrics. Without the database it has `paper_digest_database_up 0`."""
    registry = CollectorRegistry()
    registry.register(_ServiceCollector(timezone.now()))
    return generate_latest(registry)


class _ServiceCollector(Collector):
    """Reads the database with a fixed number of queries, whatever it holds."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def describe(self) -> Iterable[Metric]:
        """Nothing: registration must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(_PREFIX, "The code that answers.", {"version": version()})
        try:
            found = _read(self._at)
        except DatabaseError as wrong:
            log.warning("The metrics cannot be read (%s).", type(wrong).__name__)
            found = []
        is_up = [((), float(bool(found)))]
        yield _gauge("database_up", "Whether the database could be read.", (), is_up)
        yield from found


Values = Iterable[tuple[Sequence[str], float]]


def _gauge(name: str, help_text: str, labels: Sequence[str], values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", help_text, labels=labels)
    for given, value in values:
        family.add_metric(given, value)
    return family


@transaction.atomic
def _read(at: datetime) -> list[Metric]:
    """Read all families. Raises DatabaseError, on PostgreSQL also for a slow statement."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
    readers: tuple[Callable[[datetime], Iterator[Metric]], ...] = (
        _states, _yesterday, _queues, _stages, _replies, _papers, _index, _people,
        _heartbeats, _machines, _alarms,
    )  # fmt: skip
    return [family for read in readers for family in read(at)]


def _states(at: datetime) -> Iterator[Metric]:
    # In two queries, each of which has an index of its own.
    digests = Digest.objects.filter(state=State.PLANNED).counts()
    digests |= Digest.objects.filter(state__in=(State.LEASED, State.SENDING)).counts()
    letters = Letter.objects.active().counts()
    for name, found in (("digests", digests), ("letters", letters)):
        values = (((state.value,), found.get(state, 0)) for state in _ACTIVE)
        yield _gauge(name, f"{name.capitalize()} that have not ended, by state.", ["state"], values)


_ACTIVE = (State.PLANNED, State.LEASED, State.SENDING)


def _yesterday(at: datetime) -> Iterator[Metric]:
    """The statistics of the day before (UTC), which are counted once a day."""
    day = at.date() - _DAY
    rows = DailyStatistic.objects.of(DailyStatistic.Metric.DIGESTS).filter(day=day).order_by()
    found = dict(rows.values_list("state").annotate(Sum("count")))
    yield _gauge(
        "digests_of_yesterday",
        "Digests of the local date before today (UTC), by state; once the day is counted.",
        ["state"],
        (((state.value,), found.get(state, 0)) for state in (State if found else ())),
    )


def _queues(at: datetime) -> Iterator[Metric]:
    """The age of the first thing that is due, 0 if nothing is."""
    people = Subscriber.objects.due(at).values_list("next_due_at", flat=True)
    since = {
        "planning": people.first(),
        "digests": Digest.objects.due(at).values_list("not_before", flat=True).first(),
        "letters": Letter.objects.due(at).values_list("not_before", flat=True).first(),
        "dumps": Dump.objects.unfinished().order_by("received_at")
        .values_list("received_at", flat=True).first(),
    }  # fmt: skip
    ages = (((name,), _age(at, moment)) for name, moment in since.items())
    yield _gauge("queue_age_seconds", "How long the first one has been due.", ["queue"], ages)


def _age(at: datetime, since: datetime | None) -> float:
    return max((at - since).total_seconds(), 0.0) if since else 0.0


def _stages(at: datetime) -> Iterator[Metric]:
    family = SummaryMetricFamily(
        f"{_PREFIX}_stage_seconds", "Runs of each stage and their seconds.", labels=["stage"]
    )
    for row in StageTime.objects.order_by("stage"):
        family.add_metric([row.stage], row.runs, row.seconds)
    yield family


def _replies(at: datetime) -> Iterator[Metric]:
    """Replies to the digests of the last hour: the busiest domains, and the rest as OTHER."""
    hour = OutcomeCount.objects.hour(minute_now()).order_by()
    sums = hour.values_list("domain").annotate(
        all_tried=Sum("tried"), all_refused=Sum("refused"), all_unknown=Sum("unknown"),
        all_deferred=Sum("deferred"),
    )  # fmt: skip
    busiest = sums.order_by("-all_tried", "-all_deferred", "domain")
    # The domain "" is the sum of all.
    total = {domain: Tally(*counts) for domain, *counts in sums.filter(domain="")}
    rest = total.get("", Tally())
    values: list[tuple[Sequence[str], float]] = []
    for domain, *counts in busiest.exclude(domain="")[:MOST_DOMAINS]:
        tally = Tally(*counts)
        if tally.tried + tally.deferred >= LEAST_DIGESTS_OF_NAMED_DOMAIN:
            rest -= tally
            values += _by_class(domain, tally)
    yield _gauge(
        "smtp_replies_last_hour",
        "Replies of mail servers to the digests of the last hour, by class and recipient domain; "
        "a later bounce counts as 5xx.",
        ["domain", "class"],
        [*values, *_by_class(OTHER, rest)],
    )


def _by_class(domain: str, tally: Tally) -> Iterator[tuple[Sequence[str], float]]:
    accepted = max(tally.tried - tally.refused - tally.unknown, 0)
    counts = {**tally._asdict(), "accepted": accepted}
    for name, count in _CLASSES.items():
        yield (domain, name), max(counts[count], 0)


def _papers(at: datetime) -> Iterator[Metric]:
    names = ("new", "updated", "unchanged")
    recent = Dump.objects.filter(received_at__gt=at - _DAY, received_at__lte=at).order_by()
    rows = list(recent.values_list("source__name").annotate(*(Sum(name) for name in names)))
    rows.sort(key=lambda row: (-(row[1] or 0), row[0] or ""))
    sums = {source or "files": counts for source, *counts in rows[:MOST_SOURCES]}
    if left := rows[MOST_SOURCES:]:
        sums[OTHER] = [sum(row[n] or 0 for row in left) for n in range(1, len(names) + 1)]
    yield _gauge(
        "papers_last_day",
        "Papers in the dumps of the last 24 hours, by source.",
        ["source", "result"],
        (
            ((source, name), count or 0)
            for source, counts in sums.items()
            for name, count in zip(names, counts, strict=True)
        ),
    )


def _index(at: datetime) -> Iterator[Metric]:
    numbered = Catalogue.objects.values_list("newest_seq", flat=True).first() or 0
    yield _gauge("papers_numbered", "Papers numbered so far.", (), [((), numbered)])
    run = Run.objects.filter(task="index").first()
    facts = run.details if run else {}
    for name, help_text in (
        ("papers", "Papers in the index of a process, as it was stored last."),
        ("bytes", "Memory of that index."),
    ):
        values = [((), float(facts[name]))] if name in facts else []
        yield _gauge(f"index_{name}", help_text, (), values)


def _people(at: datetime) -> Iterator[Metric]:
    """Those of the last daily count: to count everybody takes long where there are millions."""
    rows = DailyStatistic.objects.of(DailyStatistic.Metric.SUBSCRIBERS)
    rows = rows.filter(day__gte=at.date() - _DAY).order_by("day")
    found = dict(rows.values_list("state", "count"))
    values = (((state,), count) for state, count in found.items())
    yield _gauge("subscribers", "Subscribers by status, counted daily.", ["status"], values)


def _heartbeats(at: datetime) -> Iterator[Metric]:
    ages = (((str(kind),), _age(at, row.at)) for kind, row in Heartbeat.objects.newest().items())
    yield _gauge(
        "heartbeat_age_seconds", "Since the last heartbeat of a kind of process.", ["kind"], ages
    )


def _machines(at: datetime) -> Iterator[Metric]:
    rows = list(Machine.objects.order_by("-seen_at")[:MOST_MACHINES])
    facts: dict[str, tuple[str, Callable[[Machine], float | None]]] = {
        "tick_age_seconds": ("Since its last tick.", lambda row: _age(at, row.seen_at)),
        "clock_offset_seconds": (
            "How far its clock is ahead of the database’s.", lambda row: row.clock_offset,
        ),
        "free_bytes": ("On the disk of its data folder.", lambda row: row.free_bytes),
        "inbox_files": ("Waiting in its inbox.", lambda row: row.inbox_files),
        "journal_files": ("Journals of replies on its disk.", lambda row: row.journal_files),
    }  # fmt: skip
    for name, (help_text, value) in facts.items():
        values = [(row, value(row)) for row in rows]
        labelled = (((row.host, row.pk[:8]), found) for row, found in values if found is not None)
        yield _gauge(f"machine_{name}", help_text, ["host", "machine"], labelled)
    versions = (((row.host, row.pk[:8], row.version), 1.0) for row in rows)
    yield _gauge("machine_version", "1 for what it runs.", ["host", "machine", "version"], versions)


def _alarms(at: datetime) -> Iterator[Metric]:
    today = Alarm.objects.without_reports().filter(day=at.date()).order_by()
    kinds = today.values_list("kind", flat=True)
    yield _gauge("alarm", "1 for each alarm of today (UTC).", ["kind"], (((k,), 1) for k in kinds))
    holds = dict(Hold.objects.order_by().values_list("scope").annotate(Count("pk")))
    values = (((scope.value,), holds.get(scope.value, 0)) for scope in Hold.Scope)
    yield _gauge("holds", "Holds in force, by scope.", ["scope"], values)
