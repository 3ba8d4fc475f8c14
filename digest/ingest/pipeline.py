"""From bytes to papers: a dump is kept first, then read, whole or not at all.

receive            keep the raw bytes and create their row; from here on nothing is lost
read               parse and store in one transaction, or quarantine with a reason
read_again         the same for a dump that is there already, with other options
finish_unfinished  read what was received and never read to its end

A file is one dump; a bulk file (see bulk_files) becomes one row for each of its parts, and an
archive one row for each of its files.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.db import transaction
from django.db.models import Sum

from digest.models import Dump

from . import dump_lease, failures, missing_bytes, raw_storage
from .archives import Member
from .bulk_files import HEAD_BYTES, SNAPSHOT_FORMAT, bulk_format, refuse_intent_new
from .bulk_parts import Progress, combined_answer, cut_into_parts, quarantine_unread, read_parts
from .dump_contents import NESTED_ARCHIVE, Contents, nothing_taken, open_contents
from .dump_lease import DumpLease, LeaseLost
from .dump_reading import explain, parse_and_store, quarantine, unchanged_answer
from .dump_rows import ReadOptions, display_name, file_name, receive, reopen
from .formats import AUTO, BadDump, Skipped
from .raw_storage import MissingBytes
from .sanity_checks import checked_part_sizes, limits_of
from .spool import CannotKeep, TooLarge, Unreadable

__all__ = [
    "CannotKeep",
    "ReadOptions",
    "TooLarge",
    "Unreadable",
    "file_name",
    "finish_unfinished",
    "read",
    "read_again",
    "receive",
]

TICK_SECONDS = 40.0
ARCHIVE = "archive"
# Seconds that a command waits for another process that reads the same dump; the lease of one that
# died has lapsed by then.
_PATIENCE = 60.0
_BUSY = "Another process is reading it right now."


@dataclass(frozen=True, slots=True)
class ReadContext:
    """How a dump is read: under which lease, at which time, until when (monotonic seconds)."""

    lease: DumpLease
    at: datetime
    until: float | None = None
    accept_short: bool = False
    progress: Progress | None = None
    is_member: bool = False


def read(
    dump: Dump,
    *,
    at: datetime,
    accept_short: bool = False,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Dump:
    """Read a received dump; return it parsed, waiting or quarantined, with its counts.

    A dump that was read before, or withdrawn, is returned with nothing new. A bulk file is read
    part by part, and the answer adds them up; after `seconds` no further part is begun, and the
    next tick goes on.
    `accept_short` switches the check for strangely short listings off.

    Raises what failures.is_transient() recognises if the database or the disk fails; the dump is
    then as it was, and the next call of finish_unfinished() reads it. Any other exception of a
    reader becomes a quarantine.
    """
    if not _is_open(dump):
        return _known(dump)
    until = None if seconds is None else time.monotonic() + seconds
    with dump_lease.acquire_lease(dump.sha256, patience=_PATIENCE if until is None else 0) as lease:
        if lease is None:
            return _overtaken(dump) or _busy(dump)
        return _overtaken(dump) or _read(
            dump, ReadContext(lease, at, until, accept_short, progress)
        )


def read_again(
    dump: Dump,
    options: ReadOptions,
    *,
    at: datetime,
    accept_short: bool = False,
    seconds: float | None = None,
) -> Dump:
    """Read a dump once more from its kept bytes.

    One that was parsed is read again only if the options differ from what its row says. Raises
    Unreadable if it was withdrawn, or its bytes were deleted after their retention period.
    """
    row = Dump.objects.get(pk=dump.pk)
    if row.is_withdrawn:
        raise Unreadable(row.error)
    if row.raw_deleted_at:
        raise Unreadable(
            f"Its bytes were deleted on {row.raw_deleted_at:%-d %B %Y}, after their retention "
            "period (RETENTION_DAYS). Submit the same file again to have it read."
        )
    with transaction.atomic():
        reopen(row, options)
    return read(row, at=at, accept_short=accept_short, seconds=seconds)


def finish_unfinished(at: datetime, seconds: float = TICK_SECONDS) -> list[Dump]:
    """Read what was received but never read to its end: uploads, and what a crash left.

    Nothing further is begun after `seconds`. Bulk files come last, so that daily listings need not
    wait for them. A dump whose reading fails is left for the next call, and the others are read.
    """
    until = time.monotonic() + seconds
    finished, begun = [], set()
    todo = Dump.objects.unfinished().due(at).order_by("total_parts", "received_at", "pk")
    for dump in list(todo.defer("skipped")):
        left = until - time.monotonic()
        if dump.sha256 in begun or left <= 0:
            continue
        begun.add(dump.sha256)
        try:
            finished.append(read(dump, at=at, seconds=left))
        except Exception as wrong:
            failures.log_postponed(f"{dump} waits for the next try", wrong)
    return finished


def _is_open(dump: Dump) -> bool:
    """Return whether anything of the dump is still to be read."""
    if dump.is_withdrawn:
        return False
    if dump.total_parts > 1:
        return Dump.objects.unfinished().filter(sha256=dump.sha256).exists()
    return dump.needs_rereading or dump.state != Dump.State.PARSED


def _known(dump: Dump) -> Dump:
    """Return the answer for a dump that was read to its end before, or withdrawn."""
    if dump.is_withdrawn:
        return unchanged_answer(dump)
    if dump.total_parts > 1:
        return combined_answer(dump)
    return _of_members(dump, []) if dump.format == ARCHIVE else unchanged_answer(dump)


def _overtaken(dump: Dump) -> Dump | None:
    """Return the answer if another process has read or deleted the dump meanwhile, else None."""
    current = Dump.objects.filter(pk=dump.pk).first()
    if current is None:
        dump.state, dump.error = Dump.State.QUARANTINED, "It was deleted while it was being read."
        return dump
    if dump.needs_rereading or _is_open(current):
        return None
    is_one = current.total_parts == 1 and current.format != ARCHIVE
    return current if is_one else _known(current)


def _busy(dump: Dump) -> Dump:
    """Return the answer if another process is reading the dump."""
    answer = combined_answer(dump) if dump.total_parts > 1 else unchanged_answer(dump)
    answer.error = _BUSY
    return answer


def _read(dump: Dump, context: ReadContext) -> Dump:
    try:
        return _attempt(dump, context)
    except LeaseLost:
        return _overtaken(dump) or _busy(dump)


def _attempt(dump: Dump, context: ReadContext) -> Dump:
    try:
        with raw_storage.open(dump.sha256) as file:
            missing_bytes.clear_missing(dump, context.lease)
            found = open_contents(file, limits_of(dump))
            if found.members is None:
                return _read_stream(dump, found.stream, context)
            if context.is_member:
                raise BadDump(NESTED_ARCHIVE)
            return _read_members(dump, found, context)
    except MissingBytes as wrong:
        return missing_bytes.postpone(dump, wrong, context.lease, context.at)
    except Exception as wrong:
        if failures.is_transient(wrong):
            raise
        refuse = quarantine_unread if dump.total_parts > 1 else quarantine
        return refuse(dump, explain(dump, wrong), context.lease)


def _read_stream(dump: Dump, stream: IO[bytes], context: ReadContext) -> Dump:
    """Read one file: a bulk file in parts, any other at once."""
    lease = context.lease
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    name = bulk_format(head, dump.format)
    if name and dump.total_parts == 1:
        sizes = checked_part_sizes(stream, limits_of(dump))
        stream.seek(0)
        several = len(sizes) > 1
        dump = (
            cut_into_parts(dump, sizes, name, lease) if several else _as_backfill(dump, name, lease)
        )
    if dump.total_parts == 1:
        return parse_and_store(dump, stream, lease, accept_short=context.accept_short)
    return read_parts(dump, stream, lease, until=context.until, progress=context.progress)


def _read_members(dump: Dump, found: Contents, context: ReadContext) -> Dump:
    """Read the files of an archive, each a dump of its own; the archive's row holds no papers."""
    brought, left_out = [], []
    for member in found.members or ():
        if isinstance(member, Skipped):
            left_out.append(member)
            continue
        try:
            brought.append(_read_member(_receive_member(dump, member), context))
        except Exception as wrong:
            if failures.is_transient(wrong):
                raise
            left_out.append(Skipped(display_name(member.name, dump), explain(dump, wrong)))
    refused = [each for each in brought if each.error and each.state != Dump.State.RECEIVED]
    left_out += [Skipped(each.name, each.error) for each in refused]
    if len(refused) == len(brought):
        raise BadDump(nothing_taken(left_out))
    dump.skipped = [{"entry": each.entry, "reason": each.reason} for each in left_out]
    dump.state, dump.error, dump.format = Dump.State.PARSED, "", ARCHIVE
    dump.withdrawn_at = None
    names = ("skipped", "state", "error", "format", "withdrawn_at")
    with context.lease.transaction():
        Dump.objects.filter(pk=dump.pk).update(**{name: getattr(dump, name) for name in names})
    return _of_members(dump, brought)


def _receive_member(dump: Dump, member: Member) -> Dump:
    """Keep a member's bytes; an archive whose format was asked for passes it on."""
    return receive(
        member.stream,
        member.name,
        format=AUTO if dump.format == ARCHIVE else dump.format,
        listed_on=dump.listed_on,
        intent=dump.intent,
        source=dump.source,
        archive=dump,
        unlimited=dump.unlimited,
        at=dump.received_at,
    )


def _read_member(member: Dump, context: ReadContext) -> Dump:
    """Read one file of an archive; parts of a bulk file that are not begun in time follow later."""
    if not _is_open(member):
        return _known(member)
    with dump_lease.acquire_lease(member.sha256) as lease:
        if lease is None:
            return _overtaken(member) or _busy(member)
        part = ReadContext(lease, context.at, context.until, is_member=True)
        return _overtaken(member) or _read(member, part)


def _of_members(dump: Dump, brought: Sequence[Dump]) -> Dump:
    """Return the archive's dump with the counts of its files: what they brought just now."""
    answer = unchanged_answer(dump)
    rows = Dump.objects.filter(sha256__in=dump.members.values("sha256"))  # with their parts
    papers = rows.aggregate(papers=Sum("papers"))["papers"] or 0
    answer.papers = sum(each.papers for each in brought) if brought else papers
    answer.new = sum(each.new for each in brought)
    answer.updated = sum(each.updated for each in brought)
    answer.unchanged = answer.papers - answer.new - answer.updated
    if brought and all(each.intent == Dump.Intent.BACKFILL for each in brought):
        answer.intent = Dump.Intent.BACKFILL
    return answer


def _as_backfill(dump: Dump, name: str, lease: DumpLease) -> Dump:
    """Return the dump as backfill if it is a metadata snapshot, which is never news."""
    if name == SNAPSHOT_FORMAT and dump.state != Dump.State.PARSED:
        refuse_intent_new(dump.intent)
        dump.intent = Dump.Intent.BACKFILL
        unread = Dump.objects.unread().filter(pk=dump.pk)
        with lease.transaction():
            unread.update(intent=dump.intent)
    return dump
