"""The parts of a bulk file (see bulk_files) as rows of their own, each read whole or not at all.

The rows are made in one transaction and each part is read in another, so that after a restart the
first unread part is next. A part's `size` is its number of bytes, so a part begins at the sum of
the sizes before it.
"""

import copy
import time
from collections.abc import Callable, Sequence
from typing import IO

from django.db import connection
from django.db.models import Sum

from digest.models import Dump

from .bulk_files import refuse_intent_new
from .dump_lease import DumpLease
from .dump_reading import parse_and_store

_SKIPPED_SHOWN = 100
# SQLite has no queue of writers: one that waits polls every 100 ms. So other processes get that
# much time between two parts, most of it while the next part is parsed.
_FREE_SECONDS = 0.05
Progress = Callable[[int, int], None]


def cut_into_parts(dump: Dump, sizes: Sequence[int], format_name: str, lease: DumpLease) -> Dump:
    """Make the dump the first of as many parts as there are `sizes` (bytes), all backfill; return
    it.

    Raises BadDump if its papers are asked for as new.
    """
    refuse_intent_new(dump.intent)
    shared = {
        "total_parts": len(sizes),
        "intent": Dump.Intent.BACKFILL,
        "format": format_name,
    }
    with lease.transaction():
        whole = Dump.objects.unread().filter(pk=dump.pk, total_parts=1)
        if whole.update(size=sizes[0], **shared):  # else another process has cut it
            rows = [_part(dump, number, size, shared) for number, size in enumerate(sizes)]
            Dump.objects.bulk_create(rows[1:], batch_size=100)
    dump.refresh_from_db()
    return dump


def read_parts(
    dump: Dump,
    file: IO[bytes],
    lease: DumpLease,
    *,
    until: float | None = None,
    progress: Progress | None = None,
) -> Dump:
    """Read the parts that are missing, from the whole file, and return the answer for all parts.

    No part is begun after `until` (time.monotonic() seconds); the rest follows later. `progress` is
    called with the number of parts done and their total.
    """
    brought, start, done = [], 0, 0
    rows = Dump.objects.filter(sha256=dump.sha256).order_by("part").defer("skipped")
    for part in list(rows):
        if part.state == Dump.State.RECEIVED and (until is None or time.monotonic() < until):
            until = _after_seek(file, start, until)
            brought.append(parse_and_store(part, file.read(part.size), lease))
            time.sleep(_FREE_SECONDS if connection.vendor == "sqlite" else 0)
        start, done = start + part.size, done + 1
        if progress:
            progress(done, part.total_parts)
    return combined_answer(dump, brought)


def _after_seek(file: IO[bytes], start: int, until: float | None) -> float | None:
    """Seek to the start of a part; return `until` plus the seconds that this took.

    In a compressed file everything before the part has to be unpacked again, which may take all the
    time there is.
    """
    began = time.monotonic()
    file.seek(start)
    return None if until is None else until + time.monotonic() - began


def quarantine_unread(dump: Dump, reason: str, lease: DumpLease) -> Dump:
    """Quarantine the parts that are left with this reason, and return the answer for all parts."""
    with lease.transaction():
        unread = Dump.objects.unfinished().filter(sha256=dump.sha256)
        unread.update(state=Dump.State.QUARANTINED, error=reason)
    return combined_answer(dump)


def combined_answer(dump: Dump, brought: Sequence[Dump] = ()) -> Dump:
    """Return a copy of the dump that stands for all parts: what `brought` just brought, and the
    errors.
    """
    rows = Dump.objects.filter(sha256=dump.sha256)
    answer = copy.copy(dump)
    answer.papers = rows.aggregate(papers=Sum("papers"))["papers"]
    answer.new = sum(part.new for part in brought)
    answer.updated = sum(part.updated for part in brought)
    answer.unchanged = answer.papers - answer.new - answer.updated
    skipped = [entry for part in brought for entry in part.skipped]
    more = len(skipped) - _SKIPPED_SHOWN
    answer.skipped = skipped[:_SKIPPED_SHOWN]
    if more > 0:
        answer.skipped.append({"entry": f"and {more:,} more", "reason": "see the parts"})
    answer.size = rows.aggregate(size=Sum("size"))["size"]
    answer.state, answer.error = _state(dump)
    return answer


def _state(dump: Dump) -> tuple[str, str]:
    """Return the state of all parts in one, and a sentence if they are not all parsed."""
    rows = Dump.objects.filter(sha256=dump.sha256)
    bad = rows.filter(state=Dump.State.QUARANTINED).order_by("part")
    if first := bad.first():
        sentence = f"{bad.count():,} of {dump.total_parts:,} parts were rejected"
        return Dump.State.QUARANTINED, f"{sentence}; part {first.part + 1:,}: {first.error}"
    left = rows.exclude(state=Dump.State.PARSED).count()
    if left:
        sentence = (
            f"{left:,} of its {dump.total_parts:,} parts are still to be read; reading continues"
        )
        return Dump.State.RECEIVED, f"{sentence} while the service is running."
    return Dump.State.PARSED, ""


def _part(dump: Dump, number: int, size: int, shared: dict[str, object]) -> Dump:
    return Dump(
        sha256=dump.sha256,
        part=number,
        size=size,
        name=dump.name,
        received_at=dump.received_at,
        listed_on=dump.listed_on,
        source_id=dump.source_id,
        unlimited=dump.unlimited,
        **shared,
    )
