"""Withdrawing a dump: the papers that only it lists go, unless they were sent.

In batches, each a transaction, so that a dump of any size holds no lock for long. What is left to
do follows from the rows: a withdrawal that a crash cut short goes on with the next call.

1. The dump is marked. From then on none of its listings counts, whatever is ingested meanwhile.
2. Each paper that it lists is derived from its other listings. One without any is unlisted: it is
   in no index, search or feed, and in no digest that is composed from now on.
3. Composed digests that hold such a paper and have no send permit are composed anew.
4. Now it is settled which of them were sent. These stay, unlisted, for the pages of their digests;
   so do those that readers saved or rated. The others are deleted.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from digest.ingest.dump_lease import acquire_lease
from digest.ingest.papers.upsert import rederive
from digest.models import Catalogue, Digest, Dump, KeywordVector, Listing, Paper
from digest.models.database import among
from digest.models.dumps import DumpQuerySet

from .counts import WithdrawalCounts
from .sent_papers import first_day_that_matters, has_forgotten, sent_papers, unsent_digests_with
from .unlisting import unmarked_by_readers

_BATCH = 500  # listings or papers of a transaction
_PATIENCE = 2.0  # seconds
_NAMED = 100  # papers of which the row says how many readers were sent them
State = Dump.State


class CannotWithdraw(Exception):
    """The dump cannot be withdrawn now, or that cannot be undone; the message says why."""


def rows_of_file(dump: Dump) -> DumpQuerySet:
    """Return the rows of the file: all its parts and, of an archive, the files first received in
    it."""
    members = Dump.objects.filter(archive__sha256=dump.sha256).values("sha256")
    return Dump.objects.filter(Q(sha256=dump.sha256) | Q(sha256__in=members))


def withdraw(dump: Dump, at: datetime, *, seconds: float | None = None) -> Dump:
    """Withdraw the file of a dump; return its row. What is not done after `seconds` is done by
    `finish_withdrawals`. Raises CannotWithdraw."""
    until = None if seconds is None else time.monotonic() + seconds
    with acquire_lease(dump.sha256, patience=_PATIENCE) as lease:
        if lease is None:
            raise CannotWithdraw("Another process is reading it right now. Try again in a minute.")
        _mark(dump, at)
    for row in rows_of_file(dump).filter(state=State.WITHDRAWING).order_by("pk"):
        if not _finish(row, until):
            break
    return Dump.objects.get(pk=dump.pk)


def finish_withdrawals(seconds: float) -> None:
    """Go on with withdrawals that are not finished, for so many seconds."""
    until = time.monotonic() + seconds
    for dump in Dump.objects.filter(state=State.WITHDRAWING).order_by("pk"):
        if not _finish(dump, until):
            return


def undo(dump: Dump) -> Dump:
    """Have the file of a withdrawn dump read again, as if it had just arrived; return its row.

    Raises CannotWithdraw if it is not withdrawn, or is still being.
    """
    rows = rows_of_file(dump)
    with transaction.atomic():
        if rows.filter(state=State.WITHDRAWING).exists():
            raise CannotWithdraw("It is still being withdrawn. Try again in a minute.")
        withdrawn = rows.filter(state=State.WITHDRAWN)
        gone = withdrawn.filter(raw_deleted_at__isnull=False)
        count = gone.update(
            state=State.QUARANTINED,
            error="Its withdrawal was undone, but its bytes were deleted after their retention "
            "period. Submit the same file again to have it read.",
        )
        count += withdrawn.update(state=State.RECEIVED, error="", not_before=None)
    if not count:
        raise CannotWithdraw("It is not withdrawn.")
    return Dump.objects.get(pk=dump.pk)


def total_counts(dump: Dump) -> WithdrawalCounts:
    """Return what withdrawing its file has done so far."""
    return WithdrawalCounts.total(rows_of_file(dump))


@transaction.atomic
def _mark(dump: Dump, at: datetime) -> None:
    error = (
        f"It was withdrawn on {at:%-d %B %Y}, so nothing of it is taken. An operator can undo that "
        "on its page in the admin, or with manage.py withdraw --undo."
    )
    rows = rows_of_file(dump).exclude(pk__in=Dump.objects.withdrawn().values("pk"))
    rows.update(
        state=State.WITHDRAWING,
        withdrawn_at=at,
        withdrawal=None,
        error=error,
        missing_since=None,
        not_before=None,
    )


def _finish(dump: Dump, until: float | None) -> bool:
    """Do all that is left; return False if there is no time for it."""
    while _settle_batch(dump):
        if until is not None and time.monotonic() > until:
            return False
    owners = _unlisted_papers(dump)
    since = first_day_that_matters()
    if owners and since:
        for some in _batches(list(unsent_digests_with(owners.keys()))):
            Digest.objects.filter(pk__in=some).compose_anew()
        _delete_unsent(dump, owners, since)
        KeywordVector.objects.recount()
    Dump.objects.filter(pk=dump.pk, state=State.WITHDRAWING).update(state=State.WITHDRAWN)
    return True


@transaction.atomic
def _settle_batch(dump: Dump) -> bool:
    """Derive a batch of its papers from their other listings; return False if none is left."""
    Catalogue.lock()
    rows = Listing.objects.filter(dump=dump, paper__unlisted_on__isnull=True)
    listings = list(rows.order_by("pk")[:_BATCH])
    if not listings:
        return False
    leaving = rederive(listings)
    counts = WithdrawalCounts.of(dump)
    counts.kept += len(leaving.kept)
    counts.gone += len(leaving.papers())
    counts.store()
    return True


def _unlisted_papers(dump: Dump) -> dict[int, int]:
    """Map the ids of its unlisted papers, former ones too, to their present ids."""
    papers = Paper.objects.filter(listings__dump=dump, unlisted_on__isnull=False)
    rows = papers.order_by().values_list("pk", "former").distinct()
    return {each: pk for pk, former in rows for each in (pk, *former)}


def _delete_unsent(dump: Dump, owners: Mapping[int, int], since: date) -> None:
    """Delete the papers of these that nobody was sent and nobody marked.

    If retention has deleted what digests of that time held, any may have been sent, and all stay.
    """
    found = sent_papers(owners.keys(), since)
    readers = Counter[int]()
    for each, mails in found.by_paper.items():
        readers[owners[each]] += mails
    unsent = [] if has_forgotten(since) else sorted({*owners.values()} - readers.keys())
    for some in _batches(unsent):
        with transaction.atomic():
            Catalogue.lock()
            rows = Paper.objects.filter(among("id", some), unlisted_on__isnull=False)
            unmarked_by_readers(rows).delete()
    counts = WithdrawalCounts.of(dump)
    counts.sent, counts.mails = len(readers), found.mails
    counts.readers = dict(readers.most_common(_NAMED))
    counts.store()


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
