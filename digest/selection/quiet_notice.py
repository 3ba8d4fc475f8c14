"""The quiet notice: the mail that says that nothing matched for some days."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.models import Digest, Paper, State
from digest.models.digest_contents import QuietNotice

from .history import History, confirmation_date, other_digests
from .near_misses import near_misses
from .window import Window, newest_between


class _Quiet(NamedTuple):
    """A time without a mail: from which day, and after which listing number."""

    start: date
    after: int


class DueNotice(NamedTuple):
    """What a quiet notice says, and the papers of the quiet time, None if no keyword asks for any.
    Its near misses are left out for people who get neighbours instead."""

    notice: QuietNotice
    missed: Window | None = None


def due_notice(
    digest: Digest, history: History, window: Window, keywords: Sequence[Keyword]
) -> DueNotice | None:
    """The quiet notice. Returns None if none is due today for a digest without entries.

    `quiet_after` days are counted from the last scheduled digest that arrived, notices included,
    or from the confirmation. People without keywords and trending papers get none.
    """
    person = digest.subscriber
    scheduled = digest.kind == Digest.Kind.SCHEDULED
    if not scheduled or not person.quiet_after or not _may_be_due(digest, history):
        return None
    since = _quiet_since(digest, window.after)
    days = (digest.local_date - since.start).days
    if days < person.quiet_after:
        return None
    wanted = any(not keyword.excludes for keyword in keywords)
    read = Paper.objects.between(since.after, window.through).count()
    if not wanted and not person.trending_top:
        return None
    if not wanted:
        return DueNotice(QuietNotice(days, read))
    missed = newest_between(since.after, window.through)
    near = () if person.neighbours else near_misses(missed, keywords, digest.local_date)
    return DueNotice(QuietNotice(days, read, _last_hit(digest), near), missed)


def _may_be_due(digest: Digest, history: History) -> bool:
    """Whether a notice can be due, from what is already loaded: most days without a paper follow
    soon after a mail, and need no query."""
    mails = (
        each.day for each in history.earlier if each.state == State.SENT and each.to_seq is not None
    )
    last = next((day for day in mails if history.confirmed_on <= day < digest.local_date), None)
    if last is None and history.confirmed_on < history.reach:
        return True
    days = digest.local_date - (last or history.confirmed_on)
    return days.days >= digest.subscriber.quiet_after


def _quiet_since(digest: Digest, after: int) -> _Quiet:
    confirmed_on = confirmation_date(digest.subscriber)
    mails = other_digests(digest).filter(
        local_date__gte=confirmed_on, local_date__lt=digest.local_date
    )
    last = mails.filter(state=State.SENT, to_seq__isnull=False).first()
    if last is not None:
        return _Quiet(last.local_date, min(last.to_seq or 0, after))
    first = mails.filter(state=State.EMPTY, from_seq__isnull=False).last()
    return _Quiet(confirmed_on, min(first.from_seq or 0, after) if first else after)


def _last_hit(digest: Digest) -> date | None:
    """The local date of the newest mail that arrived with a paper that a keyword hit."""
    mails = other_digests(digest).filter(state=State.SENT, local_date__lt=digest.local_date)
    rows = mails.exclude(entries=[]).values_list("local_date", "entries")
    # Of somebody who gets trending papers there may be hundreds without a keyword.
    for day, entries in rows.iterator(chunk_size=20):
        if any(entry.keywords for entry in entries):
            return day
    return None
