"""From bytes to a Dump: kept first, then read, and taken whole or not at all.

receive   the raw bytes on disk and a row that says so: from here on nothing is lost
read      parsed and stored in one transaction, or quarantined with a sentence
again     the same for a dump that is there, with what an operator knows better
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.db.models import Sum

from digest.models import Dump

from . import dump_claims, failures, missing_bytes, raw_storage
from .archives import Member
from .chunks import (
    HEAD,
    SNAPSHOT,
    Progress,
    answer_for,
    bulk_format,
    cut,
    quarantine_unread,
    read_parts,
    refuse_as_new,
)
from .dump_claims import Claim, ClaimLost
from .dump_contents import NESTED, Contents, inside, none_taken
from .dump_reading import explained, nothing_new, quarantine, take
from .dump_rows import file_name, name_of, receive, reopen
from .formats import AUTO, BadDump, Skipped
from .raw_storage import MissingBytes
from .sanity_checks import caps_of, part_sizes
from .spool import CannotKeep, TooLarge, Unreadable

__all__ = ["CannotKeep", "TooLarge", "Unreadable", "again", "file_name", "finish_unfinished",
           "read", "receive"]  # fmt: skip

TICK_SECONDS = 40.0
ARCHIVE = "archive"
# A person's command waits so long for another process that reads the same dump: a dead one's lease
# has lapsed by then.
_PATIENCE = 60.0
_BUSY = "Another process is reading it just now."


@dataclass(frozen=True, slots=True)
class Reading:
    """How a dump is read: under which claim, on which day, until when (time.monotonic)."""

    claim: Claim
    at: datetime
    until: float | None = None
    believe: bool = False
    progress: Progress | None = None
    is_member: bool = False


def read(
    dump: Dump,
    *,
    at: datetime,
    believe: bool = False,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Dump:
    """Read a received dump and say what it brought: parsed, waiting or quarantined, with counts.

    One that has been read before answers that nothing is new. A bulk file is read part by part and
    answers for all of them; after `seconds` it stops, and the next tick goes on. `believe`: take a
    listing that is strangely short as well.

    Whatever else a reader raises becomes a quarantine. Raises what faults.is_passing() knows where
    the database or the disk fails; the dump is then as it was, and the next call of
    finish_unfinished() reads it.
    """
    if not _is_open(dump):
        return _known(dump)
    until = None if seconds is None else time.monotonic() + seconds
    with dump_claims.claimed(dump.sha256, patience=_PATIENCE if until is None else 0) as claim:
        if claim is None:
            return _overtaken(dump) or _busy(dump)
        return _overtaken(dump) or _read(dump, Reading(claim, at, until, believe, progress))


def again(
    dump: Dump,
    asked: dict[str, Any],
    *,
    at: datetime,
    believe: bool = False,
    seconds: float | None = None,
) -> Dump:
    """Read a dump once more from its kept bytes; `asked` holds format, listed_on and intent.

    One that was parsed is read again only where something else is asked of it than it says.
    Raises Unreadable, with a sentence, where its bytes were deleted after their retention period.
    """
    row = Dump.objects.get(pk=dump.pk)
    if row.raw_deleted_at:
        raise Unreadable(
            f"Its bytes were deleted on {row.raw_deleted_at:%-d %B %Y}, after their retention "
            "period (RETENTION_DAYS). Hand the same file in again to have it read."
        )
    with transaction.atomic():
        reopen(row, asked)
    return read(row, at=at, believe=believe, seconds=seconds)


def finish_unfinished(at: datetime, seconds: float = TICK_SECONDS) -> list[Dump]:
    """Read what was received but never read to the end: uploads, and what a crash left.

    Nothing further is begun after `seconds`. Bulk comes last, so that news need not wait for it.
    One whose reading fails is left for the next call, and the others are read.
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
            failures.report(f"{dump} waits for the next try", wrong)
    return finished


def _is_open(dump: Dump) -> bool:
    """Whether anything of it is still to be read."""
    if dump.total_parts > 1:
        return Dump.objects.unfinished().filter(sha256=dump.sha256).exists()
    return dump.again or dump.state != Dump.State.PARSED


def _known(dump: Dump) -> Dump:
    """The answer for what was read to its end before."""
    if dump.total_parts > 1:
        return answer_for(dump)
    return _of_members(dump, []) if dump.format == ARCHIVE else nothing_new(dump)


def _overtaken(dump: Dump) -> Dump | None:
    """The answer where another process has meanwhile read it to its end, or it was deleted."""
    current = Dump.objects.filter(pk=dump.pk).first()
    if current is None:
        dump.state, dump.error = Dump.State.QUARANTINED, "It was deleted while it was being read."
        return dump
    if dump.again or _is_open(current):
        return None
    is_one = current.total_parts == 1 and current.format != ARCHIVE
    return current if is_one else _known(current)


def _busy(dump: Dump) -> Dump:
    """The answer where another process has the dump."""
    answer = answer_for(dump) if dump.total_parts > 1 else nothing_new(dump)
    answer.error = _BUSY
    return answer


def _read(dump: Dump, reading: Reading) -> Dump:
    try:
        return _attempt(dump, reading)
    except ClaimLost:
        return _overtaken(dump) or _busy(dump)


def _attempt(dump: Dump, reading: Reading) -> Dump:
    try:
        with raw_storage.open(dump.sha256) as file:
            missing_bytes.found_again(dump, reading.claim)
            found = inside(file, caps_of(dump))
            if found.members is None:
                return _read_stream(dump, found.stream, reading)
            if reading.is_member:
                raise BadDump(NESTED)
            return _read_members(dump, found, reading)
    except MissingBytes as wrong:
        return missing_bytes.put_off(dump, wrong, reading.claim, reading.at)
    except Exception as wrong:
        if failures.is_passing(wrong):
            raise
        refuse = quarantine_unread if dump.total_parts > 1 else quarantine
        return refuse(dump, explained(dump, wrong), reading.claim)


def _read_stream(dump: Dump, stream: IO[bytes], reading: Reading) -> Dump:
    """Read one file: a long one of a paper a line in parts, any other at once."""
    claim = reading.claim
    head = stream.read(HEAD)
    stream.seek(0)
    name = bulk_format(head, dump.format)
    if name and dump.total_parts == 1:
        sizes = part_sizes(stream, caps_of(dump))
        stream.seek(0)
        several = len(sizes) > 1
        dump = cut(dump, sizes, name, claim) if several else _as_backfill(dump, name, claim)
    if dump.total_parts == 1:
        return take(dump, stream.read(), claim, believe=reading.believe)
    return read_parts(dump, stream, claim, until=reading.until, progress=reading.progress)


def _read_members(dump: Dump, found: Contents, reading: Reading) -> Dump:
    """Read the files of an archive, each a dump of its own; the archive's row holds no papers."""
    brought, left_out = [], []
    for member in found.members or ():
        if isinstance(member, Skipped):
            left_out.append(member)
            continue
        try:
            brought.append(_read_member(_receive_member(dump, member), reading))
        except Exception as wrong:
            if failures.is_passing(wrong):
                raise
            left_out.append(Skipped(name_of(member.name, dump), explained(dump, wrong)))
    refused = [each for each in brought if each.error and each.state != Dump.State.RECEIVED]
    left_out += [Skipped(each.name, each.error) for each in refused]
    if len(refused) == len(brought):
        raise BadDump(none_taken(left_out))
    dump.skipped = [{"entry": each.entry, "reason": each.reason} for each in left_out]
    dump.state, dump.error, dump.format = Dump.State.PARSED, "", ARCHIVE
    values = {name: getattr(dump, name) for name in ("skipped", "state", "error", "format")}
    with reading.claim.held():
        Dump.objects.filter(pk=dump.pk).update(**values)
    return _of_members(dump, brought)


def _receive_member(dump: Dump, member: Member) -> Dump:
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


def _read_member(member: Dump, reading: Reading) -> Dump:
    """Read one of them; the parts of a bulk file that are not begun in time follow later."""
    if not _is_open(member):
        return _known(member)
    with dump_claims.claimed(member.sha256) as claim:
        if claim is None:
            return _overtaken(member) or _busy(member)
        part = Reading(claim, reading.at, reading.until, is_member=True)
        return _overtaken(member) or _read(member, part)


def _of_members(dump: Dump, brought: Sequence[Dump]) -> Dump:
    """A dump that speaks for the files of the archive: what they brought just now."""
    answer = nothing_new(dump)
    rows = Dump.objects.filter(sha256__in=dump.members.values("sha256"))  # with their parts
    papers = rows.aggregate(papers=Sum("papers"))["papers"] or 0
    answer.papers = sum(each.papers for each in brought) if brought else papers
    answer.new = sum(each.new for each in brought)
    answer.updated = sum(each.updated for each in brought)
    answer.unchanged = answer.papers - answer.new - answer.updated
    return answer


def _as_backfill(dump: Dump, name: str, claim: Claim) -> Dump:
    """A snapshot, however short, is the archive and not the news."""
    if name == SNAPSHOT and dump.state != Dump.State.PARSED:
        refuse_as_new(dump.intent)
        dump.intent = Dump.Intent.BACKFILL
        unread = Dump.objects.filter(pk=dump.pk).exclude(state=Dump.State.PARSED)
        with claim.held():
            unread.update(intent=dump.intent)
    return dump
