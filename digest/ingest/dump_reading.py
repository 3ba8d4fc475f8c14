"""One dump's bytes into papers: parsed and stored in one transaction, or refused with a reason."""

import contextlib
import copy
import logging
from datetime import UTC

from django.db import transaction

from digest.models import Dump

from . import failures
from .dump_lease import DumpLease
from .formats import AUTO, FORMATS, BadDump, NotThisFormat, Page, ReaderFailed, detect
from .papers.upsert import TooManyNew, upsert
from .sanity_checks import describe_other_page, limits_of, shrinkage

log = logging.getLogger(__name__)


def parse_and_store(
    dump: Dump, data: bytes, lease: DumpLease | None = None, *, accept_short: bool = False
) -> Dump:
    """Parse and store the bytes as this dump; return the row: parsed, waiting or quarantined.

    `accept_short` switches the check for strangely short listings off. `lease` is None only in a
    dry run, where no other process can have the dump. A dump that was read before and fails at
    being read again stays as it is, and the answer's `error` says why.

    Raises what failures.is_transient() recognises if the database fails or the lease is lost; the
    dump is then as it was.
    """
    try:
        page = _parsed(dump, data)
        if dump.total_parts == 1:  # parts were counted when the file was cut
            limits_of(dump).check_records(len(page.records) + len(page.skipped))
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


def _parsed(dump: Dump, data: bytes) -> Page:
    """Return the page in the bytes. Raises BadDump, or anything else that a reader fails with."""
    try:
        parse = FORMATS[detect(data) if dump.format == AUTO else dump.format]
        return parse(data, dump.received_at.astimezone(UTC).date(), dump.listed_on)
    except NotThisFormat as wrong:
        raise BadDump(describe_other_page(data) or str(wrong)) from wrong


def _stored(dump: Dump, page: Page, lease: DumpLease | None) -> Dump:
    with _held(lease):
        current = Dump.objects.select_for_update().filter(pk=dump.pk).first()
        if current is None:
            raise BadDump("It was deleted while it was being read.")
        if current.state == Dump.State.PARSED:
            if not dump.needs_rereading:  # another process was faster
                return current
            current.intent = dump.intent
        counts = upsert(current, page)
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
        f"It would put {count:,} new papers before the readers at once. Say what they are: "
        "“new” (ingest --new: number and mail them) or “backfill” (ingest --backfill: for search).",
        lease,
    )


def _held(lease: DumpLease | None) -> contextlib.AbstractContextManager[None]:
    return lease.transaction() if lease else transaction.atomic()


def _refuse(dump: Dump, state: str, reason: str, lease: DumpLease | None) -> Dump:
    """Note why nothing of the dump was taken, unless it was taken before.

    Return the row as it stands.
    """
    rows = Dump.objects.filter(pk=dump.pk).exclude(state=Dump.State.PARSED)
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
    answer.error = f"Read again, it could not be taken, and stays as it was. {reason}"
    log.warning("%s: %s", dump, answer.error)
    return answer
