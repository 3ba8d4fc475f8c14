"""What receive() and read() would say, with nothing kept: neither bytes nor rows."""

import contextlib
import hashlib
import io
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from digest.models import Dump

from . import failures
from .archives import Member
from .bulk_files import HEAD_BYTES, SNAPSHOT_FORMAT, bulk_format, iter_parts, refuse_intent_new
from .dump_contents import NESTED_ARCHIVE, is_bulk, nothing_taken, open_contents
from .dump_reading import parse_and_store, unchanged_answer
from .dump_rows import asked_for, file_name, find_or_create
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
    """The answer for these bytes. Each part of a bulk file, and each file of an archive, is
    rehearsed by itself. No cap holds. Raises TooLarge and ValueError as receive() does."""
    asked = asked_for(format, listed_on, intent, at)
    values = {"name": file_name(name), "received_at": at, "unlimited": True}
    return _rehearsed(data, asked, values, is_member=False)


def _rehearsed(
    data: bytes | IO[bytes], asked: dict[str, Any], values: dict[str, Any], *, is_member: bool
) -> Dump:
    with _wound_back(data) as stream:
        try:
            if not is_bulk(stream.read(_BLOCK)):
                _refuse_large(stream)
            found = open_contents(stream)
            if found.members is None:
                return _read(found.stream, asked, values)
            if is_member:
                raise BadDump(NESTED_ARCHIVE)
            return _members(found.members, asked, values)
        except Exception as wrong:
            if failures.is_transient(wrong) or isinstance(wrong, TooLarge):
                raise
            refused = Dump.State.QUARANTINED
            return Dump(**values | asked, state=refused, error=failures.quarantine_reason(wrong))


def _wound_back(data: bytes | IO[bytes]) -> IO[bytes]:
    """The bytes as a file of ours at its start; a pipe, which has none, is copied to a file."""
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
        stack.pop_all()  # it is the caller's to close
    return copy


def _refuse_large(stream: IO[bytes]) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > settings.MAX_DUMP_BYTES:
        raise TooLarge(too_large_message(size))


def _members(
    members: Iterable[Member | Skipped], asked: dict[str, Any], values: dict[str, Any]
) -> Dump:
    """Each file of an archive by itself; those that would not be taken are left out."""
    brought, left_out = [], []
    for member in members:
        if isinstance(member, Skipped):
            left_out.append(member)
            continue
        name = f"{values['name']}/{file_name(member.name)}"
        try:
            answer = _rehearsed(member.stream, asked, values | {"name": name}, is_member=True)
        except (BadDump, TooLarge) as wrong:
            left_out.append(Skipped(name, str(wrong)))
            continue
        if answer.error:
            left_out.append(Skipped(name, answer.error))
        else:
            brought.append(answer)
    if not brought:
        raise BadDump(nothing_taken(left_out))
    whole = _together(brought, asked | values)
    whole.skipped = [{"entry": each.entry, "reason": each.reason} for each in left_out]
    return whole


def _read(stream: IO[bytes], asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if name := bulk_format(head, asked["format"]):
        return _parts(stream, asked | {"format": name}, values)
    return _one(stream.read(), asked, values)


def _parts(stream: IO[bytes], asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    pieces = list(map(len, iter_parts(stream)))
    stream.seek(0)
    if len(pieces) > 1 or asked["format"] == SNAPSHOT_FORMAT:
        refuse_intent_new(asked["intent"])
        asked = asked | {"intent": Dump.Intent.BACKFILL.value}
    return _together([_one(stream.read(size), asked, values) for size in pieces], asked | values)


def _one(data: bytes, asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    sha256 = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        try:
            dump = find_or_create(sha256, asked, values | {"size": len(data)})
            open_again = dump.needs_rereading or dump.state != Dump.State.PARSED
            return parse_and_store(dump, data) if open_again else unchanged_answer(dump)
        finally:
            transaction.set_rollback(True)


def _together(answers: Sequence[Dump], values: dict[str, Any]) -> Dump:
    """One answer for several dumps: their counts added, the first that failed named."""
    if len(answers) == 1:
        return answers[0]
    bad = [each for each in answers if each.state != Dump.State.PARSED]
    whole = Dump(
        **values | {name: sum(getattr(each, name) for each in answers) for name in _COUNTS}
    )
    whole.state = Dump.State.QUARANTINED if bad else Dump.State.PARSED
    if bad:
        whole.error = f"{len(bad):,} of {len(answers):,} would not be taken: {bad[0].error}"
    whole.skipped = [entry for each in answers for entry in each.skipped][:100]
    return whole
