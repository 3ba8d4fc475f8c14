"""One dump's bytes into papers: parsed and stored in one transaction, or refused in words."""

import contextlib
import copy
import logging
from datetime import UTC

from django.db import transaction

from digest.models import Dump

from . import failures
from .dump_claims import Claim
from .formats import AUTO, FORMATS, BadDump, NotThisFormat, Page, ReaderFailed, detect
from .papers.upsert import TooManyNew, store
from .sanity_checks import caps_of, instead, shrunk

log = logging.getLogger(__name__)


def take(dump: Dump, data: bytes, claim: Claim | None = None, *, believe: bool = False) -> Dump:
    """Parse and store the bytes as this dump, and say what it brought: parsed, waiting or
    quarantined. `believe`: take a listing that is strangely short as well. Without a `claim`, in a
    rehearsal, nobody else can have the dump.

    One that was read before and fails at being read again stays as it is; the answer's `error`
    says why. Raises what faults.is_passing() knows where the database fails or the claim was lost;
    the dump is then as it was.
    """
    try:
        page = _parsed(dump, data)
        if dump.total_parts == 1:  # parts were counted when the file was cut
            caps_of(dump).check_records(len(page.records) + len(page.skipped))
        if not believe and (doubt := shrunk(dump, page)):
            return quarantine(dump, doubt, claim)
        return _stored(dump, page, claim)
    except TooManyNew as wrong:
        return _wait(dump, wrong.count, claim)
    except Exception as wrong:
        if failures.is_passing(wrong):
            raise
        return quarantine(dump, explained(dump, wrong), claim)


def nothing_new(dump: Dump) -> Dump:
    """The answer for bytes read before; the row keeps what their first reading brought."""
    answer = copy.copy(dump)
    answer.new, answer.updated, answer.unchanged = 0, 0, dump.papers
    return answer


def quarantine(dump: Dump, reason: str, claim: Claim | None) -> Dump:
    """Note why nothing of the dump was taken; the answer says it too."""
    return _refuse(dump, Dump.State.QUARANTINED, reason, claim)


def explained(dump: Dump, wrong: Exception) -> str:
    """Why the dump is quarantined, in a sentence; a fault of the program is logged in full."""
    failure = wrong.__cause__ if isinstance(wrong, ReaderFailed) else wrong
    if not isinstance(failure, BadDump | RecursionError | MemoryError):
        log.error("%s could not be read", dump, exc_info=failure)
    return failures.reason(wrong)


def _parsed(dump: Dump, data: bytes) -> Page:
    """The page in the bytes. Raises BadDump, and whatever the reader fails with."""
    try:
        parse = FORMATS[detect(data) if dump.format == AUTO else dump.format]
        return parse(data, dump.received_at.astimezone(UTC).date(), dump.listed_on)
    except NotThisFormat as wrong:
        raise BadDump(instead(data) or str(wrong)) from wrong


def _stored(dump: Dump, page: Page, claim: Claim | None) -> Dump:
    with _held(claim):
        current = Dump.objects.select_for_update().filter(pk=dump.pk).first()
        if current is None:
            raise BadDump("It was deleted while it was being read.")
        if current.state == Dump.State.PARSED:
            if not dump.again:  # somebody else was faster
                return current
            current.intent = dump.intent
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
        current.notes = list(page.notes)
        current.save()
    return current


def _wait(dump: Dump, count: int, claim: Claim | None) -> Dump:
    return _refuse(
        dump,
        Dump.State.WAITING,
        f"It would put {count:,} new papers before the readers at once. Say what they are: "
        "“new” (ingest --new: number and mail them) or “backfill” (ingest --backfill: for search).",
        claim,
    )


def _held(claim: Claim | None) -> contextlib.AbstractContextManager[None]:
    return claim.held() if claim else transaction.atomic()


def _refuse(dump: Dump, state: str, reason: str, claim: Claim | None) -> Dump:
    """Note why nothing of the dump was taken, unless it has been taken before. The answer is then
    the row as it stands."""
    rows = Dump.objects.filter(pk=dump.pk).exclude(state=Dump.State.PARSED)
    with _held(claim):
        if not dump.again and rows.update(state=state, error=reason):
            dump.state, dump.error = state, reason
            return dump
    kept = Dump.objects.filter(pk=dump.pk).first()
    if kept is None:  # it was deleted while it was being read
        dump.state, dump.error = Dump.State.QUARANTINED, reason
        return dump
    answer = nothing_new(kept)
    if not dump.again:
        return answer
    answer.error = f"Read again, it could not be taken, and stays as it was. {reason}"
    log.warning("%s: %s", dump, answer.error)
    return answer
