"""Files with a paper on each line, of any size: recognised, and cut into part-dumps of 2,000
lines, each taken whole or not at all.

The cut is one transaction, each part another, so that a restart goes on at the first part that is
missing. A part's `size` is its bytes, so where it begins is the sum of those before it.
"""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from django.db import connection
from django.db.models import Sum

from digest.models import Dump

from .dump_claims import Claim
from .dump_reading import take
from .formats import AUTO, BadDump, detect

PART_LINES = 2000
SNAPSHOT = "arxiv_jsonl"
_FORMATS = (SNAPSHOT, "jsonl")
HEAD = 1 << 16
# A line this long is no paper: it is cut, so that what it holds is refused rather than loaded.
_LONGEST_LINE = 1 << 20
_LARGEST_PART = 32 << 20
_MOST_LINES = 100 * PART_LINES


def bulk_format(head: bytes, asked: str = AUTO) -> str:
    """The format of a file that begins so, if it is one of a paper a line; empty if it is not."""
    if asked != AUTO:
        return asked if asked in _FORMATS else ""
    try:
        found = detect(head[:HEAD])
    except BadDump:
        return ""
    return found if found in _FORMATS else ""


def refuse_as_new(intent: str) -> None:
    """Raises BadDump where the papers of a bulk file are asked for as new: nobody is mailed an
    archive."""
    if intent == "new":
        raise BadDump(
            "A bulk file is always backfill, for search only: take it as that (ingest --backfill), "
            "or hand in the new papers alone, in a file of their own."
        )


def parts(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of the stream in pieces of 2,000 lines, blank ones not counted; together they are
    all its bytes."""
    lines: list[bytes] = []
    size = count = 0
    while line := stream.readline(_LONGEST_LINE):
        lines.append(line)
        size += len(line)
        count += not line.isspace()
        if count == PART_LINES or size >= _LARGEST_PART or len(lines) == _MOST_LINES:
            yield b"".join(lines)
            lines, size, count = [], 0, 0
    if lines:
        yield b"".join(lines)


_COUNTS = ("papers", "new", "updated", "unchanged")
_SKIPPED_TOLD = 100
# Others write too. SQLite has no queue for that: who waits looks again every 100 ms, so between
# two parts the database is left alone that long, most of it while the next part is parsed.
_FREE_SECONDS = 0.05
Progress = Callable[[int, int], None]


def cut(dump: Dump, sizes: Sequence[int], format_name: str, claim: Claim) -> Dump:
    """Make the dump the first of as many parts, all of them backfill; the dump as it is then.

    Raises BadDump where its papers are asked for as new.
    """
    refuse_as_new(dump.intent)
    shared = {
        "total_parts": len(sizes),
        "intent": Dump.Intent.BACKFILL,
        "format": format_name,
    }
    with claim.held():
        whole = Dump.objects.filter(pk=dump.pk, total_parts=1).exclude(state=Dump.State.PARSED)
        if whole.update(size=sizes[0], **shared):  # else somebody else was faster
            rows = [_part(dump, number, size, shared) for number, size in enumerate(sizes)]
            Dump.objects.bulk_create(rows[1:], batch_size=100)
    dump.refresh_from_db()
    return dump


def read_parts(
    dump: Dump,
    file: IO[bytes],
    claim: Claim,
    *,
    until: float | None = None,
    progress: Progress | None = None,
) -> Dump:
    """Read the parts that are missing, out of the whole file, and answer for all parts.

    `until`: the time.monotonic() after which no further part is begun; the rest follows later.
    """
    brought, start, done = [], 0, 0
    rows = Dump.objects.filter(sha256=dump.sha256).order_by("part").defer("skipped")
    for part in list(rows):
        if part.state == Dump.State.RECEIVED and (until is None or time.monotonic() < until):
            until = _after_seek(file, start, until)
            brought.append(take(part, file.read(part.size), claim))
            time.sleep(_FREE_SECONDS if connection.vendor == "sqlite" else 0)
        start, done = start + part.size, done + 1
        if progress:
            progress(done, part.total_parts)
    return answer_for(dump, brought)


def _after_seek(file: IO[bytes], start: int, until: float | None) -> float | None:
    """Go to where a part starts; what that takes is added, for it may be all the time there is.

    In a compressed file all before it has to be unpacked again.
    """
    began = time.monotonic()
    file.seek(start)
    return None if until is None else until + time.monotonic() - began


def quarantine_unread(dump: Dump, reason: str, claim: Claim) -> Dump:
    """Note why the parts that are left cannot be read, and answer for all parts."""
    with claim.held():
        unread = Dump.objects.unfinished().filter(sha256=dump.sha256)
        unread.update(state=Dump.State.QUARANTINED, error=reason)
    return answer_for(dump)


def answer_for(dump: Dump, brought: Sequence[Dump] = ()) -> Dump:
    """A dump that speaks for all parts: what these parts brought just now, and what is wrong."""
    rows = Dump.objects.filter(sha256=dump.sha256)
    answer = copy.copy(dump)
    answer.papers = rows.aggregate(papers=Sum("papers"))["papers"]
    answer.new = sum(part.new for part in brought)
    answer.updated = sum(part.updated for part in brought)
    answer.unchanged = answer.papers - answer.new - answer.updated
    skipped = [entry for part in brought for entry in part.skipped]
    more = len(skipped) - _SKIPPED_TOLD
    answer.skipped = skipped[:_SKIPPED_TOLD]
    if more > 0:
        answer.skipped.append({"entry": f"and {more:,} more", "reason": "see the parts"})
    answer.size = rows.aggregate(size=Sum("size"))["size"]
    answer.state, answer.error = _state(dump)
    return answer


def _state(dump: Dump) -> tuple[str, str]:
    """The state of all parts in one, and a sentence where they are not all parsed."""
    rows = Dump.objects.filter(sha256=dump.sha256)
    bad = rows.filter(state=Dump.State.QUARANTINED).order_by("part")
    if first := bad.first():
        told = f"{bad.count():,} of {dump.total_parts:,} parts were not taken"
        return Dump.State.QUARANTINED, f"{told}; part {first.part + 1:,}: {first.error}"
    left = rows.exclude(state=Dump.State.PARSED).count()
    if left:
        told = f"{left:,} of its {dump.total_parts:,} parts are still to be read; that goes on"
        return Dump.State.RECEIVED, f"{told} by itself where the service runs."
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
