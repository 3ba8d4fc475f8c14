"""From bytes to a Dump: kept first, then read, and taken whole or not at all.

receive   the raw bytes on disk and a row that says so: from here on nothing is lost
read      parsed and stored in one transaction, or quarantined with a sentence
"""

import copy
import hashlib
import logging
import os
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any

from django.db import DatabaseError, OperationalError, transaction

from digest.models import Dump

from .formats import AUTO, FORMATS, BadDump, Page, detect
from .keep import CannotKeep, keep
from .store import TooManyNew, store

__all__ = ["CannotKeep", "file_name", "finish_unfinished", "read", "receive", "rehearse"]

log = logging.getLogger(__name__)


def receive(
    data: bytes,
    name: str,
    *,
    format: str = AUTO,
    listed_on: date | None = None,
    intent: str = Dump.Intent.AUTO,
    at: datetime,
) -> Dump:
    """Keep the bytes and return their Dump, known before or not; it still has to be read.

    `listed_on` overrides the day on the page, `intent` the guess whether its papers are news.
    Bytes that were read before are to be read again only where something else is asked of them.
    Raises CannotKeep, with a sentence, where the disk takes no more; ValueError: no such format.
    """
    asked = _asked(format, listed_on, intent)
    sha256 = keep(data)
    values = {"name": file_name(name), "size": len(data), "received_at": at}
    with transaction.atomic():
        return _row(sha256, asked, values)


def read(dump: Dump, *, at: datetime) -> Dump:
    """Read a received dump and say what it brought: parsed, waiting or quarantined, with counts.

    One that has been read before answers that nothing is new. Raises OperationalError where the
    database fails; the dump is then as it was, and the next call of finish_unfinished() reads it.
    """
    if dump.state == Dump.State.PARSED:
        return _nothing_new(dump)
    try:
        data = dump.raw_path.read_bytes()
    except OSError as wrong:
        reason = f"Its kept bytes cannot be read ({wrong.strerror}): ingest the file again."
        return _quarantine(dump, reason)
    return _take(dump, data)


def rehearse(
    data: bytes,
    name: str,
    *,
    format: str = AUTO,
    listed_on: date | None = None,
    intent: str = Dump.Intent.AUTO,
    at: datetime,
) -> Dump:
    """What receive() and read() would say, with nothing kept: neither bytes nor rows."""
    asked = _asked(format, listed_on, intent)
    values = {"name": file_name(name), "size": len(data), "received_at": at}
    sha256 = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        try:
            dump = _row(sha256, asked, values)
            return _nothing_new(dump) if dump.state == Dump.State.PARSED else _take(dump, data)
        finally:
            transaction.set_rollback(True)


def finish_unfinished(at: datetime) -> list[Dump]:
    """Read what was received but never read to the end: uploads, and what a crash left."""
    finished = []
    for dump in Dump.objects.unfinished().order_by("received_at", "pk"):
        try:
            finished.append(read(dump, at=at))
        except OperationalError as wrong:
            log.warning("%s waits for the next try: the database says: %s", dump, wrong)
    return finished


def file_name(name: str) -> str:
    """The last part of a path as a name that can be shown and stored, whatever bytes it holds."""
    text = os.fsencode(PurePath(name).name).decode(errors="replace")
    return "".join(sign if sign.isprintable() else "�" for sign in text)[:255] or "unnamed"


def _asked(format_name: str, listed_on: date | None, intent: str) -> dict[str, Any]:
    if format_name != AUTO and format_name not in FORMATS:
        known = ", ".join((AUTO, *FORMATS))
        raise ValueError(f"There is no format “{format_name}”: choose one of {known}.")
    return {"format": format_name, "listed_on": listed_on, "intent": Dump.Intent(intent).value}


def _row(sha256: str, asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    """The row of these bytes, made or found; found, it is reopened where more is asked of it."""
    dump, is_new = Dump.objects.get_or_create(sha256=sha256, part=0, defaults=asked | values)
    changes = {} if is_new else _changes(dump, asked)
    if changes or dump.state == Dump.State.QUARANTINED:
        for name, value in changes.items():
            setattr(dump, name, value)
        dump.state, dump.error = Dump.State.RECEIVED, ""
        dump.save()
    return dump


def _changes(dump: Dump, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked for that the row does not say yet; a failed reading is asked for anew."""
    if dump.state == Dump.State.QUARANTINED:
        return asked
    said = {"format": asked["format"] != AUTO, "listed_on": asked["listed_on"] is not None}
    # Numbers once given stay given: only "new" can still change a dump that was read.
    said["intent"] = asked["intent"] == Dump.Intent.NEW or (
        asked["intent"] != Dump.Intent.AUTO and dump.state != Dump.State.PARSED
    )
    return {name: asked[name] for name in said if said[name] and asked[name] != getattr(dump, name)}


def _take(dump: Dump, data: bytes) -> Dump:
    try:
        return _stored(dump, _parsed(dump, data))
    except BadDump as wrong:
        return _quarantine(dump, str(wrong))
    except TooManyNew as wrong:
        return _wait(dump, wrong.count)
    except OperationalError:
        raise
    except DatabaseError as wrong:
        log.exception("The database refused %s", dump)
        return _quarantine(dump, f"The database refused it ({wrong}): please report this.")


def _parsed(dump: Dump, data: bytes) -> Page:
    """The page in the bytes; any failure to read them is a BadDump with a sentence."""
    try:
        parse = FORMATS[detect(data) if dump.format == AUTO else dump.format]
        return parse(data, dump.received_at.astimezone(UTC).date(), dump.listed_on)
    except BadDump:
        raise
    except Exception as wrong:
        # A fault of ours must not stop the dumps behind this one, nor be tried for ever.
        log.exception("The reader failed on %s", dump)
        raise BadDump(
            f"The reader failed on this file ({type(wrong).__name__}): please report this."
        ) from wrong


def _stored(dump: Dump, page: Page) -> Dump:
    with transaction.atomic():
        current = Dump.objects.select_for_update().filter(pk=dump.pk).first()
        if current is None:
            raise BadDump("It was deleted while it was being read.")
        if current.state == Dump.State.PARSED:  # somebody else was faster
            return current
        counts = store(current, page)
        current.format, current.state, current.error = page.format, Dump.State.PARSED, ""
        current.new, current.updated, current.unchanged = (
            counts.new,
            counts.updated,
            counts.unchanged,
        )
        current.papers = counts.new + counts.updated + counts.unchanged
        current.skipped = [
            {"entry": skipped.entry, "reason": skipped.reason} for skipped in page.skipped
        ]
        current.save()
    return current


def _nothing_new(dump: Dump) -> Dump:
    """The answer for bytes read before; the row keeps what their first reading brought."""
    answer = copy.copy(dump)
    answer.new, answer.updated, answer.unchanged = 0, 0, dump.papers
    return answer


def _wait(dump: Dump, count: int) -> Dump:
    return _refuse(
        dump,
        Dump.State.WAITING,
        f"It would put {count:,} new papers before the readers at once. Say what they are: "
        "“new” (ingest --new: number and mail them) or “backfill” (ingest --backfill: for search).",
    )


def _quarantine(dump: Dump, reason: str) -> Dump:
    return _refuse(dump, Dump.State.QUARANTINED, reason)


def _refuse(dump: Dump, state: str, reason: str) -> Dump:
    """Note why nothing of the dump was taken, unless somebody else has taken it meanwhile."""
    rows = Dump.objects.filter(pk=dump.pk).exclude(state=Dump.State.PARSED)
    rows.update(state=state, error=reason)
    dump.state, dump.error = state, reason
    return dump
