"""A large file into a page whose records are on disk, so that memory does not grow with the file.

Nothing of it is in the database before all of it has been read and found good: the database is
locked only while the page is stored, and a process that is killed leaves nothing to clean up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import IO

from digest.ingest.formats import Page, PageStream, Record, Skipped
from digest.ingest.formats.fields.plausible_dates import DateCheck
from digest.ingest.formats.validation import check_readable, is_unreadable, readable
from digest.ingest.sanity_checks import DumpLimits
from digest.ingest.spool import disk_errors_explained, temporary_file

from .staged_records import StagedRecords

_SKIPPED_KEPT = 1000


@contextmanager
def staged_page(stream: PageStream, received_on: date, limits: DumpLimits) -> Iterator[Page]:
    """Read the stream to its end and give its page, whose records last for the block.

    Raises BadDump as build_page() does or if there are more records than `limits` allow, CannotKeep
    if the disk takes no more.
    """
    with temporary_file() as file:
        yield _read(stream, file, DateCheck(received_on), limits)


def _read(stream: PageStream, file: IO[bytes], dates: DateCheck, limits: DumpLimits) -> Page:
    records, skipped = StagedRecords(file), _SkippedEntries()
    for result in stream.results:
        if isinstance(result, Record):
            with disk_errors_explained():
                records.append(dates.checked(readable(result)))
        else:
            skipped.append(result)
        limits.check_records(len(records) + skipped.count)
    if skipped.unreadable and skipped.first_unreadable:
        check_readable(len(records), skipped.unreadable, skipped.first_unreadable, stream.cure)
    listed_on = dates.checked_day(stream.listed_on)
    return Page(
        stream.format,
        listed_on,
        records,
        skipped.shown(),
        tuple(dates.notes()),
        stream.is_backfill,
    )


class _SkippedEntries:
    """The first 1,000 entries that were left out, and how many there are."""

    def __init__(self) -> None:
        self.count = self.unreadable = 0
        self.first_unreadable: Skipped | None = None
        self._kept: list[Skipped] = []

    def append(self, skipped: Skipped) -> None:
        self.count += 1
        if is_unreadable(skipped):
            self.unreadable += 1
            self.first_unreadable = self.first_unreadable or skipped
        if len(self._kept) < _SKIPPED_KEPT:
            self._kept.append(skipped)

    def shown(self) -> tuple[Skipped, ...]:
        more = self.count - len(self._kept)
        last = [Skipped(f"and {more:,} more", "only the first are listed")] if more else []
        return (*self._kept, *last)
