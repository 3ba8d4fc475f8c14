"""From bytes to a Dump: kept first, then read, and taken whole or not at all.

receive   the raw bytes on disk and a row that says so: from here on nothing is lost
read      parsed and stored in one transaction, or quarantined with a sentence
again     the same for a dump that is there, with what an operator knows better
"""

import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from digest.models import Dump, Source

from . import faults
from .bulk import HEAD, SNAPSHOT, bulk_format, refuse_as_new
from .caps import caps_of, part_sizes
from .contents import NESTED, Contents, contents, none_taken
from .formats import AUTO, BadDump, Skipped
from .keep import CannotKeep, TooLarge, Unreadable, claimed, keep
from .parts import Progress, answer_for, cut, quarantine_missing, read_parts
from .rows import asked_for, file_name, name_of, reopen, row_of
from .take import explained, nothing_new, quarantine, take
from .unpack import Member

__all__ = ["CannotKeep", "TooLarge", "Unreadable", "again", "file_name", "finish_unfinished",
           "read", "receive"]  # fmt: skip

TICK_SECONDS = 40.0
ARCHIVE = "archive"


def receive(
    data: bytes | IO[bytes],
    name: str,
    *,
    format: str = AUTO,
    listed_on: date | None = None,
    intent: str = Dump.Intent.AUTO,
    source: Source | None = None,
    archive: Dump | None = None,
    unlimited: bool = False,
    at: datetime,
) -> Dump:
    """Keep the bytes and return their Dump, known before or not; it still has to be read.

    `listed_on` overrides the day on the page, `intent` the guess whether its papers are news;
    `source` and `archive` say where they came from or were packed. `unlimited`: an operator handed
    them in, so that neither MAX_DUMP_RECORDS nor MAX_UNPACKED_BYTES holds.
    Bytes that were read before are to be read again only where something else is asked of them.
    Raises CannotKeep, with a sentence, where the disk takes no more, TooLarge among them;
    Unreadable where the stream fails; ValueError: no such format, or no such day.
    """
    asked = asked_for(format, listed_on, intent, at)
    kept = keep(data, None if unlimited else settings.MAX_UNPACKED_BYTES)
    values = {
        "unlimited": unlimited,
        "name": name_of(name, archive),
        "size": kept.size,
        "received_at": at,
        "source": source,
        "archive": archive,
    }
    with transaction.atomic():
        return row_of(kept.sha256, asked, values)


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
    try:
        with contents(dump.raw_path, caps_of(dump)) as found:
            if found.members is not None:
                return _read_members(dump, found, until)
            return _read_stream(dump, found.stream, believe, until, progress)
    except Exception as wrong:
        if faults.is_passing(wrong):
            raise
        sentence = explained(dump, wrong)
    if dump.total_parts > 1:
        return quarantine_missing(dump, sentence)
    return quarantine(dump, sentence)


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
    """
    row = Dump.objects.get(pk=dump.pk)
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
    todo = Dump.objects.unfinished().order_by("total_parts", "received_at", "pk")
    for dump in list(todo.defer("skipped")):
        left = until - time.monotonic()
        if dump.sha256 in begun or left <= 0:
            continue
        begun.add(dump.sha256)
        try:
            finished.append(read(dump, at=at, seconds=left))
        except Exception as wrong:
            faults.report(f"{dump} waits for the next try", wrong)
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


def _read_stream(
    dump: Dump,
    stream: IO[bytes],
    believe: bool,
    until: float | None,
    progress: Progress | None,
) -> Dump:
    """Read one file: a long one of a paper a line in parts, any other at once."""
    head = stream.read(HEAD)
    stream.seek(0)
    name = bulk_format(head, dump.format)
    if name and dump.total_parts == 1:
        sizes = part_sizes(stream, caps_of(dump))
        stream.seek(0)
        dump = cut(dump, sizes, name) if len(sizes) > 1 else _as_backfill(dump, name)
    if dump.total_parts == 1:
        return take(dump, stream.read(), believe=believe)
    with claimed(dump.raw_path) as mine:
        if mine:
            return read_parts(dump, stream, until=until, progress=progress)
    answer = answer_for(dump)
    answer.error = answer.error and "Another process is reading it just now."
    return answer


def _read_members(dump: Dump, found: Contents, until: float | None) -> Dump:
    """Read the files of an archive, each a dump of its own; the archive's row holds no papers."""
    brought, left_out = [], []
    for member in found.members or ():
        if isinstance(member, Skipped):
            left_out.append(member)
            continue
        try:
            brought.append(_read_member(_receive_member(dump, member), until))
        except Exception as wrong:
            if faults.is_passing(wrong):
                raise
            left_out.append(Skipped(name_of(member.name, dump), explained(dump, wrong)))
    refused = [each for each in brought if each.error and each.state != Dump.State.RECEIVED]
    left_out += [Skipped(each.name, each.error) for each in refused]
    if len(refused) == len(brought):
        raise BadDump(none_taken(left_out))
    dump.skipped = [{"entry": each.entry, "reason": each.reason} for each in left_out]
    dump.state, dump.error, dump.format = Dump.State.PARSED, "", ARCHIVE
    values = {name: getattr(dump, name) for name in ("skipped", "state", "error", "format")}
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


def _read_member(member: Dump, until: float | None) -> Dump:
    """Read one of them; the parts of a bulk file that are not begun in time follow later."""
    if not _is_open(member):
        return _known(member)
    try:
        with contents(member.raw_path, caps_of(member)) as found:
            if found.members is not None:
                raise BadDump(NESTED)
            return _read_stream(member, found.stream, False, until, None)
    except Exception as wrong:
        if faults.is_passing(wrong):
            raise
        return quarantine(member, explained(member, wrong))


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


def _as_backfill(dump: Dump, name: str) -> Dump:
    """A snapshot, however short, is the archive and not the news."""
    if name == SNAPSHOT and dump.state != Dump.State.PARSED:
        refuse_as_new(dump.intent)
        dump.intent = Dump.Intent.BACKFILL
        unread = Dump.objects.filter(pk=dump.pk).exclude(state=Dump.State.PARSED)
        unread.update(intent=dump.intent)
    return dump
