"""Checks on a parsed page and a dump's size: whether it is a listing, complete, and not too large.

Size limits apply to what arrives by itself: the inbox, a source's folder or mailbox, the web, HTTP
push, uploads. What an operator hands in with `manage.py ingest` has none.
"""

import statistics
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO

from django.conf import settings
from django.db.models import Count, Q, Sum

from digest.models import Dump, Source
from digest.models.sources import falls_on

from . import bulk_files
from .formats import BadDump, Page

_LAST = 10
_ENOUGH_DUMPS = 3
# Of a source that brings few papers a day, a day with one or two is nothing to wonder at.
_ENOUGH_PAPERS = 10
_SHRUNK = 0.2


def _may_be_short(source: Source, day: date, received_at: datetime) -> bool:
    """Return whether few papers are normal: the day is not over, or none are expected on it."""
    return day >= received_at.astimezone(UTC).date() or not falls_on(source.expected_on, day)


def shrinkage(dump: Dump, page: Page) -> str:
    """Return why a listing is suspiciously short for its source, in a sentence; else "".

    It is if it lists less than a fifth of the median of the source's last 10 parsed dumps with
    papers. An empty page is not suspicious: a format that accepts one knows that it is complete.
    Nor is a short one of an address from which papers are expected on no day: a search, or a
    journal's feed at the beginning of an issue.
    """
    if dump.source is None or dump.total_parts > 1 or not page.records:
        return ""
    if dump.source.kind == Source.Kind.URL and not dump.source.expected_on:
        return ""
    if dump.listed_on and _may_be_short(dump.source, dump.listed_on, dump.received_at):
        return ""
    earlier = Dump.objects.filter(
        source=dump.source, state=Dump.State.PARSED, papers__gt=0, total_parts=1
    )
    newest = earlier.exclude(pk=dump.pk).order_by("-received_at", "-pk")
    counts = list(newest.values_list("papers", flat=True)[:_LAST])
    if len(counts) < _ENOUGH_DUMPS:
        return ""
    usual = statistics.median(counts)
    if usual < _ENOUGH_PAPERS or len(page.records) >= usual * _SHRUNK:
        return ""
    return (
        f"It lists only {len(page.records):,} papers; the median of this source’s last "
        f"{len(counts)} dumps is {usual:,.0f}. Perhaps only part of it arrived. Check the raw "
        "bytes; “Accept anyway” in the admin accepts it as it is."
    )


_ADVICE = "split it, or use “manage.py ingest”, which has no such limit."


@dataclass(frozen=True, slots=True)
class DumpLimits:
    """The most records and unpacked bytes of a dump; None for no limit.

    `before` counts the records of the other files of its archive.
    """

    records: int | None = None
    size: int | None = None
    before: int = 0

    def check_records(self, found: int) -> None:
        """Raise BadDump if a dump of so many records is over the limit."""
        if self.records is None or self.before + found <= self.records:
            return
        subject = "It contains" if not self.before else "The files of its archive contain"
        raise BadDump(
            f"{subject} at least {self.before + found:,} records; the limit is {self.records:,} "
            f"(MAX_DUMP_RECORDS): {_ADVICE}"
        )

    def check_size(self, unpacked: int) -> None:
        """Raise BadDump if so many unpacked bytes are over the limit."""
        if self.size is not None and unpacked > self.size:
            raise BadDump(
                f"It unpacks to at least {unpacked:,} bytes; the limit is {self.size:,} "
                f"(MAX_UNPACKED_BYTES): {_ADVICE}"
            )


NO_LIMITS = DumpLimits()


def limits_of(dump: Dump) -> DumpLimits:
    """Return the limits that apply to this dump."""
    if dump.unlimited:
        return NO_LIMITS
    return DumpLimits(settings.MAX_DUMP_RECORDS, settings.MAX_UNPACKED_BYTES, _before(dump))


def checked_part_sizes(stream: IO[bytes], limits: DumpLimits) -> list[int]:
    """Return the size of each part of a bulk file, in bytes.

    Raises BadDump at the first over the limits.
    """
    sizes, size, records = [], 0, 0
    for part in bulk_files.iter_parts(stream):
        sizes.append(len(part))
        size += len(part)
        limits.check_size(size)
        records += sum(not line.isspace() for line in part.splitlines(keepends=True))
        limits.check_records(records)
    return sizes


def _before(dump: Dump) -> int:
    """Return the number of records in the other files of its archive, for unread parts the most
    they can have.
    """
    if dump.archive_id is None:
        return 0
    others = Dump.objects.filter(archive=dump.archive_id).exclude(sha256=dump.sha256)
    rows = Dump.objects.filter(sha256__in=others.values("sha256"))
    to_come = Q(total_parts__gt=1, state=Dump.State.RECEIVED)
    found = rows.aggregate(papers=Sum("papers"), parts=Count("pk", filter=to_come))
    return int((found["papers"] or 0) + found["parts"] * bulk_files.PART_LINES)
