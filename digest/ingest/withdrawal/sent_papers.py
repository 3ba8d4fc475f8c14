"""Which papers are in digests: those that were sent are kept, the others are composed anew."""

import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection

from digest.models import Digest, DigestQuerySet, Dump, State
from digest.models.database import among

# A mail without a reply may have been delivered.
_SENT = (State.SENT, State.SENDING, State.UNKNOWN)
_DIGESTS = 5_000  # looked at in one statement
DAY_BEFORE = timedelta(days=1)  # the local date of a digest may be that of the day before


@dataclass(slots=True)
class SentPapers:
    """How many mails had each of the papers, and how many mails had any of them.

    `is_partial`: there was no time to look at all digests.
    """

    by_paper: Counter[int] = field(default_factory=Counter)
    mails: int = 0
    is_partial: bool = False


def first_day_that_matters() -> date | None:
    """Return the first day whose digests may have papers of a withdrawn dump, None if none is
    withdrawn.

    It is that of the oldest one: a paper may have been sent because of it and be kept because of
    another until that is withdrawn too.
    """
    withdrawn = Dump.objects.filter(withdrawn_at__isnull=False)
    received = withdrawn.order_by("received_at").values_list("received_at", flat=True).first()
    return received.date() - DAY_BEFORE if received else None


def sent_papers(ids: Collection[int], since: date, *, until: float | None = None) -> SentPapers:
    """Return which of these papers are in digests of that day or later that were sent.

    Looks at no further digests after `until` (monotonic seconds).
    """
    found = SentPapers()
    rows = Digest.objects.filter(pruned=False, local_date__gte=since, state__in=_SENT)
    rows = rows.exclude(kind=Digest.Kind.COPY)
    for some in _windows(rows):
        if until is not None and time.monotonic() > until:
            found.is_partial = True
            break
        mails = set()
        for digest, paper in _papers_of(some):
            if paper in ids:
                found.by_paper[paper] += 1
                mails.add(digest)
        found.mails += len(mails)
    return found


def has_forgotten(since: date) -> bool:
    """Return whether retention has deleted what digests since that day held."""
    sent = Digest.objects.filter(pruned=True, local_date__gte=since, state__in=_SENT)
    return sent.exists()


def unsent_digests_with(ids: Collection[int], *, until: float | None = None) -> Iterator[int]:
    """Yield the ids of digests with these papers that are composed and not sent yet.

    Copies are left out: what they hold is fixed, and unlisted papers are left out as they are sent.
    """
    rows = Digest.objects.filter(state__in=(State.PLANNED, State.LEASED), pruned=False)
    composed = rows.filter(composed_at__isnull=False).exclude(kind=Digest.Kind.COPY)
    for some in _windows(composed):
        if until is not None and time.monotonic() > until:
            return
        of_batch = Digest.objects.filter(pk__in=some).only("entries", "facts")
        yield from (each.pk for each in of_batch if not ids_in(each).isdisjoint(ids))


def ids_in(digest: Digest) -> set[int]:
    """Return the ids of the papers that a digest shows."""
    facts = digest.facts
    near = facts.quiet.near if facts.quiet else ()
    shown = {entry.paper for entry in digest.entries}
    return shown | {each.paper for each in facts.neighbours} | {each.paper for each in near}


def _windows(digests: DigestQuerySet) -> Iterator[list[int]]:
    """Yield the ids of these digests, _DIGESTS at a time."""
    ids = digests.order_by("pk").values_list("pk", flat=True)
    some = list(ids[:_DIGESTS])
    while some:
        yield some
        some = list(ids.filter(pk__gt=some[-1])[:_DIGESTS])


def _papers_of(digests: Collection[int]) -> list[tuple[int, int]]:
    """Return the digests' ids, each with the id of each of its papers, as the database reads them:
    objects of all entries would take ten times as long."""
    if connection.vendor == "postgresql":
        paper = "CAST(entry.value ->> 'paper' AS bigint)"
        entries = "jsonb_array_elements(mine.entries) AS entry(value)"
    else:
        paper, entries = "json_extract(entry.value, '$.paper')", "json_each(mine.entries) AS entry"
    chosen = among("mine.id", digests)
    with connection.cursor() as cursor:
        cursor.execute(  # no text of others
            f"SELECT mine.id, {paper} FROM {Digest._meta.db_table} AS mine, {entries} "  # noqa: S608
            f"WHERE {chosen.sql}",
            chosen.params,
        )
        return [(digest, paper) for digest, paper in cursor.fetchall()]
