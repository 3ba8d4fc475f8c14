"""What receive() and read() would say, with nothing kept: neither bytes nor rows."""

import hashlib
import io
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from digest.models import Dump

from .bulk import HEAD, SNAPSHOT, bulk_format, parts, refuse_as_new
from .contents import inside
from .formats import AUTO, BadDump
from .keep import TooLarge, too_large
from .rows import asked_for, file_name, row_of
from .take import nothing_new, take

_BLOCK = 1 << 20
_COUNTS = ("papers", "new", "updated", "unchanged")


def rehearse(
    data: bytes | IO[bytes],
    name: str,
    *,
    format: str = AUTO,
    listed_on: date | None = None,
    intent: str = Dump.Intent.AUTO,
    at: datetime,
) -> Dump:
    """The answer for these bytes. Each part of a bulk file, and each file of an archive, is
    rehearsed by itself. Raises TooLarge as receive() does."""
    asked = asked_for(format, listed_on, intent)
    values = {"name": file_name(name), "received_at": at}
    with _wound_back(data) as stream:
        try:
            if found := _bulk(stream, format):
                return _parts(stream, asked | {"format": found}, values)
            _refuse_large(stream)
            return _contents(stream, asked, values)
        except BadDump as wrong:
            return Dump(**values | asked, state=Dump.State.QUARANTINED, error=str(wrong))


def _wound_back(data: bytes | IO[bytes]) -> IO[bytes]:
    """The bytes as a file of ours at its start; a pipe, which has none, is copied to a file."""
    if isinstance(data, bytes):
        return io.BytesIO(data)
    copy = tempfile.TemporaryFile()  # noqa: SIM115
    head = data.read(HEAD)
    copy.write(head)
    most = None if bulk_format(head) else settings.MAX_DUMP_BYTES + 1
    while (most is None or copy.tell() < most) and (block := data.read(_BLOCK)):
        copy.write(block)
    copy.seek(0)
    return copy


def _bulk(stream: IO[bytes], format_name: str) -> str:
    head = stream.read(HEAD)
    stream.seek(0)
    return bulk_format(head, format_name)


def _refuse_large(stream: IO[bytes]) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size > settings.MAX_DUMP_BYTES:
        raise TooLarge(too_large(size))


def _contents(stream: IO[bytes], asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    found = inside(stream)
    if found.members is not None:
        return _together([_one(data, asked, values) for _, data in found.members], asked | values)
    if name := _bulk(found.stream, asked["format"]):
        return _parts(found.stream, asked | {"format": name}, values)
    return _one(found.stream.read(), asked, values)


def _parts(stream: IO[bytes], asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    pieces = list(map(len, parts(stream)))
    stream.seek(0)
    if len(pieces) > 1 or asked["format"] == SNAPSHOT:
        refuse_as_new(asked["intent"])
        asked = asked | {"intent": Dump.Intent.BACKFILL.value}
    return _together([_one(stream.read(size), asked, values) for size in pieces], asked | values)


def _one(data: bytes, asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    sha256 = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        try:
            dump = row_of(sha256, asked, values | {"size": len(data)})
            open_again = dump.again or dump.state != Dump.State.PARSED
            return take(dump, data) if open_again else nothing_new(dump)
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
