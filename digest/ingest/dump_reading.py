"""One dump's bytes into papers: parsed and stored in one transaction, or refused with a reason."""

import contextlib
import copy
import io
import logging
from collections.abc import Iterator
from datetime import UTC, date
from typing import IO

from django.db import transaction

from digest.models import Dump

from . import failures
from .bulk_files import HEAD_BYTES
from .dump_lease import DumpLease
from .formats import (
    AUTO,
    FORMATS,
    BadDump,
    NotStreamable,
    NotThisFormat,
    Page,
    ReaderFailed,
    detect,
    parse_stream,
)
from .formats.file_kinds.describe_file import describe
from .papers.upsert import TooManyNew, plan_batches, upsert
from .sanity_checks import NO_LIMITS, DumpLimits, limits_of, shrinkage
from .staging import staged_page

log = logging.getLogger(__name__)

# Up to so many bytes a file is read whole, which takes about six times as much memory.
_READ_WHOLE = 4 << 20
# Up to so many even if it is one to be read entry by entry, to mend what can be mended in it.
_MENDED_WHOLE = 32 << 20


def parse_and_store(
    dump: Dump,
    source: bytes | IO[bytes],
    lease: DumpLease | None = None,
    *,
    accept_short: bool = False,
) -> Dump:
    """Parse and store bytes, or a seekable file at its start, as this dump; return the row: parsed,
    waiting or quarantined.

    `accept_short` switches the check for strangely short listings off. `lease` is None only in a
    dry run, where no other process can have the dump. A dump that was read before and fails at
    being read again stays as it is, and the answer's `error` says why.

    Raises what failures.is_transient() recognises if the database fails or the lease is lost; the
    dump is then as it was.
    """
    try:
        with _opened_page(dump, source) as page:
            if not accept_short and (reason := shrinkage(dump, page)):
                return quarantine(dump, reason, lease)
            return _stored(dump, page, lease)
    except TooManyNew as wrong:
        return _wait(dump, wrong.count, lease)
    except Exception as wrong:
        if failures.is_transient(wrong):
            raise
        return quarantine(dump, explain(dump, wrong), lease)


def unchanged_answer(dump: Dump) -> Dump:
    """Return a copy with nothing new or updated, for bytes read before.

    The row keeps its counts.
    """
    answer = copy.copy(dump)
    answer.new, answer.updated, answer.unchanged = 0, 0, dump.papers
    return answer


def quarantine(dump: Dump, reason: str, lease: DumpLease | None) -> Dump:
    """Note why nothing of the dump was taken; return the dump with that reason."""
    return _refuse(dump, Dump.State.QUARANTINED, reason, lease)


def explain(dump: Dump, wrong: Exception) -> str:
    """Return why the dump is quarantined, in a sentence.

    A fault of the program is logged in full.
    """
    failure = wrong.__cause__ if isinstance(wrong, ReaderFailed) else wrong
    if not isinstance(failure, BadDump | RecursionError | MemoryError):
        log.error("%s could not be read", dump, exc_info=failure)
    return failures.quarantine_reason(wrong)


@contextlib.contextmanager
def _opened_page(dump: Dump, source: bytes | IO[bytes]) -> Iterator[Page]:
    """Give the page in the source, for the block; its records are on disk if there are many.

    Raises BadDump, or anything else that a reader fails with.
    """
    # Parts were counted when the file was cut.
    limits = limits_of(dump) if dump.total_parts == 1 else NO_LIMITS
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    with contextlib.ExitStack() as stack:
        page = _staged(dump, file, limits, stack)
        if page is None:
            page = _parsed(dump, file.read())
            limits.check_records(len(page.records) + len(page.skipped))
        yield page


def _staged(
    dump: Dump, file: IO[bytes], limits: DumpLimits, stack: contextlib.ExitStack
) -> Page | None:
    """Return the page of a large file read entry by entry, for as long as the stack is open.

    Returns None, with the file at its start, if it has to be read whole: it is small, its format
    needs that, or it is damaged and not too large to be mended in memory.
    """
    if not _is_longer(file, _READ_WHOLE):
        return None
    received_on = _received_on(dump)
    name = _format_of(dump, file)
    stream = parse_stream(name, file, received_on, dump.listed_on) if name else None
    if stream is None:
        return None
    try:
        return stack.enter_context(staged_page(stream, received_on, limits))
    except NotStreamable:
        if _is_longer(file, _MENDED_WHOLE):
            raise
        return None


def _is_longer(file: IO[bytes], size: int) -> bool:
    """Return whether the file has more bytes than that; leave it at its start."""
    file.seek(size)
    found = bool(file.read(1))
    file.seek(0)
    return found


def _format_of(dump: Dump, file: IO[bytes]) -> str:
    """Return the name of the dump's format; "" if the file's first bytes do not show it."""
    if dump.format != AUTO:
        return dump.format
    head = file.read(HEAD_BYTES)
    file.seek(0)
    try:
        return detect(head)
    except BadDump:
        return ""


def _parsed(dump: Dump, data: bytes) -> Page:
    """Return the page in the bytes. Raises BadDump, or anything else that a reader fails with."""
    try:
        parse = FORMATS[detect(data) if dump.format == AUTO else dump.format]
        return parse(data, _received_on(dump), dump.listed_on)
    except NotThisFormat as wrong:
        raise BadDump(_refusal(str(wrong), data)) from wrong


def _refusal(sentence: str, data: bytes) -> str:
    """Return why the bytes are refused: a format's sentence, and what they are if it says not."""
    return sentence if sentence.startswith("This is ") else f"{sentence} This is {describe(data)}."


def _received_on(dump: Dump) -> date:
    return dump.received_at.astimezone(UTC).date()


def _stored(dump: Dump, page: Page, lease: DumpLease | None) -> Dump:
    batches = plan_batches(page)
    with _held(lease):
        current = Dump.objects.select_for_update().filter(pk=dump.pk).first()
        if current is None:
            raise BadDump("It was deleted while it was being read.")
        if current.is_withdrawn:
            return current
        if current.state == Dump.State.PARSED:
            if not dump.needs_rereading:  # another process was faster
                return current
            current.intent = dump.intent
        says_new = current.source is not None and current.source.says_new
        if page.is_backfill and current.intent == Dump.Intent.AUTO and not says_new:
            current.intent = Dump.Intent.BACKFILL
        counts = upsert(current, page, batches)
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
        current.notes = list(page.notes)
        current.save()
    return current


def _wait(dump: Dump, count: int, lease: DumpLease | None) -> Dump:
    return _refuse(
        dump,
        Dump.State.WAITING,
        f"It would send {count:,} new papers to readers at once. Choose “new” (ingest --new: "
        "number and mail them) or “backfill” (ingest --backfill: search only).",
        lease,
    )


def _held(lease: DumpLease | None) -> contextlib.AbstractContextManager[None]:
    return lease.transaction() if lease else transaction.atomic()


def _refuse(dump: Dump, state: str, reason: str, lease: DumpLease | None) -> Dump:
    """Note why nothing of the dump was taken, unless it was taken before.

    Return the row as it stands.
    """
    rows = Dump.objects.unread().filter(pk=dump.pk)
    with _held(lease):
        if not dump.needs_rereading and rows.update(state=state, error=reason):
            dump.state, dump.error = state, reason
            return dump
    kept = Dump.objects.filter(pk=dump.pk).first()
    if kept is None:  # it was deleted while it was being read
        dump.state, dump.error = Dump.State.QUARANTINED, reason
        return dump
    answer = unchanged_answer(kept)
    if not dump.needs_rereading:
        return answer
    answer.error = f"Reading it again failed, so it stays as it was. {reason}"
    log.warning("%s: %s", dump, answer.error)
    return answer
