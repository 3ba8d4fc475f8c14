"""Heartbeats of web server, worker, scheduler and bounce reader, and which of them are missing."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from digest import paper_index
from digest.models import Heartbeat, Run, StageTime
from digest.process_facts import stage_times

from .machines import host_name, record_tick

log = logging.getLogger(__name__)

EVERY_SECONDS = 20.0
MISSING_AFTER = timedelta(minutes=15)
Kind = Heartbeat.Kind
_CURES = {
    Kind.WORKER: "start it (manage.py up, or celery -A digest worker)",
    Kind.SCHEDULER: "start it (manage.py up, or celery -A digest beat)",
    Kind.BOUNCE_READER: "check BOUNCE_IMAP_URL, and the worker’s log",
}
_last: dict[str, float] = {}
_index_size: tuple[int, int] | None = None  # as it was stored last


def record_heartbeat(kind: Heartbeat.Kind) -> None:
    """Store a heartbeat of this process, and what is known of its machine, at most once per
    EVERY_SECONDS.

    A DatabaseError is logged, not raised: it must not stop the work of the caller.
    """
    now = time.monotonic()
    if now - _last.get(kind, float("-inf")) < EVERY_SECONDS:
        return
    _last[kind] = now
    try:
        Heartbeat.objects.beat(kind, host_name())
        record_tick(kind)
        _store_measurements()
    except DatabaseError as wrong:
        log.warning("No sign of life could be written (%s).", type(wrong).__name__)


def _store_measurements() -> None:
    """Store the seconds that this process has measured, and the size of its index of papers."""
    global _index_size
    sums = stage_times.take_sums()
    try:
        StageTime.objects.add(sums)
    except DatabaseError:
        stage_times.add(sums)
        raise
    size = paper_index.shared_size()
    if size and size != _index_size:
        Run.objects.note("index", timezone.now(), papers=size[0], bytes=size[1])
        _index_size = size


@dataclass(frozen=True, slots=True)
class MissingHeartbeat:
    """A kind of process without a recent heartbeat; `since` is its last one, if it had any."""

    kind: Heartbeat.Kind
    since: datetime | None

    def sentence(self, at: datetime) -> str:
        name, cure = f"The {self.kind.label}", _CURES[self.kind]
        if self.since is None:
            return f"{name} has never sent a heartbeat: {cure}."
        length = format_duration(at - self.since)
        return (
            f"{name} has sent no heartbeat for {length}: {cure}. If it is no longer meant to "
            "run, delete its heartbeat (admin, Heartbeats)."
        )


def missing_heartbeats(at: datetime) -> Iterator[MissingHeartbeat]:
    """Yield the kinds whose last heartbeat is older than MISSING_AFTER.

    A kind that never had one is not missed, so that a site without Celery raises no alarm; but a
    bounce reader is, once a worker has run for that long.
    """
    newest = Heartbeat.objects.newest()
    for kind in (Kind.WORKER, Kind.SCHEDULER):
        if (row := newest.get(kind)) and row.at < at - MISSING_AFTER:
            yield MissingHeartbeat(kind, row.at)
    if settings.BOUNCE_MAILBOX:
        reader, worker = newest.get(Kind.BOUNCE_READER), newest.get(Kind.WORKER)
        if reader and reader.at < at - MISSING_AFTER:
            yield MissingHeartbeat(Kind.BOUNCE_READER, reader.at)
        elif reader is None and worker and worker.since < at - MISSING_AFTER:
            yield MissingHeartbeat(Kind.BOUNCE_READER, None)


def format_duration(length: timedelta) -> str:
    """Format a duration in the largest unit of which it has two or more, like "3 minutes"."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
