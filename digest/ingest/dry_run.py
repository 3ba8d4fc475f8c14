"""A dry run of receive() and read(): the same answer, with neither bytes nor rows kept."""

import contextlib
import hashlib
import io
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import IO

from django.conf import settings
from django.db import transaction

from digest.models import Dump

from . import failures
from .archives import Member
from .bulk_files import HEAD_BYTES, SNAPSHOT_FORMAT, bulk_format, iter_parts, refuse_intent_new
from .dump_contents import NESTED_ARCHIVE, is_bulk, nothing_taken, open_contents
from .dump_reading import parse_and_store, unchanged_answer
from .dump_rows import Arrival, ReadOptions, checked_options, file_name, find_or_create
from .formats import AUTO, BadDump, Skipped
from .spool import TooLarge, too_large_message

_BLOCK = 1 << 20
_COUNTS = ("papers", "new", "updated", "unchanged")


def dry_run(
    data: bytes | IO[bytes],
    name: str,
    *,
    format: str = AUTO,
    listed_on: date | None = None,
    intent: str = Dump.Intent.AUTO,
    at: datetime,
) -> Dump:
    """Return the Dump, not saved, that receive() and read() would give for these bytes.

    Each part of a bulk file and each file of an archive is tried by itself, without size limits
    other than MAX_DUMP_BYTES. Raises TooLarge and ValueError as receive() does.
    """
    options = checked_options(format, listed_on, intent, at)
    return _try(data, options, Arrival(file_name(name), at, unlimited=True), is_member=False)


def _try(
    data: bytes | IO[bytes], options: ReadOptions, arrival: Arrival, *, is_member: bool
) -> Dump:
    with _seekable(data) as stream:
        try:
            if not is_bulk(stream.read(_BLOCK)):
                _check_size(stream)
            found = open_contents(stream)
            if found.members is None:
                return _try_stream(found.stream, options, arrival)
            if is_member:
                raise BadDump(NESTED_ARCHIVE)
            return _try_members(found.members, options, arrival)
        except Exception as wrong:
            if failures.is_transient(wrong) or isinstance(wrong, TooLarge):
                raise
            values = arrival.values() | options.values()
            reason = failures.quarantine_reason(wrong)
            return Dump(**values, state=Dump.State.QUARANTINED, error=reason)


def _seekable(data: bytes | IO[bytes]) -> IO[bytes]:
    """Return the bytes as a file at its start; a stream is copied to a temporary file."""
    if isinstance(data, bytes):
        return io.BytesIO(data)
    with contextlib.ExitStack() as stack:
        copy = stack.enter_context(tempfile.TemporaryFile())
        head = data.read(_BLOCK)
        copy.write(head)
        most = None if is_bulk(head) else settings.MAX_DUMP_BYTES + 1
        while (most is None or copy.tell() < most) and (block := data.read(_BLOCK)):
            copy.write(block)
        copy.seek(0)
        stack.pop_all()  # the caller closes it
    return copy


def _check_size(stream: IO[bytes]) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > settings.MAX_DUMP_BYTES:
        raise TooLarge(too_large_message(size))


def _try_members(
    members: Iterable[Member | Skipped], options: ReadOptions, arrival: Arrival
) -> Dump:
    """Try each file of an archive by itself; those that would be refused are left out."""
    accepted, left_out = [], []
    for member in members:
        if isinstance(member, Skipped):
            left_out.append(member)
            continue
        name = f"{arrival.name}/{file_name(member.name)}"
        try:
            answer = _try(member.stream, options, replace(arrival, name=name), is_member=True)
        except (BadDump, TooLarge) as wrong:
            left_out.append(Skipped(name, str(wrong)))
            continue
        if answer.error:
            left_out.append(Skipped(name, answer.error))
        else:
            accepted.append(answer)
    if not accepted:
        raise BadDump(nothing_taken(left_out))
    whole = _combined(accepted, options, arrival)
    whole.skipped = [{"entry": each.entry, "reason": each.reason} for each in left_out]
    return whole


def _try_stream(stream: IO[bytes], options: ReadOptions, arrival: Arrival) -> Dump:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if name := bulk_format(head, options.format):
        return _try_parts(stream, replace(options, format=name), arrival)
    return _try_single(stream, options, arrival)


def _try_parts(stream: IO[bytes], options: ReadOptions, arrival: Arrival) -> Dump:
    sizes = list(map(len, iter_parts(stream)))
    stream.seek(0)
    if len(sizes) > 1 or options.format == SNAPSHOT_FORMAT:
        refuse_intent_new(options.intent)
        options = replace(options, intent=Dump.Intent.BACKFILL.value)
    answers = [_try_single(io.BytesIO(stream.read(size)), options, arrival) for size in sizes]
    return _combined(answers, options, arrival)


def _try_single(stream: IO[bytes], options: ReadOptions, arrival: Arrival) -> Dump:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    sha256, size = digest.hexdigest(), stream.tell()
    stream.seek(0)
    with transaction.atomic():
        try:
            dump = find_or_create(sha256, size, options, arrival)
            is_read = dump.state == Dump.State.PARSED and not dump.needs_rereading
            if is_read or dump.is_withdrawn:
                return unchanged_answer(dump)
            return parse_and_store(dump, stream)
        finally:
            transaction.set_rollback(True)


def _combined(answers: Sequence[Dump], options: ReadOptions, arrival: Arrival) -> Dump:
    """Return one answer for several dumps: counts added up, the first that failed named."""
    if len(answers) == 1:
        return answers[0]
    bad = [each for each in answers if each.state != Dump.State.PARSED]
    counts = {name: sum(getattr(each, name) for each in answers) for name in _COUNTS}
    whole = Dump(**options.values(), **arrival.values(), **counts)
    whole.state = Dump.State.QUARANTINED if bad else Dump.State.PARSED
    if bad:
        whole.error = f"{len(bad):,} of {len(answers):,} would be rejected: {bad[0].error}"
    whole.skipped = [entry for each in answers for entry in each.skipped][:100]
    if all(each.intent == Dump.Intent.BACKFILL for each in answers):
        whole.intent = Dump.Intent.BACKFILL
    return whole
